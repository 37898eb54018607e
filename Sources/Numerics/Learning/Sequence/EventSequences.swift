/// Many sequences of events in flat arrays, one after the other, the oldest event first.
///
/// With n sequences and m events in total, sequence i is the events
/// `offsets[i] ..< offsets[i + 1]`.
package struct EventSequences: Sendable, Equatable {
    /// The index of the first event of each sequence, and m at the end: n + 1 numbers.
    package var offsets: [Int]
    /// The item of each event: m numbers in 0 ..< itemCount.
    package var items: [Int32]
    /// The type of each event: m numbers in 0 ..< typeCount.
    package var types: [UInt8]
    /// The time of each event in seconds since 1970, not decreasing within a sequence.
    package var times: [Int64]

    /// No sequences.
    package init() {
        offsets = [0]
        items = []
        types = []
        times = []
    }

    /// The number of sequences.
    package var count: Int { max(0, offsets.count - 1) }

    /// Adds one sequence at the end; the three arrays must have equal length.
    package mutating func append(items: [Int32], types: [UInt8], times: [Int64]) {
        precondition(
            items.count == types.count && items.count == times.count,
            "Each event needs one item, one type and one time.")
        self.items += items
        self.types += types
        self.times += times
        offsets.append(self.items.count)
    }

    /// The indices of the events of one sequence in the flat arrays.
    package func range(of index: Int) -> Range<Int> {
        precondition(
            index >= 0 && index < count, "The sequence must be below the count of sequences.")
        return offsets[index]..<offsets[index + 1]
    }

    /// The sequences with the given numbers, in that order.
    package func subset(_ indices: [Int]) -> EventSequences {
        var result = EventSequences()
        for index in indices {
            let range = range(of: index)
            result.items += items[range]
            result.types += types[range]
            result.times += times[range]
            result.offsets.append(result.items.count)
        }
        return result
    }

    /// Checks that the arrays fit each other and the counts.
    ///
    /// - Throws: `LearningError` with `invalidData`, which names the first bad event.
    func validate(itemCount: Int, typeCount: Int?) throws(LearningError) {
        guard offsets.first == 0, offsets.last == items.count,
            types.count == items.count, times.count == items.count,
            zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 })
        else {
            throw LearningError(
                .invalidData, "The offsets and arrays of the event sequences do not agree.")
        }
        if let index = items.firstIndex(where: { $0 < 0 || $0 >= itemCount }) {
            throw LearningError(
                .invalidData,
                "Event \(index) has item \(items[index]), but there are \(itemCount) items.")
        }
        if let typeCount, let index = types.firstIndex(where: { $0 >= typeCount }) {
            throw LearningError(
                .invalidData,
                "Event \(index) has type \(types[index]), but there are \(typeCount) types.")
        }
    }

    /// The class of the time gap between an event and the previous event of its sequence.
    ///
    /// The first event of a sequence has the class of the longest gap.
    @inline(__always)
    func gap(before index: Int, sequenceStart: Int) -> UInt8 {
        guard index > sequenceStart else { return TimeGap.beginning }
        let (seconds, overflow) = times[index].subtractingReportingOverflow(times[index - 1])
        return UInt8(TimeGap.index(seconds: overflow ? .max : seconds))
    }
}
