import Foundation
public import LMDB

/// Very many named property graphs in one LMDB environment.
///
/// Nodes have a label and are named by an external id in the whole store; each graph says for
/// itself which edges and properties they have. Reading and changing happen inside transactions:
///
/// ```swift
/// let likes = EdgeType(rawValue: "LIKES")
/// let person = Label(rawValue: "Person")
/// let store = try GraphStore(path: "friends", labels: [person], edgeTypes: [likes])
/// try store.write { transaction in
///     let ann = try store.addNode(person, "ann", in: transaction)
///     let bob = try store.addNode(person, "bob", in: transaction)
///     let now = Timestamp(seconds: 0)
///     let edge = Edge(source: ann, type: likes, target: bob, weight: 1, first: now, last: now)
///     try store.put(edge, graph: .shared, in: transaction)
/// }
/// ```
///
/// A store may be used from any thread. Methods that take a transaction belong inside
/// ``read(_:)`` or ``write(_:)`` of the same store.
public final class GraphStore: Sendable {
    /// The version of the layout on disk; a store made by a newer one is refused.
    public static let formatVersion = 2

    /// The transactions' environment.
    public let environment: Environment
    /// The table of the graphs, in which a caller may keep attachments to them.
    public let records: Table
    let meta: Table
    let names: Table
    let ids: TypedTable<UInt64, String>
    let vocabulary: Vocabulary
    let reverseIndex: ReverseIndex

    /// Opens a store, or makes one.
    ///
    /// - Parameters:
    ///   - path: The store's folder.
    ///   - labels: Labels of nodes that may be used.
    ///   - edgeTypes: Types of edges that may be used.
    ///   - indexes: Properties of nodes of these labels by which they are found quickly; those of
    ///     an existing store stay, and new ones are built from what it has.
    ///   - tables: Further tables that the caller keeps in the same environment.
    ///   - reverseIndex: Which graphs of a new store keep the ways back along their edges; an existing
    ///     store stays as it was made.
    ///   - access: Whether the store is also written to, and made where there is none.
    /// - Throws: ``GraphError`` when there is no store or it is of another format than this program
    ///   reads; `LMDBError` when the files cannot be used.
    public init(
        path: String, labels: [Label], edgeTypes: [EdgeType], indexes: [PropertyIndex] = [],
        tables: [String] = [], reverseIndex: ReverseIndex = .everyGraph, access: Access = .create
    ) throws {
        guard access == .create || Self.exists(at: path) else { throw Self.noStore(path) }
        // Other formats have other tables, so this comes before opening them.
        if let version = Self.formatToRefuse(at: path) { try Self.check(version, path: path) }
        var options = Environment.Options()
        options.readOnly = access == .read
        let environment = try Self.environment(
            path, tables: ["meta", "names", "ids", "graph"] + tables, options)
        let meta = environment.table("meta")
        self.environment = environment
        self.meta = meta
        names = environment.table("names")
        ids = TypedTable(environment.table("ids"))
        let records = environment.table("graph")
        self.records = records
        let isNew = try environment.read { transaction in
            try Self.checkFormat(in: transaction, meta: meta, path: path) == nil
        }
        guard !isNew || access != .read else { throw Self.noStore(path) }
        vocabulary =
            if access == .read {
                try environment.read { try Vocabulary(reading: $0, meta: meta) }
            } else {
                // All at once, so that a store has its format and its names or neither.
                try environment.write { transaction in
                    if isNew {
                        try Self.setFormat(in: transaction, meta: meta)
                        try Self.set(reverseIndex, in: transaction, meta: meta)
                    }
                    return try Vocabulary(
                        declaring: labels, edgeTypes, indexes, in: transaction, meta: meta,
                        records: records)
                }
            }
        self.reverseIndex = try environment.read { try Self.reverseIndex(in: $0, meta: meta) }
    }

    private static func environment(
        _ path: String, tables: [String], _ options: Environment.Options
    ) throws -> Environment {
        do {
            return try Environment(path: path, tables: tables, options: options)
        } catch {
            // A database in which nothing was ever written: its making was cut off.
            if options.readOnly, error.code == .notFound { throw noStore(path) }
            throw error
        }
    }

    private static func noStore(_ path: String) -> GraphError {
        GraphError(
            .notAStore, "There is no store at \(path). Ingest some events, or check the path.")
    }

