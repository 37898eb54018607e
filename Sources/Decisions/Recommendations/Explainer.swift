import Foundation
import Learning
import Prediction
import Shop
import Simulation
import Time
import TwinStorage

/// Explains recommendations by the experts that an item's probability comes from.
struct Explainer {
    let subject: Recommender.Subject
    let model: PredictionModel
    let store: TwinStore
    /// The calibrated probabilities of items that have one.
    var probabilities: [Int32: ModelCalibration.Probability] = [:]

    /// Experts with a smaller fraction of an item's probability give no reason.
    private static let minFraction = 0.1

    /// Makes the recommendation of a predicted item.
    ///
    /// - Parameters:
    ///   - predicted: The predicted item.
    ///   - score: The score that ranks it.
    ///   - next: The distribution of the next visit, for items that are on no path.
    ///   - item: The item in the shop's catalogue.
    /// - Returns: The recommendation with its reasons.
    /// - Throws: The errors of the store.
    func recommendation(
        _ predicted: PredictedItem, score: Double, next: ItemDistribution, item: Item?
    ) throws -> Recommendation {
        var fractions = predicted.expertFractions
        if fractions.isEmpty {
            let parts = next.parts(of: predicted.item)
            let total = parts.reduce(0) { $0 + $1.probability }
            for part in parts { fractions[part.name] = Double(part.probability / total) }
        }
        let order = ExpertID.allCases.filter { fractions[$0, default: 0] >= Self.minFraction }
            .sorted { fractions[$0, default: 0] > fractions[$1, default: 0] }
        let probability = probabilities[predicted.item]?.value ?? predicted.probability
        let reasons = try order.map { name in
            Reason(
                expert: name.publicName, text: try text(name, predicted.item),
                probability: fractions[name, default: 0] * probability)
        }
        return make(predicted, score: score, item: item, reasons: reasons, isSurprise: false)
    }

    /// Makes the recommendation of a surprise.
    func surprise(
        _ predicted: PredictedItem, score: Double, item: Item?
    ) throws -> Recommendation {
        let nearest = try nearestOwnItem(to: predicted.item)
        let text =
            nearest.map { "new to you, and close to \($0), which you know" }
            ?? "new to you, and close to your taste"
        let reason = Reason(
            expert: "surprise", text: text, probability: predicted.probability)
        return make(predicted, score: score, item: item, reasons: [reason], isSurprise: true)
    }

    private func make(
        _ predicted: PredictedItem, score: Double, item: Item?, reasons: [Reason],
        isSurprise: Bool
    ) -> Recommendation {
        let id = model.catalogue.itemIDs[Int(predicted.item)]
        let date =
            predicted.expertFractions.isEmpty ? nil : Timestamp(seconds: predicted.medianTime).date
        let calibrated = probabilities[predicted.item]
        return Recommendation(
            itemID: id, name: item?.name ?? id, category: item?.category, price: item?.price,
            score: score, probability: predicted.probability,
            interval: [predicted.interval.lowerBound, predicted.interval.upperBound],
            calibratedProbability: calibrated?.value, modelError: calibrated?.modelError,
            expectedDate: date, reasons: reasons, isSurprise: isSurprise)
    }

    private func text(_ name: ExpertID, _ item: Int32) throws -> String {
        switch name {
        case .history: return repeatPurchaseText(item)
        case .sequence: return "fits the order and rhythm of what you did lately"
        case .personalTransitions: return "you have taken it together with what you took last"
        case .transitions:
            guard let source = likeliestSource(of: item) else {
                return "often follows what you took lately"
            }
            return "often follows \(try itemName(source)), which you took lately"
        case .neighbours: return "customers with a history like yours take it"
        case .popularity: return "popular right now"
        }
    }

    private func repeatPurchaseText(_ item: Int32) -> String {
        let history = subject.history
        let times = history.items.indices.filter { history.items[$0] == item }
            .map { history.times[$0] }
        let distinct = Array(Set(times)).sorted()
        guard let first = distinct.first, let last = distinct.last else {
            return "you will want it again"
        }
        let lastDate = Timestamp(seconds: last).date
        guard distinct.count > 2, last - first > 86_400 else {
            return distinct.count == 1
                ? "you took it on \(lastDate)" : "you took it twice, last on \(lastDate)"
        }
        let days = Double(last - first) / Double(distinct.count - 1) / 86_400
        let rhythm = days < 1.5 ? "almost daily" : "about every \(Int(days.rounded())) days"
        return "you take it \(rhythm), last on \(lastDate)"
    }

    /// The item of the newest baskets that the given item follows most often.
    private func likeliestSource(of item: Int32) -> Int32? {
        let history = subject.history
        let rows = model.transitions.following
        var best: (item: Int32, weight: Float)?
        let first = max(0, history.basketCount - Transitions.reach)
        for basket in first..<history.basketCount {
            for event in history.basket(basket) where history.items[event] != item {
                let row = rows.row(Int(history.items[event]))
                for entry in row where rows.columns[entry] == item {
                    if rows.weights[entry] > best?.weight ?? 0 {
                        best = (history.items[event], rows.weights[entry])
                    }
                }
            }
        }
        return best?.item
    }

    /// The name of the customer's item with the most similar vector.
    private func nearestOwnItem(to item: Int32) throws -> String? {
        let own = Set(subject.history.items.suffix(200)).sorted()
        let nearest = own.max {
            model.embeddings.cosine(Int($0), Int(item))
                < model.embeddings.cosine(Int($1), Int(item))
        }
        return try nearest.map { try itemName($0) }
    }

    private func itemName(_ index: Int32) throws -> String {
        let id = model.catalogue.itemIDs[Int(index)]
        return try store.item(id, asOf: subject.origin)?.name ?? id
    }
}
