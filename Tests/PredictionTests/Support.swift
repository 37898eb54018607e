import Foundation
import Kernels
import Learning
import Shop
import SyntheticShop
import TestSupport
import Testing
import Time

@testable import Prediction

let day: Int64 = 86_400
let purchase = EventType.purchase
let view = EventType.view

/// A small shop, and a model of it that several tests share.
enum World {
    /// The shop's events, oldest first.
    static let events = Result {
        Array(try ShopGenerator(.init(customers: 40, items: 60, days: 60)).events())
    }
    /// The training data of the model.
    static let data = Result { TrainingData(try events.get(), by: \.userID) }
    /// The model and its metrics.
    static let trained = Result { try Trainer(configuration()).train(try data.get()) { _ in } }

    static func model() throws -> PredictionModel { try trained.get().model }

    static func configuration(
        seed: UInt64 = 7, width: Int = 16, epochs: Int = 2, threads: Int = 2
    ) -> TrainingConfiguration {
        var configuration = TrainingConfiguration(
            seed: seed, width: width, epochs: epochs, threads: threads)
        configuration.minimumItemCount = 1
        return configuration
    }

    /// Queries of all kinds: no history, few and many baskets, a later basket and the same one.
    static func queries() throws -> [PredictionQuery] {
        let sequences = try data.get().sequences
        var queries = [
            PredictionQuery(history: History(), time: 0, type: purchase, sameBasket: false)
        ]
        for sequence in stride(from: 0, to: sequences.count, by: 7) {
            let whole = History(sequences, sequence: sequence)
            for baskets in [1, 2, 5, 20, whole.basketCount] {
                let history = whole.prefix(baskets: baskets)
                let last = history.lastTime ?? 0
                for gap in [0, 40, day, 400 * day] {
                    queries.append(
                        PredictionQuery(
                            history: history, time: last + gap, type: gap == 40 ? view : purchase,
                            sameBasket: gap == 0))
                }
            }
        }
        return queries
    }
}

/// A history of baskets, one every `gap` seconds from 0.
func history(_ baskets: [[Int32]], gap: Int64 = day, type: EventType = purchase) -> History {
    var history = History()
    for (index, items) in baskets.enumerated() {
        for item in items { history.append(item: item, type: type, time: Int64(index) * gap) }
    }
    return history
}

/// Sequences of baskets, each as ``history(_:gap:type:)`` makes it.
func sequences(
    _ rows: [[[Int32]]], gap: Int64 = day, type: EventType = purchase
) -> EventSequences {
    var sequences = EventSequences()
    for row in rows {
        let history = history(row, gap: gap, type: type)
        sequences.append(
            items: history.items, types: history.types.map(\.rawValue), times: history.times)
    }
    return sequences
}

/// The query for an event a gap after a history, or in the same basket.
func query(
    _ history: History, after gap: Int64 = day, type: EventType = purchase, sameBasket: Bool = false
) -> PredictionQuery {
    PredictionQuery(
        history: history, time: (history.lastTime ?? 0) + gap, type: type, sameBasket: sameBasket)
}

/// The entries of a sparse prediction by item; records an issue for another kind.
func entries(
    _ prediction: ExpertPrediction, sourceLocation: SourceLocation = #_sourceLocation
) -> [Int32: Float] {
    guard case .sparse(let entries) = prediction else {
        Issue.record("The prediction is not sparse: \(prediction)", sourceLocation: sourceLocation)
        return [:]
    }
    let items = entries.map(\.item)
    #expect(items == Set(items).sorted(), "sorted, each once", sourceLocation: sourceLocation)
    let sum = entries.reduce(0) { $0 + $1.probability }
    #expect(abs(sum - 1) < 1e-5, "sums to 1", sourceLocation: sourceLocation)
    return Dictionary(entries.map { ($0.item, $0.probability) }) { first, _ in first }
}

/// Expects distributions to be equal, apart from rounding.
func expect(
    _ prediction: ExpertPrediction, equals expected: [Int32: Float],
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let found = entries(prediction, sourceLocation: sourceLocation)
    let isEqual =
        found.keys.sorted() == expected.keys.sorted()
        && expected.allSatisfy { abs($0.value - (found[$0.key] ?? -1)) < 1e-5 }
    #expect(isEqual, "\(found) is not \(expected)", sourceLocation: sourceLocation)
}

/// A purchase.
func bought(
    _ user: String, _ item: String?, _ time: Int64, basket: String? = nil, session: String? = nil,
    type: EventType = .purchase
) -> Event {
    Event(
        userID: user, itemID: item, type: type, timestamp: Timestamp(seconds: time),
        sessionID: session, basketID: basket)
}
