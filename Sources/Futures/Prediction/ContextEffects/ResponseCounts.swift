package import Shop
import Time
package import TwinStorage

/// Purchases by group of customers, item and day, from which demand responses are learned.
package struct ResponseCounts: Sendable {
    /// Customers of one city with the same consent.
    struct Group: Hashable, Sendable {
        /// The city; empty for customers without one.
        var city: String
        /// The purposes for which the context of these customers may be used.
        var consent: Set<ContextPurpose>
    }

    /// A group on a day.
    struct GroupDay: Hashable, Sendable {
        /// The index of the group in ``groups``.
        var group: Int
        /// The day, in days since 1970.
        var day: Int
    }

    /// The groups, in order of first occurrence.
    private(set) var groups: [Group] = []
    /// The number of purchases of each item on each day; items by their number in the store.
    private(set) var items: [Int: [Int: Double]] = [:]
    /// The number of purchases of each item by each group on each day.
    private(set) var groupItems: [GroupDay: [Int: Double]] = [:]
    /// The active customers of each group.
    private var activeCustomers: [ActiveCustomerCounts] = []
    private var groupIndices: [Group: Int] = [:]

    /// Makes empty counts.
    package init() {}

    /// Counts a customer's purchases.
    ///
    /// - Parameters:
    ///   - log: The customer's events, oldest first.
    ///   - city: The customer's city; `nil` if unknown.
    ///   - consent: The purposes for which the customer's context may be used.
    package mutating func add(
        _ log: [LogEntry], city: String?, consent: Set<ContextPurpose> = ContextPurpose.usual
    ) {
        guard !log.isEmpty else { return }
        let group = index(of: Group(city: city ?? "", consent: consent))
        activeCustomers[group].add(log)
        for entry in log where entry.type == .purchase {
            guard let item = entry.item else { continue }
            let day = Day.number(of: entry.timestamp)
            items[item, default: [:]][day, default: 0] += 1
            groupItems[GroupDay(group: group, day: day), default: [:]][item, default: 0] += 1
        }
    }

    /// The number of active customers of a group on each day.
    func customers(group: Int) -> [Int: Double] {
        activeCustomers[group].customers()
    }

    /// The index of a group, which is added if it is new.
    private mutating func index(of group: Group) -> Int {
        if let index = groupIndices[group] { return index }
        groupIndices[group] = groups.count
        groups.append(group)
        activeCustomers.append(ActiveCustomerCounts())
        return groups.count - 1
    }
}
