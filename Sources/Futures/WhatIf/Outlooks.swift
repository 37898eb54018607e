public import Prediction
import Synchronization
public import Twins

/// The factors of the days ahead of a store's customers, worked out once for each city and consent.
public final class Outlooks: Sendable {
    private struct Key: Hashable {
        var city: String?
        var purposes: Set<ContextPurpose>
    }

    private let model: PredictionModel
    private let days: ContextDays
    private let origin: Int64
    private let horizonSeconds: Int64
    private let draws: Int
    private let seed: UInt64
    private let unavailable: [Int32: ClosedRange<Int>]
    private let known = Mutex<[Key: DayFactors?]>([:])

    /// Prepares to look ahead.
    ///
    /// - Parameters:
    ///   - model: What is known of responses.
    ///   - days: What feeds say.
    ///   - origin: The moment from which paths start, in seconds since 1970.
    ///   - horizonSeconds: How far they reach.
    ///   - draws: How many possible truths to spread the paths over; one is the likeliest alone.
    ///   - seed: Decides the draws.
    ///   - unavailable: On which days (since 1970) items cannot be had, by place in the catalogue.
    public init(
        _ model: PredictionModel, _ days: ContextDays, from origin: Int64, horizonSeconds: Int64,
        draws: Int = 1, seed: UInt64 = 7, unavailable: [Int32: ClosedRange<Int>] = [:]
    ) {
        self.model = model
        self.days = days
        self.origin = origin
        self.horizonSeconds = horizonSeconds
        self.draws = draws
        self.seed = seed
        self.unavailable = unavailable
    }

    /// The factors for customers of a city who agree to some purposes; `nil` if all are 1.
    public func factors(city: String?, purposes: Set<ContextPurpose>) -> DayFactors? {
        let key = Key(city: city, purposes: purposes)
        if let factors = known.withLock({ $0[key] }) { return factors }
        let outlook = DayFactors.Outlook(
            days, city: city, purposes: purposes, unavailable: unavailable)
        let factors = DayFactors(
            model, outlook, from: origin, horizonSeconds: horizonSeconds, draws: draws, seed: seed)
        known.withLock { $0[key] = .some(factors) }
        return factors
    }

    /// The factors for a twin of a store by its running number; `nil` if all are 1.
    public func factors(_ store: TwinStore, twin number: Int) throws -> DayFactors? {
        guard !model.response.isNeutral || !unavailable.isEmpty else { return nil }
        return factors(
            city: try store.city(ofTwinNumber: number),
            purposes: try store.contextConsent(ofTwinNumber: number))
    }
}
