import Foundation
import Prediction
import Shop
import Simulation
import TwinStorage

extension Recommender {
    /// Candidates for a surprise that are looked at closely.
    private static let surpriseCandidates = 300

    /// An item that the customer does not expect and will probably like.
    ///
    /// Candidates are items that the customer has never touched. Each is scored by
    /// closeness to the customer's taste × how much more probable it is for this customer than for
    /// anybody × how little of the customer's attention its category has had. That is unexpectedness
    /// times relevance, as in the definition of serendipity by Ge et al. (RecSys 2010).
    ///
    /// - Returns: The best candidate; `nil` if none is both close and unexpected.
    func surprisePick(
        _ subject: Subject, futures: Futures, next: ItemDistribution, taste: UserEmbedding,
        excluding: Set<String>, explainer: Explainer
    ) throws -> Recommendation? {
        let touched = Set(subject.history.items)
        let popularity = model.popularity.probabilities
        var scored: [(item: Int32, score: Double)] = []
        for place in popularity.indices {
            let item = Int32(place)
            let closeness = Double(taste.closeness(item))
            guard closeness > 0, !touched.contains(item) else { continue }
            let lift = Double((next.probabilities[place] + 1e-9) / (popularity[place] + 1e-9))
            scored.append((item, closeness * log1p(lift)))
        }
        scored.sort { ($1.score, $0.item) < ($0.score, $1.item) }
        let best = scored.prefix(Self.surpriseCandidates)
        let details = try store.items(best.map { itemID($0.item) }, asOf: subject.origin)
        let preferences = subject.twin.preferences
        let ranked = best.compactMap { entry -> (item: Int32, score: Double)? in
            let id = itemID(entry.item)
            guard !excluding.contains(id) else { return nil }
            let share = preferences.share(ofCategory: details[id]?.category)
            return (entry.item, entry.score * pow(1 - share, 4))
        }
        guard let pick = ranked.min(by: { ($1.score, $0.item) < ($0.score, $1.item) }) else {
            return nil
        }
        let hits = futures.itemProbabilities().first { $0.item == pick.item }
        let predicted =
            hits
            ?? PredictedItem(
                item: pick.item, probability: 0,
                interval: wilsonInterval(hits: 0, trials: futures.pathCount),
                medianTime: futures.origin, sources: [:])
        return try explainer.surprise(
            predicted, score: pick.score, item: details[itemID(pick.item)])
    }
}

/// Decides in which calls a surprise is shown, so that a rate is met exactly over many calls.
///
/// After n calls, ⌊n · rate⌋ have had one (Bresenham's line).
package struct SurpriseSchedule: Sendable {
    /// The share of calls that get a surprise, 0 to 1.
    package let rate: Double
    private var credit = 0.0

    /// Makes a schedule; the rate is brought into 0 to 1.
    package init(rate: Double) { self.rate = rate.isNaN ? 0 : min(1, max(0, rate)) }

    /// Whether the next call gets a surprise.
    package mutating func next() -> Bool {
        credit += rate
        // Sums of decimal fractions fall short of whole numbers by rounding errors.
        guard credit >= 1 - 1e-9 else { return false }
        credit -= 1
        return true
    }
}
