import Foundation
import Learning

/// How a training run went, without anything that differs between two runs of the same seed.
package struct TrainingMetrics: Codable, Sendable {
    /// Sequences and events that were learned from.
    package let sequenceCount: Int
    /// Events that were learned from.
    package let eventCount: Int
    /// Items that were learned from.
    package let itemCount: Int
    /// Items that nobody has touched, known by what is said of them; `nil` in old files.
    package let newItemCount: Int?
    /// Events left out because their item was too rare.
    package let droppedEventCount: Int
    /// Sequences held out.
    package let heldOutSequenceCount: Int
    /// Loss of the LSTM after each epoch, in nats for each event.
    package let epochs: [Epoch]
    /// For each source the mean of log2 probability of what came next, on held-out sequences,
    /// where it had anything to say; the key `mixture` has that of the whole.
    package let heldOutBits: [String: Double]
    /// Share of each source over all held-out cases.
    package let meanShares: [String: Double]

    /// Why the probabilities of the version are not calibrated; `nil` if they are.
    package var uncalibratedReason: String?

    /// Loss after one pass over the events.
    package struct Epoch: Codable, Sendable {
        /// Mean training loss in nats.
        package let training: Double
        /// Mean loss on held-out sequences in nats; `nil` if there are none.
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
        var shares = [Double](repeating: 0, count: mixture.names.count)
        for entry in cases {
            let row = mixture.shares(
                entry.situation, speaking: entry.probabilities.map { $0 != nil })
            for (index, probability) in entry.probabilities.enumerated() {
                shares[index] += Double(row[index])
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
            uniqueKeysWithValues: zip(mixture.names.map(\.rawValue), shares.map { $0 / count }))
    }
}
