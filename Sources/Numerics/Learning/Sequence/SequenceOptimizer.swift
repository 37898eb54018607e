import Kernels

/// The rows of the item table in one task.
private let rowsPerTask = 128
/// The dense parameters in one task.
private let densePerTask = 8_192

/// The Adam optimiser of the sequence model.
///
/// A step updates all dense parameters, and only those rows of the item table that occur in the
/// step ("lazy" or sparse Adam). So the cost of a step does not grow with the catalogue. The
/// moments of a row decay only in steps that update it.
final class SequenceOptimizer {
    private let weights: SequenceWeights
    private let clip: Float
    private let threads: Int
    /// The first moments.
    let first: SequenceWeights
    /// The second moments.
    let second: SequenceWeights
    /// The gradient of the dense parameters in the last step, before clipping.
    let denseGradient: FloatStorage
    private(set) var rowGradient = FloatStorage(count: 0)  // slots × d
    private(set) var biasGradient = FloatStorage(count: 0)  // slots
    /// The number of steps so far.
    private(set) var step = 0
    /// The slot of each item in this step, or -1.
    private var slots: [Int32]

    init(_ weights: SequenceWeights, clip: Float, threads: Int) {
        self.weights = weights
        self.clip = clip
        self.threads = threads
        first = SequenceWeights(weights.configuration)
        second = SequenceWeights(weights.configuration)
        denseGradient = FloatStorage(count: weights.dense.count)
        slots = [Int32](repeating: -1, count: weights.configuration.itemCount)
    }

    /// Continues with the moments of an earlier run.
    func resume(first: SequenceWeights, second: SequenceWeights, step: Int) {
        self.first.copy(from: first)
        self.second.copy(from: second)
        self.step = step
    }

    /// The sources of the item gradients, grouped by slot: those of slot s have the indices
    /// `starts[s] ..< starts[s + 1]`.
    private struct Contributions: Sendable {
        var items: [Int32] = []
        var starts: [Int] = []
        var sources: [Int64] = []
    }

    /// Updates the weights with the gradients of all blocks.
    func apply(
        _ blocks: [SequenceBlock], _ batches: [BlockBatch], _ candidates: Candidates,
        learningRate: Float
    ) {
        precondition(blocks.count == batches.count, "Each block needs one batch.")
        step += 1
        let active = blocks.indices.filter { batches[$0].activeCount > 0 }.map { blocks[$0] }
        reduceDense(active)
        let contributions = collect(batches, candidates)
        reduceRows(contributions, blocks, active)
        let norm = gradientNorm(rows: contributions.items.count)
        let scale = clip > 0 && norm > Double(clip) ? Float(Double(clip) / norm) : 1
        let adam = AdamStep(step: step, learningRate: learningRate, gradientScale: scale)
        update(adam, contributions.items)
    }

    private func reduceDense(_ active: [SequenceBlock]) {
        let count = denseGradient.count
        let target = denseGradient
        parallelFor((count + densePerTask - 1) / densePerTask, threads: threads) { task in
            let range = task * densePerTask..<min(count, (task + 1) * densePerTask)
            target.fill(0, in: range)
            for block in active { target.add(1, block.gradient, in: range) }
        }
    }

    /// Collects the sources of each item's gradient.
    ///
    /// A source is coded as index · 4 + kind: 0 candidate, 1 input row, 2 target row. The index of
    /// a row is block · 2³² + row.
    private func collect(_ batches: [BlockBatch], _ candidates: Candidates) -> Contributions {
        var result = Contributions()
        var codes: [(slot: Int32, code: Int64)] = []
        func add(_ item: Int32, _ code: Int64) {
            guard item >= 0 else { return }
            var slot = slots[Int(item)]
            if slot < 0 {
                slot = Int32(result.items.count)
                slots[Int(item)] = slot
                result.items.append(item)
            }
            codes.append((slot, code))
        }
        for (index, item) in candidates.items.enumerated() { add(item, Int64(index) * 4) }
        for (block, batch) in batches.enumerated() {
            for row in 0..<batch.rows {
                let index = Int64(block) << 32 | Int64(row)
                add(batch.items[row], index * 4 + 1)
                add(batch.targetItems[row], index * 4 + 2)
            }
        }
        var starts = [Int](repeating: 0, count: result.items.count + 1)
        for (slot, _) in codes { starts[Int(slot) + 1] += 1 }
        for slot in result.items.indices { starts[slot + 1] += starts[slot] }
        var nextIndices = starts
        result.sources = [Int64](repeating: 0, count: codes.count)
        for (slot, code) in codes {
            result.sources[nextIndices[Int(slot)]] = code
            nextIndices[Int(slot)] += 1
        }
        result.starts = starts
        for item in result.items { slots[Int(item)] = -1 }
        return result
    }

