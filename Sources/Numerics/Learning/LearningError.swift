/// An error of this module.
package struct LearningError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The kinds of failure.
    package enum Code: String, Sendable {
        /// A configuration value is outside its range.
        case invalidConfiguration
        /// The data has nothing to learn from.
        case noData
        /// The data does not fit the declared sizes, for example an item outside the catalogue.
        case invalidData
        /// The loss or the parameters became infinite or not a number.
        case diverged
        /// A file could not be read or written.
        case fileAccess
        /// A file does not have the expected format.
        case malformedFile
        /// Tensors are missing, or their shapes do not fit the architecture.
        case wrongTensors
        /// The task was cancelled.
        case cancelled
    }

    /// The kind of failure.
    package let code: Code
    /// What happened, where, and what to do.
    package let message: String

    /// An error with a code and a message.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message with its code.
    package var description: String { "\(message) (\(code.rawValue))" }
}
