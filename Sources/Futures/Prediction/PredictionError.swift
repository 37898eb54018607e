package import Shop

/// An error of training, of a model or of an evaluation, with what to do about it.
package struct PredictionError: Error, CustomStringConvertible, Sendable, Hashable {
    /// The kind of error, for programs.
    package enum Code: Sendable, Hashable {
        /// There is no such model or version.
        case notFound
        /// A model's files are missing, damaged or made by another version.
        case model
        /// There are too few usable events.
        case data
        /// A setting is out of its range.
        case setting
        /// Files cannot be read or written.
        case file
        /// Another process is using the same files.
        case inUse
    }

    /// The kind of error.
    package let code: Code
    /// What happened, and where.
    package let problem: String
    /// The step that resolves the error, if programs have their own words for it.
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
