/// Why something in this module could not be done.
package struct LearningError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The kinds of failure.
    package enum Code: String, Sendable {
        /// A configuration value is outside its range.
        case invalidConfiguration
        /// There is nothing to learn from.
        case noData
        /// The data contradict what was declared, for example an item beyond the catalogue.
        case invalidData
        /// The loss or the parameters became infinite or not a number.
        case diverged
        /// A file could not be read or written.
        case fileAccess
        /// A file is not what it claims to be.
        case malformedFile
        /// Tensors are missing or have another shape than the architecture needs.
        case wrongTensors
        /// The task was cancelled.
        case cancelled
    }

    /// The kind of failure.
    package let code: Code
    /// What happened, where, and what to do.
    package let message: String

    /// An error of a kind, with a sentence for the reader.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message with its code.
    package var description: String { "\(message) (\(code.rawValue))" }
}
