import Foundation
import Kernels

/// Learns the corrections of a ``Reranker``.
///
/// Adam minimises −log of the probability of what came next, over the list of the most likely items
/// and everything else as one more outcome. A fifth of the examples decides when to stop.
/// Corrections that do not help there are dropped.
struct RerankerTraining {
    /// A list, and the indices in it of the items that came next; its length for items outside it.
    struct Example: Sendable {
        var list: RerankerList
        var targets: [Int]
    }

    private static let hidden = [32, 16]
    private static let batch = 32
    private static let epochs = 20
    private static let patience = 3
    private static let learningRate: Float = 2e-3
    /// The weight decay: the factor of ½ · ‖weights‖² in the loss.
    private static let decay: Float = 1e-5
    /// The least number of training examples that a reranker is learned from.
    private static let exampleCountMin = 500

    private let split: ValidationSplit<Example>
    private let network: Network

    /// Prepares the training.
    ///
    /// - Parameter examples: The examples; those of one customer side by side.
    init(_ examples: [Example]) {
        let usable = examples.filter { !$0.targets.isEmpty && !$0.list.items.isEmpty }
        split = ValidationSplit(usable)
        network = Network([RerankerList.featureCount] + Self.hidden + [1])
    }

    /// Learns a reranker; returns ``Reranker/none`` if none is better.
    func reranker(_ stage: TrainingStage = .silent) -> Reranker {
        guard split.training.count >= Self.exampleCountMin, !split.validation.isEmpty else {
            return .none
        }
        let scaling = Scaling(split.training)
        let state = TrainingState(network, seed: 1)
        var best = EarlyStopping(Reranker.none, loss: loss(of: .none), patience: Self.patience)
        var order = Array(split.training.indices)
        var generator = PhiloxGenerator(seed: 1, stream: 0x57AC)
        for epoch in 1...Self.epochs where best.shouldContinue {
            generator.shuffle(&order)
            let rate = Self.learningRate / (1 + Float(epoch - 1) / 4)
            for from in stride(from: 0, to: order.count, by: Self.batch) {
                let part = order[from..<min(order.count, from + Self.batch)].map {
                    split.training[$0]
                }
                step(state, part, scaling, rate: rate)
            }
            let found = scaling.folded(into: network.layers(state.weights))
            let loss = loss(of: found)
            best.offer(found, loss: loss)
            stage.report(epoch: epoch, of: Self.epochs, examples: order.count, loss: loss)
        }
        return best.value
    }

    private func step(
        _ state: TrainingState, _ examples: [Example], _ scaling: Scaling, rate: Float
    ) {
        let layers = network.layers(state.weights)
        let input = scaling.applied(examples)
        var inputs = [input]
        for layer in layers.dropLast() {
            inputs.append(Reranker.rectified(layer(inputs.last ?? input)))
        }
        let corrections = layers[layers.count - 1](inputs[layers.count - 1]).elements
        var slopes: [Float] = []
        slopes.reserveCapacity(corrections.count)
        var row = 0
        for example in examples {
            let count = example.list.items.count
            let own = corrections[row..<row + count]
            slopes += Self.slopes(example, own).map { $0 / Float(examples.count) }
            row += count
        }
        state.gradient.fill(0)
        state.gradient.add(
            Self.decay, state.weights, in: 0..<state.weights.count)
        var back = Matrix(rows: slopes.count, columns: 1, elements: slopes)
        for (index, layer) in layers.enumerated().reversed() {
            network.add(
                weights: inputs[index].transposeMultiplied(by: back), bias: back, layer: index,
                to: state.gradient)
            guard index > 0 else { break }
            let passed = back.multiplied(byTransposeOf: layer.weights)
            back = Matrix(
                rows: passed.rows, columns: passed.columns,
                elements: zip(passed.elements, inputs[index].elements).map { $1 > 0 ? $0 : 0 })
        }
        state.move(rate: rate)
    }

    /// The corrected probabilities of the list's items, and of everything else at the end.
    private static func probabilities(
        _ example: Example, _ corrections: some Collection<Float>
    ) -> [Float] {
        var scores = zip(example.list.logs, corrections).map { $0 + $1 }
        scores.append(log(example.list.outside))
        let highest = scores.max() ?? 0
        let weights = scores.map { exp($0 - highest) }
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }

    /// The gradient of the loss with respect to each correction.
    private static func slopes(_ example: Example, _ corrections: ArraySlice<Float>) -> [Float] {
        var slopes = probabilities(example, corrections)
        for target in example.targets { slopes[target] -= 1 / Float(example.targets.count) }
        slopes.removeLast()
        return slopes
    }

