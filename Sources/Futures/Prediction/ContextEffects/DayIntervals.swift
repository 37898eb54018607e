import Algorithms

/// A value that holds on some days in a row.
struct DayInterval<Value: Equatable & Sendable>: Sendable {
    /// The first and the last day, in days since 1970.
    var days: ClosedRange<Int>
    /// What holds on them.
    var value: Value

    init(_ days: ClosedRange<Int>, _ value: Value) {
        self.days = days
        self.value = value
    }
}

/// Which value holds on which day, as disjoint intervals in the order of days.
///
/// Where intervals overlap, the later one of the list holds: as if each were written over the
/// former ones, day by day.
struct DayIntervals<Value: Equatable & Sendable>: Sendable {
    /// The intervals, in the order of days; no two of them overlap.
    let intervals: [DayInterval<Value>]

    /// Joins intervals.
    ///
    /// - Complexity: O(n log n) time and O(n) memory for n intervals, whatever their length.
    init(_ given: [DayInterval<Value>]) {
        // The days on which anything begins or has just ended; between two of them all is the same.
        var edges = given.flatMap { [$0.days.lowerBound, $0.days.upperBound + 1] }.sorted()
        edges = edges.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
        // For each gap between edges the last interval over it. From the last interval to the first,
        // each takes the gaps that are still free; `next` leads to the next free one.
        var next = Array(edges.indices)
        var owners = [Int?](repeating: nil, count: edges.count)
        for (number, interval) in given.enumerated().reversed() {
            let end = Self.place(of: interval.days.upperBound + 1, in: edges)
            var gap = Self.free(
                from: Self.place(of: interval.days.lowerBound, in: edges), &next)
            while gap < end {
                owners[gap] = number
                next[gap] = gap + 1
                gap = Self.free(from: gap, &next)
            }
        }
        var joined: [DayInterval<Value>] = []
        for (gap, owner) in owners.enumerated() {
            guard let owner else { continue }
            let days = edges[gap]...edges[gap + 1] - 1
            let value = given[owner].value
            if let last = joined.last, last.value == value,
                last.days.upperBound + 1 == days.lowerBound
            {
                joined[joined.count - 1].days = last.days.lowerBound...days.upperBound
            } else {
                joined.append(DayInterval(days, value))
            }
        }
        intervals = joined
    }

    /// What holds on a day; `nil` if nothing does.
    ///
    /// - Complexity: O(log n).
    func value(on day: Int) -> Value? {
        let place = intervals.partitioningIndex { $0.days.upperBound >= day }
        guard place < intervals.count, intervals[place].days.contains(day) else { return nil }
        return intervals[place].value
    }

    private static func place(of edge: Int, in edges: [Int]) -> Int {
        edges.partitioningIndex { $0 >= edge }
    }

    /// The first free gap from a place on; shortens the ways to it.
    private static func free(from place: Int, _ next: inout [Int]) -> Int {
        var end = place
        while end < next.count, next[end] != end { end = next[end] }
        var step = place
        while step < end {
            let following = next[step]
            next[step] = end
            step = following
        }
        return end
    }
}
