import LMDB
import Time

/// The encoding of nodes and edges on disk.
///
/// ```
/// graph ‖ 1 ‖ node                    → properties
/// graph ‖ 2 ‖ source ‖ type ‖ target  → weight, count, first, last, properties
/// graph ‖ 3 ‖ target ‖ type ‖ source  → nothing: an entry of the reverse index
/// ```
///
/// Ids of graphs and nodes have 8 bytes and codes of edge types have 2, all big-endian. So the
/// records of a graph, of a node, and of a node's edges of one type are each contiguous.
enum GraphRecords {
    enum Kind: UInt8 {
        case node = 1
        case edge = 2
        case reverse = 3
    }

    static func prefix(_ graph: GraphID, _ kind: Kind) -> [UInt8] {
        key(graph, kind, capacity: 9).bytes
    }

    static func prefix(_ graph: GraphID, _ kind: Kind, from node: NodeID, _ type: UInt16?)
        -> [UInt8]
    {
        var writer = key(graph, kind, capacity: 19)
        writer.appendUInt64(node.rawValue)
        if let type { writer.appendUInt16(type) }
        return writer.bytes
    }

    static func key(_ graph: GraphID, _ kind: Kind, from: NodeID, type: UInt16, to: NodeID)
        -> [UInt8]
    {
        var writer = ByteWriter(capacity: 27)
        writeKey(graph, kind, from: from, type: type, to: to, to: &writer)
        return writer.bytes
    }

    static func nodeKey(_ graph: GraphID, _ node: NodeID) -> [UInt8] {
        prefix(graph, .node, from: node, nil)
    }

    private static func key(_ graph: GraphID, _ kind: Kind, capacity: Int) -> ByteWriter {
        var writer = ByteWriter(capacity: capacity)
        writer.appendUInt64(graph.rawValue)
        writer.appendUInt8(kind.rawValue)
        return writer
    }

    /// Writes the key of an edge, or, for `.reverse`, of its entry in the reverse index.
    static func writeKey(
        _ graph: GraphID, _ kind: Kind, from: NodeID, type: UInt16, to: NodeID,
        to writer: inout ByteWriter
    ) {
        writer.appendUInt64(graph.rawValue)
        writer.appendUInt8(kind.rawValue)
        writer.appendUInt64(from.rawValue)
        writer.appendUInt16(type)
        writer.appendUInt64(to.rawValue)
    }

    static func encode(_ edge: Edge) -> [UInt8] {
        var writer = ByteWriter(capacity: 48)
        write(edge, to: &writer)
        return writer.bytes
    }

    static func write(_ edge: Edge, to writer: inout ByteWriter) {
        writer.appendDouble(edge.weight)
        writer.appendVarint(edge.count)
        writer.appendInt64(edge.first.rawValue)
        writer.appendInt64(edge.last.rawValue)
        append(edge.properties, to: &writer)
    }

    static func decodeEdge(
        source: NodeID, type: EdgeType, target: NodeID, value: RawSpan
    ) throws -> Edge {
        try ByteReader.reading(value) { reader in
            let edge = Edge(
                source: source, type: type, target: target, weight: try reader.readDouble(),
                count: try reader.readVarint(),
                first: Timestamp(rawValue: try reader.readInt64()),
                last: Timestamp(rawValue: try reader.readInt64()),
                properties: try readProperties(&reader))
            try reader.expectEnd()
            return edge
        }
    }

    /// Decodes an edge.
    ///
    /// This is the inner loop of loading a graph, so the most frequent form is decoded by offsets.
    @inline(__always)
    static func decodeEdge(
        _ key: RawSpan, _ value: RawSpan, vocabulary: Vocabulary
    ) throws -> Edge {
        // Most edges have a count of one byte and no properties: then the value has 26 bytes.
        let plainByteCount = 26
        guard key.byteCount == 27, value.byteCount == plainByteCount,
            value.bigEndian(at: 8, as: UInt8.self) < 128,
            value.bigEndian(at: plainByteCount - 1, as: UInt8.self) == 0
        else {
            return try decodeAnyEdge(key, value, vocabulary: vocabulary)
        }
        return Edge(
            source: NodeID(rawValue: key.bigEndian(at: 9, as: UInt64.self)),
            type: try vocabulary.type(code: key.bigEndian(at: 17, as: UInt16.self)),
            target: NodeID(rawValue: key.bigEndian(at: 19, as: UInt64.self)),
            weight: Double(bitPattern: value.bigEndian(at: 0, as: UInt64.self)),
            count: UInt64(value.bigEndian(at: 8, as: UInt8.self)),
            first: timestamp(value, at: 9), last: timestamp(value, at: 17))
    }

