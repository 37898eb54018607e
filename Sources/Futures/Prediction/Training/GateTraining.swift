import Foundation
import Kernels

/// Learns the gates of a mixture: how the LSTM's features move the weights.
///
/// Adam minimises −log Σₖ gₖ pₖ, where pₖ is the probability that expert k gave to the item that
/// came next, and g is the softmax of log weight + gate · features over the available experts. The
/// gradient with respect to the logit of expert k is gₖ − gₖ pₖ / Σ g p. A fifth of the cases
/// decides when to stop. Gates that do not help there are dropped.
struct GateTraining {
    private let start: Mixture
    private let split: ValidationSplit<Mixture.Case>
    private let width: Int

    private static let batch = 128
    private static let epochs = 30
    private static let patience = 3
    private static let learningRate: Float = 2e-3
    /// The weight decay: the factor of ½ · ‖gates‖² in the loss.
    private static let decay: Float = 1e-4
    /// The least number of cases that gates are learned from.
    private static let caseCountMin = 500

    /// Prepares the training.
    ///
    /// - Parameters:
    ///   - mixture: The mixture with the weights that the gates move.
    ///   - cases: The experts' probabilities of what came next; cases of one customer side by side.
    init(_ mixture: Mixture, cases: [Mixture.Case]) {
        start = mixture
        let usable = cases.filter { entry in
            !entry.gateInput.gatingFeatures.isEmpty
                && entry.probabilities.contains { ($0 ?? 0) > 0 }
        }
        width = usable.first?.gateInput.gatingFeatures.count ?? 0
        split = ValidationSplit(usable)
    }

    /// Learns the rows of ``Mixture/gates``; none if gates do not help.
    func gates(_ stage: TrainingStage = .silent) -> [[Float]] {
        guard split.validation.count * 5 >= Self.caseCountMin, width > 0 else { return [] }
        let rows = start.names.count
        let stride = width + 1
        let weights = FloatStorage(count: rows * stride)
        let gradient = FloatStorage(count: rows * stride)
        let (first, second) = (
            FloatStorage(count: rows * stride), FloatStorage(count: rows * stride)
        )
        func current() -> [[Float]] {
            (0..<rows).map { weights.elements(in: $0 * stride..<($0 + 1) * stride) }
        }
        var best = EarlyStopping([[Float]](), loss: loss(of: start), patience: Self.patience)
        var order = Array(split.training.indices)
        var generator = PhiloxGenerator(seed: 1, stream: 0x6A7E)
        var step = 0
        for epoch in 1...Self.epochs where best.shouldContinue {
            generator.shuffle(&order)
            for from in Swift.stride(from: 0, to: order.count, by: Self.batch) {
                let batch = order[from..<min(order.count, from + Self.batch)]
                let mixture = Mixture(names: start.names, weights: start.weights, gates: current())
                gradient.fill(0, in: 0..<gradient.count)
                gradient.add(Self.decay, weights, in: 0..<gradient.count)
                for index in batch {
                    add(split.training[index], mixture, 1 / Float(batch.count), to: gradient)
                }
                step += 1
                AdamStep(step: step, learningRate: Self.learningRate).apply(
                    to: weights, gradient: gradient, first: first, second: second,
                    range: 0..<gradient.count)
            }
            let found = current()
            let loss = loss(
                of: Mixture(names: start.names, weights: start.weights, gates: found))
            best.offer(found, loss: loss)
            stage.report(epoch: epoch, of: Self.epochs, examples: order.count, loss: loss)
        }
        return best.value
    }

    /// Adds the gradient of one case.
    private func add(
        _ entry: Mixture.Case, _ mixture: Mixture, _ scale: Float, to gradient: FloatStorage
    ) {
        let weights = mixture.weights(
            entry.gateInput, available: entry.probabilities.map { $0 != nil })
        let total = zip(weights, entry.probabilities).reduce(Float(0)) { $0 + $1.0 * ($1.1 ?? 0) }
        guard total > 0 else { return }
        for (row, weight) in weights.enumerated() where weight > 0 {
            let slope = scale * (weight - weight * (entry.probabilities[row] ?? 0) / total)
            var index = row * (width + 1)
            gradient[index] += slope
            for value in entry.gateInput.gatingFeatures {
                index += 1
                gradient[index] += slope * value
            }
        }
    }

    /// The mean loss on the validation cases, in nats.
    private func loss(of mixture: Mixture) -> Double {
        let sum = split.validation.reduce(0.0) { sum, entry in
            let weights = mixture.weights(
                entry.gateInput, available: entry.probabilities.map { $0 != nil })
            let total = zip(weights, entry.probabilities)
                .reduce(Float(0)) { $0 + $1.0 * ($1.1 ?? 0) }
            return sum - log(Double(max(total, 1e-12)))
        }
        return sum / Double(max(1, split.validation.count))
    }
}
