/// What went wrong with training, a model or an evaluation, and what to do about it.
package struct PredictionError: Error, CustomStringConvertible, Sendable, Hashable {
    /// The kind of error, for programs.
    package enum Code: Sendable, Hashable {
        /// There is no such model or version.
        case notFound
        /// A model's files are missing, damaged or made by another version.
        case model
        /// There are too few events, or none that can be used.
        case data
        /// A setting is out of its range.
        case setting
        /// Files cannot be read or written.
        case file
        /// Another process is at work on the same.
        case inUse
    }

    /// The kind of error.
    package let code: Code
    /// What happened, where, and what to do.
    package let description: String

    /// Makes an error.
    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
