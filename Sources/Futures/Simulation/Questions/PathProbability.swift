package import Shop

/// How many of the simulated paths hold something: a probability and how far chance moves it.
package struct PathProbability: Hashable, Sendable {
    /// The paths that hold it.
    package let hits: Int
    /// All paths.
    package let paths: Int

    /// Makes a share of paths.
    package init(hits: Int, paths: Int) {
        self.hits = hits
        self.paths = paths
    }

    /// The share, 0 to 1; 0 without paths.
    package var value: Double { Double(hits) / Double(max(1, paths)) }

    /// A 95 % interval of the share by the number of paths alone (Wilson 1927).
    ///
    /// It tells how far more paths could move the share, not how good the model is.
    package var interval: ClosedRange<Double> { wilsonInterval(hits: hits, trials: paths) }
}

extension Futures {
    /// The probability that something happens by a time: "takes tea within a week".
    ///
    /// - Parameters:
    ///   - seconds: How far to look from the origin; the whole horizon unless given.
    ///   - isWanted: What is to happen, as a property of an event.
    /// - Returns: The share of paths with such an event.
    /// - Complexity: O(events of all paths).
    package func share(
        within seconds: Int64? = nil, where isWanted: (SimulatedEvent) -> Bool
    ) -> PathProbability {
        let times = firstTimes(where: isWanted)
        let end = origin + min(seconds ?? horizonSeconds, horizonSeconds)
        return PathProbability(
            hits: times.count { $0.map { $0 <= end } ?? false }, paths: pathCount)
    }

    /// The probability of a future of some kind: "takes tea, and after that milk".
    ///
    /// - Parameter isWanted: Says of a path's events, oldest first, whether it is of that kind.
    /// - Returns: The share of such paths.
    package func share(
        ofPathsWhere isWanted: (ArraySlice<SimulatedEvent>) -> Bool
    ) -> PathProbability {
        PathProbability(hits: (0..<pathCount).count { isWanted(path($0)) }, paths: pathCount)
    }

    /// The probability that two items are taken in the same future, at whatever times.
    package func share(
        ofBoth first: Int32, and second: Int32, types: Set<EventType>
    ) -> PathProbability {
        share(ofPathsWhere: { path in
            let taken = Set(path.lazy.filter { types.contains($0.type) }.map(\.item))
            return taken.contains(first) && taken.contains(second)
        })
    }

    /// When something happens first in each path, in seconds since 1970; `nil` where it does not.
    func firstTimes(where isWanted: (SimulatedEvent) -> Bool) -> [Int64?] {
        (0..<pathCount).map { path($0).first(where: isWanted)?.time }
    }

    /// When something will have happened with given probabilities: need dates.
    ///
    /// - Parameters:
    ///   - probabilities: From 0 to 1; 0.5 asks for the day by which it is as likely as not.
    ///   - isWanted: What is to happen, as a property of an event.
    /// - Returns: For each the earliest time by which at least that share of paths have it, in
    ///   seconds since 1970; `nil` if they do not within the horizon.
    /// - Complexity: O(events of all paths + paths · log paths).
    package func needDates(
        _ probabilities: [Double], where isWanted: (SimulatedEvent) -> Bool
    ) -> [Int64?] {
        let times = firstTimes(where: isWanted).compactMap { $0 }.sorted()
        return probabilities.map { probability in
            guard probability >= 0, probability <= 1, pathCount > 0 else { return nil }
            let needed = max(1, Int((probability * Double(pathCount)).rounded(.up)))
            return needed <= times.count ? times[needed - 1] : nil
        }
    }

    /// What the next basket holds: the items of each path's first moment with a purchase.
    ///
    /// - Parameter types: The types of events that count as a purchase.
    /// - Returns: Each item's probability to be in it, most probable first; a path without any
    ///   purchase within the horizon holds none.
    package func nextBasket(types: Set<EventType>) -> [(item: Int32, share: PathProbability)] {
        var hits: [Int32: Int] = [:]
        for index in 0..<pathCount {
            let bought = path(index).filter { types.contains($0.type) }
            for item in Set(bought.lazy.filter { $0.time == bought[0].time }.map(\.item)) {
                hits[item, default: 0] += 1
            }
        }
        return hits.map { (item: $0.key, share: PathProbability(hits: $0.value, paths: pathCount)) }
            .sorted { ($1.share.hits, $0.item) < ($0.share.hits, $1.item) }
    }
}
