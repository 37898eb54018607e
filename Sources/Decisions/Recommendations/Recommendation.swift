package import Simulation
package import Time

/// A reason for a recommendation, with its part of the item's probability.
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
    /// The name of the item.
    package var name: String
    /// The category of the item, if known.
    package var category: String?
    /// The price of one piece, if known.
    package var price: Double?
    /// The score that ranks the item; the list is in descending order of it.
    package var score: Double
    /// The path probability of the item within the horizon.
    package var probability: Double
    /// The 95 % interval of ``probability`` by the number of paths: lower and upper end.
    package var interval: [Double]
    /// The calibrated probability that the customer buys the item within the horizon.
    ///
    /// `nil` without a calibration of the model, and for items that are on no path.
    package var calibratedProbability: Double?
    /// The error of ``calibratedProbability`` by the back-test, as a standard error.
    package var modelError: Double?
    /// The best estimate: ``calibratedProbability``, or else ``probability``.
    package var bestProbability: Double { calibratedProbability ?? probability }
    /// The 95 % interval of ``bestProbability``, by the number of paths and by ``modelError``.
    package var bestInterval: ClosedRange<Double> {
        let low = interval.first ?? probability
        let high = interval.last ?? probability
        guard let calibratedProbability, let modelError else {
            return min(low, high)...max(low, high)
        }
        let halfWidth = max(0, high - low) / 2
        let spread = (halfWidth * halfWidth + 4 * modelError * modelError).squareRoot()
        return max(0, calibratedProbability - spread)...min(1, calibratedProbability + spread)
    }
    /// The median date of the first event with the item, as `2026-03-01`; `nil` without one on any
    /// path.
    package var expectedDate: String?
    /// The reasons, strongest first.
    package var reasons: [Reason]
    /// Whether this is a surprise: new to the customer, and close to the customer's taste.
    package var isSurprise: Bool
}

/// The recommendations for one customer.
package struct RecommendationList: Sendable, Codable {
    /// The customer key: the customer's pseudonym.
    package var customerKey: String
    /// Whether nothing is known of the customer, so that the items are what is popular now.
    package var isColdStart: Bool
    /// The origin of the paths, ISO 8601.
    package var asOf: String
    /// The horizon, in days.
    package var horizonDays: Double
    /// The model's version.
    package var modelVersion: String
    /// The items, best first.
    package var items: [Recommendation]
    /// A surprise that is not in the list; `nil` if none was requested or found.
    package var surprise: Recommendation?
}

/// The options of a request for recommendations.
package struct RecommendationOptions: Sendable {
    /// The number of items.
    package var count = 10
    /// The number of the best items to skip, for paging.
    package var offset = 0
    /// Whether probabilities come from simulated paths, or else from the next visit.
    package var usesPaths = true
    /// Whether the cosine similarity to the customer's taste counts.
    package var usesEmbeddings = true
    /// Whether the customer's preferred categories count.
    package var usesPreferences = true
    /// Whether to add a surprise.
    package var wantsSurprise = true
    /// The horizon, in days.
    package var horizonDays = 28.0
    /// The number of paths.
    package var paths = 500
    /// The seed of all random numbers.
    package var seed: UInt64 = 7
    /// The origin; the time of the store's newest event unless given.
    package var asOf: Timestamp?
    /// The number of threads; it does not affect the result.
    package var threads = 2

    /// The greatest ``count``.
    package static let countMax = 200
    /// The greatest sum of ``offset`` and ``count``.
    package static let reachMax = 10_000

    /// Creates the default options.
    package init() {}

    /// The settings of the simulation for these options.
    package var simulation: SimulationSettings {
        let days = horizonDays.isFinite ? max(0, min(horizonDays, 1e6)) : 0
        return SimulationSettings(
            horizonSeconds: Int64(days * 86_400), paths: paths, seed: seed, threads: threads)
    }

    /// Checks the range of each option.
    ///
    /// - Throws: ``RecommendationError`` that names the option and its range.
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

/// The reason why a request for recommendations is not valid.
package struct RecommendationError: Error, CustomStringConvertible, Sendable, Hashable {
    /// What is wrong, and what to do.
    package let description: String

    init(_ description: String) { self.description = description }
}
