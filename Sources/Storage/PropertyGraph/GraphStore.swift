import Foundation
public import LMDB

/// A store of many property graphs in one LMDB environment.
///
/// A node has a label and an external id, which are the same in all graphs. Its properties and
/// edges belong to one graph. All access is in transactions:
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
/// All threads can use a store. Call methods with a transaction parameter inside ``read(_:)`` or
/// `write` of the same store.
public final class GraphStore: Sendable {
    /// The version of the format on disk; stores of other versions are refused.
    public static let formatVersion = 2

    /// The environment of the transactions.
    public let environment: Environment
    /// The table of the graphs, in which callers can attach records to a graph.
    public let records: Table
    let meta: Table
    let names: Table
    let ids: TypedTable<UInt64, String>
    let vocabulary: Vocabulary
    let reverseIndex: ReverseIndex

    /// Opens or creates a store.
    ///
    /// - Parameters:
    ///   - path: The store's folder.
    ///   - labels: The labels of nodes that will be used.
    ///   - edgeTypes: The types of edges that will be used.
    ///   - indexes: The property indexes. An existing store keeps the indexes that it has, and new
    ///     ones are built from its nodes.
    ///   - tables: The names of further tables for the caller in the same environment.
    ///   - reverseIndex: The graphs of a new store that have a reverse index; ignored for an
    ///     existing store.
    ///   - access: Whether the store can be written, and created.
    /// - Throws: ``GraphError`` if there is no store, or if it has another format; `LMDBError` if
    ///   its files cannot be used.
    public init(
        path: String, labels: [Label], edgeTypes: [EdgeType], indexes: [PropertyIndex] = [],
        tables: [String] = [], reverseIndex: ReverseIndex = .everyGraph, access: Access = .create
    ) throws {
        guard access == .create || Self.exists(at: path) else { throw Self.noStore(path) }
        // Other formats have other tables, so check the format before opening the tables.
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
                // In one transaction, so that a store has both its format and its vocabulary, or
                // none.
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
            // The database is empty: the process that created it ended early.
            if options.readOnly, error.code == .notFound { throw noStore(path) }
            throw error
        }
    }

    private static func noStore(_ path: String) -> GraphError {
        GraphError(
            .notAStore, "There is no store at \(path). Check the path, or create a store.")
    }

    /// The graphs of a store that have a reverse index, which finds the incoming edges of a node.
    ///
    /// Without it, incoming edges are found by reading the whole graph. That is right for many
    /// small graphs, which are read as a whole anyway: they take a third less space.
    public enum ReverseIndex: String, Sendable {
        /// All graphs.
        case everyGraph
        /// Only ``GraphID/shared``.
        case sharedGraph
    }

    /// Whether a graph has a reverse index.
    func hasReverseIndex(_ graph: GraphID) -> Bool {
        reverseIndex == .everyGraph || graph == .shared
    }

    private static func reverseIndex(
        in transaction: borrowing ReadTransaction, meta: Table
    ) throws -> ReverseIndex {
        let name = try transaction.value(for: reverseIndexKey, in: meta) { value in
            try ByteReader.reading(value) { try $0.readString() }
        }
        return name.flatMap(ReverseIndex.init) ?? .everyGraph
    }

    private static func set(
        _ reverseIndex: ReverseIndex, in transaction: borrowing WriteTransaction, meta: Table
    ) throws {
        var writer = ByteWriter()
        writer.appendString(reverseIndex.rawValue)
        try transaction.put(writer.bytes, for: reverseIndexKey, in: meta)
    }

    // This text is part of the format on disk.
    private static let reverseIndexKey = Array("ways back".utf8)

    /// What a store is opened for.
    public enum Access: Sendable {
        /// Reading only; another process can write meanwhile.
        case read
        /// Reading and writing an existing store.
        case write
        /// Reading and writing; creates the store if there is none.
        case create
    }

    /// Whether there is a store in a folder.
    public static func exists(at path: String) -> Bool {
        FileManager.default.fileExists(atPath: path + "/data.mdb")
    }

    /// Calls `body` with a snapshot of the store; see `Environment.read`.
    public func read<T>(_ body: (borrowing ReadTransaction) throws -> T) throws -> T {
        try environment.read(body)
    }

    /// Calls `body` with a write transaction, and blocks until it is durable; see
    /// `Environment.write`.
    public func write<T>(_ body: (borrowing WriteTransaction) throws -> T) throws -> T {
        try environment.write(body)
    }

    /// Calls `body` with a write transaction, and awaits that it is durable; see
    /// `Environment.write`.
    ///
    /// - Parameter body: Makes the changes; may run more than once.
    /// - Returns: What `body` returned in the run that was committed.
    /// - Throws: What `body` throws, `LMDBError` or `CancellationError`.
    public func write<T: Sendable>(
        _ body: @escaping @Sendable (borrowing WriteTransaction) throws -> T
    ) async throws -> T {
        try await environment.write(body)
    }

    /// The transaction ID of the newest state; each write that commits increments it.
    package var lastTransactionID: Int {
        get throws { try read { $0.id } }
    }

    /// The value of a caller's setting, or `nil` if it is not set.
    public func setting(
        _ name: String, in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> Property? {
        try transaction.value(for: Array("setting/\(name)".utf8), in: meta) { value in
            try GraphRecords.decodeProperties(value)["value"]
        } ?? nil
    }

    /// Stores a caller's setting.
    public func set(
        _ name: String, to value: Property, in transaction: borrowing WriteTransaction
    ) throws {
        try transaction.put(
            GraphRecords.encode(["value": value]), for: Array("setting/\(name)".utf8), in: meta)
    }

    /// Removes a caller's setting.
    package func removeSetting(
        _ name: String, in transaction: borrowing WriteTransaction
    ) throws {
        try transaction.remove(Array("setting/\(name)".utf8), in: meta)
    }

    /// The format of a store, which must be the current one; `nil` for a store that is being
    /// created.
    private static func checkFormat(
        in transaction: borrowing some ReadingTransaction & ~Copyable, meta: Table, path: String
    ) throws -> UInt64? {
        // Read without a check of the checksum: format 1 has none. The bytes begin with the format.
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
