/// By how much a scenario changes what customers buy, summed up over customers.
public struct Effects: Sendable {
    /// What is summed up together.
    public enum Group: Hashable, Sendable, Comparable {
        /// Everything.
        case all
        /// A category, by its place in the model's response.
        case category(Int)
        /// An item, by its place in the catalogue.
        case item(Int32)
    }

    /// The effect on one group.
    public struct Effect: Sendable, Hashable {
        /// How often it is bought as things are, in all, on average.
        public let usual: Double
        /// How much more often it is bought in the scenario, in all, on average.
        public let change: Double
        /// The standard error of ``change`` by the number of paths.
        public let chanceError: Double
        /// The standard error of ``change`` by what the model does not know of responses.
        public let modelError: Double
        /// The interval that is to hold the true change with a probability of 90 %.
        public let interval: ClosedRange<Double>
    }

    /// How many possible truths the paths of each customer are spread over.
    public static let draws = 20
    /// The 95 % quantile of Student's t with 9 degrees of freedom: draws come in opposite pairs, so
    /// half of them are independent.
    private static let quantile = 1.833

    private struct Sum: Sendable {
        var usual = [Double](repeating: 0, count: draws)
        var changed = [Double](repeating: 0, count: draws)
        /// The variance by chance of the mean change over all paths.
        var chance = 0.0
    }

    private var sums: [Group: Sum] = [:]
    /// How many customers are in the sums.
    public private(set) var customers = 0

    /// No customers.
    public init() {}

    /// Compares the futures of one customer, path by path.
    ///
    /// - Parameters:
    ///   - usual: As things are; path p under draw p modulo ``draws``.
    ///   - changed: In the scenario, by the same random numbers.
    ///   - types: The types of events that count.
    ///   - categoryOfItem: The category of each item of the catalogue.
    init(_ usual: Futures, _ changed: Futures, types: Set<UInt8>, categoryOfItem: [Int?]) {
        customers = 1
        let paths = min(usual.pathCount, changed.pathCount)
        var moments: [Group: (sum: Double, squares: Double)] = [:]
        for path in 0..<paths {
            let draw = path % Self.draws
            let share = 1 / Double((paths - 1 - draw) / Self.draws + 1)
            var differences: [Group: Double] = [:]
            func count(_ futures: Futures, _ body: (Group) -> Void) {
                for event in futures.path(path) where types.contains(event.type) {
                    body(.all)
                    body(.item(event.item))
                    if categoryOfItem.indices.contains(Int(event.item)),
                        let category = categoryOfItem[Int(event.item)]
                    {
                        body(.category(category))
                    }
                }
            }
            count(usual) { group in
                sums[group, default: Sum()].usual[draw] += share
                differences[group, default: 0] -= 1
            }
            count(changed) { group in
                sums[group, default: Sum()].changed[draw] += share
                differences[group, default: 0] += 1
            }
            for (group, difference) in differences where difference != 0 {
                moments[group, default: (0, 0)].sum += difference
                moments[group, default: (0, 0)].squares += difference * difference
            }
        }
        let count = Double(max(1, paths))
        for (group, moment) in moments {
            let mean = moment.sum / count
            sums[group, default: Sum()].chance =
                max(0, moment.squares / count - mean * mean) / count
        }
    }

    /// Adds the effects on other customers.
    public static func += (left: inout Effects, right: Effects) {
        left.customers += right.customers
        for (group, sum) in right.sums {
            guard var known = left.sums[group] else {
                left.sums[group] = sum
                continue
            }
            for draw in 0..<draws {
                known.usual[draw] += sum.usual[draw]
                known.changed[draw] += sum.changed[draw]
            }
            known.chance += sum.chance
            left.sums[group] = known
        }
    }

    /// The groups that are bought from in any path.
    public var groups: [Group] { sums.keys.sorted() }

    /// The effect on a group; none on one that nobody buys from.
    public func effect(on group: Group) -> Effect {
        guard let sum = sums[group] else {
            return Effect(usual: 0, change: 0, chanceError: 0, modelError: 0, interval: 0...0)
        }
        let count = Double(Self.draws)
        let changes = zip(sum.usual, sum.changed).map { $1 - $0 }
        let mean = changes.reduce(0, +) / count
        let between = changes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
        // Each draw has one of so many parts of the paths, and so much more variance by chance.
        let model = max(0, between - sum.chance * count)
        let spread = Self.quantile * (model + sum.chance).squareRoot()
        return Effect(
            usual: sum.usual.reduce(0, +) / count, change: mean,
            chanceError: sum.chance.squareRoot(), modelError: model.squareRoot(),
            interval: mean - spread...mean + spread)
    }
}
