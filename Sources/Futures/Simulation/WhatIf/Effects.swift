import Shop

/// The effects of a scenario on purchases, summed over customers.
package struct Effects: Sendable {
    /// A group of items whose purchases are summed.
    package enum Group: Hashable, Sendable, Comparable {
        /// Everything.
        case all
        /// A category, by its index in the model's demand response.
        case category(Int)
        /// An item, by its index in the catalogue.
        case item(Int32)
    }

    /// The effect on one group.
    package struct Effect: Sendable, Hashable {
        /// The expected number of purchases in the baseline.
        package let baseline: Double
        /// The expected number in the scenario minus that in the baseline.
        package let change: Double
        /// The Monte Carlo error of ``change``, as a standard error.
        package let monteCarloError: Double
        /// The standard error of ``change`` from the model: parameter uncertainty, dynamics of
        /// paths, error of demand.
        package let modelError: Double
        /// The 90 % interval of ``change``.
        package let interval: ClosedRange<Double>
    }

    /// The number of posterior samples of the demand response.
    package static let posteriorSampleCount = 64
    /// The 95 % quantile of the standard normal distribution, for 90 % intervals.
    private static let quantile = 1.645

    private struct Sum: Sendable {
        var baseline = 0.0
        var change = 0.0
        /// The Monte Carlo variance of ``change``.
        var monteCarloVariance = 0.0
        /// The change by the factors alone, without the dynamics of paths, under the point
        /// estimate.
        var factorChange = 0.0
        /// The same under each posterior sample.
        var sampledFactorChanges = [Double](repeating: 0, count: posteriorSampleCount)

        /// Adds the changes of one purchase, times a weight.
        mutating func add(_ changes: ParameterUncertainty.Changes, weight: Double) {
            factorChange += weight * changes.point
            for index in changes.samples.indices {
                sampledFactorChanges[index] += weight * changes.samples[index]
            }
        }
    }

    private var sums: [Group: Sum] = [:]
    /// The number of customers in the sums.
    package private(set) var customers = 0

    /// Creates sums over no customers.
    package init() {}

    /// Compares the futures of one customer, path by path.
    ///
    /// - Parameters:
    ///   - baseline: The futures as things are.
    ///   - scenario: The futures in the scenario, with the same random numbers.
    ///   - types: The types of events that count.
    ///   - categoryOfItem: The category of each item of the catalogue.
    ///   - uncertainty: The uncertainty of the day factors.
    init(
        baseline: Futures, scenario: Futures, types: Set<EventType>, categoryOfItem: [Int?],
        uncertainty: ParameterUncertainty? = nil
    ) {
        customers = 1
        let paths = min(baseline.pathCount, scenario.pathCount)
        let weight = 1 / Double(max(1, paths))
        func groups(_ item: Int32) -> [Group] {
            let index = Int(item)
            let category = categoryOfItem.indices.contains(index) ? categoryOfItem[index] : nil
            return [.all, .item(item)] + (category.map { [.category($0)] } ?? [])
        }
        var squares: [Group: Double] = [:]
        for path in 0..<paths {
            var differences: [Group: Double] = [:]
            for event in baseline.path(path) where types.contains(event.type) {
                // Factors act on purchases only.
                let isPurchase = event.type == .purchase
                let changes = isPurchase ? uncertainty?.changes(of: event) : nil
                for group in groups(event.item) {
                    differences[group, default: 0] -= 1
                    sums[group, default: Sum()].baseline += weight
                    guard let changes else { continue }
                    sums[group, default: Sum()].add(changes, weight: weight)
                }
            }
            for event in scenario.path(path) where types.contains(event.type) {
                for group in groups(event.item) { differences[group, default: 0] += 1 }
            }
            for (group, difference) in differences where difference != 0 {
                sums[group, default: Sum()].change += weight * difference
                squares[group, default: 0] += weight * difference * difference
            }
        }
        for (group, square) in squares {
            let mean = sums[group]?.change ?? 0
            sums[group, default: Sum()].monteCarloVariance =
                max(0, square - mean * mean) * weight
        }
    }

    /// Adds the effects on other customers.
    package static func += (left: inout Effects, right: Effects) {
        left.customers += right.customers
        for (group, sum) in right.sums {
            guard var known = left.sums[group] else {
                left.sums[group] = sum
                continue
            }
            known.baseline += sum.baseline
            known.change += sum.change
            known.monteCarloVariance += sum.monteCarloVariance
            known.factorChange += sum.factorChange
            for index in 0..<posteriorSampleCount {
                known.sampledFactorChanges[index] += sum.sampledFactorChanges[index]
            }
            left.sums[group] = known
        }
    }

    /// The groups with a purchase in any path.
    package var groups: [Group] { sums.keys.sorted() }

    /// The effect on a group; 0 for a group without purchases.
    ///
    /// The model error adds three variances: of parameter uncertainty, of the difference between
    /// the change on paths and that by factors alone, and of the demand (article *What if*).
    ///
    /// - Parameters:
    ///   - group: The group.
    ///   - demandError: The relative error of demand, from a back-test.
    /// - Returns: The effect with its errors.
    package func effect(on group: Group, demandError: DemandError = .none) -> Effect {
        guard let sum = sums[group] else {
            return Effect(
                baseline: 0, change: 0, monteCarloError: 0, modelError: 0, interval: 0...0)
        }
        let squares = sum.sampledFactorChanges.reduce(0) {
            $0 + ($1 - sum.factorChange) * ($1 - sum.factorChange)
        }
        let relativeError =
            switch group {
            case .all: demandError.all
            case .category: demandError.category
            case .item: demandError.item
            }
        let difference = sum.factorChange - sum.change
        let modelVariance =
            squares / Double(Self.posteriorSampleCount)
            + relativeError * relativeError * sum.change * sum.change
            // Factors say nothing of a scenario that changes the past only.
            + (sum.factorChange == 0
                ? 0 : max(0, difference * difference - sum.monteCarloVariance))
        let spread = Self.quantile * (modelVariance + sum.monteCarloVariance).squareRoot()
        return Effect(
            baseline: sum.baseline, change: sum.change,
            monteCarloError: sum.monteCarloVariance.squareRoot(),
            modelError: modelVariance.squareRoot(),
            interval: sum.change - spread...sum.change + spread)
    }
}
