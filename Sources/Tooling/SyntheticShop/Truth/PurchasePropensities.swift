import Kernels
import Shop

/// The true probabilities that customers buy items within some days of a morning.
///
/// They are counted: each customer is simulated many times from that morning, by the rules of
/// ``ShopEvents``, with other random numbers each time. Needs that are due on that morning, and the
/// day of leaving, stay the same. All later needs are sampled again, given that they are not due
/// yet.
package struct PurchasePropensities: Sendable {
    /// The morning, as a day of the shop; 0 is the first.
    package let day: Int
    /// The horizons in days, ascending.
    package let horizons: [Int]
    /// The number of simulations of each customer.
    package let repetitions: Int
    /// For each customer and bought item: the number of repetitions with a purchase within each
    /// horizon.
    private let hits: [[Int: [Int]]]
    private let indices: [String: Int]

    init(
        _ world: ShopWorld, _ customerTraits: [CustomerTraits], from day: Int,
        within horizons: [Int],
        repetitions: Int, threads: Int
    ) {
        self.day = day
        self.horizons = horizons
        self.repetitions = repetitions
        hits = parallelMap(customerTraits.count, threads: threads) { index in
            Self.hits(
                CustomerSimulation(
                    index: index, traits: customerTraits[index], seed: world.configuration.seed),
                world, from: day, within: horizons, repetitions: repetitions)
        }
        indices = Dictionary(
            uniqueKeysWithValues: world.catalogue.items.enumerated().map {
                ($0.element.itemID, $0.offset)
            })
    }

    /// The probability that a customer buys an item within a horizon.
    ///
    /// - Parameters:
    ///   - itemID: The item; an unknown one has probability 0.
    ///   - customer: The customer's index, 0 for `customer-0001`.
    ///   - horizon: The index in ``horizons``.
    /// - Returns: The fraction of the repetitions, 0 to 1; its standard error is at most
    ///   `0.5 / √repetitions`.
    package func probability(of itemID: String, customer: Int, horizon: Int) -> Double {
        guard hits.indices.contains(customer), horizons.indices.contains(horizon),
            let index = indices[itemID], let counts = hits[customer][index]
        else { return 0 }
        return Double(counts[horizon]) / Double(repetitions)
    }

    private static func hits(
        _ customer: CustomerSimulation, _ world: ShopWorld, from day: Int, within horizons: [Int],
        repetitions: Int
    ) -> [Int: [Int]] {
        var customer = customer
        var log = VisitLog()
        log.keepsEvents = false
        for past in 0..<day { customer.simulate(day: past, world: world, log: &log) }
        var hits: [Int: [Int]] = [:]
        for repetition in 0..<repetitions {
            var fork = customer.fork(repetition, on: day, world)
            var firsts: [Int: Int] = [:]
            for ahead in 0..<(horizons.last ?? 0) {
                log.purchases.removeAll(keepingCapacity: true)
                fork.simulate(day: day + ahead, world: world, log: &log)
                for item in log.purchases where firsts[item] == nil { firsts[item] = ahead }
            }
            for (item, ahead) in firsts {
                for (index, days) in horizons.enumerated() where ahead < days {
                    hits[item, default: [Int](repeating: 0, count: horizons.count)][index] += 1
                }
            }
        }
        return hits
    }
}

extension ShopGenerator {
    /// The true probabilities that customers buy items within some days of a morning.
    ///
    /// - Parameters:
    ///   - day: The morning, as a day of the shop; events before it are those of ``events()``.
    ///   - horizons: The horizons in days, ascending; they may end after the shop's last day.
    ///   - repetitions: The number of simulations of each customer.
    ///   - threads: The number of threads; it does not change the result.
    /// - Returns: The probabilities.
    /// - Throws: ``ShopError`` with the code `setting` for a day or a horizon out of range.
    /// - Complexity: O(customers × repetitions × days).
    package func purchasePropensities(
        from day: Int, within horizons: [Int], repetitions: Int = 200, threads: Int = 2
    ) throws(ShopError) -> PurchasePropensities {
        try Self.check(day: day, horizons: horizons, repetitions: repetitions)
        return PurchasePropensities(
            world, customerTraits, from: day, within: horizons, repetitions: repetitions,
            threads: threads)
    }

    /// Throws if a day, a horizon or the number of repetitions is out of range.
    static func check(day: Int, horizons: [Int], repetitions: Int) throws(ShopError) {
        guard (0...Configuration.dayCountMax).contains(day) else {
            throw ShopError(
                .setting, "The day is \(day). Use one from 0 to \(Configuration.dayCountMax).")
        }
        guard let first = horizons.first, let last = horizons.last, first >= 1, last <= 366,
            zip(horizons, horizons.dropFirst()).allSatisfy({ $0 < $1 })
        else {
            throw ShopError(
                .setting, "Horizons must be days from 1 to 366, the shortest first.")
        }
        guard (1...100_000).contains(repetitions) else {
            throw ShopError(
                .setting, "repetitions is \(repetitions). Use a number from 1 to 100000.")
        }
    }
}
