package import Shop
import Time
package import TwinStorage

/// What was bought where and when, which is all that responses to the days are learned of.
package struct ResponseCounts: Sendable {
    /// Customers of one city who agree to the same purposes.
    struct Group: Hashable, Sendable {
        /// The city; empty for customers without one.
        var city: String
        /// What the context of these customers' days may be read for.
        var consent: Set<ContextPurpose>
    }

    /// A group on a day.
    struct GroupDay: Hashable, Sendable {
        /// The group, as a place in ``groups``.
        var group: Int
        /// The day, in days since 1970.
        var day: Int
    }

    /// The groups, in order of first occurrence.
    private(set) var groups: [Group] = []
    /// How many purchases there were of each item, by its running number in the store, on each day.
    private(set) var items: [Int: [Int: Double]] = [:]
    /// How many purchases each group made of each item on each day.
    private(set) var groupItems: [GroupDay: [Int: Double]] = [:]
    /// The customers of each group.
    private var presence: [ActiveCustomerCounts] = []
    private var places: [Group: Int] = [:]

    /// Nothing was bought.
    package init() {}

    /// Counts what a customer bought.
    ///
    /// - Parameters:
    ///   - log: The customer's events, oldest first.
    ///   - city: Where the customer is, as far as is known.
    ///   - consent: What the context of the customer's days may be read for.
    package mutating func add(
        _ log: [LogEntry], city: String?, consent: Set<ContextPurpose> = ContextPurpose.usual
    ) {
        guard !log.isEmpty else { return }
        let home = place(of: Group(city: city ?? "", consent: consent))
        presence[home].add(log)
        for entry in log where entry.type == .purchase {
            guard let item = entry.item else { continue }
            let day = Day.number(of: entry.timestamp)
            items[item, default: [:]][day, default: 0] += 1
            groupItems[GroupDay(group: home, day: day), default: [:]][item, default: 0] += 1
        }
    }

    /// How many customers a group has on each day with events before or on it, and after or on it.
    func customers(group: Int) -> [Int: Double] {
        presence[group].customers()
    }

    private mutating func place(of group: Group) -> Int {
        if let place = places[group] { return place }
        places[group] = groups.count
        groups.append(group)
        presence.append(ActiveCustomerCounts())
        return groups.count - 1
    }
}