    /// Which graphs of a store keep, beside each edge, the way back along it.
    ///
    /// Without it, the edges that enter a node are found by reading the whole graph: right for very
    /// many small graphs, which are read whole anyway and take a third less space.
    public enum ReverseIndex: String, Sendable {
        /// All graphs.
        case everyGraph
        /// Only ``GraphID/shared``.
        case sharedGraph
    }

    /// Whether a graph keeps the ways back along its edges.
    func keepsWaysBack(_ graph: GraphID) -> Bool {
        reverseIndex == .everyGraph || graph == .shared
    }

    private static func reverseIndex(
        in transaction: borrowing ReadTransaction, meta: Table
    ) throws -> ReverseIndex {
        let name = try transaction.value(for: waysBackKey, in: meta) { value in
            try ByteReader.reading(value) { try $0.readString() }
        }
        return name.flatMap(ReverseIndex.init) ?? .everyGraph
    }

    private static func set(
        _ reverseIndex: ReverseIndex, in transaction: borrowing WriteTransaction, meta: Table
    ) throws {
        var writer = ByteWriter()
        writer.appendString(reverseIndex.rawValue)
        try transaction.put(writer.bytes, for: waysBackKey, in: meta)
    }

    private static let waysBackKey = Array("ways back".utf8)

    /// What a store is opened for.
    public enum Access: Sendable {
        /// Reading only: nothing is changed, and other processes may use the store.
        case read
        /// Reading and writing a store that there is.
        case write
        /// Reading and writing; a store is made where there is none.
        case create
    }

    /// Whether a folder holds a store.
    public static func exists(at path: String) -> Bool {
        FileManager.default.fileExists(atPath: path + "/data.mdb")
    }

    /// Looks at one state of the store; see `Environment.read`.
    public func read<T>(_ body: (borrowing ReadTransaction) throws -> T) throws -> T {
        try environment.read(body)
    }

    /// Changes the store, all or nothing; see `Environment.write`.
    public func write<T>(_ body: (borrowing WriteTransaction) throws -> T) throws -> T {
        try environment.write(body)
    }

    /// Changes the store, all or nothing, sharing its commit with others that wait.
    ///
    /// - Parameter body: May run more than once; see `Environment.write`.
    /// - Returns: What `body` returned, once it is on disk.
    /// - Throws: What `body` throws, `LMDBError` or `CancellationError`.
    public func write<T: Sendable>(
        _ body: @escaping @Sendable (borrowing WriteTransaction) throws -> T
    ) async throws -> T {
        try await environment.write(body)
    }

    /// The number of the store's newest state; each write that commits adds one.
    package var stateNumber: Int {
        get throws { try read { $0.number } }
    }

    /// Reads a setting that the caller keeps in the store.
    public func setting(
        _ name: String, in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> Property? {
        try transaction.value(for: Array("setting/\(name)".utf8), in: meta) { value in
            try GraphRecords.decodeProperties(value)["value"]
        } ?? nil
    }

    /// Keeps a setting in the store.
    public func set(
        _ name: String, to value: Property, in transaction: borrowing WriteTransaction
    ) throws {
        try transaction.put(
            GraphRecords.encode(["value": value]), for: Array("setting/\(name)".utf8), in: meta)
    }

    /// Removes a setting from the store.
    package func removeSetting(
        _ name: String, in transaction: borrowing WriteTransaction
    ) throws {
        try transaction.remove(Array("setting/\(name)".utf8), in: meta)
    }

    /// The format of a store; `nil` for one that is just being made.
    private static func checkFormat(
        in transaction: borrowing some ReadingTransaction & ~Copyable, meta: Table, path: String
    ) throws -> UInt64? {
        // Read as it is stored: the first byte has told the format since the first one.
        let version = try transaction.storedBytes(for: formatKey, in: meta)
            .map { try ByteReader.reading($0.span.bytes) { try $0.readVarint() } }
        guard let version else { return nil }
        try check(version, path: path)
        return version
    }

    private static func check(_ version: UInt64, path: String) throws(GraphError) {
        guard version <= formatVersion else {
            throw GraphError(
                .newerStore,
                "The store at \(path) has format \(version), and this program reads up to "
                    + "\(formatVersion). Use a newer foretwin.", path: path)
        }
        guard version == formatVersion else {
            throw GraphError(
                .olderStore,
                "The store at \(path) has the older format \(version).", path: path)
        }
    }

    private static func setFormat(in transaction: borrowing WriteTransaction, meta: Table) throws {
        var writer = ByteWriter()
        writer.appendVarint(UInt64(formatVersion))
        try transaction.put(writer.bytes, for: formatKey, in: meta)
    }

    private static let formatKey = Array("format".utf8)
}
