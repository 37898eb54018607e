public import LMDB

extension GraphStore {
    /// The most bytes that an external id may have.
    public static let externalIDByteCountMax = 400

    /// Finds a node by its external id, or `nil` if the store has none.
    public func node(
        _ label: Label, _ externalID: String,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> NodeID? {
        let code = try vocabulary.code(of: label)
        guard externalID.utf8.count <= Self.externalIDByteCountMax else { return nil }
        return try transaction.value(for: nameKey(code, externalID), in: names) { value in
            NodeID(labelCode: code, index: try readIndex(value))
        }
    }

    /// Finds a node by its external id, or makes it.
    ///
    /// - Throws: ``GraphError`` for an empty or too long id, or an undeclared label.
    public func addNode(
        _ label: Label, _ externalID: String, in transaction: borrowing WriteTransaction
    ) throws -> NodeID {
        if let found = try node(label, externalID, in: transaction) { return found }
        guard (1...Self.externalIDByteCountMax).contains(externalID.utf8.count) else {
            throw GraphError(
                .externalID,
                "An external id has \(externalID.utf8.count) bytes. Use 1 to "
                    + "\(Self.externalIDByteCountMax).")
        }
        let code = try vocabulary.code(of: label)
        let index = UInt64(try nodeCount(label, in: transaction))
        let id = NodeID(labelCode: code, index: index)
        try transaction.put(number(index), for: nameKey(code, externalID), in: names)
        try transaction.put(externalID, for: id.rawValue, in: ids)
        try transaction.put(number(index + 1), for: countKey(code), in: meta)
        return id
    }

    /// Removes the name of a node, whose number is not given to another.
    ///
    /// For names that may not stay; the caller sees to it that no edge needs it.
    public func removeName(
        of node: NodeID, in transaction: borrowing WriteTransaction
    ) throws {
        guard let name = try externalID(of: node, in: transaction) else { return }
        try transaction.remove(nameKey(node.labelCode, name), in: names)
        try transaction.remove(node.rawValue, in: ids)
    }

    /// How many nodes of a label the store has named; their indexes are 0 up to it.
    public func nodeCount(
        _ label: Label, in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> Int {
        let code = try vocabulary.code(of: label)
        return Int(try transaction.value(for: countKey(code), in: meta, readIndex) ?? 0)
    }

    /// The id of the node with a running number of a label.
    ///
    /// - Throws: ``GraphError`` for an undeclared label, or with code `corrupt` for a number that no
    ///   node can have: numbers come from records.
    public func nodeID(_ label: Label, index: Int) throws -> NodeID {
        let code = try vocabulary.code(of: label)
        guard index < 1 << 48 else {
            throw GraphError(
                .corrupt,
                "A record names the node \(index), which no store can have. Restore a "
                    + "backup.")
        }
        return NodeID(labelCode: code, index: UInt64(max(0, index)))
    }

    /// The label of a node.
    public func label(of node: NodeID) -> Label? { vocabulary.label(code: node.labelCode) }

    /// The external id of a node, or `nil` if the store has none.
    public func externalID(
        of node: NodeID, in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> String? {
        try transaction.value(for: node.rawValue, in: ids)
    }

    /// Visits the external ids of all nodes of a label by running number.
    public func forEachNode(
        _ label: Label, in transaction: borrowing some ReadingTransaction & ~Copyable,
        _ body: (NodeID, String) throws -> Void
    ) throws {
        let first = NodeID(labelCode: try vocabulary.code(of: label), index: 0).rawValue
        let last = first | (1 << 48 - 1)
        try transaction.scan(ids, KeyRange(from: first, through: last)) { key, name in
            try body(NodeID(rawValue: key), name)
            return true
        }
    }

    /// Reads a node's properties in a graph, or `nil` if it has none there.
    public func properties(
        of node: NodeID, graph: GraphID,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> [String: Property]? {
        try transaction.value(for: GraphRecords.nodeKey(graph, node), in: records) { value in
            try GraphRecords.decodeProperties(value)
        }
    }

    /// Visits all nodes of a graph that have properties there, by id.
    public func forEachNode(
        graph: GraphID, in transaction: borrowing some ReadingTransaction & ~Copyable,
        _ body: (Node) throws -> Void
    ) throws {
        let prefix = GraphRecords.prefix(graph, .node)
        try transaction.scan(records, prefix: prefix) { key, value in
            let id = try ByteReader.reading(key) { reader in
                _ = try reader.readUInt64()
                _ = try reader.readUInt8()
                return NodeID(rawValue: try reader.readUInt64())
            }
            try body(Node(id: id, properties: try GraphRecords.decodeProperties(value)))
            return true
        }
    }

    /// Sets a node's properties in a graph, in place of those it had.
    public func put(
        _ node: Node, graph: GraphID, in transaction: borrowing WriteTransaction
    ) throws {
        try reindex(node, graph: graph, in: transaction)
        try transaction.put(
            GraphRecords.encode(node.properties), for: GraphRecords.nodeKey(graph, node.id),
            in: records)
    }

    /// Removes a node's properties in a graph; its name stays, and so do its edges.
    ///
    /// - Returns: Whether it had any.
    @discardableResult
    public func removeProperties(
        of node: NodeID, graph: GraphID, in transaction: borrowing WriteTransaction
    ) throws -> Bool {
        try reindex(Node(id: node, properties: [:]), graph: graph, in: transaction)
        return try transaction.remove(GraphRecords.nodeKey(graph, node), in: records)
    }

    /// Removes all nodes and edges of a graph; their names stay, and so do attachments.
    ///
    /// - Returns: How many records there were.
    @discardableResult
    public func clearGraph(
        _ graph: GraphID, in transaction: borrowing WriteTransaction
    ) throws -> Int {
        let end = Self.attachmentKey(graph, tag: Self.attachmentTagMin).bytes
        return try transaction.removeRange(from: graphKey(graph), to: end, in: records)
    }

    /// Removes a graph with all that is attached to it; the names of its nodes stay.
    ///
    /// - Returns: How many records there were.
    @discardableResult
    public func removeGraph(
        _ graph: GraphID, in transaction: borrowing WriteTransaction
    ) throws -> Int {
        try transaction.removeAll(prefix: graphKey(graph), in: records)
    }

    /// The least tag of an attachment.
    public static let attachmentTagMin: UInt8 = 16

    /// The beginning of a key in ``records`` under which a caller keeps records of its own.
    ///
    /// They lie beside the nodes and edges of the graph, and ``removeGraph(_:in:)`` removes them too.
    ///
    /// - Parameters:
    ///   - graph: The graph they belong to.
    ///   - tag: Tells kinds of attachments apart; ``attachmentTagMin`` or more.
    /// - Returns: A writer with the beginning of the key, to which the caller appends the rest.
    public static func attachmentKey(_ graph: GraphID, tag: UInt8) -> ByteWriter {
        var writer = ByteWriter(capacity: 32)
        writeAttachmentKey(graph, tag: tag, to: &writer)
        return writer
    }

    /// Appends what ``attachmentKey(_:tag:)`` begins a key with.
    public static func writeAttachmentKey(
        _ graph: GraphID, tag: UInt8, to writer: inout ByteWriter
    ) {
        precondition(tag >= attachmentTagMin, "lesser tags are for nodes and edges")
        writer.appendUInt64(graph.rawValue)
        writer.appendUInt8(tag)
    }

    private func graphKey(_ graph: GraphID) -> [UInt8] {
        var writer = ByteWriter(capacity: 8)
        writer.appendUInt64(graph.rawValue)
        return writer.bytes
    }

    private func nameKey(_ code: UInt16, _ externalID: String) -> [UInt8] {
        var writer = ByteWriter(capacity: 64)
        writer.appendUInt16(code)
        writer.appendRaw(Array(externalID.utf8))
        return writer.bytes
    }

    private func countKey(_ code: UInt16) -> [UInt8] {
        var writer = ByteWriter()
        writer.appendRaw(Array("count/".utf8))
        writer.appendUInt16(code)
        return writer.bytes
    }

    private func number(_ value: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.appendVarint(value)
        return writer.bytes
    }

    private func readIndex(_ value: RawSpan) throws -> UInt64 {
        let index = try ByteReader.reading(value) { try $0.readVarint() }
        guard index < 1 << 48 else {
            throw GraphError(.corrupt, "A node has the number \(index). Restore a backup.")
        }
        return index
    }
}
