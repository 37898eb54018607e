import Foundation
import Kernels

/// Learns the corrections of a ``Reranker``.
///
/// Gradient steps (Adam) on −log of the probability of what came next, over the list of the
/// likeliest items and everything else as one more possibility. A fifth of the lessons only decides
/// when to stop; corrections that do not help there are not kept.
struct RerankerTraining {
    /// One moment: the list, and which places of it came next, or the place behind its end for what
    /// is not on it.
    struct Example: Sendable {
        var list: RerankerList
        var targets: [Int]
    }

    private static let hidden = [32, 16]
    private static let batch = 32
    private static let epochs = 20
    private static let patience = 3
    private static let learningRate: Float = 2e-3
    /// Times half the square of the weights, this is added to the loss.
    private static let decay: Float = 1e-5
    /// Lessons below which there is nothing to learn from.
    private static let lessonCountMin = 500

    private let split: ValidationSplit<Example>
    private let network: Network

    /// - Parameter lessons: Moments; those of one person side by side.
    init(_ lessons: [Example]) {
        let usable = lessons.filter { !$0.targets.isEmpty && !$0.list.items.isEmpty }
        split = ValidationSplit(usable)
        network = Network([RerankerList.featureCount] + Self.hidden + [1])
    }

    /// The reranker; one that corrects nothing if none is better.
    func reranker(_ stage: TrainingStage = .silent) -> Reranker {
        guard split.training.count >= Self.lessonCountMin, !split.validation.isEmpty else {
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
            stage.tell(epoch: epoch, of: Self.epochs, examples: order.count, loss: loss)
        }
        return best.value
    }

    private func step(
        _ state: TrainingState, _ lessons: [Example], _ scaling: Scaling, rate: Float
    ) {
        let layers = network.layers(state.weights)
        let input = scaling.applied(lessons)
        var inputs = [input]
        for layer in layers.dropLast() {
            inputs.append(Reranker.rectified(layer(inputs.last ?? input)))
        }
        let corrections = layers[layers.count - 1](inputs[layers.count - 1]).elements
        var slopes: [Float] = []
        slopes.reserveCapacity(corrections.count)
        var row = 0
        for lesson in lessons {
            let count = lesson.list.items.count
            let own = corrections[row..<row + count]
            slopes += Self.slopes(lesson, own).map { $0 / Float(lessons.count) }
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

    /// The probabilities of the list's items with their corrections, and of everything else.
    private static func probabilities(
        _ lesson: Example, _ corrections: some Collection<Float>
    ) -> [Float] {
        var scores = zip(lesson.list.logs, corrections).map { $0 + $1 }
        scores.append(log(lesson.list.outside))
        let highest = scores.max() ?? 0
        let weights = scores.map { exp($0 - highest) }
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }

    /// The gradient of the loss by each correction.
    private static func slopes(_ lesson: Example, _ corrections: ArraySlice<Float>) -> [Float] {
        var slopes = probabilities(lesson, corrections)
        for target in lesson.targets { slopes[target] -= 1 / Float(lesson.targets.count) }
        slopes.removeLast()
        return slopes
    }

    /// The mean loss on the validation lessons, in nats.
    private func loss(of reranker: Reranker) -> Double {
        let sum = split.validation.reduce(0.0) { sum, lesson in
            let corrections =
                reranker.isEmpty
                ? [Float](repeating: 0, count: lesson.list.items.count)
                : reranker.corrections(lesson.list.features)
            let probabilities = Self.probabilities(lesson, corrections)
            let own = lesson.targets.reduce(0.0) {
                $0 - Double(log(max(1e-12, probabilities[$1])))
            }
            return sum + own / Double(lesson.targets.count)
        }
        return sum / Double(split.validation.count)
    }
}

/// The sizes of a network, and where its numbers lie among its parameters.
private struct Network {
    private let sizes: [Int]

    init(_ sizes: [Int]) { self.sizes = sizes }

    /// The number of parameters.
    var count: Int { zip(sizes, sizes.dropFirst()).reduce(0) { $0 + ($1.0 + 1) * $1.1 } }

    /// Where a layer's parameters begin: its weights, inputs × outputs, then what is added.
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

    /// Adds the gradient of one layer: of its weights, and of what is added in each row.
    func add(weights: Matrix, bias: Matrix, layer: Int, to gradient: FloatStorage) {
        var place = offset(layer)
        for value in weights.elements {
            gradient[place] += value
            place += 1
        }
        let columns = bias.columns
        for (index, value) in bias.elements.enumerated() {
            gradient[place + index % columns] += value
        }
    }
}

/// The parameters of a network in training, with the moments of Adam.
private final class TrainingState {
    let weights: FloatStorage
    let gradient: FloatStorage
    private let first: FloatStorage
    private let second: FloatStorage
    private var step = 0

    /// Random weights, but none in the last layer: the beginning corrects nothing.
    ///
    /// Their size is that of He, Zhang, Ren and Sun, "Delving Deep into Rectifiers", 2015.
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
            for place in start..<start + layer.weights.rows * layer.weights.columns {
                weights[place] = Float(generator.normal() * size)
            }
        }
    }

    /// Moves the parameters by one step against the gradient.
    func move(rate: Float) {
        step += 1
        AdamStep(step: step, learningRate: rate).apply(
            to: weights, gradient: gradient, first: first, second: second, range: 0..<weights.count)
    }
}

/// Brings features to mean 0 and variance 1.
private struct Scaling {
    private let means: [Float]
    private let inverses: [Float]

    init(_ lessons: [RerankerTraining.Example]) {
        let width = RerankerList.featureCount
        var sums = [Double](repeating: 0, count: width)
        var squares = sums
        var count = 0.0
        for lesson in lessons {
            for (index, value) in lesson.list.features.elements.enumerated() {
                sums[index % width] += Double(value)
                squares[index % width] += Double(value) * Double(value)
            }
            count += Double(lesson.list.items.count)
        }
        count = max(1, count)
        let means = sums.map { $0 / count }
        self.means = means.map { Float($0) }
        inverses = zip(squares, means).map { square, mean in
            Float(1 / max(1e-3, max(0, square / count - mean * mean).squareRoot()))
        }
    }

    /// The features of all items of some lessons, one under the other.
    func applied(_ lessons: [RerankerTraining.Example]) -> Matrix {
        let width = means.count
        var rows: [Float] = []
        for lesson in lessons { rows += lesson.list.features.elements }
        for index in rows.indices {
            let column = index % width
            rows[index] = (rows[index] - means[column]) * inverses[column]
        }
        return Matrix(rows: rows.count / width, columns: width, elements: rows)
    }

    /// A network for features as they are that does the same as these layers for scaled ones.
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
