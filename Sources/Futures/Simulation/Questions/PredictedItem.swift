import Foundation
package import Prediction
package import Shop

/// An item that occurs in simulated futures, with how probable that is.
package struct PredictedItem: Hashable, Sendable {
    /// The item's place in the model's catalogue.
    package var item: Int32
    /// The share of paths in which the item occurs within the horizon.
    package var probability: Double
    /// A 95 % interval for ``probability`` from the number of paths alone (Wilson 1927).
    ///
    /// It tells how far more paths could move the figure, not how good the model is.
    package var interval: ClosedRange<Double>
    /// The median time of the first occurrence, over the paths that have one; seconds since 1970.
    package var medianTime: Int64
    /// For each expert, the share of first occurrences that were drawn from it.
    package var sources: [ExpertID: Double]

    /// Makes a predicted item; one that no path drew has no sources.
    package init(
        item: Int32, probability: Double, interval: ClosedRange<Double>, medianTime: Int64,
        sources: [ExpertID: Double] = [:]
    ) {
        self.item = item
        self.probability = probability
        self.interval = interval
        self.medianTime = medianTime
        self.sources = sources
    }
}

extension Futures {
    /// Counts in how many paths each item occurs (`itemProbabilities` of document 004).
    ///
    /// - Parameters:
    ///   - types: The types of events that count; all unless given.
    ///   - seconds: How far to look from the origin; the whole horizon unless given.
    /// - Returns: The items that occur in any path, most probable first.
    /// - Complexity: O(n log n) in the events of all paths.
    package func itemProbabilities(
        types: Set<EventType>? = nil, within seconds: Int64? = nil
    ) -> [PredictedItem] {
        ranked(firstEvents(types: types, within: seconds))
    }

    /// The first event with each item in each path, by item.
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

    /// The items whose first events are given, most probable first.
    package func ranked(_ firsts: [Int32: [SimulatedEvent]]) -> [PredictedItem] {
        firsts.map { predictedItem($0.key, firsts: $0.value) }
            .sorted { ($1.probability, $0.item) < ($0.probability, $1.item) }
    }

    private func predictedItem(_ item: Int32, firsts: [SimulatedEvent]) -> PredictedItem {
        var sources: [ExpertID: Double] = [:]
        for event in firsts where shares.indices.contains(Int(event.source)) {
            sources[shares[Int(event.source)].name, default: 0] += 1 / Double(firsts.count)
        }
        let times = firsts.map(\.time).sorted()
        return PredictedItem(
            item: item, probability: Double(firsts.count) / Double(pathCount),
            interval: wilsonInterval(hits: firsts.count, trials: pathCount),
            medianTime: times[times.count / 2], sources: sources)
    }

    /// For each day from the origin, the expected number of events of some types on it.
    package func expectedEventsPerDay(types: Set<EventType>? = nil) -> [Double] {
        let days = Int((horizonSeconds + 86_399) / 86_400)
        var counts = [Double](repeating: 0, count: days)
        for event in events where types?.contains(event.type) ?? true {
            // The last second of the horizon belongs to its last day.
            let day = min(days - 1, Int((event.time - origin) / 86_400))
            if counts.indices.contains(day) { counts[day] += 1 / Double(pathCount) }
        }
        return counts
    }
}

/// The standard normal distribution lies within plus and minus this with probability 0.95.
let normalQuantile975 = 1.959_964

/// The 95 % score interval of a share (Wilson, "Probable Inference", JASA 1927).
package func wilsonInterval(hits: Int, trials: Int) -> ClosedRange<Double> {
    guard trials > 0 else { return 0...1 }
    let z = normalQuantile975
    let n = Double(trials)
    let share = Double(hits) / n
    let middle = share + z * z / (2 * n)
    let spread = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    return max(0, (middle - spread) / scale)...min(1, (middle + spread) / scale)
}
