/// The id of a graph in a store.
///
/// Every key of a graph begins with its id. So loading a graph is a sequential scan, and removing
/// it is the removal of one range of keys.
public struct GraphID: RawRepresentable, Hashable, Comparable, Sendable {
    /// The id as a number.
    public let rawValue: UInt64

    /// Creates an id from its number.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The graph with the id 0, for what belongs to no other graph.
    public static let shared = GraphID(rawValue: 0)

    /// Orders ids by number, which is also their order on disk.
    public static func < (left: GraphID, right: GraphID) -> Bool { left.rawValue < right.rawValue }
}

/// The id of a node in a store: the code of its label, and an index within the label.
///
/// Indexes of a label are assigned from 0 up, so they can index an array.
public struct NodeID: RawRepresentable, Hashable, Comparable, Sendable {
    /// The code of the label in the upper 16 bits, the index in the lower 48.
    public let rawValue: UInt64

    /// Creates an id from its packed form.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    init(labelCode: UInt16, index: UInt64) {
        precondition(index < 1 << 48, "A label has at most 2^48 nodes.")
        rawValue = UInt64(labelCode) << 48 | index
    }

    /// The node's index within its label, from 0.
    public var index: Int { Int(rawValue & (1 << 48 - 1)) }

    /// The code of the node's label.
    var labelCode: UInt16 { UInt16(rawValue >> 48) }

    /// Orders ids by label code, then by index, which is also their order on disk.
    public static func < (left: NodeID, right: NodeID) -> Bool { left.rawValue < right.rawValue }
}
