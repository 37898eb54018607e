/// How two simulations differ in a number that each path has.
public struct PathChange: Hashable, Sendable {
    /// The mean of the second minus the mean of the first.
    public let value: Double
    /// The standard error of ``value``.
    ///
    /// Runs of one seed draw the same random numbers, so their paths are compared one by one and
    /// what chance adds to both goes out.
    public let standardError: Double

    /// A 95 % interval of the difference by the number of paths alone.
    public var interval: ClosedRange<Double> {
        let spread = 1.959_964 * standardError
        return value - spread...value + spread
    }
}

extension Futures {
    /// What changes from this simulation to another one of the same seed and number of paths.
    ///
    /// - Parameters:
    ///   - other: The other simulation.
    ///   - seconds: How far to look from each origin; the whole horizon unless given.
    ///   - value: What an event adds to a path's number.
    /// - Returns: The difference, other minus this.
    /// - Throws: ``FuturesError`` if the numbers of paths differ, so that none has a partner.
    public func change(
        to other: Futures, within seconds: Int64? = nil, of value: (SimulatedEvent) -> Double
    ) throws(FuturesError) -> PathChange {
        guard pathCount == other.pathCount else {
            throw FuturesError(
                "One simulation has \(pathCount) paths, the other \(other.pathCount). Simulate "
                    + "both with the same number of paths and the same seed to compare them.")
        }
        let pairs = zip(
            sums(within: seconds, of: value), other.sums(within: seconds, of: value))
        let differences = PathSum(pairs.map { $1 - $0 })
        return PathChange(
            value: differences.mean, standardError: differences.standardError)
    }
}
