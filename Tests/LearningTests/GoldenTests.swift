import Foundation
import Kernels
import Testing

@testable import Learning

/// A fixture of tools/golden-lstm.py.
struct Golden: Decodable {
    struct Batch: Decodable {
        let items: [Int32]
        let types: [UInt8]
        let gaps: [UInt8]
        let week_parts: [UInt8]
        let target_items: [Int32]
        let target_types: [UInt8]
        let target_gaps: [UInt8]
        let target_week_parts: [UInt8]
        let resets: [Int]
    }

    let itemCount: Int
    let typeCount: Int
    let width: Int
    let layers: Int
    let cosineScale: Float?
    /// The number of batch rows.
    let lanes: Int
    let steps: Int
    let learningRate: Float
    let clip: Float
    let weights: [String: [Double]]
    let batches: [Batch]
    let firstGradients: [String: [Double]]
    let gradientNorms: [Double]
    let losses: [[Double]]
    let finalWeights: [String: [Double]]

    /// The fixtures: logits as scalar products, and as cosines.
    static let names = ["golden-lstm", "golden-cosine"]

    static func load(_ name: String) throws -> Golden {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/\(name).json")
        return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: path))
    }

    var batchRows: Int { lanes }

    var sizes: SequenceModel.Configuration {
        SequenceModel.Configuration(
            itemCount: itemCount, typeCount: typeCount, width: width, layers: layers,
            cosineScale: cosineScale)
    }

    /// The weights as tensors, in the shapes of the model.
    func tensors(_ values: [String: [Double]]) -> [String: Tensor] {
        var shapes: [String: [Int]] = [
            "item_embedding": [itemCount, width], "item_bias": [itemCount],
        ]
        for entry in SequenceLayout(sizes).entries {
            shapes[entry.name] = [entry.rows, entry.columns]
        }
        return values.reduce(into: [:]) { result, pair in
            result[pair.key] = Tensor(
                shape: shapes[pair.key] ?? [pair.value.count], pair.value.map { Float($0) })
        }
    }

    func block(_ batch: Batch) -> BlockBatch {
        var block = BlockBatch(batchRows: batchRows, steps: steps)
        block.items = batch.items
        block.types = batch.types
        block.gaps = batch.gaps
        block.weekParts = batch.week_parts
        block.targetItems = zip(batch.items, batch.target_items).map { $0 < 0 ? -1 : $1 }
        block.targetTypes = batch.target_types
        block.targetGaps = batch.target_gaps
        block.targetWeekParts = batch.target_week_parts
        block.resets = batch.resets.map { $0 == 1 }
        block.activeCount = batch.items.count { $0 >= 0 }
        return block
    }

    /// A training run that starts with the golden weights.
    func run(threads: Int) throws -> TrainingRun {
        var configuration = SequenceTrainer.Configuration()
        configuration.width = width
        configuration.layers = layers
        configuration.cosineScale = cosineScale
        configuration.batch = batchRows
        configuration.steps = steps
        configuration.negatives = itemCount
        configuration.dropout = 0
        configuration.clip = clip
        configuration.threads = threads
        var sequences = EventSequences()
        for _ in 0..<batchRows { sequences.append(items: [0, 1], types: [0, 0], times: [0, 0]) }
        return TrainingRun(
            configuration, weights: try SequenceWeights(sizes, tensors: tensors(weights)),
            training: sequences, validation: EventSequences())
    }
}

/// ‖a − b‖ / ‖b‖.
func relativeError(_ a: [Double], _ b: [Double]) -> Double {
    let difference = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let size = b.reduce(0) { $0 + $1 * $1 }
    return (difference / max(size, 1e-24)).squareRoot()
}

@Suite("The sequence model against its references")
struct GoldenTests {
    /// The gradients of a training run by name, after its last step.
    private func gradients(_ run: TrainingRun) -> [String: [Double]] {
        var result: [String: [Double]] = [:]
        for entry in run.weights.layout.entries {
            let range = entry.offset..<entry.offset + entry.rows * entry.columns
            result[entry.name] = run.optimizer.denseGradient.elements(in: range)
                .map { Double($0) }
        }
        let sizes = run.weights.configuration
        // All items are candidates, so the slots of the first step are the item numbers.
        result["item_embedding"] = run.optimizer.rowGradient
            .elements(in: 0..<sizes.itemCount * sizes.width).map { Double($0) }
        result["item_bias"] = run.optimizer.biasGradient
            .elements(in: 0..<sizes.itemCount).map { Double($0) }
        return result
    }

    @Test("Ten steps give the losses of the NumPy reference", arguments: Golden.names, [1, 2])
    func tenSteps(_ name: String, _ threads: Int) throws {
        let golden = try Golden.load(name)
        let run = try golden.run(threads: threads)
        for (step, batch) in golden.batches.enumerated() {
            let sums = run.learn([golden.block(batch)], learningRate: golden.learningRate)
            let expected = golden.losses[step]
            for (value, exact) in zip([sums.gap, sums.type, sums.item], expected) {
                #expect(abs(value - exact) < 1e-5 * exact, "step \(step)")
            }
            #expect(sums.count == batch.items.count { $0 >= 0 })
        }
        #expect(golden.batches.count == 10)
        let final = SequenceModel(run.weights).tensors()
        for (name, values) in golden.finalWeights {
            let ours = try #require(final[name]?.floats).map { Double($0) }
            #expect(relativeError(ours, values) < 1e-4, "\(name)")
        }
    }

