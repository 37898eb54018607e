import Shop

/// By how much a scenario changes what customers buy, summed up over customers.
package struct Effects: Sendable {
    /// What is summed up together.
    package enum Group: Hashable, Sendable, Comparable {
        /// Everything.
        case all
        /// A category, by its place in the model's response.
        case category(Int)
        /// An item, by its place in the catalogue.
        case item(Int32)
    }

    /// The effect on one group.
    package struct Effect: Sendable, Hashable {
        /// How often it is bought as things are, in all, on average.
        package let usual: Double
        /// How much more often it is bought in the scenario, in all, on average.
        package let change: Double
        /// The standard error of ``change`` by the number of paths.
        package let chanceError: Double
        /// The standard error of ``change`` by what the model does not know of responses.
        package let modelError: Double
        /// The interval that is to hold the true change with a probability of 90 %.
        package let interval: ClosedRange<Double>
    }

    /// How many possible truths about how customers respond are compared with the likeliest.
    package static let draws = 64
    /// The standard normal distribution lies within plus and minus this with probability 0.9.
    private static let quantile = 1.645

    private struct Sum: Sendable {
        var usual = 0.0
        var change = 0.0
        /// The variance by chance of the mean change.
        var chance = 0.0
        /// What the factors alone would change, under the likeliest truth.
        var likeliest = 0.0
        /// The same under each draw.
        var drawn = [Double](repeating: 0, count: draws)

        /// Adds what a purchase becomes more of it.
        mutating func add(_ changes: ParameterUncertainty.Changes, share: Double) {
            likeliest += share * changes.likeliest
            for draw in changes.drawn.indices { drawn[draw] += share * changes.drawn[draw] }
        }
    }

    private var sums: [Group: Sum] = [:]
    /// How many customers are in the sums.
    package private(set) var customers = 0

    /// No customers.
    package init() {}

    /// Compares the futures of one customer, path by path.
    ///
    /// - Parameters:
    ///   - usual: As things are.
    ///   - changed: In the scenario, by the same random numbers.
    ///   - types: The types of events that count.
    ///   - categoryOfItem: The category of each item of the catalogue.
    ///   - doubt: What the factors of the scenario are not known to be.
    init(
        _ usual: Futures, _ changed: Futures, types: Set<EventType>, categoryOfItem: [Int?],
        doubt: ParameterUncertainty? = nil
    ) {
        customers = 1
        let paths = min(usual.pathCount, changed.pathCount)
        let share = 1 / Double(max(1, paths))
        func groups(_ item: Int32) -> [Group] {
            let place = Int(item)
            let category = categoryOfItem.indices.contains(place) ? categoryOfItem[place] : nil
            return [.all, .item(item)] + (category.map { [.category($0)] } ?? [])
        }
        var squares: [Group: Double] = [:]
        for path in 0..<paths {
            var differences: [Group: Double] = [:]
            for event in usual.path(path) where types.contains(event.type) {
                // Only purchases are moved by factors.
                let isMoved = event.type == .purchase
                let changes = isMoved ? doubt?.changes(of: event) : nil
                for group in groups(event.item) {
                    differences[group, default: 0] -= 1
                    sums[group, default: Sum()].usual += share
                    guard let changes else { continue }
                    sums[group, default: Sum()].add(changes, share: share)
                }
            }
            for event in changed.path(path) where types.contains(event.type) {
                for group in groups(event.item) { differences[group, default: 0] += 1 }
            }
            for (group, difference) in differences where difference != 0 {
                sums[group, default: Sum()].change += share * difference
                squares[group, default: 0] += share * difference * difference
            }
        }
        for (group, square) in squares {
            let mean = sums[group]?.change ?? 0
            sums[group, default: Sum()].chance = max(0, square - mean * mean) * share
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
            known.usual += sum.usual
            known.change += sum.change
            known.chance += sum.chance
            known.likeliest += sum.likeliest
            for draw in 0..<draws { known.drawn[draw] += sum.drawn[draw] }
            left.sums[group] = known
        }
    }

    /// The groups that are bought from in any path.
    package var groups: [Group] { sums.keys.sorted() }

    /// The effect on a group; none on one that nobody buys from.
    ///
    /// The model's error is what other truths would change, how far what paths do differs from what
    /// factors alone would do, and how far the demand itself is off.
    ///
    /// - Parameters:
    ///   - group: The group.
    ///   - demandError: How far demand is off, as a back-test has found.
    /// - Returns: The effect with its errors.
    package func effect(on group: Group, demandError: DemandError = .none) -> Effect {
        guard let sum = sums[group] else {
            return Effect(usual: 0, change: 0, chanceError: 0, modelError: 0, interval: 0...0)
        }
        let squares = sum.drawn.reduce(0) {
            $0 + ($1 - sum.likeliest) * ($1 - sum.likeliest)
        }
        let off =
            switch group {
            case .all: demandError.all
            case .category: demandError.category
            case .item: demandError.item
            }
        let gap = (sum.likeliest - sum.change) * (sum.likeliest - sum.change)
        let model =
            squares / Double(Self.draws) + off * off * sum.change * sum.change
            // What the scenario does to the past, factors do not tell.
            + (sum.likeliest == 0 ? 0 : max(0, gap - sum.chance))
        let spread = Self.quantile * (model + sum.chance).squareRoot()
        return Effect(
            usual: sum.usual, change: sum.change, chanceError: sum.chance.squareRoot(),
            modelError: model.squareRoot(), interval: sum.change - spread...sum.change + spread)
    }
}

/// What the factors of a scenario are not known to be: its factors and the usual ones, under the
/// likeliest truth and under others.
struct ParameterUncertainty {
    /// What a purchase becomes more of it in the scenario, if it happens as things are.
    struct Changes {
        var likeliest: Double
        var drawn: [Double]
    }

    let usual: DayFactors?
    let changed: DayFactors?
    let usualDrawn: DayFactors?
    let changedDrawn: DayFactors?

    func changes(of event: SimulatedEvent) -> Changes {
        func change(_ usual: DayFactors?, _ changed: DayFactors?, _ draw: Int) -> Double {
            let before = usual?.factor(of: event.item, at: event.time, draw: draw) ?? 1
            let after = changed?.factor(of: event.item, at: event.time, draw: draw) ?? 1
            return before > 0 ? after / before - 1 : 0
        }
        return Changes(
            likeliest: change(usual, changed, 0),
            drawn: (0..<Effects.draws).map { change(usualDrawn, changedDrawn, $0) })
    }
}
