import Foundation
public import LMDB

extension GraphStore {
    /// The kind of a failure of a store's files.
    public enum Failure: Sendable, Hashable {
        /// Another process has the store open.
        case inUse
        /// The file is damaged.
        case damaged
        /// There is no space left.
        case full
        /// The disk failed to read or write.
        case disk
    }

    /// The version of the database library in use, such as "0.9.31".
    package static var databaseVersion: String { Environment.version }

    /// Whether all writes fail because damage was found or the disk failed; reads still work.
    ///
    /// Open the store again after the cause is removed.
    public var refusesWrites: Bool { environment.refusesWrites }

    /// Whether the store's file is still where it was opened: not moved, deleted or replaced.
    ///
    /// - Throws: The errors of the database.
    public func isInPlace() throws -> Bool { try environment.isInPlace() }

    /// The failure of a store's files that an error reports; `nil` if it reports something else.
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

    /// Makes the process exit with a message if it meets a damaged file; see
    /// `Environment.exitOnCorruption`.
    ///
    /// - Parameters:
    ///   - code: The exit code, 1 to 255.
    ///   - message: One line of at most 500 bytes, without a line break.
    public static func exitOnCorruption(code: Int32, message: String) {
        Environment.exitOnCorruption(code: code, message: message)
    }

    /// The format of the store in a data file, read without LMDB; `nil` if it is unknown.
    package static func storedFormat(ofFile path: String) throws -> Int? {
        let stored = try Environment.storedBytes(
            for: Array("format".utf8), inTable: "meta", ofFile: path)
        guard let stored else { return nil }
        let version = try ByteReader.reading(stored.span.bytes) { try $0.readVarint() }
        return Int(exactly: version)
    }

    /// The format of a store, if it is known without opening it and not the current one.
    static func formatToRefuse(at path: String) -> UInt64? {
        guard exists(at: path) else { return nil }
        // If the file is damaged, opening it throws a better error.
        let version = try? storedFormat(ofFile: path + "/data.mdb")
        guard let version, version != formatVersion else { return nil }
        return UInt64(version)
    }

    /// The numbers of records that an audit checked.
    public struct Audit: Sendable, Hashable {
        /// External ids of nodes.
        public var names = 0
        /// Nodes with a record, in all graphs.
        public var nodes = 0
        /// Edges, in all graphs.
        public var edges = 0
        /// Entries of indexes, in all graphs.
        public var indexEntries = 0
        /// Records that callers have attached to graphs.
        public var attachments = 0
    }

    /// Checks that all records of nodes and edges are consistent.
    ///
    /// It checks that:
    /// - external ids and node ids map to each other;
    /// - edges have known nodes and types;
    /// - the reverse index has exactly the edges of the graphs that have one;
    /// - property indexes have exactly the nodes that they should have.
    ///
    /// - Parameters:
    ///   - transaction: The state to check.
    ///   - note: Gets each inconsistency as text, without ids or names.
    ///   - progress: Called every 4,096 records with the number of records checked, and of all
    ///     records.
    /// - Returns: The numbers of records.
    /// - Throws: `LMDBError` if the tables cannot be read.
    /// - Complexity: O(*n* log *n*) for *n* records.
    public func audit(
        in transaction: borrowing ReadTransaction, note: (String) -> Void,
        progress: (Int, Int) -> Void
    ) throws -> Audit {
        var audit = Audit()
        let counts = try auditNames(in: transaction, &audit, note)
        let total = try transaction.count(records)
        var seen = 0
        var edgeCounts = (forward: 0, reverse: 0)
        var indexedCount = 0
        try transaction.scan(records, from: [], to: nil) { key, value in
            seen += 1
            if seen & 0xFFF == 0 { progress(seen, total) }
            do {
                indexedCount += try auditIndexes(of: key, value, in: transaction)
                switch try auditRecord(key, value, counts, in: transaction, &audit) {
                case .edge: edgeCounts.forward += 1
                case .reverse: edgeCounts.reverse += 1
                default: break
                }
            } catch { note("a record of a graph is wrong: \(error)") }
            return true
        }
        // Each edge has its entry in the reverse index, so further entries have no edge.
        if edgeCounts.reverse > edgeCounts.forward {
            let extra = edgeCounts.reverse - edgeCounts.forward
            note("\(extra) entries of the reverse index have no edge")
        }
        // In the same way, each node has its entries in the property indexes.
        if audit.indexEntries > indexedCount {
            note("\(audit.indexEntries - indexedCount) entries of indexes have no node")
        }
        return audit
    }

    /// Checks the invariants of the store and of all of its records; for tests.
    ///
    /// It traps if one of them does not hold.
    ///
    /// - Throws: `LMDBError` if the store cannot be read.
    /// - Complexity: O(*n* log *n*) for *n* records.
    package func checkInvariants() throws {
        checkMemoryInvariants()
        let findings = try read { transaction in
            var findings: [String] = []
            _ = try audit(
                in: transaction, note: { findings.append($0) }, progress: { _, _ in })
            return findings
        }
        precondition(findings.isEmpty, "The store is inconsistent: \(findings)")
    }

    /// Checks the invariants of what the store keeps in memory; for tests.
    ///
    /// - Complexity: O(*n*) for *n* labels, edge types and indexes.
    package func checkMemoryInvariants() {
        vocabulary.checkInvariants()
        Label.checkInvariants()
        EdgeType.checkInvariants()
        environment.checkInvariants()
    }

    /// Compares external ids with node ids; returns the number of nodes by the code of their label.
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
            // An index is not used twice, so removed names leave gaps.
            let counted = try nodeCount(label, in: transaction)
            if counted < count { note("\(label) counts \(counted) nodes and has \(count)") }
            found[code] = counted
        }
        return found
    }

    /// The number of index entries that a record must have; 0 unless it is a node.
    ///
    /// - Throws: ``GraphError`` if one of them is missing.
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

    /// Checks one record.
    ///
    /// - Returns: `.edge` for an edge of a graph with a reverse index, `.reverse` for an entry of
    ///   it, otherwise `nil`.
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
                throw GraphError(
                    .corrupt, "A record names a node that does not exist. Restore a backup.")
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
            let reverse = GraphRecords.key(
                graph, .reverse, from: edge.target, type: type, to: edge.source)
            guard hasReverseIndex(graph) else { break }
            guard try transaction.contains(reverse, in: records) else {
                throw GraphError(
                    .corrupt, "An edge is missing in the reverse index. Restore a backup.")
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
