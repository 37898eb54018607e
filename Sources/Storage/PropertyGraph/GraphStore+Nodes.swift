public import LMDB

extension GraphStore {
    /// The most bytes of an external id, in UTF-8.
    public static let externalIDByteCountMax = 400

    /// The node with an external id, or `nil` if there is none.
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

    /// The node with an external id; creates it if there is none.
    ///
    /// - Throws: ``GraphError`` for an id that is empty or too long, or for an undeclared label.
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

    /// Removes the external id of a node; the node's index is not used again.
    ///
    /// Remove the edges of the node first.
    public func removeName(
        of node: NodeID, in transaction: borrowing WriteTransaction
    ) throws {
        guard let name = try externalID(of: node, in: transaction) else { return }
        try transaction.remove(nameKey(node.labelCode, name), in: names)
        try transaction.remove(node.rawValue, in: ids)
    }

    /// The number of nodes that were ever created with a label; their indexes are less than it.
    public func nodeCount(
        _ label: Label, in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> Int {
        let code = try vocabulary.code(of: label)
        return Int(try transaction.value(for: countKey(code), in: meta, readIndex) ?? 0)
    }

    /// The id of the node with an index within a label.
    ///
    /// - Throws: ``GraphError`` for an undeclared label, or with code `corrupt` for an index of
    ///   2^48 or more: indexes come from records.
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

    /// The external id of a node, or `nil` if it has none.
    public func externalID(
        of node: NodeID, in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> String? {
        try transaction.value(for: node.rawValue, in: ids)
    }

    /// Visits all nodes of a label that have an external id, by index.
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

    /// The properties of a node in a graph, or `nil` if it has no record there.
    public func properties(
        of node: NodeID, graph: GraphID,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> [String: Property]? {
        try transaction.value(for: GraphRecords.nodeKey(graph, node), in: records) { value in
            try GraphRecords.decodeProperties(value)
        }
    }

    /// Visits all nodes that have a record in a graph, by id.
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

    /// Stores a node's properties in a graph, in place of all that it had there.
    public func put(
        _ node: Node, graph: GraphID, in transaction: borrowing WriteTransaction
    ) throws {
        try reindex(node, graph: graph, in: transaction)
        try transaction.put(
            GraphRecords.encode(node.properties), for: GraphRecords.nodeKey(graph, node.id),
            in: records)
    }

    /// Removes a node's record in a graph; its external id and its edges stay.
    ///
    /// - Returns: Whether it had a record.
    @discardableResult
    public func removeProperties(
        of node: NodeID, graph: GraphID, in transaction: borrowing WriteTransaction
    ) throws -> Bool {
        try reindex(Node(id: node, properties: [:]), graph: graph, in: transaction)
        return try transaction.remove(GraphRecords.nodeKey(graph, node), in: records)
    }

    /// Removes all nodes and edges of a graph; external ids and attachments stay.
    ///
    /// - Returns: The number of records removed.
    @discardableResult
    public func clearGraph(
        _ graph: GraphID, in transaction: borrowing WriteTransaction
    ) throws -> Int {
        let end = Self.attachmentKey(graph, tag: Self.attachmentTagMin).bytes
        return try transaction.removeRange(from: graphKey(graph), to: end, in: records)
    }

    /// Removes a graph and its attachments; external ids stay.
    ///
    /// - Returns: The number of records removed.
    @discardableResult
    public func removeGraph(
        _ graph: GraphID, in transaction: borrowing WriteTransaction
    ) throws -> Int {
        try transaction.removeAll(prefix: graphKey(graph), in: records)
    }

    /// The least tag of an attachment; lesser tags are used for nodes, edges and indexes.
    public static let attachmentTagMin: UInt8 = 16

    /// The prefix of the keys in ``records`` under which a caller attaches records to a graph.
    ///
    /// Attachments are next to the nodes and edges of the graph, and ``removeGraph(_:in:)`` removes
    /// them with it.
    ///
    /// - Parameters:
    ///   - graph: The id of the graph.
    ///   - tag: The kind of attachment; at least ``attachmentTagMin``.
    /// - Returns: A writer with the prefix, to which the caller appends the rest of the key.
    public static func attachmentKey(_ graph: GraphID, tag: UInt8) -> ByteWriter {
        var writer = ByteWriter(capacity: 32)
        writeAttachmentKey(graph, tag: tag, to: &writer)
        return writer
    }

    /// Appends the prefix of ``attachmentKey(_:tag:)`` to a key.
    public static func writeAttachmentKey(
        _ graph: GraphID, tag: UInt8, to writer: inout ByteWriter
    ) {
        precondition(
            tag >= attachmentTagMin, "Tags below \(attachmentTagMin) are for nodes and edges.")
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
            throw GraphError(.corrupt, "A node has the index \(index). Restore a backup.")
        }
        return index
    }
}
