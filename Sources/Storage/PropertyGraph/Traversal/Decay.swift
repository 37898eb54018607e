public import Time

/// The moment at which edges are weighed, and how fast their weights fade until then.
public struct Decay: Hashable, Sendable {
    /// The moment at which edges are weighed.
    public var moment: Timestamp
    /// The seconds in which a weight fades by half; more than 0.
    public var halfLifeSeconds: Double

    /// Makes a decay.
    public init(at moment: Timestamp, halfLifeSeconds: Double) {
        self.moment = moment
        self.halfLifeSeconds = halfLifeSeconds
    }

    /// Weights as they are stored, each as of its edge's last contribution.
    public static let asStored = Decay(at: Timestamp(rawValue: .min), halfLifeSeconds: 1)

    /// The weight of an edge at the moment, from 0.
    ///
    /// A weight that is not a number, infinite or below 0 counts as 0: it can only come from a
    /// damaged record or a wrong half-life, and must not outweigh all others.
    public func weight(of edge: Edge) -> Double {
        let weight = edge.weight(at: moment, halfLifeSeconds: halfLifeSeconds)
        return weight > 0 && weight.isFinite ? weight : 0
    }
}
