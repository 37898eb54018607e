import Kernels
import Prediction
package import Shop

/// What was foreseen of one customer at a moment of the past, beside what came.
package struct Forecast: Sendable {
    /// What was foreseen of one item.
    package struct Chance: Sendable, Hashable {
        /// The item's place in the model's catalogue.
        package let item: Int32
        /// The share of paths in which it is bought within the horizon.
        package let simulated: Double
        /// The share of windows of the same length in the customer's past in which it was bought.
        package let frequency: Double
        /// How many such windows there are, at least 1.
        package let windows: Int
        /// The time since it was bought last, in horizons; `nil` if it never was.
        package var since: Double?
        /// The mean time between purchases, in horizons; `nil` if it was not bought twice.
        package var gap: Double?
        /// Whether it was bought.
        package let happened: Bool
        /// The true probability that it is bought, where the customer is made up.
        package let truth: Double?

        /// Nothing was foreseen and nothing happened.
        static let none = Chance(
            item: 0, simulated: 0, frequency: 0, windows: 1, happened: false, truth: nil)
    }

    /// What was foreseen for one horizon.
    package struct Window: Sendable {
        /// The length of the horizon, in seconds.
        package let seconds: Int64
        /// The most probable items, most probable first.
        package let chances: [Chance]
        /// The number of items bought within the horizon.
        package let count: PITInterval
    }

    /// The horizons, shortest first.
    package let windows: [Window]
    /// The time to the next purchase; none within the longest horizon is later than any.
    package let next: PITInterval
    /// How the paths look beside what came.
    package let realism: PathStatistics

    init(windows: [Window], next: PITInterval, realism: PathStatistics) {
        self.windows = windows
        self.next = next
        self.realism = realism
    }

    /// Compares simulated futures with what came.
    ///
    /// - Parameters:
    ///   - hindsight: The moment, what was known, and what came.
    ///   - futures: Paths from that moment, as long as the longest horizon.
    ///   - horizons: In seconds, ascending.
    ///   - types: The types of events that count as a purchase.
    ///   - listLength: How many items are listed.
    ///   - categories: The category of each item of the catalogue, by number.
    package init(
        _ hindsight: BacktestCase, _ futures: Futures, horizons: [Int64], types: Set<EventType>,
        listLength: Int, categories: [Int]
    ) {
        let outcome = hindsight.outcome.purchases(types)
        windows = horizons.map { seconds in
            Self.window(
                seconds, hindsight, futures, outcome: outcome, types: types,
                listLength: listLength)
        }
        let firsts = futures.firstTimes { types.contains($0.type) }
            .map { $0.map { Double($0 - futures.origin) } ?? .infinity }
        next = PITInterval(
            outcome.first.map { Double($0.time - hindsight.origin) } ?? .infinity, among: firsts)
        realism = PathStatistics(hindsight, futures, categories: categories)
    }

    private static func window(
        _ seconds: Int64, _ hindsight: BacktestCase, _ futures: Futures,
        outcome: [Purchase], types: Set<EventType>, listLength: Int
    ) -> Window {
        let end = hindsight.origin + seconds
        let bought = outcome.filter { $0.time <= end }
        let items = Set(bought.map(\.item))
        let listed = futures.itemProbabilities(types: types, within: seconds)
            .prefix(listLength)
        let past = PastPurchases(
            hindsight.history, types: types, origin: hindsight.origin, seconds: seconds)
        let counts = futures.sums(within: seconds) { types.contains($0.type) ? 1 : 0 }
        return Window(
            seconds: seconds,
            chances: listed.map {
                Chance(
                    $0, past, happened: items.contains($0.item),
                    truth: hindsight.truth?($0.item, seconds))
            }, count: PITInterval(Double(bought.count), among: counts))
    }
}

extension Forecast.Chance {
    /// What is foreseen of an item beside what it was to the customer before.
    init(_ item: PredictedItem, _ past: PastPurchases, happened: Bool, truth: Double?) {
        self.init(
            item: item.item, simulated: item.probability, frequency: past.frequency(of: item.item),
            windows: Int(past.windowCount), since: past.timeSince(item.item),
            gap: past.gap(of: item.item), happened: happened, truth: truth)
    }
}

/// One item bought once.
private struct Purchase {
    var item: Int32
    var time: Int64
}

extension History {
    fileprivate func purchases(_ types: Set<EventType>) -> [Purchase] {
        items.indices.filter { types.contains(self.types[$0]) }
            .map { Purchase(item: items[$0], time: times[$0]) }
    }
}
