import Foundation
public import LMDB

extension GraphStore {
    /// Why a store's files could not be used, for programs that tell such failures apart.
    public enum Failure: Sendable, Hashable {
        /// Another process has the store open.
        case inUse
        /// The file is damaged.
        case damaged
        /// There is no space left to write to.
        case full
        /// The disk failed to read or write.
        case disk
    }

    /// The version of the database library in use, such as "0.9.31".
    package static var databaseVersion: String { Environment.version }

    /// Whether nothing can be written until the store is opened again, because of damage or a disk
    /// that failed; reading goes on.
    public var refusesWrites: Bool { environment.refusesWrites }

    /// Whether the store's file is still where it was opened: not moved, deleted or replaced.
    ///
    /// - Throws: The errors of the database.
    public func isInPlace() throws -> Bool { try environment.isInPlace() }

    /// What an error says of a store's files; `nil` if it is about something else.
    public static func failure(_ error: any Error) -> Failure? {
        if let error = error as? GraphError { return error.code == .corrupt ? .damaged : nil }
        switch (error as? LMDBError)?.code {
        case .inUse: return .inUse
        case .corrupted, .truncated, .notADatabase, .corruptRecord: return .damaged
        case .diskFull, .mapFull: return .full
        case .io(errno: EIO): return .disk
        default: return nil
        }
    }

    /// Ends the process with a sentence where a damaged file would end it by a signal; see
    /// `Environment.exitOnDamage`.
    public static func exitOnDamage(code: Int32, message: String) {
        Environment.exitOnDamage(code: code, message: message)
    }

    /// The format of the store in a data file, without opening it; `nil` if it cannot be told.
    package static func storedFormat(ofFile path: String) throws -> Int? {
        let stored = try Environment.storedBytes(
            for: Array("format".utf8), inTable: "meta", ofFile: path)
        guard let stored else { return nil }
        let version = try ByteReader.reading(stored.span.bytes) { try $0.readVarint() }
        return Int(exactly: version)
    }

    /// The format of a store that is not the current one, as far as it can be told without opening.
    static func formatToRefuse(at path: String) -> UInt64? {
        guard exists(at: path) else { return nil }
        // Whatever is wrong with the file, opening it tells better.
        let version = try? storedFormat(ofFile: path + "/data.mdb")
        guard let version, version != formatVersion else { return nil }
        return UInt64(version)
    }

    /// How much of what a store has been looked at.
    public struct Audit: Sendable, Hashable {
        /// Names of nodes.
        public var names = 0
        /// Nodes with properties, in all graphs.
        public var nodes = 0
        /// Edges of all graphs.
        public var edges = 0
        /// Entries of indexes, in all graphs.
        public var indexEntries = 0
        /// Records that callers keep beside nodes and edges.
        public var attachments = 0
    }

    /// Looks whether all records of nodes and edges fit each other.
    ///
    /// Names and ids lead to each other; edges have known ends and types, and their way back where
    /// the store keeps it; indexes name the nodes that they should, and no others.
    ///
    /// - Parameters:
    ///   - transaction: The state to look at.
    ///   - note: Told what does not fit; without ids or names.
    ///   - progress: Told the number of records seen and of all, now and then.
    /// - Returns: How much there is.
    /// - Throws: `LMDBError` when the tables cannot be read.
    /// - Complexity: O(*r* log *r*) for *r* records.
    public func audit(
        in transaction: borrowing ReadTransaction, note: (String) -> Void,
        progress: (Int, Int) -> Void
    ) throws -> Audit {
        var audit = Audit()
        let counts = try auditNames(in: transaction, &audit, note)
        let total = try transaction.count(records)
        var seen = 0
        var reverseIndex = (there: 0, back: 0)
        var indexedCount = 0
        try transaction.scan(records, from: [], to: nil) { key, value in
            seen += 1
            if seen & 0xFFF == 0 { progress(seen, total) }
            do {
                indexedCount += try auditIndexes(of: key, value, in: transaction)
                switch try auditRecord(key, value, counts, in: transaction, &audit) {
                case .edge: reverseIndex.there += 1
                case .reverse: reverseIndex.back += 1
                default: break
                }
            } catch { note("a record of a graph does not fit: \(error)") }
            return true
        }
        // Each edge was found to have its way back, so as many ways back have their edge.
        if reverseIndex.back > reverseIndex.there {
            note("\(reverseIndex.back - reverseIndex.there) ways back lead to no edge")
        }
        // In the same way, each node was found to have its entries.
        if audit.indexEntries > indexedCount {
            note("\(audit.indexEntries - indexedCount) entries of indexes lead to no such node")
        }
        return audit
    }

