import Fleet
import Shop
import Simulation
import Time
package import TwinStorage

/// What a whole fleet will need: everything that a page, a JSON document and a table say of it.
package struct FleetReport: Sendable, Encodable {
    /// A number that is expected, and where it lies in 9 futures of 10 if that is known.
    struct Estimate: Sendable, Encodable, Hashable {
        var expected: Double
        var low: Double?
        var high: Double?
    }

    /// What is expected of one category.
    struct Category: Sendable, Encodable {
        /// Empty for items without one.
        var name: String
        var purchases: Estimate
        var spend: Double
        /// The purchases of each day; empty without demand by day.
        var purchasesByDay: [Estimate]
    }

    /// What is expected of one item.
    struct Product: Sendable, Encodable {
        var itemID: String
        var name: String
        var category: String
        var purchases: Estimate
        /// The expected number of customers who take it.
        var buyers: Double
        /// Expected purchases times the price, if that is known.
        var spend: Double?
        /// The expected number of customers with their first purchase on each day.
        var firstPurchasesByDay: [Double]
    }

    /// How many forecasts lie in a band of probability.
    struct Band: Sendable, Encodable {
        var from: Double
        var to: Double
        var count: Int
    }

    /// What is expected of one twin.
    struct Twin: Sendable, Encodable, Hashable {
        var customerKey: String
        var purchases: Double
        /// The likeliest item's name.
        var likeliestItem: String
        var probability: Double
    }

    let from: String
    let to: String
    let dayCount: Int
    let twins: Int
    let forecasts: Int
    /// Whether demand by day is known, of all items and not only of each twin's likeliest.
    let hasDemand: Bool
    /// Whether ranges hold how far demand was off in the model's back-test.
    let hasModelError: Bool
    let purchases: Estimate
    let spend: Double
    /// The share of the expected purchases whose prices are known.
    let pricedFraction: Double
    /// Purchases on each day; empty without demand by day.
    let purchasesByDay: [Estimate]
    /// The greatest first.
    let categories: [Category]
    /// The most in demand first.
    let items: [Product]
    /// The expected number of first purchases of an item by a customer, on each day.
    let firstPurchasesByDay: [Double]
    /// The number of forecasts in each band of probability.
    let probabilityHistogram: [Band]
    let mostActive: [Twin]
    let leastActive: [Twin]
    let change: FleetChange?

    /// The files of one run.
    package struct Files: Sendable {
        /// The lines of the run, or of its parts.
        package var fleet: [String]
        /// Demand by day of the run, or of its parts; may be empty.
        package var demand: [String]

        /// Makes files.
        package init(fleet: [String] = [], demand: [String] = []) {
            self.fleet = fleet
            self.demand = demand
        }

        /// What the files of demand say together; `nil` if there are none.
        func table(_ span: FleetReader.Span) throws -> DemandTable? {
            guard let first = demand.first else { return nil }
            var table = try DemandTable(path: first)
            for path in demand.dropFirst() { try table.add(DemandTable(path: path)) }
            guard table.origin == span.origin, table.end == span.end else {
                throw FuturesError(
                    "\(first) is from \(table.origin.iso8601) to \(table.end.iso8601), the "
                        + "forecasts are from \(span.origin.iso8601) to \(span.end.iso8601). Give "
                        + "files of the same run.")
            }
            return table
        }
    }

    /// Reads a run, and what changed since an earlier one.
    ///
    /// - Parameters:
    ///   - files: The files of the run.
    ///   - before: The files of the earlier run; none of them if there is nothing to compare with.
    ///   - store: Where names, categories and prices of items are read.
    ///   - progress: Told the share that was read, 0 to 1, now and then.
    /// - Throws: `FuturesError` that names file and line of what cannot be read; what the store
    ///   throws.
    /// - Complexity: O(bytes of the files); memory grows with items · days, not with twins.
    package init(
        _ files: Files, before: Files = Files(), store: TwinStore, progress: (Double) -> Void
    ) throws {
        let runs = try FleetComparison(
            after: files.fleet, before: before.fleet, progress: progress)
        let table = try files.table(runs.after.span)
        let earlier = try runs.before.map { try before.table($0.span) } ?? nil
        let ids = Set(runs.after.items.keys).union(runs.before?.items.keys.map { $0 } ?? [])
            .union(table?.itemIDs ?? []).union(earlier?.itemIDs ?? [])
        let known = try store.items(ids.sorted())
        self.init(runs, table: table, earlier: earlier, known: known)
    }

    init(
        _ runs: FleetComparison, table: DemandTable?, earlier: DemandTable?, known: [String: Item]
    ) {
        let tally = runs.after
        let figures = FleetFigures(tally, table)
        from = tally.span.origin.iso8601
        to = tally.span.end.iso8601
        dayCount = tally.dayCount
        twins = tally.twinCount
        forecasts = tally.lineCount
        hasDemand = table != nil
        hasModelError = table?.series.values.contains { $0.whole.modelError > 0 } ?? false
        let products = figures.products(known)
        items = products
        categories = figures.categories(products, known)
        purchases = figures.all
        spend = items.reduce(0) { $0 + ($1.spend ?? 0) }
        let priced = items.reduce(0) { $0 + ($1.spend == nil ? 0 : $1.purchases.expected) }
        pricedFraction = purchases.expected > 0 ? min(1, priced / purchases.expected) : 0
        purchasesByDay = (table?[.all]?.days ?? []).map(Estimate.init)
        firstPurchasesByDay = (0..<tally.dayCount).map { day in
            products.reduce(0) { $0 + $1.firstPurchasesByDay[day] }
        }
        let width = 1 / Double(FleetAggregates.bandCount)
        probabilityHistogram = tally.bands.enumerated().map {
            Band(from: Double($0) * width, to: Double($0 + 1) * width, count: $1)
        }
        func twin(_ sums: FleetAggregates.TwinSums) -> Twin {
            Twin(
                customerKey: sums.pseudonym, purchases: sums.expected,
                likeliestItem: known[sums.itemID]?.name ?? sums.itemID,
                probability: sums.probability)
        }
        mostActive = tally.most.elements.map(twin)
        leastActive = tally.least.elements.map(twin)
        change = FleetChange(runs, table: table, earlier: earlier, known: known)
    }
}

extension FleetReport.Estimate {
    init(_ estimate: DemandEstimate) {
        self.init(
            expected: estimate.expected, low: estimate.interval.lowerBound,
            high: estimate.interval.upperBound)
    }
}

extension DemandTable {
    /// The items that any demand is expected of.
    var itemIDs: [String] {
        series.keys.compactMap { if case .item(let id) = $0 { id } else { nil } }
    }
}
