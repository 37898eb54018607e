import Prediction
import Shop

/// What items were to a customer before the origin: how often and how lately they were bought, and
/// in which rhythm.
///
/// A purchase that was returned before the origin does not count.
struct PastPurchases {
    private var items: [Int32: Item] = [:]
    private let origin: Int64
    private let seconds: Int64
    /// How many windows as long as the horizon there are back from the origin, at least 1.
    let windowCount: Int64

    /// The purchases of one item.
    private struct Item {
        /// The windows in which it was bought.
        var windows: Set<Int64> = []
        var first: Int64
        var last: Int64
        /// How many times it was bought; together is once.
        var count = 1
    }

    /// Sorts purchases by item.
    ///
    /// - Parameters:
    ///   - history: What the customer did before the origin.
    ///   - types: The types of events that count as a purchase.
    ///   - origin: The moment, in seconds since 1970.
    ///   - seconds: The horizon.
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

    /// The share of windows in which an item was bought.
    func frequency(of item: Int32) -> Double {
        Double(items[item]?.windows.count ?? 0) / Double(windowCount)
    }

    /// The time since an item was bought last, in horizons; `nil` if it never was.
    func timeSince(_ item: Int32) -> Double? {
        items[item].map { Double(origin - $0.last) / Double(seconds) }
    }

    /// The mean time from one purchase of an item to the next, in horizons; `nil` if it was not
    /// bought twice.
    func gap(of item: Int32) -> Double? {
        items[item].flatMap { item in
            guard item.count > 1 else { return nil }
            return Double(item.last - item.first) / Double(item.count - 1) / Double(seconds)
        }
    }
}
