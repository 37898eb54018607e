import Kernels
import Synchronization

/// Sums of losses in nats, and the number of examples they come from.
struct LossSums: Sendable {
    var gap = 0.0
    var type = 0.0
    var item = 0.0
    var count = 0

    var mean: Double { count == 0 ? 0 : (gap + type + item) / Double(count) }

    static func += (left: inout LossSums, right: LossSums) {
        left.gap += right.gap
        left.type += right.type
        left.item += right.item
        left.count += right.count
    }
}

/// The memory of candidate softmaxes, one for each thread that is at work.
final class SoftmaxPool: Sendable {
    private let free = Mutex<[CandidateSoftmax]>([])

    /// Runs `body` with memory that no other thread uses at the same time.
    func with<Result>(_ body: (CandidateSoftmax) -> Result) -> Result {
        let softmax = free.withLock { $0.popLast() } ?? CandidateSoftmax()
        defer { free.withLock { $0.append(softmax) } }
        return body(softmax)
    }
}

/// The inputs that all blocks of one chunk read.
struct ChunkContext: Sendable {
    let weights: SequenceWeights
    let packed: PackedWeights
    let candidates: Candidates
    let softmax: SoftmaxPool
    /// The factor of every gradient: 1 / number of examples.
    let gradientScale: Float
    let dropout: Float
    let dropoutSeed: Philox
    let learns: Bool
}

/// One block of batch rows: its carried state, its activations, and its part of the gradients.
///
/// Only one thread at a time may use a block.
///
/// Letters in the comments of the sequence model:
///
/// - d: the width, that is the length of item vectors and hidden states
/// - n: the batch rows of a block, that is sequences in parallel
/// - L: the steps of a chunk; matrices of activations have n · L rows
/// - I: the items
/// - T: the event types
/// - G: the classes of time gaps
/// - W: the parts of the week
/// - S: the candidates of the sampled softmax
///
/// Vectors of one event:
///
/// - x: the input, a sum of rows of the input tables
/// - h: the hidden state of the top layer
/// - u: the query of the type, h plus output rows of gap and part of the week
/// - z: the query of the item, u plus the output row of the type
final class SequenceBlock: @unchecked Sendable {  // one thread at a time, see above
    /// The activations of one layer; rows = n · L.
    private struct LayerSpace {
        let gates: MatrixView  // rows × 4d
        let previousHidden: MatrixView  // rows × d
        let previousCell: MatrixView
        let cell: MatrixView
        let cellTanh: MatrixView
        let hidden: MatrixView
        let carriedHidden: MatrixView  // n × d
        let carriedCell: MatrixView
    }

    let batchRows: Int
    private let steps: Int
    private let width: Int
    private let layers: [LayerSpace]
    private let input: MatrixView  // x, rows × d, after dropout
    private let mask: MatrixView  // rows × d
    private let query: MatrixView  // u = h + G_out[gap] + W_out[part of the week], rows × d
    let itemQuery: MatrixView  // z = u + T_out[type], or its direction, rows × d
    private var inverseLengths: [Float]
    private let itemQueryGradient: MatrixView
    private let queryGradient: MatrixView
    private let hiddenGradient: MatrixView
    let inputGradient: MatrixView  // ∂loss/∂x, rows × d
    private let gapLogits: MatrixView  // rows × G
    private let typeLogits: MatrixView  // rows × T
    private let stepGradient: MatrixView  // n × d
    private let cellGradient: MatrixView  // n × d
    let gradient: FloatStorage  // dense parameters
    let candidateGradient: MatrixView  // S × d
    let candidateBiasGradient: MatrixView  // 1 × S
    /// ∂loss/∂(logit of the target) of each row.
    private(set) var targetGradient: [Float]
    private(set) var losses = LossSums()

