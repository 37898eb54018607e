import PropertyGraph
import Twins

/// How many customers there were on each day.
///
/// A customer is there for some time before the first event and after the last one: those who come
/// seldom would else seem to come often in their first days, and to be gone before they come again.
struct Presence: Sendable {
    /// How many came, by day, less how many went.
    private var changes: [Int: Int] = [:]
    /// The days from the first event of anybody to the last one.
    private(set) var days: ClosedRange<Int>?

    /// The shortest time before and after a customer's events.
    private static let marginDaysMin = 14
    /// The longest.
    private static let marginDaysMax = 180

    /// Counts a customer by events, oldest first.
    mutating func add(_ log: [LogEntry]) {
        guard let first = log.first, let last = log.last else { return }
        let start = Day.number(of: first.timestamp)
        let end = max(start, Day.number(of: last.timestamp))
        let visits = Set(log.map { Day.number(of: $0.timestamp) }).count
        // Two of the customer's own gaps.
        let margin = min(
            Self.marginDaysMax, max(Self.marginDaysMin, 2 * (end - start) / max(1, visits - 1)))
        changes[start - margin, default: 0] += 1
        changes[end + margin + 1, default: 0] -= 1
        days = min(days?.lowerBound ?? start, start)...max(days?.upperBound ?? end, end)
    }

    /// How many there were on each day with events of anybody before or on it, and after or on it.
    func customers() -> [Int: Double] {
        guard let days, let start = changes.keys.min() else { return [:] }
        var result: [Int: Double] = [:]
        var count = 0
        for day in start...days.upperBound {
            count += changes[day] ?? 0
            if days.contains(day) { result[day] = Double(count) }
        }
        return result
    }
}
