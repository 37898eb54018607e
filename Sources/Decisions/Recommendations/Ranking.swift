import Foundation
import Prediction
import Shop
import Simulation

/// A predicted item with its score.
struct RankedItem {
    var predicted: PredictedItem
    var score: Double
}

extension Recommender {
    /// Taste × preference of one item is at least 0.41 times that of another.
    ///
    /// So an item with less than 0.4 × the probability of the last listed one cannot enter the
    /// list.
    private static let maxReorderingRatio: Float = 0.4

    /// The items that can be in the list or before it, in order of their index.
    ///
    /// The probability of an item that is on no path is that of the next visit divided by the
    /// number of paths. Without paths, the next visit gives all probabilities. Items that cannot
    /// enter the list are left out, so that few items are read from the store. Pages of one list
    /// are consistent.
    ///
    /// - Parameters:
    ///   - futures: The customer's futures.
    ///   - next: The distribution of the next visit.
    ///   - rejected: The ids of items that are never listed.
    ///   - calibrated: The calibrated probabilities of items that have one.
    ///   - options: The options.
    /// - Returns: The candidates.
    func candidates(
        _ futures: Futures, next: ItemDistribution, excluding rejected: Set<String>,
        calibrated: [Int32: ModelCalibration.Probability] = [:], options: RecommendationOptions
    ) -> [PredictedItem] {
        var simulated: [Int32: PredictedItem] = [:]
        if options.usesPaths {
            let bought = futures.itemProbabilities(types: [.purchase])
            for predicted in bought.isEmpty ? futures.itemProbabilities() : bought {
                simulated[predicted.item] = predicted
            }
        }
        let paths = options.usesPaths ? Float(max(1, futures.pathCount)) : 1
        var probabilities = next.probabilities.map { $0 / paths }
        for predicted in simulated.values {
            probabilities[Int(predicted.item)] = Float(
                calibrated[predicted.item]?.value ?? predicted.probability)
        }
        for index in rejected.compactMap(model.catalogue.index(of:)) {
            probabilities[Int(index)] = 0
        }
        let last = topIndices(probabilities, options.offset + options.count).last
        let least = last.map { probabilities[Int($0)] * Self.maxReorderingRatio } ?? 0
        let intervalWithoutHits = wilsonInterval(hits: 0, trials: futures.pathCount)
        return probabilities.indices.compactMap { index in
            guard probabilities[index] > 0, probabilities[index] >= least else { return nil }
            let probability = Double(probabilities[index])
            return simulated[Int32(index)]
                ?? PredictedItem(
                    item: Int32(index), probability: probability,
                    interval: options.usesPaths ? intervalWithoutHits : probability...probability,
                    medianTime: futures.origin)
        }
    }

    /// Sorts items by the score probability × taste × preference.
    ///
    /// - The probability is the calibrated one, or else the path probability.
    /// - Taste is exp(c / 4), with c the cosine similarity of the item's vector and the customer's.
    /// - Preference is (0.02 + s)^0.1, with s the share of the item's category in the customer's
    ///   activity.
    ///
    /// Taste and preference are weak: they order items of about equal probability. Each can be
    /// switched off.
    func rank(
        _ items: some Sequence<PredictedItem>, items details: [String: Item],
        embedding: UserEmbedding,
        preferences: UserTwin.Preferences,
        calibrated: [Int32: ModelCalibration.Probability] = [:], options: RecommendationOptions
    ) -> [RankedItem] {
        items.map { predicted in
            var score = calibrated[predicted.item]?.value ?? predicted.probability
            if options.usesEmbeddings {
                score *= exp(Double(embedding.cosineSimilarity(predicted.item)) / 4)
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
