import Foundation
import Learning

/// A readable summary of a model, published with its files.
enum ModelCard {
    /// The card as Markdown.
    static func text(_ model: PredictionModel, _ metrics: TrainingMetrics) -> String {
        let sequence = model.sequence.model.configuration
        var lines = [
            "# Foretwin model", "",
            "Predicts the next event of a customer as a mixture of six experts.", "",
            "- learned from \(metrics.eventCount) events in \(metrics.sequenceCount) sequences, of "
                + "which \(metrics.heldOutSequenceCount) were held out",
            "- \(metrics.itemCount) items; \(metrics.droppedEventCount) events of rarer items "
                + "were left out",
            "- \(metrics.newItemCount ?? 0) more items without events, known by category, brand, "
                + "name and description",
            "- LSTM: \(sequence.layers) layer(s) of width \(sequence.width), "
                + "\(metrics.epochs.count) epochs, seed \(model.configuration.seed)",
        ]
        if let best = metrics.epochs.compactMap(\.validation).min() {
            lines.append("- best held-out loss: \(rounded(best)) nats an event")
        }
        if let reason = metrics.uncalibratedReason {
            lines.append("- no calibration: \(reason)")
        }
        lines += ["", "| expert | mean weight | bits on held-out events |", "|---|---|---|"]
        for name in ExpertID.allCases.map(\.rawValue) + ["mixture"] {
            let weight = metrics.meanShares[name].map { rounded($0) } ?? ""
            let bits = metrics.heldOutBits[name].map { rounded($0) } ?? ""
            lines.append("| \(name) | \(weight) | \(bits) |")
        }
        lines += [
            "",
            "Bits are the mean of log2 of the probability of what came next, over the cases in "
                + "which the expert returned a prediction. Nearer to 0 is better.", "",
        ]
        return lines.joined(separator: "\n")
    }

    private static func rounded(_ value: Double) -> String { String(format: "%.3f", value) }
}
