package import Shop
import Time
package import TwinStorage

/// What was bought in which week, by category, which is all that seasons are learned of.
package struct SeasonCounts: Sendable {
    /// The categories of the items.
    let categories: [String]
    /// The place of each item's category, by the item's running number in the store.
    private let categoryOfItem: [Int?]
    /// Purchases of each category in weeks of seven days since 1970.
    private var purchases: [[Int: Double]]
    private var presence = ActiveCustomerCounts()

    /// Some weeks and how many customers there were in each.
    struct Weeks: Sendable {
        /// Which weeks, since 1970, ascending.
        var numbers: [Int]
        /// How many customers there were, a mean of each week's days.
        var customers: [Double]
    }

    /// Weeks with a lesser share of the customers of the busiest week are no weeks of the shop.
    private static let customersMin = 0.02

    /// Nothing was bought.
    ///
    /// - Parameters:
    ///   - itemIDs: The items, by their running number in the store.
    ///   - items: What is said of them.
    package init(_ itemIDs: [String], items: [String: Item]) {
        let categories = Set(items.values.compactMap(\.category)).sorted()
        let places = Dictionary(
            uniqueKeysWithValues: categories.enumerated().map { ($0.element, $0.offset) })
        self.categories = categories
        purchases = categories.map { _ in [:] }
        categoryOfItem = itemIDs.map { items[$0]?.category.flatMap { places[$0] } }
    }

    /// Counts what a customer bought.
    ///
    /// - Parameter log: The customer's events, oldest first.
    package mutating func add(_ log: [LogEntry]) {
        presence.add(log)
        for entry in log where entry.type == .purchase {
            guard let item = entry.item, categoryOfItem.indices.contains(item),
                let category = categoryOfItem[item]
            else { continue }
            purchases[category][Self.week(Day.number(of: entry.timestamp)), default: 0] += 1
        }
    }

    /// The whole weeks of the shop, the newest of them if there are more than asked for.
    func weeks(limit: Int) -> Weeks {
        guard let days = presence.days else { return Weeks(numbers: [], customers: []) }
        let end = Self.week(days.upperBound + 1)
        let start = Self.week(days.lowerBound + 6)
        let present = presence.customers()
        func customers(_ week: Int) -> Double {
            (0..<7).reduce(0.0) { $0 + (present[week * 7 + $1] ?? 0) } / 7
        }
        let all = Array(start..<max(start, end))
        let least = Self.customersMin * (all.map(customers).max() ?? 0)
        let numbers = Array(all.filter { customers($0) > least }.suffix(limit))
        return Weeks(numbers: numbers, customers: numbers.map(customers))
    }

    /// How many purchases of a category there were in each of some weeks.
    func purchases(of category: Int, in weeks: Weeks) -> [Double] {
        weeks.numbers.map { purchases[category][$0] ?? 0 }
    }

    private static func week(_ day: Int) -> Int { (day - (day % 7 + 7) % 7) / 7 }
}