    init(
        _ configuration: SequenceModel.Configuration, batchRows: Int, steps: Int, candidates: Int
    ) {
        self.batchRows = batchRows
        self.steps = steps
        let width = configuration.width
        self.width = width
        let rows = batchRows * steps
        func space(_ rows: Int, _ columns: Int) -> MatrixView {
            FloatStorage(count: rows * columns).view(rows: rows, columns: columns)
        }
        layers = (0..<configuration.layers).map { _ in
            LayerSpace(
                gates: space(rows, 4 * width), previousHidden: space(rows, width),
                previousCell: space(rows, width), cell: space(rows, width),
                cellTanh: space(rows, width), hidden: space(rows, width),
                carriedHidden: space(batchRows, width), carriedCell: space(batchRows, width))
        }
        input = space(rows, width)
        mask = space(rows, width)
        query = space(rows, width)
        itemQuery = space(rows, width)
        inverseLengths = [Float](repeating: 0, count: rows)
        itemQueryGradient = space(rows, width)
        queryGradient = space(rows, width)
        hiddenGradient = space(rows, width)
        inputGradient = space(rows, width)
        gapLogits = space(rows, TimeGap.count)
        typeLogits = space(rows, configuration.typeCount)
        stepGradient = space(batchRows, width)
        cellGradient = space(batchRows, width)
        gradient = FloatStorage(count: SequenceLayout(configuration).count)
        candidateGradient = space(candidates, width)
        candidateBiasGradient = space(1, candidates)
        targetGradient = [Float](repeating: 0, count: rows)
    }

    /// Sets the carried state to 0.
    func reset() {
        for layer in layers {
            layer.carriedHidden.fill(0)
            layer.carriedCell.fill(0)
        }
    }

    /// Computes the losses of the chunk and, if the context learns, its gradients.
    func run(_ batch: BlockBatch, _ context: ChunkContext) {
        precondition(
            batch.batchRows == batchRows && batch.steps == steps,
            "The batch needs the batch rows and steps of the block.")
        precondition(
            !context.learns || context.candidates.items.count == candidateGradient.rows,
            "The block needs one gradient for each candidate.")
        losses = LossSums()
        losses.count = batch.activeCount
        if context.learns {
            gradient.fill(0)
        }
        guard batch.activeCount > 0 else { return }
        embed(batch, context)
        for index in layers.indices { forward(layer: index, batch, context) }
        let scales = batch.items.map { $0 >= 0 ? context.gradientScale : 0 }
        outputs(batch, scales, context)
        guard context.learns else { return }
        for index in layers.indices.reversed() { backward(layer: index, batch, context) }
        inputBackward(batch, context)
    }

    private func step(_ view: MatrixView, _ index: Int) -> MatrixView {
        view.rows(index * batchRows..<(index + 1) * batchRows)
    }

    /// x = E[item] + T_in[type] + G_in[gap] + W_in[part of the week], with dropout.
    private func embed(_ batch: BlockBatch, _ context: ChunkContext) {
        let table = context.weights.itemTable
        let layout = context.weights.layout
        let dense = context.weights.dense
        for row in 0..<batch.rows {
            guard batch.items[row] >= 0 else {
                input.fillRow(row, 0)
                continue
            }
            input.copyRow(row, from: table, row: Int(batch.items[row]))
        }
        addRows(of: dense.view(layout.typeIn), batch.types, batch, to: input)
        addRows(of: dense.view(layout.gapIn), batch.gaps, batch, to: input)
        addRows(of: dense.view(layout.weekIn), batch.weekParts, batch, to: input)
        guard context.learns, context.dropout > 0 else { return }
        mask.fillDropout(context.dropoutSeed, rate: context.dropout)
        input.multiply(elementwise: mask)
    }

    /// Computes one layer for all steps of the chunk.
    private func forward(layer index: Int, _ batch: BlockBatch, _ context: ChunkContext) {
        let space = layers[index]
        let packed = context.packed.layers[index]
        let bias = context.weights.dense.view(context.weights.layout.layers[index].bias)
        let below = index == 0 ? input : layers[index - 1].hidden
        multiply(below, packed.input, into: space.gates)
        for time in 0..<steps {
            let previousHidden = step(space.previousHidden, time)
            let previousCell = step(space.previousCell, time)
            previousHidden.copy(
                from: time == 0 ? space.carriedHidden : step(space.hidden, time - 1))
            previousCell.copy(from: time == 0 ? space.carriedCell : step(space.cell, time - 1))
            for batchRow in 0..<batchRows where batch.resets[time * batchRows + batchRow] {
                previousHidden.fillRow(batchRow, 0)
                previousCell.fillRow(batchRow, 0)
            }
            let gates = step(space.gates, time)
            multiply(previousHidden, packed.hidden, into: gates, accumulate: true)
            LSTMCell.forward(
                gates: gates, bias: bias, previousCell: previousCell,
                cell: step(space.cell, time), cellTanh: step(space.cellTanh, time),
                hidden: step(space.hidden, time))
        }
        space.carriedHidden.copy(from: step(space.hidden, steps - 1))
        space.carriedCell.copy(from: step(space.cell, steps - 1))
    }