    @inline(never)
    private static func decodeAnyEdge(
        _ key: RawSpan, _ value: RawSpan, vocabulary: Vocabulary
    ) throws -> Edge {
        let edge = try readEdgeKey(key, vocabulary: vocabulary)
        return try decodeEdge(source: edge.from, type: edge.type, target: edge.to, value: value)
    }

    /// The time at a byte offset, as `ByteWriter.appendInt64` wrote it.
    private static func timestamp(_ value: RawSpan, at offset: Int) -> Timestamp {
        let bits = value.bigEndian(at: offset, as: UInt64.self) ^ 1 << 63
        return Timestamp(rawValue: Int64(bitPattern: bits))
    }

    /// The nodes and the type in the key of an edge; in a `.reverse` key the nodes are swapped.
    static func readEdgeKey(
        _ key: RawSpan, vocabulary: Vocabulary
    ) throws -> (from: NodeID, type: EdgeType, to: NodeID) {
        try ByteReader.reading(key) { reader in
            _ = try reader.readUInt64()
            _ = try reader.readUInt8()
            let from = NodeID(rawValue: try reader.readUInt64())
            let type = try vocabulary.type(code: try reader.readUInt16())
            return (from, type, NodeID(rawValue: try reader.readUInt64()))
        }
    }

    static func encode(_ properties: [String: Property]) -> [UInt8] {
        var writer = ByteWriter()
        append(properties, to: &writer)
        return writer.bytes
    }

    static func decodeProperties(_ value: RawSpan) throws -> [String: Property] {
        try ByteReader.reading(value) { reader in
            let properties = try readProperties(&reader)
            try reader.expectEnd()
            return properties
        }
    }

    private static func append(_ properties: [String: Property], to writer: inout ByteWriter) {
        writer.appendVarint(UInt64(properties.count))
        guard !properties.isEmpty else { return }
        for (name, property) in properties.sorted(by: { $0.key < $1.key }) {
            writer.appendString(name)
            append(property, to: &writer)
        }
    }

    private static func append(_ property: Property, to writer: inout ByteWriter) {
        switch property {
        case .string(let value):
            writer.appendUInt8(1)
            writer.appendString(value)
        case .int(let value):
            writer.appendUInt8(2)
            writer.appendInt64(value)
        case .double(let value):
            writer.appendUInt8(3)
            writer.appendDouble(value)
        case .bool(let value):
            writer.appendUInt8(4)
            writer.appendUInt8(value ? 1 : 0)
        case .timestamp(let value):
            writer.appendUInt8(5)
            writer.appendInt64(value.rawValue)
        case .vector(let values):
            writer.appendUInt8(6)
            writer.appendVarint(UInt64(values.count))
            for value in values { writer.appendFloat(value) }
        }
    }

    private static func readProperties(_ reader: inout ByteReader) throws -> [String: Property] {
        let count = try reader.readVarint()
        guard count > 0 else { return [:] }
        var properties: [String: Property] = [:]
        for _ in 0..<count {
            let name = try reader.readString()
            properties[name] = try readProperty(&reader)
        }
        return properties
    }

    private static func readProperty(_ reader: inout ByteReader) throws -> Property {
        switch try reader.readUInt8() {
        case 1: return .string(try reader.readString())
        case 2: return .int(try reader.readInt64())
        case 3: return .double(try reader.readDouble())
        case 4: return .bool(try reader.readUInt8() != 0)
        case 5: return .timestamp(Timestamp(rawValue: try reader.readInt64()))
        case 6:
            let count = try reader.readVarint()
            guard count <= UInt64(reader.remaining / 4) else {
                throw GraphError(.corrupt, "A vector is cut short. Restore a backup.")
            }
            var values: [Float] = []
            values.reserveCapacity(Int(count))
            for _ in 0..<count { values.append(try reader.readFloat()) }
            return .vector(values)
        case let tag:
            throw GraphError(
                .corrupt, "A property has the unknown kind \(tag). Restore a backup.")
        }
    }
}
