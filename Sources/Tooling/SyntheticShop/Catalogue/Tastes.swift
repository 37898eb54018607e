import Shop

/// The clusters of taste, the planted sequences, and the distributions of sampled items.
struct Tastes: Sendable {
    /// The fraction of sampled items that come from the customer's cluster.
    static let tasteShare = 0.8
    /// The factor of the weight of a cluster's preferred brands.
    static let brandPreference = 3.0

    /// One group of customers.
    struct Cluster: Sendable {
        let truth: ShopTruth.Cluster
        let browsing: WeightedChoice
        let recurringItems: WeightedChoice
    }

    /// The second item of a planted sequence, and the sequence's probability.
    struct Follower: Sendable {
        let item: Int
        let probability: Double
    }

    let clusters: [Cluster]
    let sequences: [ShopTruth.PlantedSequence]
    /// The follower of each first item.
    let followers: [Int: Follower]
    /// All items by popularity.
    let browsing: WeightedChoice
    /// All items that can be recurring items.
    let recurringItems: WeightedChoice
    /// The items of each department by popularity.
    let departments: [WeightedChoice]

    init(catalogue: Catalogue, seed: UInt64) {
        let pairs = Tastes.plant(catalogue, seed: seed)
        var followers: [Int: Follower] = [:]
        var isFollower = [Bool](repeating: false, count: catalogue.items.count)
        for (first, follower) in pairs {
            followers[first] = follower
            isFollower[follower.item] = true
        }
        self.followers = followers
        sequences = pairs.map { first, follower in
            ShopTruth.PlantedSequence(
                firstItemID: catalogue.items[first].itemID,
                secondItemID: catalogue.items[follower.item].itemID,
                probability: follower.probability)
        }
        let everything = catalogue.popularity.enumerated().map {
            (index: $0.offset, weight: $0.element)
        }
        browsing = WeightedChoice(everything)
        recurringItems = Tastes.recurringItemChoice(everything, catalogue, isFollower)
        departments = Assortment.departments.indices.map { department in
            WeightedChoice(everything.filter { catalogue.departments[$0.index] == department })
        }

        var random = ShopRandom(seed: seed, stream: .tastes)
        let stocked = Set(catalogue.items.compactMap(\.category))
        let possible = Assortment.archetypes.filter { !stocked.isDisjoint(with: $0.departments) }
        let order = random.permutation(possible.count)
        let count = min(possible.count, 3 + random.integer(below: 6))
        var clusters: [Cluster] = []
        for archetype in order.prefix(count).map({ possible[$0] }) {
            clusters.append(
                Tastes.cluster(archetype, catalogue, isFollower: isFollower, random: &random))
        }
        self.clusters = clusters
    }

    private static func cluster(
        _ archetype: Archetype, _ catalogue: Catalogue, isFollower: [Bool],
        random: inout ShopRandom
    ) -> Cluster {
        let departments = Assortment.departments.indices.filter {
            archetype.departments.contains(Assortment.departments[$0].name)
        }
        let members = catalogue.items.indices.filter {
            departments.contains(catalogue.departments[$0])
        }
        let carried = members.compactMap { catalogue.items[$0].brand }.uniqued()
        let brands = random.permutation(carried.count).prefix(2).map { carried[$0] }.sorted()
        let weights = members.map { index in
            let isPreferred = brands.contains(catalogue.items[index].brand ?? "")
            return (
                index: index,
                weight: catalogue.popularity[index] * (isPreferred ? brandPreference : 1)
            )
        }
        return Cluster(
            truth: ShopTruth.Cluster(
                name: archetype.name,
                categories: departments.map { Assortment.departments[$0].name }.filter { name in
                    members.contains { catalogue.items[$0].category == name }
                }, brands: brands, itemIDs: members.map { catalogue.items[$0].itemID }),
            browsing: WeightedChoice(weights),
            recurringItems: recurringItemChoice(weights, catalogue, isFollower))
    }

    /// The distribution of recurring items.
    ///
    /// Followers are left out, so that planted sequences are visible in the events. Items that come
    /// on sale later are left out too. Items with long gaps have larger weights.
    private static func recurringItemChoice(
        _ weights: [(index: Int, weight: Double)], _ catalogue: Catalogue, _ isFollower: [Bool]
    ) -> WeightedChoice {
        WeightedChoice(
            weights.lazy.filter {
                !isFollower[$0.index] && catalogue.isOnSale($0.index, day: 0)
            }.map {
                let rhythm = catalogue.rhythms[$0.index]
                let meanDays = (rhythm.lowerBound + rhythm.upperBound) / 2
                return ($0.index, $0.weight * meanDays * meanDays.squareRoot())
            })
    }

    /// Pairs each item of the first product of a pair with an item of the second product.
    private static func plant(
        _ catalogue: Catalogue, seed: UInt64
    ) -> [(first: Int, follower: Follower)] {
        var random = ShopRandom(seed: seed, stream: .sequences)
        var pairs: [(first: Int, follower: Follower)] = []
        for pair in Assortment.productPairs {
            guard let firsts = catalogue.byProduct[pair.first],
                let seconds = catalogue.byProduct[pair.second]
            else { continue }
            for (index, first) in firsts.enumerated() {
                let probability = (random.uniform(in: 0.2...0.5) * 100).rounded() / 100
                let second = seconds[index % seconds.count]
                pairs.append((first, Follower(item: second, probability: probability)))
            }
        }
        return pairs
    }
}

extension [String] {
    /// The elements without repetition, in the order of their first appearance.
    fileprivate func uniqued() -> [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
