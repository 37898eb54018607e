import Fleet
import Shop
import Simulation
import Time

/// The changes between two runs, with margins of error.
///
/// Both runs are simulated, so both have a Monte Carlo error. ``Row/marginOfError`` covers 95 of
/// 100 differences that are due to it alone.
struct FleetChange: Sendable, Encodable {
    /// One thing that is expected more or less often than before.
    struct Row: Sendable, Encodable, Hashable {
        /// The shop's id, the category or the pseudonym.
        var id: String
        var name: String
        var before: Double
        var after: Double
        /// The half width of the 95 % interval of the difference, by the number of paths.
        var marginOfError: Double

        var difference: Double { after - before }
        var isSignificant: Bool { abs(difference) > marginOfError }
    }

    /// The origin of the earlier run.
    let from: String
    let twinsBefore: Int
    let newTwins: Int
    let goneTwins: Int
    let purchases: Row
    /// The greatest differences first.
    let categories: [Row]
    let items: [Row]
    let twins: [Row]

    /// The standard normal distribution lies within plus and minus this with probability 0.95.
    private static let quantile = 1.959_964

    init?(
        _ runs: FleetComparison, table: DemandTable?, earlier: DemandTable?, known: [String: Item]
    ) {
        guard let before = runs.before else { return nil }
        from = before.span.origin.iso8601
        twinsBefore = before.twinCount
        newTwins = runs.newCount
        goneTwins = runs.goneCount
        // Of one kind: sums over all items are not compared with sums over the likeliest.
        let hasTables = table != nil && earlier != nil
        let late = Sums(runs.after, hasTables ? table : nil, known)
        let early = Sums(before, hasTables ? earlier : nil, known)
        purchases = Self.row("all", name: "All purchases", early.all, late.all)
        categories = Self.rows(early.categories, late.categories) { $0 }
        items = Self.rows(early.items, late.items) { known[$0]?.name ?? $0 }
        twins = runs.changes.elements.map {
            Row(
                id: $0.pseudonym, name: $0.pseudonym, before: $0.before, after: $0.after,
                marginOfError: Self.quantile * $0.variance.squareRoot())
        }
    }

    /// A sum and the square of its standard error.
    private struct Sum {
        var expected = 0.0
        var variance = 0.0

        static func + (left: Sum, right: Sum) -> Sum {
            Sum(
                expected: left.expected + right.expected,
                variance: left.variance + right.variance)
        }
    }

    /// What one run expects.
    private struct Sums {
        var all = Sum()
        var categories: [String: Sum] = [:]
        var items: [String: Sum] = [:]

        init(_ tally: FleetAggregates, _ table: DemandTable?, _ known: [String: Item]) {
            guard let table else {
                for (id, sums) in tally.items.sorted(by: { $0.key < $1.key }) {
                    let sum = Sum(expected: sums.expected, variance: sums.variance)
                    items[id] = sum
                    let category = known[id]?.category ?? ""
                    categories[category] = (categories[category] ?? Sum()) + sum
                    all = all + sum
                }
                return
            }
            for (subject, series) in table.series {
                let whole = series.whole
                let sum = Sum(expected: whole.expected, variance: whole.error * whole.error)
                switch subject {
                case .all: all = sum
                case .category(let name): categories[name] = sum
                case .item(let id): items[id] = sum
                }
            }
        }
    }

    private static func rows(
        _ before: [String: Sum], _ after: [String: Sum], name: (String) -> String
    ) -> [Row] {
        Set(before.keys).union(after.keys).map { id in
            row(id, name: name(id), before[id] ?? Sum(), after[id] ?? Sum())
        }.sorted { (abs($1.difference), $0.id) < (abs($0.difference), $1.id) }
    }

    private static func row(_ id: String, name: String, _ before: Sum, _ after: Sum) -> Row {
        Row(
            id: id, name: name, before: before.expected, after: after.expected,
            marginOfError: quantile * (before.variance + after.variance).squareRoot())
    }
}
