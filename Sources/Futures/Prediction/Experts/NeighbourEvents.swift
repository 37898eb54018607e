import Learning

/// The newest events of many sequences in flat arrays.
///
/// This is the only part of a model that holds data of single customers. So it has only what the
/// neighbours need: items in order, and the day of the newest event. Sequences are ordered by that
/// day, not by when the customers came to the store.
struct NeighbourEvents: Sendable {
    /// The offset of each sequence's first event, and the number of all events at the end.
    let offsets: [Int32]
    /// The item of each event.
    let items: [Int32]
    /// The index of each event's basket within its sequence.
    let baskets: [Int32]
    /// The day of each sequence's newest event, in days since 1970.
    let endDays: [Int64]
    /// The customer of each sequence; empty if unknown.
    let keys: [RowKey]
    private let newest: Int64

    /// Keeps the newest events of each sequence.
    ///
    /// - Parameters:
    ///   - sequences: The sequences.
    ///   - keys: The customer of each sequence, or empty.
    init(_ sequences: EventSequences, keys: [RowKey] = []) {
        precondition(keys.isEmpty || keys.count == sequences.count, "A key for each sequence.")
        let days = (0..<sequences.count).map { sequence in
            sequences.times[sequences.range(of: sequence)].last.map { Self.day(of: $0) } ?? 0
        }
        // The newest sequences last; those of one day in the order of keys, which reveals nothing.
        let order = (0..<sequences.count).sorted { first, second in
            guard days[first] == days[second] else { return days[first] < days[second] }
            guard !keys.isEmpty, keys[first] != keys[second] else { return first < second }
            return keys[first] < keys[second]
        }
        var offsets: [Int32] = [0]
        var items: [Int32] = []
        var baskets: [Int32] = []
        for sequence in order {
            var basket: Int32 = -1
            var before: Int64?
            for event in sequences.range(of: sequence).suffix(Neighbours.lengthLimit) {
                if sequences.times[event] != before { basket += 1 }
                before = sequences.times[event]
                items.append(sequences.items[event])
                baskets.append(basket)
            }
            offsets.append(Int32(items.count))
        }
        self.init(
            offsets: offsets, items: items, baskets: baskets, endDays: order.map { days[$0] },
            keys: keys.isEmpty ? [] : order.map { keys[$0] })
    }

    init(
        offsets: [Int32], items: [Int32], baskets: [Int32], endDays: [Int64], keys: [RowKey]
    ) {
        self.offsets = offsets
        self.items = items
        self.baskets = baskets
        self.endDays = endDays
        self.keys = keys
        newest = endDays.max() ?? 0
    }

    /// The number of sequences.
    var count: Int { max(0, offsets.count - 1) }

    /// The indices of a sequence's events.
    func range(of sequence: Int) -> Range<Int> {
        Int(offsets[sequence])..<Int(offsets[sequence + 1])
    }

    /// The number of days from a sequence's end to the newest event of all.
    func days(since sequence: Int) -> Float { Float(newest - endDays[sequence]) }

    /// Whether a sequence is the beginning of a history, or all of it, and ends on the same day.
    func isBeginning(_ sequence: Int, of history: History) -> Bool {
        let range = range(of: sequence)
        let later = history.count - range.count
        guard later >= 0, !range.isEmpty else { return false }
        // Only the end of a long sequence is kept. It may be anywhere in the history.
        return (0...(range.count < Neighbours.lengthLimit ? 0 : later)).contains { start in
            let own = start..<start + range.count
            return Self.day(of: history.times[own.upperBound - 1]) == endDays[sequence]
                && history.items[own].elementsEqual(items[range])
        }
    }

    /// A copy without the sequences of some customers; `nil` if it has none of them.
    ///
    /// If the customers of the sequences are unknown, the copy is empty.
    func forgetting(_ erased: Set<RowKey>) -> NeighbourEvents? {
        guard count > 0, !erased.isEmpty else { return nil }
        let kept = keys.indices.filter { !erased.contains(keys[$0]) }
        guard kept.count < count else { return nil }
        var offsets: [Int32] = [0]
        var items: [Int32] = []
        var baskets: [Int32] = []
        for sequence in kept {
            let range = range(of: sequence)
            items += self.items[range]
            baskets += self.baskets[range]
            offsets.append(Int32(items.count))
        }
        return NeighbourEvents(
            offsets: offsets, items: items, baskets: baskets, endDays: kept.map { endDays[$0] },
            keys: kept.map { keys[$0] })
    }

    /// The day of a time in seconds since 1970, in days since 1970.
    private static func day(of time: Int64) -> Int64 {
        let (day, rest) = time.quotientAndRemainder(dividingBy: 86_400)
        return rest < 0 ? day - 1 : day
    }
}
