package import Learning
package import Shop

/// The events of one customer as a model sees them, oldest first.
///
/// Items are catalogue indices, times are seconds since 1970 in ascending order. Events at one time
/// form a *basket*, which may be a single click.
package struct History: Sendable {
    /// The catalogue index of each event's item.
    package private(set) var items: [Int32] = []
    /// The type of each event.
    package private(set) var types: [EventType] = []
    /// The time of each event, in seconds since 1970.
    package private(set) var times: [Int64] = []
    /// The index of each basket's first event.
    package private(set) var basketStarts: [Int] = []

    /// Makes an empty history.
    package init() {}

    /// The history of one sequence of a training set.
    package init(_ sequences: EventSequences, sequence: Int) {
        self.init(sequences, events: sequences.range(of: sequence))
    }

    /// The history of a range of events within one sequence.
    ///
    /// The sequence's types are raw values of `EventType`; events of other types are left out.
    package init(_ sequences: EventSequences, events: Range<Int>) {
        for event in events {
            guard let type = EventType(rawValue: sequences.types[event]) else { continue }
            append(item: sequences.items[event], type: type, time: sequences.times[event])
        }
    }

    /// The number of events.
    package var count: Int { items.count }

    /// The number of baskets.
    package var basketCount: Int { basketStarts.count }

    /// Whether there are no events.
    package var isEmpty: Bool { items.isEmpty }

    /// The time of the newest event.
    package var lastTime: Int64? { times.last }

    /// The indices of a basket's events; baskets are counted from the oldest.
    package func basket(_ index: Int) -> Range<Int> {
        let end = index + 1 < basketStarts.count ? basketStarts[index + 1] : items.count
        return basketStarts[index]..<end
    }

    /// The items of the newest basket.
    package var lastBasket: ArraySlice<Int32> {
        basketStarts.last.map { items[$0...] } ?? []
    }

    /// The indices of the purchases that later returns reverse, as in the twin.
    ///
    /// Each return reverses the latest purchase of its item from an earlier time that no other
    /// return has reversed.
    ///
    /// - Complexity: O(events).
    package var reversedPurchases: Set<Int> {
        guard types.contains(.return) else { return [] }
        var reversed: Set<Int> = []
        var purchases: [Int32: [Int]] = [:]
        for index in 0..<basketCount {
            let events = basket(index)
            for event in events where types[event] == .return {
                if let purchase = purchases[items[event]]?.popLast() { reversed.insert(purchase) }
            }
            for event in events where types[event] == .purchase {
                purchases[items[event], default: []].append(event)
            }
        }
        return reversed
    }

    /// Adds an event; one that is older than the newest joins the newest basket.
    package mutating func append(item: Int32, type: EventType, time: Int64) {
        let time = max(time, times.last ?? time)
        if time != times.last { basketStarts.append(items.count) }
        items.append(item)
        types.append(type)
        times.append(time)
    }

    /// The most likely time of a basket within a range.
    ///
    /// It is the middle of the range, moved by at most half a week to the part of the week with the
    /// most baskets. Among equal parts it is the nearest one.
    ///
    /// - Complexity: O(baskets).
    func likeliestTime(in range: ClosedRange<Int64>) -> Int64 {
        var counts = [Int](repeating: 0, count: WeekPart.count)
        for start in basketStarts { counts[WeekPart.index(time: times[start])] += 1 }
        let middle = range.lowerBound + (range.upperBound - range.lowerBound) / 2
        var best = middle
        var most = counts[WeekPart.index(time: middle)]
        for step in 1...Int64(WeekPart.count / 2) {
            for time in [middle + step * WeekPart.seconds, middle - step * WeekPart.seconds] {
                let count = counts[WeekPart.index(time: time)]
                if count > most, range.contains(time) { (best, most) = (time, count) }
            }
        }
        return best
    }

    /// The first `baskets` baskets.
    package func prefix(baskets: Int) -> History {
        var prefix = History()
        let end = baskets < basketCount ? basketStarts[baskets] : count
        for event in 0..<end {
            prefix.append(item: items[event], type: types[event], time: times[event])
        }
        return prefix
    }

    /// The newest whole baskets with at most `limit` events, but at least one basket.
    package func suffix(events limit: Int) -> History {
        guard count > limit else { return self }
        let start = basketStarts.first { $0 >= count - limit } ?? basketStarts.last ?? 0
        var suffix = History()
        for event in start..<count {
            suffix.append(item: items[event], type: types[event], time: times[event])
        }
        return suffix
    }
}
