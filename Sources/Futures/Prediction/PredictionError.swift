package import Shop

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
    /// What happened, and where.
    package let problem: String
    /// The step that resolves it, if there is one that programs word in their own way.
    package let remedy: Remedy?

    /// What happened, where, and what to do.
    package var description: String { remedy.map { "\(problem) \($0)" } ?? problem }

    /// Makes an error.
    package init(_ code: Code, _ problem: String, remedy: Remedy? = nil) {
        self.code = code
        self.problem = problem
        self.remedy = remedy
    }
}
