import Time
import TwinStorage

/// How many customers there were on each day.
///
/// Who first came soon after anybody's first event is taken to have been there from that on, and who
/// last came shortly before the newest event, to be there still: those who come seldom would else
/// seem to come often in the first days, and to be gone in the last ones.
struct ActiveCustomerCounts: Sendable {
    /// A customer's days with events, from the first to the last, and the mean gap between them.
    private struct ActiveInterval {
        var first: Int
        var last: Int
        var gap: Int
    }

    private var stays: [ActiveInterval] = []
    /// The days from the first event of anybody to the last one.
    private(set) var days: ClosedRange<Int>?

    /// Customers are taken to be there for so long at least after they last came.
    private static let gapDaysMin = 14
    /// Within so many gaps a customer who is there has mostly come.
    private static let gaps = 3

    /// Counts a customer by events, oldest first.
    mutating func add(_ log: [LogEntry]) {
        guard let oldest = log.first, let newest = log.last else { return }
        let first = Day.number(of: oldest.timestamp)
        let last = max(first, Day.number(of: newest.timestamp))
        var visits = 1
        var day = first
        for entry in log {
            let next = Day.number(of: entry.timestamp)
            if next > day { (visits, day) = (visits + 1, next) }
        }
        let gap = max(Self.gapDaysMin, (last - first) / max(1, visits - 1))
        stays.append(ActiveInterval(first: first, last: last, gap: gap))
        days = min(days?.lowerBound ?? first, first)...max(days?.upperBound ?? last, last)
    }

    /// How many there were on each of the days.
    func customers() -> [Int: Double] {
        guard let days else { return [:] }
        var changes: [Int: Int] = [:]
        for stay in stays {
            let wasThere = stay.first - days.lowerBound < Self.gaps * stay.gap
            let isThere = days.upperBound - stay.last < Self.gaps * stay.gap
            changes[wasThere ? days.lowerBound : stay.first, default: 0] += 1
            changes[isThere ? days.upperBound + 1 : stay.last + stay.gap, default: 0] -= 1
        }
        var result: [Int: Double] = [:]
        var count = 0
        for day in days {
            count += changes[day] ?? 0
            result[day] = Double(count)
        }
        return result
    }
}
