import Foundation
import Prediction
import Shop
import Simulation

/// A predicted item with what it is ranked by.
struct RankedItem {
    var predicted: PredictedItem
    var score: Double
}

extension Recommender {
    /// How much less probable than another an item may be to come before it: the ratio of the least
    /// to the greatest that taste and preference make of a probability is 0.41.
    private static let maxReorderingRatio: Float = 0.4

    /// The items that may be among the best as far as the list reaches, by place.
    ///
    /// An item that no path drew is rarer than one path in all, and the next visit tells how much
    /// rarer. Without paths, the next visit tells of all. Items too improbable to get into the list
    /// are left out; so pages of one list fit together, and the store is asked of few items.
    func candidates(
        _ futures: Futures, next: ItemDistribution, excluding rejected: Set<String>,
        calibrated: [Int32: ModelCalibration.Probability] = [:], options: RecommendationOptions
    ) -> [PredictedItem] {
        var drawn: [Int32: PredictedItem] = [:]
        if options.usesPaths {
            let bought = futures.itemProbabilities(types: [.purchase])
            for predicted in bought.isEmpty ? futures.itemProbabilities() : bought {
                drawn[predicted.item] = predicted
            }
        }
        let paths = options.usesPaths ? Float(max(1, futures.pathCount)) : 1
        var probabilities = next.probabilities.map { $0 / paths }
        for predicted in drawn.values {
            probabilities[Int(predicted.item)] = Float(
                calibrated[predicted.item]?.value ?? predicted.probability)
        }
        for place in rejected.compactMap(model.catalogue.index(of:)) {
            probabilities[Int(place)] = 0
        }
        let last = topIndices(probabilities, options.offset + options.count).last
        let least = last.map { probabilities[Int($0)] * Self.maxReorderingRatio } ?? 0
        let unseen = wilsonInterval(hits: 0, trials: futures.pathCount)
        return probabilities.indices.compactMap { place in
            guard probabilities[place] > 0, probabilities[place] >= least else { return nil }
            let probability = Double(probabilities[place])
            return drawn[Int32(place)]
                ?? PredictedItem(
                    item: Int32(place), probability: probability,
                    interval: options.usesPaths ? unseen : probability...probability,
                    medianTime: futures.origin)
        }
    }

    /// Orders items by probability × taste × preference (`rank` of document 004).
    ///
    /// Probability comes from the futures, calibrated where that is known, and leads. Taste is `exp(closeness / 4)` of the item's
    /// vector to the customer's; preference is `(0.02 + share of the item's category)^0.1`. Both are
    /// gentle on purpose: they order items that are about equally probable. Each of the three can
    /// be switched off.
    func rank(
        _ items: some Sequence<PredictedItem>, items details: [String: Item], taste: UserEmbedding,
        preferences: UserTwin.Preferences,
        calibrated: [Int32: ModelCalibration.Probability] = [:], options: RecommendationOptions
    ) -> [RankedItem] {
        items.map { predicted in
            var score = calibrated[predicted.item]?.value ?? predicted.probability
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
