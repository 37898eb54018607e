import Foundation
import Kernels
import Learning
import Shop

/// Gives items that nobody has touched yet a place in a model, by what is said of them in words.
///
/// Their vectors are what ``ContentVectors`` make of those of known items. How likely they are in
/// all is the share of events that are the first of their item, by Good's estimate (1953): items
/// seen once, of all events.
struct NewItems {
    private let content: ItemContent
    private let known: ModelCatalogue
    /// How much a known item's vector counts, by its events.
    private let trust: [Float]
    private let firstShare: Double

    /// Events after which a vector counts half.
    private static let trustHalf: Float = 5
    /// Contexts that the likelihood of new items is fitted on, at most.
    private static let contextLimit = 500

    init(_ data: TrainingData) {
        content = data.content
        known = data.catalogue
        var counts = [Int](repeating: 0, count: data.catalogue.count)
        for item in data.sequences.items { counts[Int(item)] += 1 }
        trust = counts.map { Float($0) / (Float($0) + Self.trustHalf) }
        let once = counts.count { $0 == 1 }
        firstShare = Double(once + 1) / Double(data.sequences.items.count + 2)
    }

    /// The catalogue with the new items at its end.
    var catalogue: ModelCatalogue {
        content.newItemIDs.isEmpty
            ? known : ModelCatalogue(itemIDs: known.itemIDs + content.newItemIDs)
    }

    /// Vectors with those of the new items at their end.
    func joined(to embeddings: Embeddings) -> Embeddings {
        guard !content.newItemIDs.isEmpty else { return embeddings }
        return Embeddings(
            dimensions: embeddings.dimensions, count: catalogue.count,
            vectors: embeddings.vectors + vectors(like: embeddings))
    }

    /// An LSTM that knows the new items too.
    ///
    /// - Parameters:
    ///   - sequence: One that knows the items of the catalogue.
    ///   - contexts: Some contexts of customers, with the LSTM's states.
    /// - Returns: The same network with more rows in its item table.
    func joined(to sequence: SequenceExpert, contexts: [PredictionQuery]) -> SequenceExpert {
        guard !content.newItemIDs.isEmpty else { return sequence }
        let vectors = vectors(like: sequence.model.itemEmbeddings)
        let level = sequence.model.joined(by: vectors, bias: 0)
        let apart = max(1, contexts.count / Self.contextLimit)
        var odds: [Double] = []
        for index in stride(from: 0, to: contexts.count, by: apart) {
            guard let state = contexts[index].state else { continue }
            let probabilities = level.itemProbabilities(
                state, gaps: [contexts[index].gap], weekParts: [contexts[index].weekPart],
                types: [sequence.eventTypes.index(of: contexts[index].type)]
            ).elements
            let isNew = probabilities.dropFirst(known.count).reduce(0) { $0 + Double($1) }
            odds.append(isNew / max(1e-9, 1 - isNew))
        }
        let usual = odds.isEmpty ? 1 : odds.reduce(0, +) / Double(odds.count)
        let bias = log(firstShare / (1 - firstShare)) - log(max(1e-9, usual))
        return SequenceExpert(
            model: sequence.model.joined(by: vectors, bias: Float(bias)),
            eventTypes: sequence.eventTypes)
    }

    /// Vectors for the new items, in the space of those of the known ones.
    private func vectors(like embeddings: Embeddings) -> [Float] {
        let learned = ContentVectors(
            embeddings, trust: trust, words: content.words, wordCount: content.wordCount)
        return content.newWords.flatMap { learned.vector(of: $0) }
    }
}