    /// The mean loss on the validation examples, in nats.
    private func loss(of reranker: Reranker) -> Double {
        let sum = split.validation.reduce(0.0) { sum, example in
            let corrections =
                reranker.isEmpty
                ? [Float](repeating: 0, count: example.list.items.count)
                : reranker.corrections(example.list.features)
            let probabilities = Self.probabilities(example, corrections)
            let own = example.targets.reduce(0.0) {
                $0 - Double(log(max(1e-12, probabilities[$1])))
            }
            return sum + own / Double(example.targets.count)
        }
        return sum / Double(split.validation.count)
    }
}

/// The layer sizes of a network, and the layout of its parameters in flat storage.
private struct Network {
    private let sizes: [Int]

    init(_ sizes: [Int]) { self.sizes = sizes }

    /// The number of parameters.
    var count: Int { zip(sizes, sizes.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 } }

    /// The offset of a layer's parameters: weights (inputs × outputs), then biases (outputs).
    func offset(_ layer: Int) -> Int { Network(Array(sizes.prefix(layer + 1))).count }

    func layers(_ weights: FloatStorage) -> [Reranker.Layer] {
        (0..<sizes.count - 1).map { layer in
            let (rows, columns) = (sizes[layer], sizes[layer + 1])
            let start = offset(layer)
            let middle = start + rows * columns
            return Reranker.Layer(
                weights: Matrix(
                    rows: rows, columns: columns, elements: weights.elements(in: start..<middle)),
                bias: weights.elements(in: middle..<middle + columns))
        }
    }

    /// Adds the gradient of one layer: of its weights, and of the biases in each row.
    func add(weights: Matrix, bias: Matrix, layer: Int, to gradient: FloatStorage) {
        var position = offset(layer)
        for value in weights.elements {
            gradient[position] += value
            position += 1
        }
        let columns = bias.columns
        for (index, value) in bias.elements.enumerated() {
            gradient[position + index % columns] += value
        }
    }
}

/// The parameters of a network in training, with the state of Adam.
private final class TrainingState {
    let weights: FloatStorage
    let gradient: FloatStorage
    private let first: FloatStorage
    private let second: FloatStorage
    private var step = 0

    /// Starts with random weights, and zeros in the last layer, so that nothing is corrected at
    /// first.
    ///
    /// The standard deviation is that of He, Zhang, Ren and Sun, "Delving Deep into Rectifiers",
    /// 2015.
    init(_ network: Network, seed: UInt64) {
        weights = FloatStorage(count: network.count)
        gradient = FloatStorage(count: network.count)
        first = FloatStorage(count: network.count)
        second = FloatStorage(count: network.count)
        var generator = PhiloxGenerator(seed: seed, stream: 0x57AD)
        let layers = network.layers(weights)
        for (index, layer) in layers.dropLast().enumerated() {
            let size = (2 / Double(layer.weights.rows)).squareRoot()
            let start = network.offset(index)
            for position in start..<start + layer.weights.rows * layer.weights.columns {
                weights[position] = Float(generator.normal() * size)
            }
        }
    }

    /// Makes one step of Adam.
    func move(rate: Float) {
        step += 1
        AdamStep(step: step, learningRate: rate).apply(
            to: weights, gradient: gradient, first: first, second: second, range: 0..<weights.count)
    }
}

/// Standardises features to mean 0 and variance 1.
private struct Scaling {
    private let means: [Float]
    private let inverses: [Float]

    init(_ examples: [RerankerTraining.Example]) {
        let width = RerankerList.featureCount
        var sums = [Double](repeating: 0, count: width)
        var squares = sums
        var count = 0.0
        for example in examples {
            for (index, value) in example.list.features.elements.enumerated() {
                sums[index % width] += Double(value)
                squares[index % width] += Double(value) * Double(value)
            }
            count += Double(example.list.items.count)
        }
        count = max(1, count)
        let means = sums.map { $0 / count }
        self.means = means.map { Float($0) }
        inverses = zip(squares, means).map { square, mean in
            Float(1 / max(1e-3, max(0, square / count - mean * mean).squareRoot()))
        }
    }

    /// The standardised features of all items of some examples, one row an item.
    func applied(_ examples: [RerankerTraining.Example]) -> Matrix {
        let width = means.count
        var rows: [Float] = []
        for example in examples { rows += example.list.features.elements }
        for index in rows.indices {
            let column = index % width
            rows[index] = (rows[index] - means[column]) * inverses[column]
        }
        return Matrix(rows: rows.count / width, columns: width, elements: rows)
    }

    /// A reranker for raw features, equal to layers for standardised ones.
    func folded(into layers: [Reranker.Layer]) -> Reranker {
        guard var first = layers.first else { return .none }
        var elements = first.weights.elements
        let columns = first.weights.columns
        for row in 0..<first.weights.rows {
            for column in 0..<columns {
                let weight = elements[row * columns + column] * inverses[row]
                elements[row * columns + column] = weight
                first.bias[column] -= weight * means[row]
            }
        }
        first.weights = Matrix(
            rows: first.weights.rows, columns: columns, elements: elements)
        return Reranker(layers: [first] + layers.dropFirst())
    }
}
