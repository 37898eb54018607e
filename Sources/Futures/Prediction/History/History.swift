package import Learning
package import Shop

/// The events of one twin as a model sees them, oldest first.
///
/// Items are catalogue indexes, times are seconds since 1970 and never fall. Events at one time form
/// a *moment*: a basket, or a single click.
package struct History: Sendable {
    /// Catalogue index of each event's item.
    package private(set) var items: [Int32] = []
    /// Type of each event.
    package private(set) var types: [EventType] = []
    /// Time of each event, in seconds since 1970.
    package private(set) var times: [Int64] = []
    /// Where each moment begins in the arrays above.
    package private(set) var basketStarts: [Int] = []

    /// A twin to which nothing has happened.
    package init() {}

    /// The history of one sequence of a training set.
    package init(_ sequences: EventSequences, sequence: Int) {
        self.init(sequences, events: sequences.range(of: sequence))
    }

    /// The history that a run of events within one sequence makes; their types are raw values of
    /// `EventType`, and events of other types are left out.
    package init(_ sequences: EventSequences, events: Range<Int>) {
        for event in events {
            guard let type = EventType(rawValue: sequences.types[event]) else { continue }
            append(item: sequences.items[event], type: type, time: sequences.times[event])
        }
    }

    /// The number of events.
    package var count: Int { items.count }

    /// The number of moments.
    package var basketCount: Int { basketStarts.count }

    /// Whether nothing has happened yet.
    package var isEmpty: Bool { items.isEmpty }

    /// The time of the newest event.
    package var lastTime: Int64? { times.last }

    /// The events of a moment, counted from the oldest.
    package func moment(_ index: Int) -> Range<Int> {
        let end = index + 1 < basketStarts.count ? basketStarts[index + 1] : items.count
        return basketStarts[index]..<end
    }

    /// The items of the newest moment.
    package var lastBasket: ArraySlice<Int32> {
        basketStarts.last.map { items[$0...] } ?? []
    }

    /// The events that are purchases which later returns reverse, as in the twin: each return takes
    /// the latest purchase of its item from an earlier time that no return has taken yet.
    ///
    /// - Complexity: O(events).
    package var reversedPurchases: Set<Int> {
        guard types.contains(.return) else { return [] }
        var reversed: Set<Int> = []
        var purchases: [Int32: [Int]] = [:]
        for index in 0..<basketCount {
            let events = moment(index)
            for event in events where types[event] == .return {
                if let purchase = purchases[items[event]]?.popLast() { reversed.insert(purchase) }
            }
            for event in events where types[event] == .purchase {
                purchases[items[event], default: []].append(event)
            }
        }
        return reversed
    }

    /// Adds an event; one that is older than the newest is taken to be of the newest moment.
    package mutating func append(item: Int32, type: EventType, time: Int64) {
        let time = max(time, times.last ?? time)
        if time != times.last { basketStarts.append(items.count) }
        items.append(item)
        types.append(type)
        times.append(time)
    }

    /// The likeliest time of a moment that is known to lie within a range: the middle, or the
    /// nearest time to it, by at most half a week, that lies in a part of the week in which more of
    /// the moments were.
    ///
    /// - Complexity: O(moments).
    func usualTime(in range: ClosedRange<Int64>) -> Int64 {
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

    /// The history up to and without a moment.
    package func prefix(moments: Int) -> History {
        var prefix = History()
        let end = moments < basketCount ? basketStarts[moments] : count
        for event in 0..<end {
            prefix.append(item: items[event], type: types[event], time: times[event])
        }
        return prefix
    }

    /// The newest events, from the start of a moment; at least one moment even if it is longer.
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
