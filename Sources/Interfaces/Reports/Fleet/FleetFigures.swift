import Fleet
import Shop
import Simulation

/// What a run expects of items and categories: of all demand if that was written, else of each
/// twin's likeliest items.
struct FleetFigures {
    private let tally: FleetAggregates
    private let table: DemandTable?

    init(_ tally: FleetAggregates, _ table: DemandTable?) {
        self.tally = tally
        self.table = table
    }

    /// Purchases of all items.
    var all: FleetReport.Estimate {
        if let table { return FleetReport.Estimate((table[.all]?.whole) ?? .zero) }
        // By id, so that the last bits do not depend on a dictionary's order.
        let sum = tally.items.keys.sorted().reduce(0) { $0 + (tally.items[$1]?.expected ?? 0) }
        return FleetReport.Estimate(expected: sum)
    }

    /// The ids of all items, in their order.
    private var itemIDs: [String] {
        Set(tally.items.keys).union(table?.itemIDs ?? []).sorted()
    }

    /// The items, the most in demand first.
    func products(_ known: [String: Item]) -> [FleetReport.Product] {
        itemIDs.map { id in
            let sums = tally.items[id]
            let purchases =
                (table?[.item(id)]?.whole).map(FleetReport.Estimate.init)
                ?? FleetReport.Estimate(expected: sums?.expected ?? 0)
            let price = known[id]?.price.flatMap { $0.isFinite ? $0 : nil }
            return FleetReport.Product(
                itemID: id, name: known[id]?.name ?? id, category: known[id]?.category ?? "",
                purchases: purchases, buyers: sums?.buyers ?? 0,
                spend: price.map { $0 * purchases.expected },
                firstPurchasesByDay: sums?.firsts ?? [Double](repeating: 0, count: tally.dayCount))
        }.sorted { ($1.purchases.expected, $0.itemID) < ($0.purchases.expected, $1.itemID) }
    }

    /// The categories, the greatest first.
    func categories(
        _ items: [FleetReport.Product], _ known: [String: Item]
    ) -> [FleetReport.Category] {
        var expected: [String: Double] = [:]
        var spend: [String: Double] = [:]
        for item in items {
            expected[item.category, default: 0] += item.purchases.expected
            spend[item.category, default: 0] += item.spend ?? 0
        }
        // The run's own sums know how items of a category go together.
        for case .category(let name) in table.map({ Array($0.series.keys) }) ?? [] {
            expected[name] = table?[.category(name)]?.whole.expected
        }
        return expected.filter { $0.value > 0 }.map { name, sum in
            let series = table?[.category(name)]
            return FleetReport.Category(
                name: name,
                purchases: (series?.whole).map(FleetReport.Estimate.init)
                    ?? FleetReport.Estimate(expected: sum),
                spend: spend[name] ?? 0,
                purchasesByDay: (series?.days ?? []).map(FleetReport.Estimate.init))
        }.sorted { ($1.purchases.expected, $0.name) < ($0.purchases.expected, $1.name) }
    }
}
