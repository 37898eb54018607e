import Foundation
public import Time

/// A typed, weighted, directed edge of one graph.
///
/// The weight is a sum of contributions, each of which decays exponentially with its age. It is
/// stored as of the time of the last contribution, so it need not be rewritten as time passes
/// (Cormode et al., "Forward Decay", ICDE 2009). ``weight(at:halfLifeSeconds:)`` computes the
/// weight at any later time.
public struct Edge: Hashable, Sendable {
    /// The node at which the edge starts.
    public var source: NodeID
    /// The type of the edge.
    public var type: EdgeType
    /// The node at which the edge ends.
    public var target: NodeID
    /// The decayed sum of contributions, as of ``last``.
    public var weight: Double
    /// The number of contributions.
    public var count: UInt64
    /// The time of the earliest contribution.
    public var first: Timestamp
    /// The time of the latest contribution.
    public var last: Timestamp
    /// Further values by name.
    public var properties: [String: Property]

    /// Creates an edge.
    public init(
        source: NodeID, type: EdgeType, target: NodeID, weight: Double, count: UInt64 = 1,
        first: Timestamp, last: Timestamp, properties: [String: Property] = Dictionary()
    ) {
        self.source = source
        self.type = type
        self.target = target
        self.weight = weight
        self.count = count
        self.first = first
        self.last = last
        self.properties = properties
    }

    /// The weight at a time: `weight · 2^(−(time − last) / halfLife)`.
    ///
    /// For a time before ``last`` it is the stored weight: the past of an edge is not stored.
    public func weight(at time: Timestamp, halfLifeSeconds: Double) -> Double {
        weight * Edge.decay(seconds: time.secondsSince(last), halfLifeSeconds: halfLifeSeconds)
    }

    /// Adds a contribution; a contribution from before ``last`` is decayed first.
    public mutating func accumulate(_ amount: Double, at time: Timestamp, halfLifeSeconds: Double) {
        if time >= last {
            weight = weight(at: time, halfLifeSeconds: halfLifeSeconds) + amount
            last = time
        } else {
            let age = last.secondsSince(time)
            weight += amount * Edge.decay(seconds: age, halfLifeSeconds: halfLifeSeconds)
            first = min(first, time)
        }
        count += 1
    }

    /// The decay factor of a weight after `seconds`; 1 for 0 seconds or less.
    public static func decay(seconds: Double, halfLifeSeconds: Double) -> Double {
        seconds <= 0 ? 1 : exp2(-seconds / halfLifeSeconds)
    }
}

/// A labelled node of one graph.
public struct Node: Hashable, Sendable {
    /// The node's id.
    public var id: NodeID
    /// Its properties by name.
    public var properties: [String: Property]

    /// Creates a node.
    public init(id: NodeID, properties: [String: Property] = [:]) {
        self.id = id
        self.properties = properties
    }
}
