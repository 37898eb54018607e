import Foundation
import Learning

/// The metrics of a training run.
///
/// Two runs with the same data and seed have the same metrics.
package struct TrainingMetrics: Codable, Sendable {
    /// The number of sequences, held-out ones included.
    package let sequenceCount: Int
    /// The number of events that were learned from.
    package let eventCount: Int
    /// The number of items with enough events.
    package let itemCount: Int
    /// The number of items without events, known by their descriptions; `nil` in old files.
    package let newItemCount: Int?
    /// The number of events that were left out because their item was too rare.
    package let droppedEventCount: Int
    /// The number of held-out sequences.
    package let heldOutSequenceCount: Int
    /// The loss of the LSTM after each epoch, in nats for each event.
    package let epochs: [Epoch]
    /// The mean log2 probability of what came next on held-out sequences, by expert.
    ///
    /// It is taken over the cases with a prediction. The key `mixture` has that of the whole model.
    package let heldOutBits: [String: Double]
    /// The mean mixture weight of each expert over all held-out cases.
    package let meanShares: [String: Double]

    /// Why the probabilities of the version are not calibrated; `nil` if they are.
    package var uncalibratedReason: String?

    /// The loss after one pass over the events.
    package struct Epoch: Codable, Sendable {
        /// The mean training loss in nats.
        package let training: Double
        /// The mean loss on held-out sequences in nats; `nil` if there are none.
        package let validation: Double?
    }

    init(
        data: TrainingData, heldOut: Int, curve: [EpochLoss], mixture: Mixture,
        cases: [Mixture.Case], bits whole: Double
    ) {
        sequenceCount = data.sequences.count
        eventCount = data.sequences.items.count
        itemCount = data.catalogue.count
        newItemCount = data.content.newItemIDs.count
        droppedEventCount = data.droppedEventCount
        heldOutSequenceCount = heldOut
        epochs = curve.map {
            Epoch(training: $0.training, validation: $0.validation)
        }
        var bits: [String: (sum: Double, count: Double)] = [:]
        var weights = [Double](repeating: 0, count: mixture.names.count)
        for entry in cases {
            let row = mixture.weights(
                entry.gateInput, available: entry.probabilities.map { $0 != nil })
            for (index, probability) in entry.probabilities.enumerated() {
                weights[index] += Double(row[index])
                guard let probability else { continue }
                let own = bits[mixture.names[index].rawValue] ?? (0, 0)
                bits[mixture.names[index].rawValue] =
                    (own.sum + HeldOutExamples.bits(Double(probability)), own.count + 1)
            }
        }
        heldOutBits = bits.mapValues { $0.sum / max(1, $0.count) }
            .merging(["mixture": whole]) { $1 }
        let count = Double(max(1, cases.count))
        meanShares = Dictionary(
            uniqueKeysWithValues: zip(mixture.names.map(\.rawValue), weights.map { $0 / count }))
    }
}
