/// What went wrong with a store, a file or a customer's data, and what to do about it.
package struct TwinsError: Error, CustomStringConvertible, Sendable, Hashable {
    /// The kind of error, for programs.
    package enum Code: Sendable, Hashable {
        /// A file or folder is missing, unreadable, or of the wrong kind.
        case file
        /// A file is readable but has the wrong format.
        case format
        /// The pseudonym key is missing, malformed, open to others, or not the store's.
        case key
        /// What was asked for does not exist.
        case notFound
        /// The data of the store are damaged.
        case corrupt
        /// The store was too busy; try again.
        case busy
        /// A setting is out of its range or does not fit the store.
        case setting
    }

    /// The kind of error.
    package let code: Code
    /// What happened, and where; no personal data.
    package let problem: String
    /// The step that resolves it, if programs word it in their own terms.
    package let remedy: Remedy?

    /// What happened, where, and what to do; no personal data.
    package var description: String { remedy.map { "\(problem) \($0)" } ?? problem }

    /// Creates an error.
    package init(_ code: Code, _ problem: String, remedy: Remedy? = nil) {
        self.code = code
        self.problem = problem
        self.remedy = remedy
    }
}
