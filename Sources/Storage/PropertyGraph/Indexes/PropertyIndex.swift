import LMDB

/// An index of a property of the nodes of a label, in every graph of a store.
///
/// Declare it when a ``GraphStore`` is opened. The store then keeps it for ever.
public struct PropertyIndex: Hashable, Sendable {
    /// The label of the nodes.
    public let label: Label
    /// The name of the property.
    public let property: String

    /// Creates the description of an index.
    public init(_ label: Label, _ property: String) {
        self.label = label
        self.property = property
    }
}

/// The property indexes of a store, and the encoding of their entries.
///
/// ```
/// graph ‖ 4 ‖ number of the index ‖ kind and value ‖ node  → nothing
/// ```
///
/// The entries of a graph are next to its nodes and edges, so the removal of the graph removes
/// them.
struct Indexes: Sendable {
    struct Index: Sendable {
        var property: String
        var number: UInt16
    }

    /// The kind of the records, beside those of `GraphRecords.Kind`.
    static let recordKind: UInt8 = 4
    /// The number of bytes before the value: graph, kind and number of the index.
    private static let headByteCount = 11
    private static let metaPrefix = Array("index/".utf8)

    /// Indexes by the code of their label, sorted by property name when they are read from a store.
    private(set) var byLabel: [UInt16: [Index]] = [:]

    /// Whether a node's label has an index.
    func cover(_ node: NodeID) -> Bool { byLabel[node.labelCode] != nil }

    /// The number of an index; nil if there is none.
    func number(_ label: UInt16, _ property: String) -> UInt16? {
        byLabel[label]?.first { $0.property == property }?.number
    }

    // MARK: Declaring

    /// Creates an empty list.
    init() {}

    /// Reads the indexes of a store.
    init(reading transaction: borrowing some ReadingTransaction & ~Copyable, meta: Table) throws {
        try transaction.scan(meta, prefix: Self.metaPrefix) { key, value in
            let name = Array(copying: key).dropFirst(Self.metaPrefix.count)
            guard let property = String(validating: name.dropFirst(2), as: UTF8.self),
                name.count > 2
            else { throw GraphError(.corrupt, "An index has no name. Restore a backup.") }
            let label = try ByteReader.reading(Array(name).span.bytes) { try $0.readUInt16() }
            let number = try ByteReader.reading(value) { try $0.readUInt16() }
            byLabel[label, default: []].append(Index(property: property, number: number))
            return true
        }
    }

    /// Adds an index, unless it exists, and builds it from the nodes of the store.
    mutating func declare(
        _ property: String, ofLabel label: UInt16, in transaction: borrowing WriteTransaction,
        meta: Table, records: Table
    ) throws {
        guard number(label, property) == nil else { return }
        guard (1...GraphStore.externalIDByteCountMax).contains(property.utf8.count) else {
            throw GraphError(
                .argument,
                "The name of an indexed property has \(property.utf8.count) bytes. Use 1 to "
                    + "\(GraphStore.externalIDByteCountMax).")
        }
        let count = byLabel.values.reduce(0) { $0 + $1.count }
        guard let number = UInt16(exactly: count + 1) else {
            throw GraphError(.argument, "The store has \(count) indexes and takes no more.")
        }
        var (key, value) = (ByteWriter(), ByteWriter())
        key.appendRaw(Self.metaPrefix)
        key.appendUInt16(label)
        key.appendRaw(Array(property.utf8))
        value.appendUInt16(number)
        try transaction.put(value.bytes, for: key.bytes, in: meta)
        let index = Index(property: property, number: number)
        byLabel[label, default: []].append(index)
        try Self.build(index, ofLabel: label, in: transaction, records: records)
    }

    /// Writes the entries of all nodes of a label.
    private static func build(
        _ index: Index, ofLabel label: UInt16, in transaction: borrowing WriteTransaction,
        records: Table
    ) throws {
        // A scan cannot change the table, so entries are collected in batches.
        var start: [UInt8]? = []
        while let from = start {
            start = nil
            var entries: [[UInt8]] = []
            var seen = 0
            try transaction.scan(records, from: from, to: nil) { key, value in
                seen += 1
                if seen > 1 << 16 || entries.count >= 1 << 12 {
                    start = Array(copying: key)
                    return false
                }
                guard key.byteCount == 17,
                    key.bigEndian(at: 8, as: UInt8.self) == GraphRecords.Kind.node.rawValue,
                    key.bigEndian(at: 9, as: UInt16.self) == label
                else { return true }
                let graph = GraphID(rawValue: key.bigEndian(at: 0, as: UInt64.self))
                let node = NodeID(rawValue: key.bigEndian(at: 9, as: UInt64.self))
                let properties = try GraphRecords.decodeProperties(value)
                if let key = Self.key(of: node, properties, graph, index) { entries.append(key) }
                return true
            }
            for key in entries { try transaction.put([], for: key, in: records) }
        }
    }

    /// Checks that every index has a number of its own, and that no property has two.
    ///
    /// - Complexity: O(*n*) for *n* indexes.
    func checkInvariants() {
        let all = byLabel.values.flatMap { $0 }
        precondition(Set(all.map(\.number)).count == all.count, "Two indexes share a number.")
        for indexes in byLabel.values {
            precondition(
                Set(indexes.map(\.property)).count == indexes.count, "A property has two indexes.")
        }
    }

    // MARK: Keys

    /// The keys of a node's entries in a graph.
    func keys(of node: NodeID, _ properties: [String: Property], _ graph: GraphID) -> [[UInt8]] {
        (byLabel[node.labelCode] ?? []).compactMap { Self.key(of: node, properties, graph, $0) }
    }

    private static func key(
        of node: NodeID, _ properties: [String: Property], _ graph: GraphID, _ index: Index
    ) -> [UInt8]? {
        guard let property = properties[index.property], property.vector == nil else { return nil }
        var writer = head(graph, index.number)
        writer.appendRaw(
            OrderedProperty.bytes(
                of: property, textByteCount: OrderedProperty.textByteCountMax))
        writer.appendUInt64(node.rawValue)
        return writer.bytes
    }

    private static func head(_ graph: GraphID, _ number: UInt16) -> ByteWriter {
        var writer = ByteWriter(capacity: 32)
        writer.appendUInt64(graph.rawValue)
        writer.appendUInt8(recordKind)
        writer.appendUInt16(number)
        return writer
    }

    /// The range of the keys of all entries with a property in a range.
    static func bounds(
        _ graph: GraphID, _ number: UInt16, _ range: PropertyRange
    ) -> (from: [UInt8], to: [UInt8]?) {
        let head = head(graph, number).bytes
        let bounds = range.byteBounds
        return (head + bounds.from, bounds.to.map { head + $0 } ?? keyAfter(prefix: head))
    }

    /// The node of an entry, and whether the entry may have only the first bytes of a string.
    static func readKey(_ key: RawSpan) throws(GraphError) -> (node: NodeID, mayBeTruncated: Bool) {
        let valueByteCount = key.byteCount - headByteCount - 8
        guard valueByteCount > 1 else {
            throw GraphError(.corrupt, "An entry of an index is cut short. Restore a backup.")
        }
        let node = NodeID(rawValue: key.bigEndian(at: key.byteCount - 8, as: UInt64.self))
        // Only a string has that many bytes.
        return (node, valueByteCount > OrderedProperty.textByteCountMax)
    }
}
