import PropertyGraph
public import Twins

/// What was bought in which week, by category, which is all that seasons are learned of.
public struct SeasonCounts: Sendable {
    /// The categories of the items.
    let categories: [String]
    /// The place of each item's category, by the item's running number in the store.
    private let categoryOfItem: [Int?]
    /// Purchases by category in weeks of seven days since 1970.
    private var purchases: [Int: [Double]] = [:]
    private var presence = Presence()
    private var lastDay = Int.min

    /// The purchases of some weeks.
    struct Weeks: Sendable {
        /// Which weeks, since 1970, ascending.
        var numbers: [Int]
        /// How many customers there were, a mean of each week's days.
        var customers: [Double]
        /// Purchases, by category, then by week.
        var purchases: [[Double]]
    }

    /// Nothing was bought.
    ///
    /// - Parameters:
    ///   - itemIDs: The items, by their running number in the store.
    ///   - items: What is said of them.
    public init(_ itemIDs: [String], items: [String: Item]) {
        let categories = Set(items.values.compactMap(\.category)).sorted()
        let places = Dictionary(
            uniqueKeysWithValues: categories.enumerated().map { ($0.element, $0.offset) })
        self.categories = categories
        categoryOfItem = itemIDs.map { items[$0]?.category.flatMap { places[$0] } }
    }

    /// Counts what a customer bought.
    ///
    /// - Parameter log: The customer's events, oldest first.
    public mutating func add(_ log: [LogEntry]) {
        guard let last = log.last else { return }
        presence.add(log)
        lastDay = max(lastDay, Day.number(of: last.timestamp))
        for entry in log where entry.type == .purchase {
            guard let item = entry.item, categoryOfItem.indices.contains(item),
                let category = categoryOfItem[item]
            else { continue }
            let week = Self.week(Day.number(of: entry.timestamp))
            purchases[week, default: [Double](repeating: 0, count: categories.count)][category] += 1
        }
    }

    /// The whole weeks with customers, the newest of them if there are more than asked for.
    func weeks(limit: Int) -> Weeks? {
        guard let firstDay = presence.firstDay, firstDay <= lastDay else { return nil }
        let end = Self.week(lastDay + 1)
        let first = max(Self.week(firstDay + 6), end - limit)
        guard first < end else { return nil }
        let present = presence.customers(through: lastDay)
        func customers(_ week: Int) -> Double {
            (0..<7).reduce(0.0) { $0 + (present[week * 7 + $1] ?? 0) } / 7
        }
        let numbers = (first..<end).filter { customers($0) > 0 }
        let none = [Double](repeating: 0, count: categories.count)
        let counted = numbers.map { purchases[$0] ?? none }
        return Weeks(
            numbers: numbers, customers: numbers.map(customers),
            purchases: categories.indices.map { category in counted.map { $0[category] } })
    }

    private static func week(_ day: Int) -> Int { (day - (day % 7 + 7) % 7) / 7 }
}