    /// Computes the three losses and, if the context learns, ∂loss/∂h of the top layer and the
    /// gradients of the output parameters.
    private func outputs(_ batch: BlockBatch, _ scales: [Float], _ context: ChunkContext) {
        let layout = context.weights.layout
        let dense = context.weights.dense
        let top = layers[layers.count - 1].hidden
        multiply(top, context.packed.gapColumns, into: gapLogits)
        losses.gap = SoftmaxLoss.full(
            logits: gapLogits, bias: dense.view(layout.gapBias),
            targets: batch.targetGaps.map { Int32($0) }[...], scales: scales[...])
        query.copy(from: top)
        addRows(of: dense.view(layout.gapOut), batch.targetGaps, batch, to: query)
        let weekParts = knownWeekParts(batch, context)
        addRows(of: dense.view(layout.weekOut), weekParts, batch, to: query)
        multiply(query, context.packed.typeColumns, into: typeLogits)
        losses.type = SoftmaxLoss.full(
            logits: typeLogits, bias: dense.view(layout.typeBias),
            targets: batch.targetTypes.map { Int32($0) }[...], scales: scales[...])
        itemQuery.copy(from: query)
        addRows(of: dense.view(layout.typeOut), batch.targetTypes, batch, to: itemQuery)
        itemLoss(batch, scales, context)
        guard context.learns else { return }

        multiply(
            gapLogits, transposeA: true, top, into: gradient.view(layout.gapWeight))
        gapLogits.addColumnSums(to: gradient.view(layout.gapBias))
        multiply(
            typeLogits, transposeA: true, query, into: gradient.view(layout.typeWeight))
        typeLogits.addColumnSums(to: gradient.view(layout.typeBias))
        multiply(typeLogits, context.packed.typeRows, into: queryGradient)
        queryGradient.add(1, itemQueryGradient)
        multiply(gapLogits, context.packed.gapRows, into: hiddenGradient)
        hiddenGradient.add(1, queryGradient)
        scatter(itemQueryGradient, batch.targetTypes, batch, gradient.view(layout.typeOut))
        scatter(queryGradient, batch.targetGaps, batch, gradient.view(layout.gapOut))
        scatter(queryGradient, weekParts, batch, gradient.view(layout.weekOut))
    }

    /// The parts of the week of the next events, with some dropped in training.
    ///
    /// So the model also learns to predict without a known time.
    private func knownWeekParts(_ batch: BlockBatch, _ context: ChunkContext) -> [UInt8] {
        guard context.learns, context.dropout > 0 else { return batch.targetWeekParts }
        return batch.targetWeekParts.indices.map { row in
            let uniform = context.dropoutSeed.uniform(at: Self.weekPartNumbers + UInt64(row))
            return uniform < Double(context.dropout)
                ? WeekPart.unknown : batch.targetWeekParts[row]
        }
    }

    /// The first position of the random numbers for dropping parts of the week.
    ///
    /// Those of the dropout mask are at much lower positions.
    private static let weekPartNumbers: UInt64 = 1 << 40

