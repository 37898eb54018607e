import Kernels
package import Shop

/// What customers truly buy more or less of when the days ahead are otherwise.
///
/// It is counted: each customer goes on living from a morning many times, as in
/// ``PurchasePropensities``, once as things are and once as they might be, by the same numbers as
/// far as the two lives are alike.
package struct PurchaseEffects: Sendable {
    /// What is counted of an item, over all customers.
    package struct Effect: Hashable, Sendable {
        /// How often it is bought as things are, on average.
        package var usual = 0.0
        /// How much more often it is bought as they might be, on average.
        package var change = 0.0
        /// The standard error of ``change`` by the number of repetitions.
        package var standardError = 0.0
    }

    /// By item id; items that nobody buys in either case are missing.
    package let items: [String: Effect]

    init(
        _ world: World, _ changed: World, _ households: [Household], from day: Int,
        within days: Int, repetitions: Int, threads: Int
    ) {
        let counts = parallelMap(households.count, threads: threads) { index in
            Self.counts(
                CustomerSimulation(
                    index: index, household: households[index], seed: world.configuration.seed),
                world, changed, from: day, within: days, repetitions: repetitions)
        }
        var effects: [Int: Effect] = [:]
        let trials = Double(repetitions)
        for customer in counts {
            for (item, count) in customer {
                let mean = count.change / trials
                let spread = count.squares / trials - mean * mean
                effects[item, default: Effect()].usual += count.usual / trials
                effects[item, default: Effect()].change += mean
                effects[item, default: Effect()].standardError += max(0, spread) / trials
            }
        }
        items = Dictionary(
            uniqueKeysWithValues: effects.map { item, effect in
                var effect = effect
                effect.standardError = effect.standardError.squareRoot()
                return (world.catalogue.items[item].itemID, effect)
            })
    }

    private struct Count {
        var usual = 0.0
        var change = 0.0
        /// The sum of the squares of changes.
        var squares = 0.0
    }

    private static func counts(
        _ customer: CustomerSimulation, _ world: World, _ changed: World, from day: Int,
        within days: Int, repetitions: Int
    ) -> [Int: Count] {
        var customer = customer
        var log = VisitLog()
        log.keepsEvents = false
        for past in 0..<day { customer.live(day: past, world: world, log: &log) }
        var counts: [Int: Count] = [:]
        for repetition in 0..<repetitions {
            let fork = customer.fork(repetition, on: day, world)
            var changes: [Int: Double] = [:]
            for item in purchases(fork, world, from: day, within: days) {
                counts[item, default: Count()].usual += 1
                changes[item, default: 0] -= 1
            }
            for item in purchases(fork, changed, from: day, within: days) {
                changes[item, default: 0] += 1
            }
            for (item, change) in changes {
                counts[item, default: Count()].change += change
                counts[item, default: Count()].squares += change * change
            }
        }
        return counts
    }

    private static func purchases(
        _ customer: CustomerSimulation, _ world: World, from day: Int, within days: Int
    ) -> [Int] {
        var customer = customer
        var log = VisitLog()
        log.keepsEvents = false
        for ahead in 0..<days { customer.live(day: day + ahead, world: world, log: &log) }
        return log.purchases
    }
}

extension ShopGenerator {
    /// What customers truly buy more or less of, within some days of a morning, when the days are
    /// as other feeds have it.
    ///
    /// - Parameters:
    ///   - day: The morning, as a day of the shop; what happens before it is as in ``events()``.
    ///   - days: How far to look; from 1 to 366.
    ///   - feeds: What the days from the morning on are like instead of ``context``.
    ///   - customers: Counts the first customers only; all unless given.
    ///   - repetitions: How often each customer goes on living.
    ///   - threads: How many may work on it; the result does not depend on it.
    /// - Returns: The effects by item.
    /// - Throws: ``ShopError`` with the code `setting` for a day or a number out of range.
    /// - Complexity: O(customers × repetitions × days).
    package func purchaseEffects(
        from day: Int, within days: Int, under feeds: ContextFeeds, customers: Int? = nil,
        repetitions: Int = 100, threads: Int = 2
    ) throws(ShopError) -> PurchaseEffects {
        try Self.check(day: day, horizons: [days], repetitions: repetitions)
        return PurchaseEffects(
            world, World(world, feeds: feeds),
            Array(households.prefix(max(0, customers ?? households.count))), from: day,
            within: days,
            repetitions: repetitions, threads: threads)
    }
}
