/// The id of one named graph in a store.
///
/// One store holds very many graphs. Every key of a graph begins with its id, so that loading a
/// graph is one sequential read and erasing it is one range delete.
public struct GraphID: RawRepresentable, Hashable, Comparable, Sendable {
    /// The id as a number.
    public let rawValue: UInt64

    /// Makes an id from its number.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The graph that all others may refer to: node names, their properties, common edges.
    public static let shared = GraphID(rawValue: 0)

    /// Orders ids by number, which is also their order on disk.
    public static func < (left: GraphID, right: GraphID) -> Bool { left.rawValue < right.rawValue }
}

/// The dense internal id of a node: its label's code and a running number within the label.
///
/// Numbers of one label count up from 0 without gaps, so that they can index an array.
public struct NodeID: RawRepresentable, Hashable, Comparable, Sendable {
    /// Label code in the upper 16 bits, running number in the lower 48.
    public let rawValue: UInt64

    /// Makes an id from its packed form.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    init(labelCode: UInt16, index: UInt64) {
        precondition(index < 1 << 48, "a label holds fewer than 2^48 nodes")
        rawValue = UInt64(labelCode) << 48 | index
    }

    /// The node's running number within its label, from 0.
    public var index: Int { Int(rawValue & (1 << 48 - 1)) }

    var labelCode: UInt16 { UInt16(rawValue >> 48) }

    /// Orders ids by label code, then by running number, which is also their order on disk.
    public static func < (left: NodeID, right: NodeID) -> Bool { left.rawValue < right.rawValue }
}
