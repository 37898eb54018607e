import Algorithms

/// A value of consecutive days.
struct DayInterval<Value: Equatable & Sendable>: Sendable {
    /// The first and the last day, in days since 1970.
    var days: ClosedRange<Int>
    /// The value on these days.
    var value: Value

    init(_ days: ClosedRange<Int>, _ value: Value) {
        self.days = days
        self.value = value
    }
}

/// A value for each day, as disjoint intervals in order of days.
///
/// Where given intervals overlap, the later one in the list applies, as if it overwrote the former
/// ones day by day.
struct DayIntervals<Value: Equatable & Sendable>: Sendable {
    /// The intervals in order of days, without overlaps.
    let intervals: [DayInterval<Value>]

    /// Resolves overlaps, and joins adjacent intervals of equal values.
    ///
    /// - Complexity: O(n log n) time and O(n) memory for n intervals, whatever their length.
    init(_ given: [DayInterval<Value>]) {
        // The days on which an interval begins or has just ended. Between them nothing changes.
        var edges = given.flatMap { [$0.days.lowerBound, $0.days.upperBound + 1] }.sorted()
        edges = edges.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
        // The owner of a gap between edges is the last interval over it. From the last interval to
        // the first, each takes its free gaps; `next` is a union-find structure for the next free
        // one.
        var next = Array(edges.indices)
        var owners = [Int?](repeating: nil, count: edges.count)
        for (number, interval) in given.enumerated().reversed() {
            let end = Self.index(of: interval.days.upperBound + 1, in: edges)
            var gap = Self.free(
                from: Self.index(of: interval.days.lowerBound, in: edges), &next)
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

    /// The value on a day; `nil` if there is none.
    ///
    /// - Complexity: O(log n).
    func value(on day: Int) -> Value? {
        let index = intervals.partitioningIndex { $0.days.upperBound >= day }
        guard index < intervals.count, intervals[index].days.contains(day) else { return nil }
        return intervals[index].value
    }

    private static func index(of edge: Int, in edges: [Int]) -> Int {
        edges.partitioningIndex { $0 >= edge }
    }

    /// The first free gap at or after `start`; compresses the path to it.
    private static func free(from start: Int, _ next: inout [Int]) -> Int {
        var end = start
        while end < next.count, next[end] != end { end = next[end] }
        var step = start
        while step < end {
            let following = next[step]
            next[step] = end
            step = following
        }
        return end
    }
}