    /// Compares names with ids; returns how many nodes of each label there are, by label code.
    private func auditNames(
        in transaction: borrowing ReadTransaction, _ audit: inout Audit, _ note: (String) -> Void
    ) throws -> [UInt16: Int] {
        var found: [UInt16: Int] = [:]
        var misfits = 0
        try transaction.scan(names, from: [], to: nil) { key, value in
            let key = Array(copying: key)
            let index = try ByteReader.reading(value) { try $0.readVarint() }
            guard key.count > 2, index < 1 << 48 else {
                misfits += 1
                return true
            }
            let code = UInt16(key[0]) << 8 | UInt16(key[1])
            found[code, default: 0] += 1
            let node = NodeID(labelCode: code, index: index)
            let name = try externalID(of: node, in: transaction)
            if !(name?.utf8.elementsEqual(key.dropFirst(2)) ?? false) { misfits += 1 }
            return true
        }
        audit.names = found.values.reduce(0, +)
        if misfits > 0 { note("\(misfits) names of nodes do not fit their ids") }
        let idCount = try transaction.count(ids)
        if idCount != audit.names {
            note("\(idCount) nodes have ids and \(audit.names) have names")
        }
        for (code, count) in found.sorted(by: { $0.key < $1.key }) {
            guard let label = vocabulary.label(code: code) else {
                note("\(count) nodes have the unknown label \(code)")
                continue
            }
            // Numbers are not given twice, so names that were removed leave gaps.
            let counted = try nodeCount(label, in: transaction)
            if counted < count { note("\(label) counts \(counted) nodes and has \(count)") }
            found[code] = counted
        }
        return found
    }

    /// How many entries of indexes a record must have, if it is a node; each of them is there.
    private func auditIndexes(
        of key: RawSpan, _ value: RawSpan, in transaction: borrowing ReadTransaction
    ) throws -> Int {
        guard key.byteCount == 17,
            key.bigEndian(at: 8, as: UInt8.self) == GraphRecords.Kind.node.rawValue
        else { return 0 }
        let node = NodeID(rawValue: key.bigEndian(at: 9, as: UInt64.self))
        guard vocabulary.indexes.cover(node) else { return 0 }
        let keys = vocabulary.indexes.keys(
            of: node, try GraphRecords.decodeProperties(value),
            GraphID(rawValue: key.bigEndian(at: 0, as: UInt64.self)))
        let missing = try keys.count { try !transaction.contains($0, in: records) }
        guard missing == 0 else {
            throw GraphError(.corrupt, "A node is missing in an index. Restore a backup.")
        }
        return keys.count
    }

    /// Looks at one record; returns whether it is an edge that must have a way back, or is one.
    private func auditRecord(
        _ key: RawSpan, _ value: RawSpan, _ counts: [UInt16: Int],
        in transaction: borrowing ReadTransaction, _ audit: inout Audit
    ) throws -> GraphRecords.Kind? {
        let (graph, kind, node) = try ByteReader.reading(key) { reader in
            (
                GraphID(rawValue: try reader.readUInt64()), try reader.readUInt8(),
                NodeID(rawValue: reader.remaining >= 8 ? try reader.readUInt64() : 0)
            )
        }
        func check(_ node: NodeID) throws {
            guard node.index < counts[node.labelCode] ?? 0 else {
                throw GraphError(.corrupt, "A record is about no node. Restore a backup.")
            }
        }
        switch GraphRecords.Kind(rawValue: kind) {
        case .node:
            try check(node)
            _ = try GraphRecords.decodeProperties(value)
            audit.nodes += 1
        case .edge:
            let edge = try GraphRecords.decodeEdge(key, value, vocabulary: vocabulary)
            audit.edges += 1
            try check(edge.source)
            try check(edge.target)
            let type = try vocabulary.code(of: edge.type)
            let back = GraphRecords.key(
                graph, .reverse, from: edge.target, type: type, to: edge.source)
            guard keepsWaysBack(graph) else { break }
            guard try transaction.contains(back, in: records) else {
                throw GraphError(.corrupt, "An edge has no way back. Restore a backup.")
            }
            return .edge
        case .reverse:
            _ = try GraphRecords.readEdgeKey(key, vocabulary: vocabulary)
            return .reverse
        case nil where kind == Indexes.recordKind:
            try check(try Indexes.readKey(key).node)
            audit.indexEntries += 1
        case nil:
            guard kind >= Self.attachmentTagMin else {
                throw GraphError(.corrupt, "A record is of an unknown kind. Restore a backup.")
            }
            audit.attachments += 1
        }
        return nil
    }
}