    private func reduceRows(
        _ contributions: Contributions, _ blocks: [SequenceBlock], _ active: [SequenceBlock]
    ) {
        let count = contributions.items.count
        let width = weights.configuration.width
        if rowGradient.count < count * width {
            rowGradient = FloatStorage(count: count * width * 3 / 2)
            biasGradient = FloatStorage(count: count * 3 / 2 + 1)
        }
        let rows = rowGradient.view(rows: count, columns: width)
        let biases = biasGradient
        let table = weights.itemTable
        let scale = weights.configuration.cosineScale
        parallelFor((count + rowsPerTask - 1) / rowsPerTask, threads: threads) { task in
            for slot in task * rowsPerTask..<min(count, (task + 1) * rowsPerTask) {
                let sources = contributions.sources[
                    contributions.starts[slot]..<contributions.starts[slot + 1]]
                rows.fillRow(slot, 0)
                biases[slot] = Self.addOutputs(sources, blocks, active, to: rows, slot)
                if let scale {
                    let item = Int(contributions.items[slot])
                    let inverse = table.inverseLength(item)
                    rows.undoNormalize(
                        slot, along: table, row: item, factor: inverse, scale: scale * inverse)
                }
                for code in sources where code & 3 == 1 {
                    let (block, row) = Self.location(of: code)
                    rows.addToRow(slot, 1, blocks[block].inputGradient, row: row)
                }
            }
        }
    }

    /// The block and the row of a source.
    private static func location(of code: Int64) -> (block: Int, row: Int) {
        (Int(code >> 34), Int(code >> 2 & 0xFFFF_FFFF))
    }

    /// Adds the gradient by an item's output vector; returns the gradient by its bias.
    private static func addOutputs(
        _ sources: ArraySlice<Int64>, _ blocks: [SequenceBlock], _ active: [SequenceBlock],
        to rows: MatrixView, _ slot: Int
    ) -> Float {
        var bias: Float = 0
        for code in sources {
            switch code & 3 {
            case 0:
                let index = Int(code >> 2)
                for block in active {
                    rows.addToRow(slot, 1, block.candidateGradient, row: index)
                    bias += block.candidateBiasGradient[0, index]
                }
            case 2:
                let (index, row) = location(of: code)
                let factor = blocks[index].targetGradient[row]
                rows.addToRow(slot, factor, blocks[index].itemQuery, row: row)
                bias += factor
            default: break
            }
        }
        return bias
    }

    private func gradientNorm(rows count: Int) -> Double {
        let width = weights.configuration.width
        let rows = rowGradient
        let parts = parallelMap((count + rowsPerTask - 1) / rowsPerTask, threads: threads) {
            task in
            let end = min(count, (task + 1) * rowsPerTask)
            return rows.squaredNorm(in: task * rowsPerTask * width..<end * width)
        }
        let total =
            denseGradient.squaredNorm(in: 0..<denseGradient.count)
            + biasGradient.squaredNorm(in: 0..<count) + parts.reduce(0, +)
        return total.squareRoot()
    }

    private func update(_ adam: AdamStep, _ items: [Int32]) {
        let (weights, first, second) = (weights, first, second)
        let (dense, rows, biases) = (denseGradient, rowGradient, biasGradient)
        let width = weights.configuration.width
        let denseTasks = (dense.count + densePerTask - 1) / densePerTask
        let rowTasks = (items.count + rowsPerTask - 1) / rowsPerTask
        parallelFor(denseTasks + rowTasks, threads: threads) { task in
            if task < denseTasks {
                let end = min(dense.count, (task + 1) * densePerTask)
                adam.apply(
                    to: weights.dense, gradient: dense, first: first.dense,
                    second: second.dense, range: task * densePerTask..<end)
                return
            }
            let start = (task - denseTasks) * rowsPerTask
            for slot in start..<min(items.count, start + rowsPerTask) {
                let item = Int(items[slot])
                adam.apply(
                    to: weights.items, at: item * width, gradient: rows, at: slot * width,
                    first: first.items, second: second.items, count: width)
                adam.apply(
                    to: weights.itemBias, at: item, gradient: biases, at: slot,
                    first: first.itemBias, second: second.itemBias, count: 1)
            }
        }
    }
}
