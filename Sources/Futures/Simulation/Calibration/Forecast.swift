import Kernels
import Prediction
package import Shop

/// The forecast of one customer at an origin in the past, with the outcome.
package struct Forecast: Sendable {
    /// The forecast of one item, with the outcome.
    package struct Chance: Sendable, Hashable {
        /// The item's index in the model's catalogue.
        package let item: Int32
        /// The path probability that it is bought within the horizon.
        package let simulated: Double
        /// The fraction of past windows of the horizon's length in which the customer bought it.
        package let frequency: Double
        /// The number of these windows, at least 1.
        package let windows: Int
        /// The time from the last purchase to the origin, in horizons; `nil` without one.
        package var since: Double?
        /// The mean time between purchases, in horizons; `nil` with fewer than two.
        package var gap: Double?
        /// Whether it was bought within the horizon.
        package let happened: Bool
        /// The true probability that it is bought, for a synthetic customer.
        package let truth: Double?

        /// A forecast of 0 without a purchase.
        static let none = Chance(
            item: 0, simulated: 0, frequency: 0, windows: 1, happened: false, truth: nil)
    }

    /// The forecast for one horizon.
    package struct Window: Sendable {
        /// The length of the horizon, in seconds.
        package let seconds: Int64
        /// The most probable items, most probable first.
        package let chances: [Chance]
        /// The PIT interval of the number of purchases within the horizon.
        package let count: PITInterval
    }

    /// The horizons, shortest first.
    package let windows: [Window]
    /// The PIT interval of the time to the next purchase.
    ///
    /// No purchase within the longest horizon counts as later than any.
    package let next: PITInterval
    /// Counts that compare the paths with the outcome.
    package let realism: PathStatistics

    init(windows: [Window], next: PITInterval, realism: PathStatistics) {
        self.windows = windows
        self.next = next
        self.realism = realism
    }

    /// Compares simulated futures with the outcome.
    ///
    /// - Parameters:
    ///   - backtestCase: The origin, the history, and the outcome.
    ///   - futures: Paths from the origin, as long as the longest horizon.
    ///   - horizons: The horizons in seconds, ascending.
    ///   - types: The types of events that count as a purchase.
    ///   - listLength: The number of items in the list of each window.
    ///   - categories: The category index of each item of the catalogue.
    package init(
        _ backtestCase: BacktestCase, _ futures: Futures, horizons: [Int64], types: Set<EventType>,
        listLength: Int, categories: [Int]
    ) {
        let outcome = backtestCase.outcome.purchases(types)
        windows = horizons.map { seconds in
            Self.window(
                backtestCase, futures, within: seconds, outcome: outcome, types: types,
                listLength: listLength)
        }
        let times = futures.firstTimes { types.contains($0.type) }
            .map { $0.map { Double($0 - futures.origin) } ?? .infinity }
        next = PITInterval(
            outcome.first.map { Double($0.time - backtestCase.origin) } ?? .infinity, among: times)
        realism = PathStatistics(backtestCase, futures, categories: categories)
    }

    private static func window(
        _ backtestCase: BacktestCase, _ futures: Futures, within seconds: Int64,
        outcome: [Purchase], types: Set<EventType>, listLength: Int
    ) -> Window {
        let end = backtestCase.origin + seconds
        let bought = outcome.filter { $0.time <= end }
        let items = Set(bought.map(\.item))
        let listed = futures.itemProbabilities(types: types, within: seconds)
            .prefix(listLength)
        let past = PastPurchases(
            backtestCase.history, types: types, origin: backtestCase.origin, seconds: seconds)
        let counts = futures.counts(within: seconds) { types.contains($0.type) }.map(Double.init)
        return Window(
            seconds: seconds,
            chances: listed.map {
                Chance(
                    $0, past, happened: items.contains($0.item),
                    truth: backtestCase.truth?($0.item, seconds))
            }, count: PITInterval(Double(bought.count), among: counts))
    }
}

extension Forecast.Chance {
    /// Joins the path probability of an item with the customer's past purchases of it.
    init(_ item: PredictedItem, _ past: PastPurchases, happened: Bool, truth: Double?) {
        self.init(
            item: item.item, simulated: item.probability, frequency: past.frequency(of: item.item),
            windows: Int(past.windowCount), since: past.timeSince(item.item),
            gap: past.gap(of: item.item), happened: happened, truth: truth)
    }
}

/// A purchase of one item.
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
