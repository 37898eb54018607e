public import Time

/// The time at which weights of edges are computed, and their half-life.
public struct Decay: Hashable, Sendable {
    /// The time at which weights are computed.
    public var time: Timestamp
    /// The time in which a weight halves, in seconds; greater than 0.
    public var halfLifeSeconds: Double

    /// Creates a decay.
    public init(at time: Timestamp, halfLifeSeconds: Double) {
        self.time = time
        self.halfLifeSeconds = halfLifeSeconds
    }

    /// No decay: each weight is as of the last contribution to its edge.
    public static let asStored = Decay(at: Timestamp(rawValue: .min), halfLifeSeconds: 1)

    /// The weight of an edge at ``time``, at least 0.
    ///
    /// A weight that is NaN, infinite or negative counts as 0. It can only come from a damaged
    /// record or a wrong half-life, and must not dominate the others.
    public func weight(of edge: Edge) -> Double {
        let weight = edge.weight(at: time, halfLifeSeconds: halfLifeSeconds)
        return weight > 0 && weight.isFinite ? weight : 0
    }
}
