package import Simulation
package import Time

/// One reason why an item is recommended, with its part of the item's probability.
package struct Reason: Hashable, Sendable, Codable {
    /// The public name of the expert; `surprise` for a surprise pick.
    package var expert: String
    /// The reason in words that a shopper understands.
    package var text: String
    /// The part of the item's probability (``Recommendation/bestProbability``) that comes from this
    /// expert.
    package var probability: Double
}

/// One recommended item.
package struct Recommendation: Hashable, Sendable, Codable {
    /// The item.
    package var itemID: String
    /// What a shopper calls it.
    package var name: String
    /// The kind of goods.
    package var category: String?
    /// The price of one.
    package var price: Double?
    /// What the list is sorted by.
    package var score: Double
    /// The share of simulated futures in which the customer takes the item within the horizon.
    package var probability: Double
    /// A 95 % interval for ``probability`` from the number of paths alone.
    package var interval: [Double]
    /// The probability that the customer buys the item within the horizon, fitted to what came after
    /// earlier forecasts.
    ///
    /// It is `nil` without a back-test of the model, and for items that no path buys.
    package var calibratedProbability: Double?
    /// How far probabilities of about that size were from how often things happened.
    package var modelError: Double?
    /// The probability that may be trusted most: ``calibratedProbability``, or else ``probability``.
    package var bestProbability: Double { calibratedProbability ?? probability }
    /// A 95 % interval for ``bestProbability``, by the number of paths and by the model's error where
    /// that is known.
    package var bestInterval: ClosedRange<Double> {
        let low = interval.first ?? probability
        let high = interval.last ?? probability
        guard let calibratedProbability, let modelError else {
            return min(low, high)...max(low, high)
        }
        let chance = max(0, high - low) / 2
        let spread = (chance * chance + 4 * modelError * modelError).squareRoot()
        return max(0, calibratedProbability - spread)...min(1, calibratedProbability + spread)
    }
    /// The median date of the first time, as `2026-03-01`; `nil` when no path has one.
    package var expectedDate: String?
    /// Why, weightiest first.
    package var reasons: [Reason]
    /// Whether this is a surprise pick: unexpected, yet close to the customer's taste.
    package var isSurprise: Bool
}

/// The answer to a request for recommendations.
package struct RecommendationList: Sendable, Codable {
    /// The customer key: the customer's pseudonym.
    package var customerKey: String
    /// Whether nothing is known of the customer, so that the items are what is popular now.
    package var isColdStart: Bool
    /// The moment from which the futures start, ISO 8601.
    package var asOf: String
    /// How far the futures reach, in days.
    package var horizonDays: Double
    /// The model's version.
    package var modelVersion: String
    /// The items, best first.
    package var items: [Recommendation]
    /// A surprise pick that is not in the list; `nil` when none was asked for or found.
    package var surprise: Recommendation?
}

/// What to recommend, and how.
package struct RecommendationOptions: Sendable {
    /// How many items; 10 unless given (`topN` of document 004).
    package var count = 10
    /// How many of the best to pass over, for paging.
    package var offset = 0
    /// Whether simulated paths rank the items; otherwise the next visit's distribution does.
    package var usesPaths = true
    /// Whether closeness to the customer's taste by item vectors counts.
    package var usesEmbeddings = true
    /// Whether the categories that the customer prefers count.
    package var usesPreferences = true
    /// Whether a surprise pick is added beside the list.
    package var wantsSurprise = true
    /// How far to look, in days.
    package var horizonDays = 28.0
    /// How many futures.
    package var paths = 500
    /// Decides every random choice.
    package var seed: UInt64 = 7
    /// The moment to start from; the store's newest event unless given.
    package var asOf: Timestamp?
    /// Threads to simulate with; the result does not depend on it.
    package var threads = 2

    /// Items that a list may have at most.
    package static let countMax = 200
    /// Items that may be passed over and listed at most.
    package static let reachMax = 10_000

    /// The defaults.
    package init() {}

    /// The settings of the simulation that these options ask for.
    package var simulation: SimulationSettings {
        let days = horizonDays.isFinite ? max(0, min(horizonDays, 1e6)) : 0
        return SimulationSettings(
            horizonSeconds: Int64(days * 86_400), paths: paths, seed: seed, threads: threads)
    }

    /// Checks the bounds of the options.
    ///
    /// - Throws: ``RecommendationError`` naming the option and its range.
    package func validate() throws(RecommendationError) {
        guard (1...Self.countMax).contains(count) else {
            throw RecommendationError("count is \(count). Use a number from 1 to \(Self.countMax).")
        }
        guard (0...Self.reachMax - Self.countMax).contains(offset) else {
            throw RecommendationError("offset is \(offset). Use a number from 0 to 9800.")
        }
        guard horizonDays.isFinite, horizonDays > 0, horizonDays <= 366 else {
            throw RecommendationError("The horizon must be above 0 and at most 366 days.")
        }
    }
}

/// A request for recommendations that cannot be met, and why.
package struct RecommendationError: Error, CustomStringConvertible, Sendable, Hashable {
    /// What is wrong, and what would be right.
    package let description: String

    init(_ description: String) { self.description = description }
}
