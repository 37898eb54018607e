package import Prediction
package import Recommendations
import Shop
package import Simulation
package import TwinStorage

/// The content of a page about one customer.
///
/// It is computed once from a twin and its simulated paths. Rendering the page needs no store.
package struct TwinReport: Sendable {
    let displayName: String?
    let twin: UserTwin
    let recommendations: RecommendationList
    let pathCount: Int
    let activity: Activity
    let preferences: [CategoryPreference]
    let colors: CategoryColors
    let drawing: TwinDrawing
    /// The fraction of the simulated events whose item each expert proposed, greatest first.
    let experts: [(name: ExpertID, fraction: Double)]
    /// The churn probability.
    let churnProbability: Double
    /// The error of approximate sampling from the LSTM; see `Futures`.
    let itemHeadError: Double?

    /// Computes the report of a customer.
    ///
    /// - Parameters:
    ///   - subject: The customer's twin and history.
    ///   - futures: The customer's simulated paths, from the same model.
    ///   - recommendations: The recommendations from these paths.
    ///   - model: The model.
    ///   - store: The store with names and categories of items.
    ///   - displayName: The name of the customer on the page; by default the first digits of the
    ///     customer key. All readers of the page see it.
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
        let indices = Set(subject.history.items).union(futures.events.map(\.item)).sorted()
        let catalogue = model.catalogue.itemIDs
        let known = indices.filter { catalogue.indices.contains(Int($0)) }
        let interactions = subject.twin.itemGraph.interactions
        let ids = known.map { catalogue[Int($0)] } + interactions.map(\.itemID)
        let items = try store.items(ids)
        var categories: [Int32: String] = [:]
        for index in known {
            categories[index] = items[catalogue[Int(index)]]?.category ?? CategoryColors.none
        }
        let expected = Self.expectedFractions(futures, categories: categories)
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
        activity = Activity(subject.history, futures: futures) { item in
            categories[item].map { colors.index(of: $0) } ?? CategoryColors.count
        }
        drawing = TwinDrawing(subject.twin.itemGraph, items: items, colors: colors)
        experts = Self.expertFractions(futures)
        itemHeadError = futures.itemHeadError
        churnProbability = futures.churnProbability
    }

    /// The report as a page of its own.
    ///
    /// - Returns: A self-contained HTML page that is also well-formed XML.
    package func html() throws -> String {
        try ReportPage(title: "The next days of \(title)", customers: [self]).html()
    }

    /// The name of the customer on the page.
    var title: String { displayName ?? "Customer \(TextFormat.short(twin.userID))" }

    /// The fraction of simulated events in each category.
    private static func expectedFractions(
        _ futures: Futures, categories: [Int32: String]
    ) -> [String: Double] {
        var counts: [String: Int] = [:]
        for event in futures.events {
            counts[categories[event.item] ?? CategoryColors.none, default: 0] += 1
        }
        let total = Double(max(1, futures.events.count))
        return counts.mapValues { Double($0) / total }
    }

    private static func expertFractions(
        _ futures: Futures
    ) -> [(name: ExpertID, fraction: Double)] {
        var counts = [Int](repeating: 0, count: futures.mixtureWeights.count)
        for event in futures.events where counts.indices.contains(Int(event.expertIndex)) {
            counts[Int(event.expertIndex)] += 1
        }
        let total = Double(max(1, counts.reduce(0, +)))
        return zip(futures.mixtureWeights, counts)
            .map { (name: $0.name, fraction: Double($1) / total) }
            .filter { $0.fraction > 0 }
            .sorted { ($1.fraction, $0.name.rawValue) < ($0.fraction, $1.name.rawValue) }
    }
}
