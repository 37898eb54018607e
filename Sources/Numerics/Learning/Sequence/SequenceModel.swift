package import Kernels

/// A recurrent network (LSTM) that predicts the next event of a sequence.
///
/// The next event is predicted in three steps, its time, its type and its item:
/// p(gap | h) · p(type | h, time) · p(item | h, time, type). Here h is the hidden state, and the
/// time is the time gap and the part of the week. The input is the sum of learned vectors of the
/// last event's item, type, preceding gap and part of the week. The item table is used for input
/// and output (Inan et al. 2017, Press and Wolf 2017).
///
///     var state = model.initialState(count: 1)
///     model.advance(
///         &state, items: [7], types: [0], gaps: [TimeGap.beginning],
///         weekParts: [UInt8(WeekPart.index(time: now))])
///     let gaps = model.gapProbabilities(state)
///
/// A model is immutable, so any number of threads may use it.
package final class SequenceModel: Sendable {
    /// The sizes of a model.
    package struct Configuration: Codable, Sendable, Equatable {
        /// The number of items; items are numbered from 0.
        package let itemCount: Int
        /// The number of event types, at most 256.
        package let typeCount: Int
        /// The length of the item vectors and of the hidden state.
        package let width: Int
        /// The number of LSTM layers.
        package let layers: Int
        /// The factor of the cosine of query and item vector in an item's logit.
        ///
        /// `nil` means that the logit is their scalar product. With cosines, the length of a
        /// frequent item's vector has no effect (Gupta et al. 2019, "NISER: Normalized Item and
        /// Session Representations to Handle Popularity Bias").
        package let cosineScale: Float?

        /// Sizes of a model.
        package init(
            itemCount: Int, typeCount: Int, width: Int = 64, layers: Int = 1,
            cosineScale: Float? = nil
        ) {
            self.itemCount = itemCount
            self.typeCount = typeCount
            self.width = width
            self.layers = layers
            self.cosineScale = cosineScale
        }

        /// Checks the ranges, so that no product of sizes can overflow.
        package func validate() throws(LearningError) {
            let ranges = [
                ("itemCount", itemCount, 1...50_000_000), ("typeCount", typeCount, 1...256),
                ("width", width, 1...4_096), ("layers", layers, 1...16),
            ]
            for (name, value, range) in ranges where !range.contains(value) {
                throw LearningError(
                    .invalidConfiguration,
                    "\(name) is \(value); it must be from \(range.lowerBound) "
                        + "to \(range.upperBound).")
            }
            if let cosineScale, !(cosineScale > 0 && cosineScale <= 1_000) {
                throw LearningError(
                    .invalidConfiguration,
                    "cosineScale is \(cosineScale); it must be above 0 and at most 1000.")
            }
        }
    }

    /// The state of `count` parallel sequences.
    ///
    /// It has value semantics: advancing one copy does not change the others.
    package struct State: Sendable {
        /// The number of parallel sequences.
        package let count: Int
        /// The hidden state of each layer, n × d, never written after creation.
        let hidden: [FloatStorage]
        /// The cell state of each layer, n × d, never written after creation.
        let cell: [FloatStorage]

        init(count: Int, hidden: [FloatStorage], cell: [FloatStorage]) {
            self.count = count
            self.hidden = hidden
            self.cell = cell
        }
    }

    /// The sizes of this model.
    package let configuration: Configuration
    let weights: SequenceWeights
    let packed: PackedWeights
    let itemColumns: PackedMatrix  // d × I: the output table as the right side of products
    let itemSoftmax: SoftmaxTable
    /// The input tables multiplied by the input matrix of the first layer, which halves the work of
    /// a step; `nil` for catalogues so large that reading the tables would take longer.
    private let inputGates: EventTables?

    /// The greatest size of the item table of `inputGates` in numbers: 64 MiB.
    private static let gateLimit = 1 << 24

    /// A model with the given weights, which must not change afterwards.
    init(_ weights: SequenceWeights) {
        configuration = weights.configuration
        self.weights = weights
        packed = PackedWeights(weights)
        let outputTable = weights.outputTable
        itemColumns = PackedMatrix(outputTable, transposed: true)
        itemSoftmax = SoftmaxTable(
            vectors: outputTable, columns: itemColumns, bias: weights.itemBias.elements)
        inputGates =
            configuration.itemCount * 4 * configuration.width <= Self.gateLimit
            ? EventTables(weights).multiplied(by: packed.layers[0].input) : nil
    }

    /// The state before the first event.
    package func initialState(count: Int) -> State {
        precondition(count >= 0, "The number of sequences must not be negative.")
        let zero = FloatStorage(count: count * configuration.width)
        let parts = [FloatStorage](repeating: zero, count: configuration.layers)
        return State(count: count, hidden: parts, cell: parts)
    }

    /// Checks once per call that a state is of a model of this shape.
    private func check(_ state: State) {
        let size = state.count * configuration.width
        precondition(
            state.hidden.count == configuration.layers && state.cell.count == configuration.layers
                && state.hidden.allSatisfy { $0.count == size }
                && state.cell.allSatisfy { $0.count == size },
            "The state must be of a model with the same width and layers.")
    }

    /// Updates the state with one event of each parallel sequence.
    ///
    /// An unknown item, type or part of the week (outside its table) adds nothing to the input. A
    /// gap beyond the last class counts as the last class.
    ///
    /// - Complexity: O(n · layers · d²), as matrix products.
    package func advance(
        _ state: inout State, items: [Int32], types: [UInt8], gaps: [UInt8],
        weekParts: [UInt8]? = nil
    ) {
        check(state)
        let count = state.count
        precondition(
            items.count == count && types.count == count && gaps.count == count
                && weekParts?.count ?? count == count,
            "Each parallel sequence needs one event.")
        let width = configuration.width
        let gates = FloatStorage(unfilled: count * 4 * width)
            .view(rows: count, columns: 4 * width)
        let squashed = FloatStorage(unfilled: count * width).view(rows: count, columns: width)
        var input = squashed
        func write(_ tables: EventTables, into target: MatrixView) {
            for row in 0..<count {
                tables.write(
                    row, of: target, item: items[row], type: types[row], gap: gaps[row],
                    weekPart: weekParts?[row])
            }
        }
        if let inputGates {
            write(inputGates, into: gates)
        } else {
            write(EventTables(weights), into: input)
            multiply(input, packed.layers[0].input, into: gates)
        }
        var hidden: [FloatStorage] = []
        var cell: [FloatStorage] = []
        for layer in 0..<configuration.layers {
            let nextHidden = FloatStorage(unfilled: count * width)
            let nextCell = FloatStorage(unfilled: count * width)
            if layer > 0 { multiply(input, packed.layers[layer].input, into: gates) }
            multiply(
                state.hidden[layer].view(rows: count, columns: width),
                packed.layers[layer].hidden, into: gates, accumulate: true)
            LSTMCell.forward(
                gates: gates, bias: weights.dense.view(weights.layout.layers[layer].bias),
                previousCell: state.cell[layer].view(rows: count, columns: width),
                cell: nextCell.view(rows: count, columns: width), cellTanh: squashed,
                hidden: nextHidden.view(rows: count, columns: width))
            hidden.append(nextHidden)
            cell.append(nextCell)
            input = nextHidden.view(rows: count, columns: width)
        }
        state = State(count: count, hidden: hidden, cell: cell)
    }

    /// The state after all events of one sequence, the oldest first; times in seconds since 1970.
    package func replay(
        items: [Int32], types: [UInt8], times: [Int64]
    ) -> State {
        var sequence = EventSequences()
        sequence.append(items: items, types: types, times: times)
        var state = initialState(count: 1)
        for index in items.indices {
            advance(
                &state, items: [items[index]], types: [types[index]],
                gaps: [sequence.gap(before: index, sequenceStart: 0)],
                weekParts: [UInt8(WeekPart.index(time: times[index]))])
        }
        return state
    }

    /// Each sequence of `state` repeated `count` times, the copies side by side.
    package func state(repeating state: State, count: Int) -> State {
        precondition(count >= 0, "The count must not be negative.")
        return select(
            state, rows: (0..<state.count).flatMap { [Int](repeating: $0, count: count) })
    }

    /// The given parallel sequences of `state`, in that order; a row may occur several times.
    package func select(_ state: State, rows: [Int]) -> State {
        check(state)
        let width = configuration.width
        func chosen(_ part: FloatStorage) -> FloatStorage {
            let source = part.view(rows: state.count, columns: width)
            let target = FloatStorage(unfilled: rows.count * width)
            let view = target.view(rows: rows.count, columns: width)
            for (index, row) in rows.enumerated() {
                view.copyRow(index, from: source, row: row)
            }
            return target
        }
        return State(
            count: rows.count, hidden: state.hidden.map(chosen), cell: state.cell.map(chosen))
    }

    /// Replaces some rows of a state.
    ///
    /// - Parameters:
    ///   - rows: The rows, one for each row of `part`.
    ///   - state: The state to change.
    ///   - part: The new rows, in the order of `rows`.
    package func replace(_ rows: [Int], of state: inout State, with part: State) {
        check(state)
        check(part)
        precondition(rows.count == part.count, "Each row needs one new state.")
        guard !rows.isEmpty else { return }
        let width = configuration.width
        func put(_ source: FloatStorage, into target: FloatStorage, _ count: Int) -> FloatStorage {
            let result = FloatStorage(unfilled: count * width)
            let view = result.view(rows: count, columns: width)
            let old = target.view(rows: count, columns: width)
            for row in 0..<count { view.copyRow(row, from: old, row: row) }
            let new = source.view(rows: part.count, columns: width)
            for (index, row) in rows.enumerated() { view.copyRow(row, from: new, row: index) }
            return result
        }
        let count = state.count
        state = State(
            count: count, hidden: zip(part.hidden, state.hidden).map { put($0, into: $1, count) },
            cell: zip(part.cell, state.cell).map { put($0, into: $1, count) })
    }

    /// The probability of each class of the time gap to the next event: n × `TimeGap.count`.
    package func gapProbabilities(_ state: State) -> Matrix {
        let result = FloatStorage(count: state.count * TimeGap.count)
            .view(rows: state.count, columns: TimeGap.count)
        multiply(top(state), packed.gapColumns, into: result)
        result.softmaxRows(adding: weights.dense.view(weights.layout.gapBias).matrix.elements)
        return result.matrix
    }

    /// The probability of each type of the next event, given its time: n × typeCount.
    package func typeProbabilities(
        _ state: State, gaps: [UInt8], weekParts: [UInt8]? = nil
    ) -> Matrix {
        let query = outputQuery(state, gaps: gaps, weekParts: weekParts, types: nil)
        let result = FloatStorage(count: state.count * configuration.typeCount)
            .view(rows: state.count, columns: configuration.typeCount)
        multiply(query, packed.typeColumns, into: result)
        result.softmaxRows(adding: weights.dense.view(weights.layout.typeBias).matrix.elements)
        return result.matrix
    }

    /// The hidden state of the top layer, n × d.
    private func top(_ state: State) -> MatrixView {
        check(state)
        return state.hidden[configuration.layers - 1]
            .view(rows: state.count, columns: configuration.width)
    }

    /// The parallel sequences of all states, in that order.
    package func state(joining parts: [State]) -> State {
        for part in parts { check(part) }
        let width = configuration.width
        let count = parts.reduce(0) { $0 + $1.count }
        func joined(_ part: (State) -> FloatStorage) -> FloatStorage {
            let target = FloatStorage(count: count * width)
            var offset = 0
            for state in parts {
                let source = part(state)
                target.write(source.elements, at: offset)
                offset += source.count
            }
            return target
        }
        return State(
            count: count,
            hidden: (0..<configuration.layers).map { layer in
                joined { $0.hidden[layer] }
            }, cell: (0..<configuration.layers).map { layer in joined { $0.cell[layer] } })
    }

    /// The query of the item softmax for the next event, given its time and type: n × d.
    ///
    /// The gate of the mixture of experts uses it as its features.
    package func gatingFeatures(
        _ state: State, gaps: [UInt8], weekParts: [UInt8]? = nil, types: [UInt8]
    ) -> Matrix {
        outputQuery(state, gaps: gaps, weekParts: weekParts, types: types).matrix
    }

    /// h + G_out[gap] + W_out[part of the week], and + T_out[type] if types are given: n × d.
    func outputQuery(
        _ state: State, gaps: [UInt8], weekParts: [UInt8]?, types: [UInt8]?
    ) -> MatrixView {
        precondition(gaps.count == state.count, "Each sequence needs one gap.")
        precondition(
            weekParts.map { $0.count == state.count } ?? true,
            "Each sequence needs one part of the week.")
        precondition(types.map { $0.count == state.count } ?? true, "Each sequence needs one type.")
        let query = FloatStorage(count: state.count * configuration.width)
            .view(rows: state.count, columns: configuration.width)
        query.copy(from: top(state))
        let gapTable = weights.dense.view(weights.layout.gapOut)
        let weekTable = weights.dense.view(weights.layout.weekOut)
        let typeTable = weights.dense.view(weights.layout.typeOut)
        for row in 0..<state.count {
            query.addToRow(row, 1, gapTable, row: min(Int(gaps[row]), TimeGap.count - 1))
            if let part = weekParts?[row], part < WeekPart.count {
                query.addToRow(row, 1, weekTable, row: Int(part))
            }
            if let type = types?[row], type < configuration.typeCount {
                query.addToRow(row, 1, typeTable, row: Int(type))
            }
        }
        return query
    }
}
