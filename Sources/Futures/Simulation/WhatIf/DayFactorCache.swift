package import Prediction
package import Shop
import Synchronization
import Time
package import TwinStorage

/// Day factors of a store's customers, computed once for each city, consent and range of days.
///
/// It can be used from any thread.
package final class DayFactorCache: Sendable {
    private struct Key: Hashable {
        var city: String?
        var purposes: Set<ContextPurpose>
        var days: ClosedRange<Int>
    }

    private let model: PredictionModel
    private let features: ContextFeatures
    private let sampleCount: Int
    private let seed: UInt64
    private let unavailable: [Int32: ClosedRange<Int>]
    private let isCompared: Bool
    private let cached = Mutex<[Key: DayFactors?]>([:])

    /// The most entries that are kept.
    ///
    /// Entries with posterior samples are large.
    private var limit: Int { sampleCount > 1 ? 64 : 1024 }

    /// Makes an empty cache.
    ///
    /// - Parameters:
    ///   - model: The model with the demand response.
    ///   - feeds: The weather, events, trends and offers of the days.
    ///   - sampleCount: The number of posterior samples; 1 stands for the point estimate.
    ///   - seed: The seed of the posterior samples.
    ///   - unavailable: The days (since 1970) on which items are unavailable, by index in the
    ///     catalogue.
    ///   - isCompared: Whether the factors are compared with those of another world.
    package init(
        _ model: PredictionModel, _ feeds: ContextFeeds, sampleCount: Int = 1, seed: UInt64 = 7,
        unavailable: [Int32: ClosedRange<Int>] = [:], isCompared: Bool = false
    ) {
        self.model = model
        features = ContextFeatures(feeds)
        self.sampleCount = sampleCount
        self.seed = seed
        self.unavailable = unavailable
        self.isCompared = isCompared
    }

    /// The factors for customers of a city who agree to some purposes.
    ///
    /// - Parameters:
    ///   - city: The city, if it is known.
    ///   - purposes: The purposes that the customers agree to.
    ///   - origin: The origin of the paths, in seconds since 1970.
    ///   - horizonSeconds: The length of the paths.
    /// - Returns: The factors of these days; `nil` if all are 1.
    package func factors(
        city: String?, purposes: Set<ContextPurpose>, from origin: Int64, horizonSeconds: Int64
    ) -> DayFactors? {
        guard !model.response.isNeutral || !unavailable.isEmpty else { return nil }
        let key = Key(
            city: city, purposes: purposes,
            days: DayFactors.days(from: origin, horizonSeconds: horizonSeconds))
        if let factors = cached.withLock({ $0[key] }) { return factors }
        let conditions = DayFactors.DayConditions(
            features, city: city, purposes: purposes, unavailable: unavailable,
            isCompared: isCompared)
        let factors = DayFactors(
            model, conditions, over: key.days, sampleCount: sampleCount, seed: seed)
        cached.withLock { cached in
            if cached.count >= limit { cached.removeAll() }
            cached[key] = .some(factors)
        }
        return factors
    }

    /// The factors of the days after a customer's snapshot; `nil` if all are 1.
    package func factors(of snapshot: CustomerSnapshot, horizonSeconds: Int64) -> DayFactors? {
        factors(
            city: snapshot.city, purposes: snapshot.consent, from: snapshot.asOf.seconds,
            horizonSeconds: horizonSeconds)
    }
}
