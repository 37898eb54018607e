import Kernels
import Shop

/// The true probabilities that customers buy items within some days of a morning.
///
/// They are counted: each customer goes on living from that morning many times, as
/// ``ShopEvents`` would have it, with other numbers by chance each time. A customer knows what has
/// run out by then, and whether to leave; when everything else runs out is drawn anew, given that it
/// has not yet.
package struct PurchasePropensities: Sendable {
    /// The morning, as a day of the shop; 0 is the first.
    package let day: Int
    /// The horizons in days, ascending.
    package let horizons: [Int]
    /// How often each customer went on living.
    package let repetitions: Int
    /// For each customer and item that was bought in any repetition: in how many of them within
    /// each horizon.
    private let hits: [[Int: [Int]]]
    private let places: [String: Int]

    init(
        _ world: World, _ households: [Household], from day: Int, within horizons: [Int],
        repetitions: Int, threads: Int
    ) {
        self.day = day
        self.horizons = horizons
        self.repetitions = repetitions
        hits = parallelMap(households.count, threads: threads) { index in
            Self.hits(
                CustomerSimulation(
                    index: index, household: households[index], seed: world.configuration.seed),
                world, from: day, within: horizons, repetitions: repetitions)
        }
        places = Dictionary(
            uniqueKeysWithValues: world.catalogue.items.enumerated().map {
                ($0.element.itemID, $0.offset)
            })
    }

    /// The probability that a customer buys an item within a horizon.
    ///
    /// - Parameters:
    ///   - itemID: The item; an unknown one has probability 0.
    ///   - customer: The customer's index, 0 for `customer-0001`.
    ///   - horizon: The position in ``horizons``.
    /// - Returns: A share of the repetitions, 0 to 1; its standard error is at most
    ///   `0.5 / √repetitions`.
    package func probability(of itemID: String, customer: Int, horizon: Int) -> Double {
        guard hits.indices.contains(customer), horizons.indices.contains(horizon),
            let place = places[itemID], let counts = hits[customer][place]
        else { return 0 }
        return Double(counts[horizon]) / Double(repetitions)
    }

    private static func hits(
        _ customer: CustomerSimulation, _ world: World, from day: Int, within horizons: [Int],
        repetitions: Int
    ) -> [Int: [Int]] {
        var customer = customer
        var log = VisitLog()
        log.keepsEvents = false
        for past in 0..<day { customer.live(day: past, world: world, log: &log) }
        var hits: [Int: [Int]] = [:]
        for repetition in 0..<repetitions {
            var fork = customer.fork(repetition, on: day, world)
            var firsts: [Int: Int] = [:]
            for ahead in 0..<(horizons.last ?? 0) {
                log.purchases.removeAll(keepingCapacity: true)
                fork.live(day: day + ahead, world: world, log: &log)
                for item in log.purchases where firsts[item] == nil { firsts[item] = ahead }
            }
            for (item, ahead) in firsts {
                for (place, days) in horizons.enumerated() where ahead < days {
                    hits[item, default: [Int](repeating: 0, count: horizons.count)][place] += 1
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
    ///   - day: The morning, as a day of the shop; what happens before it is as in ``events()``.
    ///   - horizons: In days, ascending; they may reach beyond the shop's last day.
    ///   - repetitions: How often each customer goes on living.
    ///   - threads: How many may work on it; the result does not depend on it.
    /// - Returns: The probabilities.
    /// - Throws: ``ShopError`` with the code `setting` for a day or a horizon out of range.
    /// - Complexity: O(customers × repetitions × days).
    package func purchasePropensities(
        from day: Int, within horizons: [Int], repetitions: Int = 200, threads: Int = 2
    ) throws(ShopError) -> PurchasePropensities {
        try Self.check(day: day, horizons: horizons, repetitions: repetitions)
        return PurchasePropensities(
            world, households, from: day, within: horizons, repetitions: repetitions,
            threads: threads)
    }

    /// Throws unless customers can go on living so from a morning.
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
