import Foundation
import Prediction
import Shop
import Simulation
import TwinStorage

extension Recommender {
    /// The number of best candidates whose categories are read.
    private static let surpriseCandidates = 300

    /// An item that the customer does not expect and will probably like.
    ///
    /// Candidates are items without any event of the customer and with a cosine similarity c > 0 to
    /// the customer's taste. The score is
    ///
    ///     c · log(1 + p / q) · (1 − s)⁴
    ///
    /// with p the item's probability at the next visit, q its popularity, and s the share of its
    /// category in the customer's activity. It is relevance times unexpectedness, as in the
    /// definition of serendipity by Ge et al. (RecSys 2010).
    ///
    /// - Returns: The candidate with the highest score; `nil` without candidates.
    func surprisePick(
        _ subject: Subject, futures: Futures, next: ItemDistribution, embedding: UserEmbedding,
        excluding: Set<String>, explainer: Explainer
    ) throws -> Recommendation? {
        let known = Set(subject.history.items)
        let popularity = model.popularity.probabilities
        var scored: [(item: Int32, score: Double)] = []
        for index in popularity.indices {
            let item = Int32(index)
            let similarity = Double(embedding.cosineSimilarity(item))
            guard similarity > 0, !known.contains(item) else { continue }
            let lift = Double((next.probabilities[index] + 1e-9) / (popularity[index] + 1e-9))
            scored.append((item, similarity * log1p(lift)))
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
        let simulated = futures.itemProbabilities().first { $0.item == pick.item }
        let predicted =
            simulated
            ?? PredictedItem(
                item: pick.item, probability: 0,
                interval: wilsonInterval(hits: 0, trials: futures.pathCount),
                medianTime: futures.origin)
        return try explainer.surprise(
            predicted, score: pick.score, item: details[itemID(pick.item)])
    }
}

/// Decides which calls show a surprise, so that a rate is met exactly over many calls.
///
/// After n calls, ⌊n · rate⌋ have had one (Bresenham's line).
package struct SurpriseSchedule: Sendable {
    /// The fraction of calls with a surprise, 0 to 1.
    package let rate: Double
    private var credit = 0.0

    /// Creates a schedule; the rate is clamped to 0 … 1.
    package init(rate: Double) { self.rate = rate.isNaN ? 0 : min(1, max(0, rate)) }

    /// Whether the next call shows a surprise.
    package mutating func next() -> Bool {
        credit += rate
        // Rounding errors can leave a sum of decimal fractions just below a whole number.
        guard credit >= 1 - 1e-9 else { return false }
        credit -= 1
        return true
    }
}
