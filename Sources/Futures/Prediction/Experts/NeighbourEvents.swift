import Learning

/// The newest events of many sequences, for looking at one after the other.
///
/// This is what a model keeps of single customers, so it keeps no more than neighbours need: items
/// in their order, and the day of the newest event. Sequences are ordered by that day, not by when
/// the customers came to the store.
struct NeighbourEvents: Sendable {
    /// Where each sequence begins; one more than there are sequences.
    let offsets: [Int32]
    /// The item of each event.
    let items: [Int32]
    /// The number of each event's moment within its sequence.
    let moments: [Int32]
    /// The day of each sequence's newest event, in days since 1970.
    let endDays: [Int64]
    /// Whose sequence each is; empty if that is not known.
    let keys: [RowKey]
    private let newest: Int64

    /// The newest events of each sequence.
    ///
    /// - Parameters:
    ///   - sequences: The sequences.
    ///   - keys: Whose sequence each is, or empty.
    init(_ sequences: EventSequences, keys: [RowKey] = []) {
        precondition(keys.isEmpty || keys.count == sequences.count, "A key for each sequence.")
        let days = (0..<sequences.count).map { sequence in
            sequences.times[sequences.range(of: sequence)].last.map { Self.day(of: $0) } ?? 0
        }
        // The newest sequences last; those of one day in an order that says nothing.
        let order = (0..<sequences.count).sorted { first, second in
            guard days[first] == days[second] else { return days[first] < days[second] }
            guard !keys.isEmpty, keys[first] != keys[second] else { return first < second }
            return keys[first] < keys[second]
        }
        var offsets: [Int32] = [0]
        var items: [Int32] = []
        var moments: [Int32] = []
        for sequence in order {
            var moment: Int32 = -1
            var before: Int64?
            for event in sequences.range(of: sequence).suffix(Neighbours.lengthLimit) {
                if sequences.times[event] != before { moment += 1 }
                before = sequences.times[event]
                items.append(sequences.items[event])
                moments.append(moment)
            }
            offsets.append(Int32(items.count))
        }
        self.init(
            offsets: offsets, items: items, moments: moments, endDays: order.map { days[$0] },
            keys: keys.isEmpty ? [] : order.map { keys[$0] })
    }

    init(
        offsets: [Int32], items: [Int32], moments: [Int32], endDays: [Int64], keys: [RowKey]
    ) {
        self.offsets = offsets
        self.items = items
        self.moments = moments
        self.endDays = endDays
        self.keys = keys
        newest = endDays.max() ?? 0
    }

    /// The number of sequences.
    var count: Int { max(0, offsets.count - 1) }

    /// The events of a sequence.
    func range(of sequence: Int) -> Range<Int> {
        Int(offsets[sequence])..<Int(offsets[sequence + 1])
    }

    /// Days from a sequence's end to the newest event of all.
    func days(since sequence: Int) -> Float { Float(newest - endDays[sequence]) }

    /// Whether a sequence is the beginning of a history, or all of it, on the same day.
    func isBeginning(_ sequence: Int, of history: History) -> Bool {
        let range = range(of: sequence)
        let later = history.count - range.count
        guard later >= 0, !range.isEmpty else { return false }
        // Of a long sequence the end alone is known, and may lie anywhere in the history.
        return (0...(range.count < Neighbours.lengthLimit ? 0 : later)).contains { start in
            let own = start..<start + range.count
            return Self.day(of: history.times[own.upperBound - 1]) == endDays[sequence]
                && history.items[own].elementsEqual(items[range])
        }
    }

    /// The same without the sequences of some customers; `nil` if it has none of them.
    ///
    /// Of sequences whose customers are not known, none is kept.
    func forgetting(_ erased: Set<RowKey>) -> NeighbourEvents? {
        guard count > 0, !erased.isEmpty else { return nil }
        let kept = keys.indices.filter { !erased.contains(keys[$0]) }
        guard kept.count < count else { return nil }
        var offsets: [Int32] = [0]
        var items: [Int32] = []
        var moments: [Int32] = []
        for sequence in kept {
            let range = range(of: sequence)
            items += self.items[range]
            moments += self.moments[range]
            offsets.append(Int32(items.count))
        }
        return NeighbourEvents(
            offsets: offsets, items: items, moments: moments, endDays: kept.map { endDays[$0] },
            keys: kept.map { keys[$0] })
    }

    /// The day that a time lies in, in days since 1970; times are seconds since 1970.
    private static func day(of time: Int64) -> Int64 {
        let (day, rest) = time.quotientAndRemainder(dividingBy: 86_400)
        return rest < 0 ? day - 1 : day
    }
}
