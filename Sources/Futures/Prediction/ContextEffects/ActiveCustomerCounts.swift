import Time
import TwinStorage

/// The number of active customers on each day.
///
/// A customer is active from the first event to one mean gap after the last one. Customers whose
/// first (last) event is within three of their own mean gaps of the data's start (end) count as
/// active from the start (to the end). Otherwise infrequent customers would bias the first and last
/// weeks.
struct ActiveCustomerCounts: Sendable {
    /// A customer's first and last active day, and the mean gap between active days, in days.
    private struct ActiveInterval {
        var first: Int
        var last: Int
        var gap: Int
    }

    private var intervals: [ActiveInterval] = []
    /// The days from the first to the last event of all customers, in days since 1970.
    private(set) var days: ClosedRange<Int>?

    /// The least mean gap, in days.
    private static let gapDaysMin = 14
    /// The number of mean gaps within which an active customer has an event.
    private static let gaps = 3

    /// Adds a customer by events, oldest first.
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
        intervals.append(ActiveInterval(first: first, last: last, gap: gap))
        days = min(days?.lowerBound ?? first, first)...max(days?.upperBound ?? last, last)
    }

    /// The number of active customers on each of ``days``.
    func customers() -> [Int: Double] {
        guard let days else { return [:] }
        var changes: [Int: Int] = [:]
        for interval in intervals {
            let fromStart = interval.first - days.lowerBound < Self.gaps * interval.gap
            let toEnd = days.upperBound - interval.last < Self.gaps * interval.gap
            changes[fromStart ? days.lowerBound : interval.first, default: 0] += 1
            changes[toEnd ? days.upperBound + 1 : interval.last + interval.gap, default: 0] -= 1
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
