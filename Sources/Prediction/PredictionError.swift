/// What went wrong with training, a model or an evaluation, and what to do about it.
public struct PredictionError: Error, CustomStringConvertible, Sendable, Hashable {
    /// The kind of error, for programs.
    public enum Code: Sendable, Hashable {
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
    }

    /// The kind of error.
    public let code: Code
    /// What happened, where, and what to do.
    public let description: String

    /// Makes an error.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
