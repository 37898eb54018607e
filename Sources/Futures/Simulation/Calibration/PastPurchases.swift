import Prediction
import Shop

/// A customer's purchases of each item before an origin: frequency, recency, and mean gap.
///
/// A purchase that was returned before the origin does not count.
struct PastPurchases {
    private var items: [Int32: Item] = [:]
    private let origin: Int64
    private let seconds: Int64
    /// The number of windows of the horizon's length between the first event and the origin, at
    /// least 1.
    let windowCount: Int64

    /// The purchases of one item.
    private struct Item {
        /// The windows with a purchase, counted back from the origin.
        var windows: Set<Int64> = []
        var first: Int64
        var last: Int64
        /// The number of purchases; those at one time count once.
        var count = 1
    }

    /// Collects the purchases of a history by item.
    ///
    /// - Parameters:
    ///   - history: The events until the origin.
    ///   - types: The types of events that count as a purchase.
    ///   - origin: The origin, in seconds since 1970.
    ///   - seconds: The horizon, in seconds.
    init(_ history: History, types: Set<EventType>, origin: Int64, seconds: Int64) {
        self.origin = origin
        self.seconds = max(1, seconds)
        windowCount = max(1, (origin - (history.times.first ?? origin)) / self.seconds)
        let reversed = history.reversedPurchases
        for (event, item) in history.items.enumerated()
        where types.contains(history.types[event]) && !reversed.contains(event) {
            let time = history.times[event]
            let window = (origin - time) / self.seconds
            var known = items[item] ?? Item(first: time, last: time)
            if known.last != time {
                known.last = time
                known.count += 1
            }
            if window < windowCount { known.windows.insert(window) }
            items[item] = known
        }
    }

    /// The fraction of windows with a purchase of an item.
    func frequency(of item: Int32) -> Double {
        Double(items[item]?.windows.count ?? 0) / Double(windowCount)
    }

    /// The time from the last purchase of an item to the origin, in horizons; `nil` without one.
    func timeSince(_ item: Int32) -> Double? {
        items[item].map { Double(origin - $0.last) / Double(seconds) }
    }

    /// The mean time between purchases of an item, in horizons; `nil` with fewer than two.
    func gap(of item: Int32) -> Double? {
        items[item].flatMap { item in
            guard item.count > 1 else { return nil }
            return Double(item.last - item.first) / Double(item.count - 1) / Double(seconds)
        }
    }
}
