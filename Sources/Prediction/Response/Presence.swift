import PropertyGraph
import Twins

/// How many customers there were on each day.
struct Presence: Sendable {
    /// How many came, by day, less how many went.
    private var changes: [Int: Int] = [:]

    /// How long a customer is taken to stay after the newest event.
    private static let stayDays = 14

    /// Counts a customer from the first event to some time after the last one.
    mutating func add(_ log: [LogEntry]) {
        guard let first = log.first, let last = log.last else { return }
        changes[Day.number(of: first.timestamp), default: 0] += 1
        changes[Day.number(of: last.timestamp) + Self.stayDays, default: 0] -= 1
    }

    /// The first day with a customer.
    var firstDay: Int? { changes.keys.min() }

    /// How many there were on each day, from the first one on.
    func customers(through last: Int) -> [Int: Double] {
        guard let first = firstDay, first <= last else { return [:] }
        var result: [Int: Double] = [:]
        var count = 0
        for day in first...last {
            count += changes[day] ?? 0
            result[day] = Double(count)
        }
        return result
    }
}
