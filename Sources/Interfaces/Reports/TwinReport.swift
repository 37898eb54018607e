package import Prediction
package import Recommendations
import Shop
package import Simulation
package import TwinStorage

/// Everything that a page says about one customer: who it is, what will probably come, and why.
///
/// It is drawn up once from a twin and its simulated futures; making the page needs no store.
package struct TwinReport: Sendable {
    let displayName: String?
    let twin: UserTwin
    let recommendations: RecommendationList
    let pathCount: Int
    let activity: Activity
    let preferences: [CategoryPreference]
    let colors: CategoryColors
    let drawing: TwinDrawing
    /// Shares of the sources that simulated items were drawn from, greatest first.
    let evidence: [(name: ExpertID, share: Double)]
    /// The probability that the customer has left for good.
    let departed: Double
    /// How far items drawn from the LSTM by proposals were from its item head; see `Futures`.
    let itemHeadError: Double?

    /// Draws up the report of a customer.
    ///
    /// - Parameters:
    ///   - subject: The customer's twin and history, as the recommender read them.
    ///   - futures: The customer's simulated futures, from the same model.
    ///   - recommendations: What was made of those futures.
    ///   - model: The model.
    ///   - store: Where names and categories of items are read.
    ///   - displayName: What to call the customer; the pseudonym's first digits unless given. The
    ///     page shows it to everybody who gets it, so pass an id only to those who may know it.
    /// - Throws: What the store throws.
    /// - Complexity: O(n log n) in the events of all futures.
    package init(
        subject: Recommender.Subject, futures: Futures, recommendations: RecommendationList,
        model: PredictionModel, store: TwinStore, displayName: String? = nil
    ) throws {
        self.displayName = displayName
        self.recommendations = recommendations
        twin = subject.twin
        pathCount = futures.pathCount
        let places = Set(subject.history.items).union(futures.events.map(\.item)).sorted()
        let catalogue = model.catalogue.itemIDs
        let known = places.filter { catalogue.indices.contains(Int($0)) }
        let interactions = subject.twin.itemGraph.interactions
        let ids = known.map { catalogue[Int($0)] } + interactions.map(\.itemID)
        let items = try store.items(ids)
        var categories: [Int32: String] = [:]
        for place in known {
            categories[place] = items[catalogue[Int(place)]]?.category ?? CategoryColors.none
        }
        let expected = Self.expectedShares(futures, categories: categories)
        var weights = expected
        for share in subject.twin.preferences.categories {
            weights[share.name, default: 0] += share.share
        }
        let colors = CategoryColors(weights: weights)
        self.colors = colors
        preferences = weights.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { entry in
            CategoryPreference(
                name: entry.key, color: colors.index(of: entry.key),
                past: subject.twin.preferences.share(ofCategory: entry.key),
                expected: expected[entry.key] ?? 0)
        }
        activity = Activity(subject.history, futures: futures) { place in
            categories[place].map { colors.index(of: $0) } ?? CategoryColors.count
        }
        drawing = TwinDrawing(subject.twin.itemGraph, items: items, colors: colors)
        evidence = Self.evidenceShares(futures)
        itemHeadError = futures.itemHeadError
        departed = futures.churnProbability
    }

    /// The report as a page of its own.
    ///
    /// - Returns: A self-contained HTML page that is also well-formed XML.
    package func html() throws -> String {
        try ReportPage(title: "The next days of \(title)", customers: [self]).html()
    }

    /// What the customer is called on the page.
    var title: String { displayName ?? "Customer \(TextFormat.short(twin.userID))" }

    /// The share of simulated events in each category.
    private static func expectedShares(
        _ futures: Futures, categories: [Int32: String]
    ) -> [String: Double] {
        var counts: [String: Int] = [:]
        for event in futures.events {
            counts[categories[event.item] ?? CategoryColors.none, default: 0] += 1
        }
        let total = Double(max(1, futures.events.count))
        return counts.mapValues { Double($0) / total }
    }

    private static func evidenceShares(
        _ futures: Futures
    ) -> [(name: ExpertID, share: Double)] {
        var counts = [Int](repeating: 0, count: futures.mixtureWeights.count)
        for event in futures.events where counts.indices.contains(Int(event.expertIndex)) {
            counts[Int(event.expertIndex)] += 1
        }
        let total = Double(max(1, counts.reduce(0, +)))
        return zip(futures.mixtureWeights, counts)
            .map { (name: $0.name, share: Double($1) / total) }
            .filter { $0.share > 0 }
            .sorted { ($1.share, $0.name.rawValue) < ($0.share, $1.name.rawValue) }
    }
}
