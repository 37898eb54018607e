import Foundation
package import Prediction
package import Shop

/// An item of simulated futures, with its path probability.
package struct PredictedItem: Hashable, Sendable {
    /// The item's index in the model's catalogue.
    package var item: Int32
    /// The path probability: the fraction of paths with the item within the horizon.
    package var probability: Double
    /// The 95 % interval of ``probability`` by the number of paths (Wilson 1927).
    ///
    /// It covers the Monte Carlo error, not the error of the model.
    package var interval: ClosedRange<Double>
    /// The median time of the first occurrence, over the paths with one, in seconds since 1970.
    package var medianTime: Int64
    /// The fraction of first occurrences that were sampled from each expert.
    package var expertFractions: [ExpertID: Double]

    /// Creates a predicted item; one that is on no path has no ``expertFractions``.
    package init(
        item: Int32, probability: Double, interval: ClosedRange<Double>, medianTime: Int64,
        expertFractions: [ExpertID: Double] = [:]
    ) {
        self.item = item
        self.probability = probability
        self.interval = interval
        self.medianTime = medianTime
        self.expertFractions = expertFractions
    }
}

extension Futures {
    /// The path probability of each item.
    ///
    /// - Parameters:
    ///   - types: The types of events that count; all unless given.
    ///   - seconds: The horizon, from the origin; the length of the paths unless given.
    /// - Returns: The items of any path, most probable first.
    /// - Complexity: O(n log n) in the events of all paths.
    package func itemProbabilities(
        types: Set<EventType>? = nil, within seconds: Int64? = nil
    ) -> [PredictedItem] {
        ranked(firstEvents(types: types, within: seconds))
    }

    /// The first event with each item on each path, by item.
    package func firstEvents(
        types: Set<EventType>?, within seconds: Int64? = nil
    ) -> [Int32: [SimulatedEvent]] {
        let end = origin + min(seconds ?? horizonSeconds, horizonSeconds)
        var firsts: [Int32: [SimulatedEvent]] = [:]
        for index in 0..<pathCount {
            var seen: Set<Int32> = []
            for event in path(index) where event.time <= end {
                guard types?.contains(event.type) ?? true, seen.insert(event.item).inserted else {
                    continue
                }
                firsts[event.item, default: []].append(event)
            }
        }
        return firsts
    }

    /// Makes predicted items of their first events, most probable first.
    package func ranked(_ firsts: [Int32: [SimulatedEvent]]) -> [PredictedItem] {
        firsts.map { predictedItem($0.key, firsts: $0.value) }
            .sorted { ($1.probability, $0.item) < ($0.probability, $1.item) }
    }

    private func predictedItem(_ item: Int32, firsts: [SimulatedEvent]) -> PredictedItem {
        var fractions: [ExpertID: Double] = [:]
        for event in firsts where mixtureWeights.indices.contains(Int(event.expertIndex)) {
            let name = mixtureWeights[Int(event.expertIndex)].name
            fractions[name, default: 0] += 1 / Double(firsts.count)
        }
        let times = firsts.map(\.time).sorted()
        return PredictedItem(
            item: item, probability: Double(firsts.count) / Double(pathCount),
            interval: wilsonInterval(hits: firsts.count, trials: pathCount),
            medianTime: times[times.count / 2], expertFractions: fractions)
    }

    /// The time of the first matching event of each path, in seconds since 1970; `nil` without one.
    func firstTimes(where isMatch: (SimulatedEvent) -> Bool) -> [Int64?] {
        (0..<pathCount).map { path($0).first(where: isMatch)?.time }
    }

    /// The number of matching events of each path within a horizon.
    func counts(
        within seconds: Int64, where isMatch: (SimulatedEvent) -> Bool
    ) -> [Int] {
        let end = origin + min(seconds, horizonSeconds)
        return (0..<pathCount).map { index in
            path(index).count { $0.time <= end && isMatch($0) }
        }
    }
}

/// The 97.5 % quantile of the standard normal distribution, for 95 % intervals.
private let normalQuantile975 = 1.959_964

/// The 95 % score interval of a proportion (Wilson, "Probable Inference", JASA 1927).
package func wilsonInterval(hits: Int, trials: Int) -> ClosedRange<Double> {
    guard trials > 0 else { return 0...1 }
    let z = normalQuantile975
    let n = Double(trials)
    let proportion = Double(hits) / n
    let middle = proportion + z * z / (2 * n)
    let spread = z * (proportion * (1 - proportion) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    return max(0, (middle - spread) / scale)...min(1, (middle + spread) / scale)
}
