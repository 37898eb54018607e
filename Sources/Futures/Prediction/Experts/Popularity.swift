import Foundation
package import Learning

/// What is being bought now: counts that fade by half every four weeks.
package struct Popularity: Expert {
    /// Half-life of a count, in seconds: four weeks.
    package static let halfLifeSeconds = 28.0 * 86_400

    /// Probability of each item of the catalogue.
    package let probabilities: [Float]

    /// Which evidence this is.
    package var name: ExpertID { .popularity }

    /// Counts the items of all sequences as of the newest event.
    ///
    /// Every item gets one hundredth of a count beforehand, so that none is impossible.
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

    /// The same distribution for everyone.
    package func prediction(for context: PredictionQuery) -> ExpertPrediction {
        probabilities.isEmpty ? .none : .dense(probabilities)
    }
}
