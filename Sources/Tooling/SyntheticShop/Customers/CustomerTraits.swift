import Shop

/// The constant traits of a customer, sampled from the customer's own stream.
struct CustomerTraits: Sendable {
    /// An item that the customer needs regularly, by its index.
    struct RecurringItem: Sendable {
        let item: Int
        let meanDays: Double
        let shape: Double
        /// The greatest number of days before a need that it is bought.
        let lookaheadDays: Double
    }

    let userID: String
    let cluster: Int
    let city: String
    /// The index of ``city`` in ``Assortment/cities``.
    let cityIndex: Int
    let priceLevel: Int
    let lookaheadDays: Double
    let leavesOnDay: Int?
    let recurringItems: [RecurringItem]
    /// The index of the customer's shopping hours in ``ShoppingTimes/hours``.
    let hours: Int
    /// The probability of a visit on a day without a need.
    let idleVisitProbability: Double

    /// The traits of the customer at an index, 0 for `customer-0001`.
    init(index: Int, catalogue: Catalogue, tastes: Tastes, seed: UInt64) {
        var random = ShopRandom(seed: seed, stream: .traits(customer: index))
        userID = numbered("customer", index + 1)
        cluster = random.integer(below: tastes.clusters.count)
        cityIndex = random.integer(below: Assortment.cities.count)
        city = Assortment.cities[cityIndex]
        priceLevel = random.integer(below: 3)
        lookaheadDays = Double(1 + random.integer(below: 4))
        leavesOnDay = random.chance(0.06) ? 30 + random.geometric(mean: 120, max: 3000) : nil
        hours = random.integer(below: ShoppingTimes.hours.count)
        idleVisitProbability = random.uniform(in: 0.01...0.05)

        // Large households need items more often.
        let pace = random.uniform(in: 0.9...1.7)
        let wanted = 8 + Int(18 * random.uniform() * random.uniform())
        let sampler = ClusterItemSampler(
            cluster: tastes.clusters[cluster].recurringItems, all: tastes.recurringItems)
        var chosen: Set<Int> = []
        var recurringItems: [RecurringItem] = []
        for _ in 0..<wanted * 20 where recurringItems.count < wanted {
            let item = sampler.sample(
                priceLevel: priceLevel, catalogue: catalogue, random: &random)
            guard chosen.insert(item).inserted else { continue }
            let mean = random.uniform(in: catalogue.rhythms[item]) * pace
            let meanDays = (mean * 100).rounded() / 100
            recurringItems.append(
                RecurringItem(
                    item: item, meanDays: meanDays, shape: Double(4 + random.integer(below: 13)),
                    lookaheadDays: min(lookaheadDays, meanDays / 4)))
        }
        self.recurringItems = recurringItems
    }

    /// The ground truth of the customer.
    func truth(_ catalogue: Catalogue) -> ShopTruth.Customer {
        ShopTruth.Customer(
            userID: userID, cluster: cluster, city: city, priceLevel: priceLevel,
            lookaheadDays: lookaheadDays, leavesOnDay: leavesOnDay,
            recurringItems: recurringItems.map {
                ShopTruth.RecurringItem(
                    itemID: catalogue.items[$0.item].itemID, meanDays: $0.meanDays, shape: $0.shape)
            })
    }
}

/// Samples items by the taste of a cluster.
struct ClusterItemSampler {
    let cluster: WeightedChoice
    let all: WeightedChoice

    /// A random item; items far from the customer's price level are often rejected.
    func sample(priceLevel: Int, catalogue: Catalogue, random: inout ShopRandom) -> Int {
        let choice = random.chance(Tastes.tasteShare) && !cluster.isEmpty ? cluster : all
        var item = choice.draw(&random)
        for _ in 0..<4 {
            let distance = abs(catalogue.priceLevels[item] - priceLevel)
            if random.chance(ClusterItemSampler.acceptance[distance]) { break }
            item = choice.draw(&random)
        }
        return item
    }

    /// A random item that is on sale on a day, weighted by the effects of the day.
    ///
    /// Returns `nil` after 256 samples without success (rejection sampling).
    func sample(
        priceLevel: Int, on day: Int, _ dayEffect: ContextEffects.DayEffect, _ world: ShopWorld,
        random: inout ShopRandom
    ) -> Int? {
        let most = (dayEffect.departments.max() ?? 1) * world.contextEffects.attentionMax(day: day)
        for _ in 0..<256 {
            let item = sample(priceLevel: priceLevel, catalogue: world.catalogue, random: &random)
            let department = world.catalogue.departments[item]
            let factor =
                dayEffect.departments.indices.contains(department)
                ? dayEffect.departments[department] : 1
            let ratio = world.contextEffects.priceRatio(of: item, day: day)
            let accepted = random.chance(factor * ContextEffects.attention(ratio) / max(1, most))
            if accepted, world.catalogue.isOnSale(item, day: day) { return item }
        }
        return nil
    }

    /// The probability of acceptance by the distance of price levels.
    private static let acceptance = [1, 0.6, 0.25]
}

/// The times at which customers shop, in UTC.
enum ShoppingTimes {
    /// The probability of a visit on a weekday with a due need, Monday first.
    static let needVisit = [0.75, 0.7, 0.75, 0.8, 0.95, 0.98, 0.6]
    /// The factor of visits without a need on a weekday, relative to an average day.
    static let idleVisit = [0.8, 0.8, 0.9, 0.9, 1.1, 1.3, 1.2]

    /// Three profiles of hours: early, with a lunch break, and after work.
    ///
    /// No visit starts in the last hour, so each visit ends on its day.
    static let hours: [WeightedChoice] = [
        [0, 0, 0, 0, 0, 1, 4, 9, 9, 8, 7, 5, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 8, 9, 8, 5, 3, 3, 4, 4, 4, 3, 2, 1, 0],
        [0, 0, 0, 0, 0, 0, 1, 2, 1, 1, 1, 1, 2, 2, 2, 2, 4, 7, 9, 9, 9, 7, 3, 0],
    ].map { (weights: [Double]) in
        WeightedChoice(weights.enumerated().map { (index: $0.offset, weight: $0.element) })
    }

    /// The day of the week, 0 for Monday, of a day since 1970-01-01, which was a Thursday.
    static func weekday(_ daysSince1970: Int64) -> Int { Int((daysSince1970 + 3) % 7) }
}
