import Foundation
public import Time

/// A typed, weighted, directed edge of one graph.
///
/// The weight is a sum of contributions that fade by half every half-life. It is kept as of the
/// time of the last contribution, so that nothing needs rewriting as time passes (forward decay,
/// after Cormode et al., "Forward Decay", ICDE 2009); read it with ``weight(at:halfLifeSeconds:)``.
public struct Edge: Hashable, Sendable {
    /// The node that the edge leaves.
    public var source: NodeID
    /// The kind of edge.
    public var type: EdgeType
    /// The node that the edge enters.
    public var target: NodeID
    /// The decayed sum of contributions, as of ``last``.
    public var weight: Double
    /// How many contributions the edge has had.
    public var count: UInt64
    /// The time of the earliest contribution.
    public var first: Timestamp
    /// The time of the latest contribution.
    public var last: Timestamp
    /// Further named values.
    public var properties: [String: Property]

    /// Makes an edge; without a count it has had one contribution.
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

    /// The weight as it stands at a moment: `weight · 2^(−(moment − last) / halfLife)`.
    ///
    /// Before ``last`` the stored weight is returned: an edge cannot tell its own past.
    public func weight(at moment: Timestamp, halfLifeSeconds: Double) -> Double {
        weight * Edge.decay(seconds: moment.secondsSince(last), halfLifeSeconds: halfLifeSeconds)
    }

    /// Adds a contribution; one that is older than the last is faded before it is added.
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

    /// The factor by which a weight fades in `seconds`; 1 for no time or less.
    public static func decay(seconds: Double, halfLifeSeconds: Double) -> Double {
        seconds <= 0 ? 1 : exp2(-seconds / halfLifeSeconds)
    }
}

/// A labelled node of one graph.
public struct Node: Hashable, Sendable {
    /// The node's id.
    public var id: NodeID
    /// Named values.
    public var properties: [String: Property]

    /// Makes a node.
    public init(id: NodeID, properties: [String: Property] = [:]) {
        self.id = id
        self.properties = properties
    }
}
