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
    public static let formatVersion = 1

    /// The transactions' environment.
    public let environment: Environment
    let meta: Table
    let names: Table
    let ids: Table
    let records: Table
    let vocabulary: Vocabulary

    /// Opens a store, or makes one.
    ///
    /// - Parameters:
    ///   - path: The store's folder.
    ///   - labels: Labels of nodes that may be used.
    ///   - edgeTypes: Types of edges that may be used.
    ///   - tables: Further tables that the caller keeps in the same environment.
    ///   - create: Whether a store is made where there is none.
    /// - Throws: ``GraphError`` when there is no store or it is newer than this program; `LMDBError`
    ///   when the files cannot be used.
    public init(
        path: String, labels: [Label], edgeTypes: [EdgeType], tables: [String] = [],
        create: Bool = true
    ) throws {
        guard create || Self.exists(at: path) else {
            throw GraphError(
                .notAStore, "There is no store at \(path). Ingest some events, or check the path.")
        }
        let environment = try Environment(
            path: path, tables: ["meta", "names", "ids", "graph"] + tables)
        let meta = environment.table("meta")
        self.environment = environment
        self.meta = meta
        names = environment.table("names")
        ids = environment.table("ids")
        records = environment.table("graph")
        vocabulary = try environment.write { transaction in
            try Self.checkFormat(in: transaction, meta: meta, path: path)
            return try Vocabulary(declaring: labels, edgeTypes, in: transaction, meta: meta)
        }
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

    private static func checkFormat(
        in transaction: borrowing WriteTransaction, meta: Table, path: String
    ) throws {
        let key = Array("format".utf8)
        guard let stored = try transaction.bytes(for: key, in: meta) else {
            var writer = ByteWriter()
            writer.appendVarint(UInt64(formatVersion))
            try transaction.put(writer.finish(checksummed: true), for: key, in: meta)
            return
        }
        var reader = try ByteReader(verifying: stored)
        let version = try reader.readVarint()
        guard version <= formatVersion else {
            throw GraphError(
                .newerStore,
                "The store at \(path) has format \(version), and this program reads up to "
                    + "\(formatVersion). Use a newer foretwin.")
        }
    }
}
