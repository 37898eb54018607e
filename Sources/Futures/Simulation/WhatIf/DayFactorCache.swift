package import Prediction
package import Shop
import Synchronization
import Time
package import TwinStorage

/// The factors of the days ahead of a store's customers, worked out once for each city and consent.
package final class DayFactorCache: Sendable {
    private struct Key: Hashable {
        var city: String?
        var purposes: Set<ContextPurpose>
        var days: ClosedRange<Int>
    }

    private let model: PredictionModel
    private let days: ContextFeatures
    private let draws: Int
    private let seed: UInt64
    private let unavailable: [Int32: ClosedRange<Int>]
    private let isCompared: Bool
    private let known = Mutex<[Key: DayFactors?]>([:])

    /// Factors that are kept at most; those of many draws are large.
    private var limit: Int { draws > 1 ? 64 : 1024 }

    /// Prepares to look ahead.
    ///
    /// - Parameters:
    ///   - model: What is known of responses.
    ///   - feeds: What is known of the days.
    ///   - draws: How many possible truths; one is the likeliest alone.
    ///   - seed: Decides the draws.
    ///   - unavailable: On which days (since 1970) items cannot be had, by place in the catalogue.
    ///   - isCompared: Whether they are compared with other ones.
    package init(
        _ model: PredictionModel, _ feeds: ContextFeeds, draws: Int = 1, seed: UInt64 = 7,
        unavailable: [Int32: ClosedRange<Int>] = [:], isCompared: Bool = false
    ) {
        self.model = model
        days = ContextFeatures(feeds)
        self.draws = draws
        self.seed = seed
        self.unavailable = unavailable
        self.isCompared = isCompared
    }

    /// The factors for customers of a city who agree to some purposes; `nil` if all are 1.
    ///
    /// - Parameters:
    ///   - city: The city, if it is known.
    ///   - purposes: What the customers agree to.
    ///   - origin: The moment from which paths start, in seconds since 1970.
    ///   - horizonSeconds: How far they reach.
    /// - Returns: The factors of these days.
    package func factors(
        city: String?, purposes: Set<ContextPurpose>, from origin: Int64, horizonSeconds: Int64
    ) -> DayFactors? {
        guard !model.response.isNeutral || !unavailable.isEmpty else { return nil }
        let key = Key(
            city: city, purposes: purposes,
            days: DayFactors.days(from: origin, horizonSeconds: horizonSeconds))
        if let factors = known.withLock({ $0[key] }) { return factors }
        let outlook = DayFactors.DayConditions(
            days, city: city, purposes: purposes, unavailable: unavailable,
            isCompared: isCompared)
        let factors = DayFactors(model, outlook, over: key.days, draws: draws, seed: seed)
        known.withLock { known in
            if known.count >= limit { known.removeAll() }
            known[key] = .some(factors)
        }
        return factors
    }

    /// The factors of the days after a snapshot; `nil` if all are 1.
    package func factors(of snapshot: CustomerSnapshot, horizonSeconds: Int64) -> DayFactors? {
        factors(
            city: snapshot.city, purposes: snapshot.consent, from: snapshot.asOf.seconds,
            horizonSeconds: horizonSeconds)
    }
}