    @Test(
        "The gradient of every tensor equals that of the NumPy reference",
        arguments: Golden.names)
    func gradientsOfReference(_ name: String) throws {
        let golden = try Golden.load(name)
        let run = try golden.run(threads: 2)
        _ = run.learn([golden.block(golden.batches[0])], learningRate: golden.learningRate)
        let ours = gradients(run)
        #expect(Set(ours.keys) == Set(golden.firstGradients.keys))
        for (name, values) in golden.firstGradients {
            let error = relativeError(ours[name] ?? [], values)
            #expect(error < 1e-4, "\(name): \(error)")
        }
        let norm = ours.values.reduce(0) { $0 + $1.reduce(0) { $0 + $1 * $1 } }.squareRoot()
        #expect(abs(norm - golden.gradientNorms[0]) < 1e-4 * norm)
    }

    @Test(
        "Central differences of the loss in double precision give every gradient",
        arguments: Golden.names)
    func centralDifferences(_ name: String) throws {
        let golden = try Golden.load(name)
        let run = try golden.run(threads: 1)
        _ = run.learn([golden.block(golden.batches[0])], learningRate: golden.learningRate)
        let kernels = gradients(run)
        var network = DoubleNetwork(golden)
        let batch = golden.batches[0]
        let exact = network.loss(batch).reduce(0, +)
        #expect(abs(exact - golden.losses[0].reduce(0, +)) < 1e-9 * exact)
        let scale = 1 / Double(batch.items.count)
        for (name, values) in golden.weights {
            var numeric = [Double](repeating: 0, count: values.count)
            for index in values.indices {
                network.weights[name]?[index] = values[index] + 1e-5
                let up = network.loss(batch).reduce(0, +)
                network.weights[name]?[index] = values[index] - 1e-5
                let down = network.loss(batch).reduce(0, +)
                network.weights[name]?[index] = values[index]
                numeric[index] = (up - down) / 2e-5 * scale
            }
            let reference = relativeError(golden.firstGradients[name] ?? [], numeric)
            #expect(reference < 1e-6, "\(name): double precision \(reference)")
            let ours = relativeError(kernels[name] ?? [], numeric)
            #expect(ours < 1e-2, "\(name): kernels \(ours)")
        }
    }
}

/// The forward pass of the sequence model in double precision, as plain loops.
private struct DoubleNetwork {
    var weights: [String: [Double]]
    let golden: Golden

    init(_ golden: Golden) {
        self.golden = golden
        weights = golden.weights
    }

    private func row(_ name: String, _ index: Int) -> [Double] {
        let width = golden.width
        return Array((weights[name] ?? [])[index * width..<(index + 1) * width])
    }

    /// x · matrix, for a matrix with one row for each element of x.
    private func product(_ x: [Double], _ name: String) -> [Double] {
        let matrix = weights[name] ?? []
        let columns = matrix.count / x.count
        return (0..<columns).map { column in
            x.indices.reduce(0) { $0 + x[$1] * matrix[$1 * columns + column] }
        }
    }

    private func crossEntropy(
        _ table: String, _ bias: String, _ x: [Double], _ target: Int, cosine: Double? = nil
    ) -> Double {
        let offsets = weights[bias] ?? []
        func dot(_ a: [Double], _ b: [Double]) -> Double {
            zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let logits = offsets.indices.map { index in
            let vector = row(table, index)
            guard let cosine else { return offsets[index] + dot(vector, x) }
            let lengths = (dot(vector, vector) * dot(x, x)).squareRoot()
            return offsets[index] + cosine * dot(vector, x) / lengths
        }
        let peak = logits.max() ?? 0
        return peak + log(logits.reduce(0) { $0 + exp($1 - peak) }) - logits[target]
    }

    /// The sums of the gap, type and item losses of the first chunk, from zero states.
    func loss(_ batch: Golden.Batch) -> [Double] {
        let width = golden.width
        let zero = [[Double]](
            repeating: [Double](repeating: 0, count: width), count: golden.layers)
        var sums = [0.0, 0, 0]
        for batchRow in 0..<golden.batchRows {
            var hidden = zero
            var cell = zero
            for step in 0..<golden.steps {
                let index = step * golden.batchRows + batchRow
                if batch.resets[index] == 1 { (hidden, cell) = (zero, zero) }
                var x = add(
                    row("item_embedding", Int(batch.items[index])),
                    add(
                        row("type_in", Int(batch.types[index])),
                        add(
                            row("gap_in", Int(batch.gaps[index])),
                            row("week_in", Int(batch.week_parts[index])))))
                for layer in 0..<golden.layers {
                    let gates = add(
                        weights["lstm.\(layer).bias"] ?? [],
                        add(
                            product(x, "lstm.\(layer).weight_input"),
                            product(hidden[layer], "lstm.\(layer).weight_hidden")))
                    for unit in 0..<width {
                        let sigmoid = { (gate: Int) in
                            1 / (1 + exp(-gates[gate * width + unit]))
                        }
                        cell[layer][unit] =
                            sigmoid(1) * cell[layer][unit]
                            + sigmoid(0) * tanh(gates[2 * width + unit])
                        hidden[layer][unit] = sigmoid(3) * tanh(cell[layer][unit])
                    }
                    x = hidden[layer]
                }
                let gap = Int(batch.target_gaps[index])
                let type = Int(batch.target_types[index])
                sums[0] += crossEntropy("gap_weight", "gap_bias", x, gap)
                let query = add(
                    x,
                    add(
                        row("gap_out", gap),
                        row("week_out", Int(batch.target_week_parts[index]))))
                sums[1] += crossEntropy("type_weight", "type_bias", query, type)
                sums[2] += crossEntropy(
                    "item_embedding", "item_bias", add(query, row("type_out", type)),
                    Int(batch.target_items[index]), cosine: golden.cosineScale.map { Double($0) })
            }
        }
        return sums
    }

    private func add(_ a: [Double], _ b: [Double]) -> [Double] {
        zip(a, b).map { $0 + $1 }
    }
}
