/// What went wrong with a graph store, and what to do about it.
public struct GraphError: Error, CustomStringConvertible, Sendable, Hashable {
    /// The kind of error, for programs.
    public enum Code: Sendable, Hashable {
        /// The folder holds no graph store.
        case notAStore
        /// The store was made by a newer version of this program.
        case newerStore
        /// The store was made by an older version of this program and has to be migrated.
        case olderStore
        /// A label or edge type was not declared when the store was opened.
        case undeclared
        /// An external id is empty or too long.
        case externalID
        /// A caller gave something that is out of its range.
        case argument
        /// A record cannot be what it should be.
        case corrupt
    }

    /// The kind of error.
    public let code: Code
    /// What happened, and where; no ids of nodes.
    public let problem: String
    /// The path of the store, where the error is about its format.
    public let path: String?

    /// What happened, where, and what to do; no ids of nodes.
    public var description: String {
        code == .olderStore ? "\(problem) Migrate it first." : problem
    }

    init(_ code: Code, _ problem: String, path: String? = nil) {
        self.code = code
        self.problem = problem
        self.path = path
    }
}
