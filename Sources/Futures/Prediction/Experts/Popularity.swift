import Foundation
package import Learning

/// Item popularity: counts of events that halve every four weeks.
package struct Popularity: Expert {
    /// Half-life of a count, in seconds: four weeks.
    package static let halfLifeSeconds = 28.0 * 86_400

    /// Probability of each item of the catalogue.
    package let probabilities: [Float]

    /// Which expert this is.
    package var name: ExpertID { .popularity }

    /// Counts the items of all sequences as of the newest event.
    ///
    /// Each item starts with a hundredth of a count, so no item has probability 0.
    package init(_ sequences: EventSequences, itemCount: Int) {
        let newest = sequences.times.max() ?? 0
        var counts = [Double](repeating: 0.01, count: itemCount)
        for event in sequences.items.indices {
            let age = Double(newest - sequences.times[event])
            counts[Int(sequences.items[event])] += exp2(-age / Self.halfLifeSeconds)
        }
        let total = counts.reduce(0, +)
        probabilities = counts.map { Float($0 / total) }
    }

    init(probabilities: [Float]) { self.probabilities = probabilities }

    /// The same distribution for all customers; none for an empty catalogue.
    package func prediction(for query: PredictionQuery) -> ExpertPrediction {
        probabilities.isEmpty ? .none : .dense(probabilities)
    }
}
