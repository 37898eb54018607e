package import Shop
import Time
package import TwinStorage

/// Purchases by category and week, from which seasons are learned.
package struct SeasonCounts: Sendable {
    /// The categories of the items.
    let categories: [String]
    /// The index of each item's category, by the item's number in the store.
    private let categoryOfItem: [Int?]
    /// The purchases of each category by week; weeks of seven days are numbered since 1970.
    private var purchases: [[Int: Double]]
    private var activeCustomers = ActiveCustomerCounts()

    /// Weeks with their numbers of active customers.
    struct Weeks: Sendable {
        /// The numbers of the weeks since 1970, ascending.
        var numbers: [Int]
        /// The active customers of each week, as the mean of its days.
        var customers: [Double]
    }

    /// Weeks with at most this fraction of the customers of the busiest week are left out.
    private static let customersMin = 0.02

    /// Makes empty counts.
    ///
    /// - Parameters:
    ///   - itemIDs: The items, by their number in the store.
    ///   - items: The descriptions of items, by id.
    package init(_ itemIDs: [String], items: [String: Item]) {
        let categories = Set(items.values.compactMap(\.category)).sorted()
        let categoryIndices = Dictionary(
            uniqueKeysWithValues: categories.enumerated().map { ($0.element, $0.offset) })
        self.categories = categories
        purchases = categories.map { _ in [:] }
        categoryOfItem = itemIDs.map { items[$0]?.category.flatMap { categoryIndices[$0] } }
    }

    /// Counts a customer's purchases.
    ///
    /// - Parameter log: The customer's events, oldest first.
    package mutating func add(_ log: [LogEntry]) {
        activeCustomers.add(log)
        for entry in log where entry.type == .purchase {
            guard let item = entry.item, categoryOfItem.indices.contains(item),
                let category = categoryOfItem[item]
            else { continue }
            purchases[category][Self.week(Day.number(of: entry.timestamp)), default: 0] += 1
        }
    }

    /// The newest whole weeks of the shop, at most `limit`.
    func weeks(limit: Int) -> Weeks {
        guard let days = activeCustomers.days else { return Weeks(numbers: [], customers: []) }
        let end = Self.week(days.upperBound + 1)
        let start = Self.week(days.lowerBound + 6)
        let present = activeCustomers.customers()
        func customers(_ week: Int) -> Double {
            (0..<7).reduce(0.0) { $0 + (present[week * 7 + $1] ?? 0) } / 7
        }
        let all = Array(start..<max(start, end))
        let least = Self.customersMin * (all.map(customers).max() ?? 0)
        let numbers = Array(all.filter { customers($0) > least }.suffix(limit))
        return Weeks(numbers: numbers, customers: numbers.map(customers))
    }

    /// The number of purchases of a category in each of some weeks.
    func purchases(of category: Int, in weeks: Weeks) -> [Double] {
        weeks.numbers.map { purchases[category][$0] ?? 0 }
    }

    private static func week(_ day: Int) -> Int { (day - (day % 7 + 7) % 7) / 7 }
}