    /// Computes the item loss against the candidates.
    private func itemLoss(_ batch: BlockBatch, _ scales: [Float], _ context: ChunkContext) {
        let candidates = context.candidates
        let table = context.weights.itemTable
        let bias = context.weights.itemBias
        var targets = CandidateTargets(
            logits: [Float](repeating: 0, count: batch.rows),
            hits: [Range<Int>](repeating: 0..<0, count: batch.rows), scales: scales)
        let scale = context.weights.configuration.cosineScale
        if scale != nil {
            for row in 0..<batch.rows {
                inverseLengths[row] = itemQuery.normalizeRow(row, length: 1)
            }
        }
        // The factor of each target's vector in its logit.
        var factors = [Float](repeating: 1, count: batch.rows)
        for row in 0..<batch.rows where batch.targetItems[row] >= 0 {
            let item = Int(batch.targetItems[row])
            if let scale { factors[row] = scale * table.inverseLength(item) }
            targets.logits[row] =
                factors[row] * itemQuery.dotRows(row, table, row: item) + bias[item]
            targets.hits[row] = candidates.positions(of: batch.targetItems[row])
        }
        let gradient = CandidateGradient(
            queries: itemQueryGradient, candidates: candidateGradient,
            offsets: candidateBiasGradient)
        losses.item = context.softmax.with {
            $0.loss(
                itemQuery, candidates.table, &targets, gradient: context.learns ? gradient : nil)
        }
        guard context.learns else { return }
        targetGradient = targets.logits
        for row in 0..<batch.rows where batch.targetItems[row] >= 0 {
            itemQueryGradient.addToRow(
                row, factors[row] * targetGradient[row], table,
                row: Int(batch.targetItems[row]))
        }
        guard scale != nil else { return }
        for row in 0..<batch.rows {
            itemQueryGradient.undoNormalize(
                row, along: itemQuery, row: row, factor: 1, scale: inverseLengths[row])
        }
    }

    /// Propagates gradients back through all steps of one layer.
    ///
    /// `hiddenGradient` is ∂loss/∂(output of the layer) before, and ∂loss/∂(input of the layer)
    /// after.
    private func backward(layer index: Int, _ batch: BlockBatch, _ context: ChunkContext) {
        let space = layers[index]
        let packed = context.packed.layers[index]
        let entry = context.weights.layout.layers[index]
        cellGradient.fill(0)
        for time in (0..<steps).reversed() {
            let gates = step(space.gates, time)
            let fromAbove = step(hiddenGradient, time)
            if time < steps - 1 { fromAbove.add(1, stepGradient) }
            LSTMCell.backward(
                gates: gates, previousCell: step(space.previousCell, time),
                cellTanh: step(space.cellTanh, time), hiddenGradient: fromAbove,
                cellGradient: cellGradient)
            multiply(gates, packed.hiddenBack, into: stepGradient)
            for batchRow in 0..<batchRows where batch.resets[time * batchRows + batchRow] {
                stepGradient.fillRow(batchRow, 0)
                cellGradient.fillRow(batchRow, 0)
            }
        }
        let below = index == 0 ? input : layers[index - 1].hidden
        multiply(below, transposeA: true, space.gates, into: gradient.view(entry.input))
        multiply(
            space.previousHidden, transposeA: true, space.gates,
            into: gradient.view(entry.hidden))
        space.gates.addColumnSums(to: gradient.view(entry.bias))
        multiply(space.gates, packed.inputBack, into: hiddenGradient)
    }

    /// Applies the dropout mask to ∂loss/∂x, and adds it to the gradients of the dense input
    /// tables.
    private func inputBackward(_ batch: BlockBatch, _ context: ChunkContext) {
        inputGradient.copy(from: hiddenGradient)
        if context.dropout > 0 { inputGradient.multiply(elementwise: mask) }
        let layout = context.weights.layout
        scatter(inputGradient, batch.types, batch, gradient.view(layout.typeIn))
        scatter(inputGradient, batch.gaps, batch, gradient.view(layout.gapIn))
        scatter(inputGradient, batch.weekParts, batch, gradient.view(layout.weekIn))
    }

    /// Adds the row of a table to each active row; an index beyond the table adds nothing.
    private func addRows(
        of table: MatrixView, _ indices: [UInt8], _ batch: BlockBatch, to target: MatrixView
    ) {
        for row in 0..<batch.rows where batch.items[row] >= 0 && indices[row] < table.rows {
            target.addToRow(row, 1, table, row: Int(indices[row]))
        }
    }

    /// Adds each active row to the row of a table; an index beyond the table adds nothing.
    private func scatter(
        _ rows: MatrixView, _ indices: [UInt8], _ batch: BlockBatch, _ table: MatrixView
    ) {
        for row in 0..<batch.rows where batch.items[row] >= 0 && indices[row] < table.rows {
            table.addToRow(Int(indices[row]), 1, rows, row: row)
        }
    }
}
