import Shop

/// The lasting traits of a customer, drawn once from the customer's own stream.
struct Household: Sendable {
    /// A staple by the position of its item.
    struct Staple: Sendable {
        let item: Int
        let meanDays: Double
        let shape: Double
        /// How many days before the need it is bought already.
        let lookaheadDays: Double
    }

    let userID: String
    let cluster: Int
    let city: String
    /// The position of ``city`` in ``Assortment/cities``.
    let cityIndex: Int
    let priceLevel: Int
    let lookaheadDays: Double
    let leavesOnDay: Int?
    let staples: [Staple]
    /// The position of the hours at which the customer shops in ``Calendar/hours``.
    let hours: Int
    /// The probability of looking in on a day when nothing is needed.
    let idleVisitProbability: Double

    /// The customer at an index, 0 for `customer-0001`.
    init(index: Int, catalogue: Catalogue, tastes: Tastes, seed: UInt64) {
        var random = ShopRandom(seed: seed, stream: .traits(customer: index))
        userID = numbered("customer", index + 1)
        cluster = random.integer(below: tastes.clusters.count)
        cityIndex = random.integer(below: Assortment.cities.count)
        city = Assortment.cities[cityIndex]
        priceLevel = random.integer(below: 3)
        lookaheadDays = Double(1 + random.integer(below: 4))
        leavesOnDay = random.chance(0.06) ? 30 + random.geometric(mean: 120, max: 3000) : nil
        hours = random.integer(below: Calendar.hours.count)
        idleVisitProbability = random.uniform(in: 0.01...0.05)

        // A large household uses things up faster.
        let pace = random.uniform(in: 0.9...1.7)
        let wanted = 8 + Int(18 * random.uniform() * random.uniform())
        let picker = Picker(cluster: tastes.clusters[cluster].staples, all: tastes.staples)
        var chosen: Set<Int> = []
        var staples: [Staple] = []
        for _ in 0..<wanted * 20 where staples.count < wanted {
            let item = picker.pick(
                priceLevel: priceLevel, catalogue: catalogue, random: &random)
            guard chosen.insert(item).inserted else { continue }
            let mean = random.uniform(in: catalogue.rhythms[item]) * pace
            let meanDays = (mean * 100).rounded() / 100
            staples.append(
                Staple(
                    item: item, meanDays: meanDays, shape: Double(4 + random.integer(below: 13)),
                    lookaheadDays: min(lookaheadDays, meanDays / 4)))
        }
        self.staples = staples
    }

    /// What the customer's ground truth says.
    func truth(_ catalogue: Catalogue) -> ShopTruth.Customer {
        ShopTruth.Customer(
            userID: userID, cluster: cluster, city: city, priceLevel: priceLevel,
            lookaheadDays: lookaheadDays, leavesOnDay: leavesOnDay,
            staples: staples.map {
                ShopTruth.Staple(
                    itemID: catalogue.items[$0.item].itemID, meanDays: $0.meanDays, shape: $0.shape)
            })
    }
}

/// Picks items as a customer of a cluster would.
struct Picker {
    let cluster: WeightedChoice
    let all: WeightedChoice

    /// An item; those far from the customer's price level are often passed over.
    func pick(priceLevel: Int, catalogue: Catalogue, random: inout ShopRandom) -> Int {
        let choice = random.chance(Tastes.tasteShare) && !cluster.isEmpty ? cluster : all
        var item = choice.draw(&random)
        for _ in 0..<4 {
            let distance = abs(catalogue.priceLevels[item] - priceLevel)
            if random.chance(Picker.acceptance[distance]) { break }
            item = choice.draw(&random)
        }
        return item
    }

    /// An item of those on sale on a day, more often what the day calls for; `nil` if many draws
    /// have found none.
    func pick(
        priceLevel: Int, on day: Int, _ influence: Surroundings.Influence, _ world: World,
        random: inout ShopRandom
    ) -> Int? {
        let most = (influence.departments.max() ?? 1) * world.surroundings.attentionMax(day: day)
        for _ in 0..<256 {
            let item = pick(priceLevel: priceLevel, catalogue: world.catalogue, random: &random)
            let department = world.catalogue.departments[item]
            let called =
                influence.departments.indices.contains(department)
                ? influence.departments[department] : 1
            let ratio = world.surroundings.priceRatio(of: item, day: day)
            let accepted = random.chance(called * Surroundings.attention(ratio) / max(1, most))
            if accepted, world.catalogue.isOnSale(item, day: day) { return item }
        }
        return nil
    }

    /// By distance of price levels.
    private static let acceptance = [1, 0.6, 0.25]
}

/// When people shop, in UTC.
enum Calendar {
    /// The probability that something needed is bought on this day and not left for the next,
    /// Monday first.
    static let needVisit = [0.75, 0.7, 0.75, 0.8, 0.95, 0.98, 0.6]
    /// The same for visits without a need, relative to an average day.
    static let idleVisit = [0.8, 0.8, 0.9, 0.9, 1.1, 1.3, 1.2]

    /// Three kinds of day: early, with the lunch break, and after work.
    ///
    /// Nobody starts in the last
    /// hour, so that every visit ends on its day.
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
