import Foundation
import Futures
import Prediction
import Twins

/// A predicted item with what it is ranked by.
struct RankedItem {
    var predicted: PredictedItem
    var score: Double
}

extension Recommender {
    /// Orders items by probability × taste × preference (`rankItemsByProbability` of document 004).
    ///
    /// Probability comes from the futures and leads. Taste is `exp(closeness / 4)` of the item's
    /// vector to the customer's; preference is `(0.02 + share of the item's category)^0.1`. Both are
    /// gentle on purpose: they order items that are about equally probable. Each of the three can
    /// be switched off.
    func rankItemsByProbability(
        _ items: some Sequence<PredictedItem>, items details: [String: Item], taste: Taste,
        preferences: UserTwin.Preferences, options: RecommendationOptions
    ) -> [RankedItem] {
        items.map { predicted in
            var score = predicted.probability
            if options.usesEmbeddings {
                score *= exp(Double(taste.closeness(predicted.item)) / 4)
            }
            if options.usesPreferences, !preferences.categories.isEmpty {
                let category = details[itemID(predicted.item)]?.category
                score *= pow(0.02 + preferences.share(ofCategory: category), 0.1)
            }
            return RankedItem(predicted: predicted, score: score)
        }
        .sorted { ($1.score, $0.predicted.item) < ($0.score, $1.predicted.item) }
    }
}
