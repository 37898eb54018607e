import Kernels
package import Shop

/// The true change of purchases under another context, such as other weather or prices.
///
/// It is counted: each customer is simulated many times from a morning, as in
/// ``PurchasePropensities``, once with the shop's context and once with the other one. Both use the
/// same random numbers.
package struct PurchaseEffects: Sendable {
    /// The effect on one item, summed over all customers.
    package struct Effect: Hashable, Sendable {
        /// The mean number of purchases with the shop's context.
        package var baseline = 0.0
        /// The mean difference of purchases with the other context.
        package var change = 0.0
        /// The standard error of ``change`` from the finite number of repetitions.
        package var standardError = 0.0
    }

    /// The effects by item id, without items that no customer buys in either case.
    package let items: [String: Effect]

    init(
        _ world: ShopWorld, _ changed: ShopWorld, _ customerTraits: [CustomerTraits], from day: Int,
        within days: Int, repetitions: Int, threads: Int
    ) {
        let counts = parallelMap(customerTraits.count, threads: threads) { index in
            Self.counts(
                CustomerSimulation(
                    index: index, traits: customerTraits[index], seed: world.configuration.seed),
                world, changed, from: day, within: days, repetitions: repetitions)
        }
        var effects: [Int: Effect] = [:]
        let trials = Double(repetitions)
        for customer in counts {
            for (item, count) in customer {
                let mean = count.change / trials
                let spread = count.squares / trials - mean * mean
                effects[item, default: Effect()].baseline += count.baseline / trials
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
        var baseline = 0.0
        var change = 0.0
        /// The sum of the squares of changes.
        var squares = 0.0
    }

    private static func counts(
        _ customer: CustomerSimulation, _ world: ShopWorld, _ changed: ShopWorld, from day: Int,
        within days: Int, repetitions: Int
    ) -> [Int: Count] {
        var customer = customer
        var log = VisitLog()
        log.keepsEvents = false
        for past in 0..<day { customer.simulate(day: past, world: world, log: &log) }
        var counts: [Int: Count] = [:]
        for repetition in 0..<repetitions {
            let fork = customer.fork(repetition, on: day, world)
            var changes: [Int: Double] = [:]
            for item in purchases(fork, world, from: day, within: days) {
                counts[item, default: Count()].baseline += 1
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
        _ customer: CustomerSimulation, _ world: ShopWorld, from day: Int, within days: Int
    ) -> [Int] {
        var customer = customer
        var log = VisitLog()
        log.keepsEvents = false
        for ahead in 0..<days { customer.simulate(day: day + ahead, world: world, log: &log) }
        return log.purchases
    }
}

extension ShopGenerator {
    /// The true change of purchases within some days of a morning under another context.
    ///
    /// - Parameters:
    ///   - day: The morning, as a day of the shop; events before it are those of ``events()``.
    ///   - days: The number of days from the morning, 1 to 366.
    ///   - feeds: The context from the morning on, instead of ``context``.
    ///   - customers: The number of customers to count, from the first; all by default.
    ///   - repetitions: The number of simulations of each customer.
    ///   - threads: The number of threads; it does not change the result.
    /// - Returns: The effects by item.
    /// - Throws: ``ShopError`` with the code `setting` for a day or a number out of range.
    /// - Complexity: O(customers × repetitions × days).
    package func purchaseEffects(
        from day: Int, within days: Int, under feeds: ContextFeeds, customers: Int? = nil,
        repetitions: Int = 100, threads: Int = 2
    ) throws(ShopError) -> PurchaseEffects {
        try Self.check(day: day, horizons: [days], repetitions: repetitions)
        return PurchaseEffects(
            world, ShopWorld(world, feeds: feeds),
            Array(customerTraits.prefix(max(0, customers ?? customerTraits.count))), from: day,
            within: days,
            repetitions: repetitions, threads: threads)
    }
}
