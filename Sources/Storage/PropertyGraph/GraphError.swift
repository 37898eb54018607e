/// An error of a graph store: what happened, where, and what to do.
public struct GraphError: Error, CustomStringConvertible, Sendable, Hashable {
    /// The kind of an error.
    public enum Code: Sendable, Hashable {
        /// There is no graph store in the folder.
        case notAStore
        /// A newer version of this module created the store.
        case newerStore
        /// An older version of this module created the store. Migrate it.
        case olderStore
        /// A label, edge type or index was not declared when the store was opened.
        case undeclared
        /// An external id is empty or too long.
        case externalID
        /// An argument is out of its range.
        case argument
        /// A record is malformed, or contradicts another one.
        case corrupt
    }

    /// The kind of error.
    public let code: Code
    /// What happened and where, without ids of nodes.
    public let problem: String
    /// The path of the store, if the error is about its format.
    public let path: String?

    /// What happened, where, and what to do, without ids of nodes.
    public var description: String {
        code == .olderStore ? "\(problem) Migrate it first." : problem
    }

    init(_ code: Code, _ problem: String, path: String? = nil) {
        self.code = code
        self.problem = problem
        self.path = path
    }
}
