import Prediction

/// A customer's past in windows as long as the horizon, back from the origin.
struct PastWindows {
    /// The windows in which an item was bought.
    private var hits: [Int32: Set<Int64>] = [:]
    /// How many windows there are, at least 1.
    let count: Int64

    /// Sorts purchases into windows.
    ///
    /// - Parameters:
    ///   - history: What the customer did before the origin.
    ///   - types: The types of events that count as a purchase.
    ///   - origin: The moment, in seconds since 1970.
    ///   - seconds: The length of a window.
    init(_ history: History, types: Set<UInt8>, origin: Int64, seconds: Int64) {
        let span = origin - (history.times.first ?? origin)
        count = max(1, span / max(1, seconds))
        for (event, item) in history.items.enumerated()
        where types.contains(history.types[event]) {
            let window = (origin - history.times[event]) / max(1, seconds)
            if window < count { hits[item, default: []].insert(window) }
        }
    }

    /// The share of windows in which an item was bought.
    func frequency(of item: Int32) -> Double { Double(hits[item]?.count ?? 0) / Double(count) }
}
