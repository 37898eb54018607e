import Foundation
import Kernels
import Learning
import Shop

/// Adds items without events to a model, by their descriptions.
///
/// Their vectors are predicted from those of known items with ``ContentVectors``. Their total
/// probability is that of an event with a new item by Good's estimate (1953): the number of items
/// seen once, divided by the number of events.
struct NewItems {
    private let content: ItemContent
    private let known: ModelCatalogue
    /// The weight of each known item's vector, which grows with the number of its events.
    private let trust: [Float]
    /// The estimated fraction of events that are the first of their item.
    private let firstEventFraction: Double

    /// The number of events at which a vector has weight ½.
    private static let trustHalf: Float = 5
    /// The greatest number of queries with which the probability of new items is fitted.
    private static let queryLimit = 500

    init(_ data: TrainingData) {
        content = data.content
        known = data.catalogue
        var counts = [Int](repeating: 0, count: data.catalogue.count)
        for item in data.sequences.items { counts[Int(item)] += 1 }
        trust = counts.map { Float($0) / (Float($0) + Self.trustHalf) }
        let once = counts.count { $0 == 1 }
        firstEventFraction = Double(once + 1) / Double(data.sequences.items.count + 2)
    }

    /// The catalogue with the new items appended.
    var catalogue: ModelCatalogue {
        content.newItemIDs.isEmpty
            ? known : ModelCatalogue(itemIDs: known.itemIDs + content.newItemIDs)
    }

    /// Vectors with those of the new items appended.
    func joined(to embeddings: Embeddings) -> Embeddings {
        guard !content.newItemIDs.isEmpty else { return embeddings }
        return Embeddings(
            dimensions: embeddings.dimensions, count: catalogue.count,
            vectors: embeddings.vectors + vectors(like: embeddings))
    }

    /// An LSTM that knows the new items too.
    ///
    /// - Parameters:
    ///   - sequence: An LSTM that knows the items of the catalogue.
    ///   - queries: Queries of customers, with the LSTM's states.
    /// - Returns: The same network with more rows in its item table.
    func joined(to sequence: SequenceExpert, queries: [PredictionQuery]) -> SequenceExpert {
        guard !content.newItemIDs.isEmpty else { return sequence }
        let vectors = vectors(like: sequence.model.itemEmbeddings)
        let level = sequence.model.joined(by: vectors, bias: 0)
        let step = max(1, queries.count / Self.queryLimit)
        var odds: [Double] = []
        for index in stride(from: 0, to: queries.count, by: step) {
            guard let state = queries[index].state else { continue }
            let probabilities = level.itemProbabilities(
                state, gaps: [queries[index].gap], weekParts: [queries[index].weekPart],
                types: [sequence.eventTypes.index(of: queries[index].type)]
            ).elements
            let total = probabilities.dropFirst(known.count).reduce(0) { $0 + Double($1) }
            odds.append(total / max(1e-9, 1 - total))
        }
        let meanOdds = odds.isEmpty ? 1 : odds.reduce(0, +) / Double(odds.count)
        let bias = log(firstEventFraction / (1 - firstEventFraction)) - log(max(1e-9, meanOdds))
        return SequenceExpert(
            model: sequence.model.joined(by: vectors, bias: Float(bias)),
            eventTypes: sequence.eventTypes)
    }

    /// Vectors of the new items in the space of `embeddings`.
    private func vectors(like embeddings: Embeddings) -> [Float] {
        let learned = ContentVectors(
            embeddings, weights: trust, words: content.words, wordCount: content.wordCount)
        return content.newWords.flatMap { learned.vector(of: $0) }
    }
}
