/// A number that each simulated path has, such as what is spent in it.
package struct PathSample: Hashable, Sendable {
    /// The numbers, ascending.
    private let sorted: [Double]
    /// Their mean; 0 without paths.
    package let mean: Double
    /// The standard error of the mean by the number of paths.
    package let standardError: Double

    /// Sums up the numbers of all paths.
    init(_ values: [Double]) {
        sorted = values.sorted()
        let count = Double(max(1, values.count))
        let mean = values.reduce(0, +) / count
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        self.mean = mean
        standardError = values.count > 1 ? (squares / (count - 1) / count).squareRoot() : 0
    }

    /// A 95 % interval of the mean by the number of paths alone.
    package var interval: ClosedRange<Double> {
        let spread = normalQuantile975 * standardError
        return mean - spread...mean + spread
    }

    /// The least number that a given share of paths does not exceed.
    ///
    /// - Parameter share: From 0 to 1; 0.05 and 0.95 are the ends of a 90 % forecast interval.
    /// - Returns: The number of one of the paths; 0 without paths.
    package func quantile(_ share: Double) -> Double {
        guard !sorted.isEmpty else { return 0 }
        let needed = Int((min(1, max(0, share)) * Double(sorted.count)).rounded(.up))
        return sorted[max(1, needed) - 1]
    }
}

extension Futures {
    /// What the events of a path add up to: 1 for each purchase is how many, prices are the spend.
    ///
    /// - Parameters:
    ///   - seconds: How far to look from the origin; the whole horizon unless given.
    ///   - value: What an event adds.
    /// - Returns: The sums of all paths.
    /// - Complexity: O(events of all paths + paths · log paths).
    package func sum(
        within seconds: Int64? = nil, of value: (SimulatedEvent) -> Double
    ) -> PathSample {
        PathSample(sums(within: seconds, of: value))
    }

    /// What changes from this simulation to another one of the same number of paths.
    ///
    /// Runs of one seed draw the same random numbers, so their paths are compared one by one, and
    /// what chance adds to both goes out.
    ///
    /// - Parameters:
    ///   - other: The other simulation.
    ///   - seconds: How far to look from each origin; the whole horizon unless given.
    ///   - value: What an event adds to a path's number.
    /// - Returns: The differences of the paths' sums, other minus this.
    /// - Throws: ``FuturesError`` if the numbers of paths differ, so that some have no partner.
    package func change(
        to other: Futures, within seconds: Int64? = nil, of value: (SimulatedEvent) -> Double
    ) throws(FuturesError) -> PathSample {
        guard pathCount == other.pathCount else {
            throw FuturesError(
                "One simulation has \(pathCount) paths, the other \(other.pathCount). Simulate "
                    + "both with the same number of paths and the same seed to compare them.")
        }
        let pairs = zip(
            sums(within: seconds, of: value), other.sums(within: seconds, of: value))
        return PathSample(pairs.map { $1 - $0 })
    }

    /// The sums of the paths, in their order.
    func sums(within seconds: Int64?, of value: (SimulatedEvent) -> Double) -> [Double] {
        let end = origin + min(seconds ?? horizonSeconds, horizonSeconds)
        return (0..<pathCount).map { index in
            path(index).reduce(0) { $0 + ($1.time <= end ? value($1) : 0) }
        }
    }
}
