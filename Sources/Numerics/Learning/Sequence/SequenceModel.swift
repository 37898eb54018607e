package import Kernels

/// A recurrent network (LSTM) that knows what comes next in a sequence of events.
///
/// The next event is predicted in three steps: when, what kind, which item:
/// p(gap | h) · p(type | h, time) · p(item | h, time, type), where h is the state of the network,
/// and the time is the gap and the part of the week that it leads to. The input is the sum of
/// learned vectors of the last event's item, type, preceding gap and part of the week; the item
/// table serves as input and as output (Inan et al. 2017, Press and Wolf 2017).
///
///     var state = model.initialState(count: 1)
///     model.advance(
///         &state, items: [7], types: [0], gaps: [TimeGap.beginning],
///         weekParts: [UInt8(WeekPart.index(time: now))])
///     let gaps = model.gapProbabilities(state)
///
/// Immutable, so any number of threads may use one model.
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
        /// Times the cosine of query and item vector, this is an item's logit.
        ///
        /// `nil` for their plain scalar product.
        /// With cosines, frequent items do not win by the length of their vectors (Gupta et al.
        /// 2019, "NISER: Normalized Item and Session Representations to Handle Popularity Bias").
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

    /// The memory of `count` parallel sequences.
    ///
    /// A value: advancing one copy leaves the others as they were.
    package struct State: Sendable {
        /// The number of parallel sequences.
        package private(set) var count: Int
        /// The hidden state of each layer, n × d, never written after creation.
        let hidden: [FloatStorage]
        /// The cell state of each layer, n × d, never written after creation.
        let cell: [FloatStorage]

        init(count: Int, hidden: [FloatStorage], cell: [FloatStorage]) {
            self.count = count
            self.hidden = hidden
            self.cell = cell
        }

        /// All numbers, sequence after sequence, for keeping: see `SequenceModel.state(elements:)`.
        ///
        /// 2 · layers · width numbers a sequence.
        package var elements: [Float] {
            guard count > 0 else { return [] }
            var result: [Float] = []
            for row in 0..<count {
                for part in zip(hidden, cell).flatMap({ [$0, $1] }) {
                    let width = part.count / count
                    result += part.elements(in: row * width..<(row + 1) * width)
                }
            }
            return result
        }
    }

    /// The sizes of this model.
    package let configuration: Configuration
    let weights: SequenceWeights
    let packed: PackedWeights
    let itemColumns: PackedMatrix  // d × I: the output table, ready to be the right side
    let itemSoftmax: SoftmaxTable
    /// What each part of an event adds to the gates of the first layer, which halves the work of a
    /// step; `nil` for a catalogue so large that reading them would take longer.
    private let inputGates: EventTables?

    /// Numbers in the table of items' gates at most: 64 MiB.
    private static let gateLimit = 1 << 24

    /// A model that takes over `weights`, which nobody may change afterwards.
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

    /// The state before any event.
    package func initialState(count: Int) -> State {
        precondition(count >= 0, "A state has no negative number of sequences.")
        let zero = FloatStorage(count: count * configuration.width)
        let parts = [FloatStorage](repeating: zero, count: configuration.layers)
        return State(count: count, hidden: parts, cell: parts)
    }

    /// The state kept earlier as `State.elements`.
    ///
    /// - Throws: `LearningError` with `invalidData` if the numbers do not fit this model.
    package func state(elements: [Float]) throws(LearningError) -> State {
        let width = configuration.width
        let length = 2 * configuration.layers * width
        guard elements.count % length == 0, elements.allSatisfy(\.isFinite) else {
            throw LearningError(
                .invalidData,
                "A kept state has \(elements.count) numbers; this model needs finite ones, "
                    + "\(length) a sequence. Replay the events instead.")
        }
        let count = elements.count / length
        func part(_ index: Int) -> FloatStorage {
            var values: [Float] = []
            values.reserveCapacity(count * width)
            for row in 0..<count {
                let start = row * length + index * width
                values += elements[start..<start + width]
            }
            return FloatStorage(values)
        }
        return State(
            count: count, hidden: (0..<configuration.layers).map { part(2 * $0) },
            cell: (0..<configuration.layers).map { part(2 * $0 + 1) })
    }

    /// Takes in one event per parallel sequence.
    ///
    /// An item outside the table counts as unknown, and so do a type and a part of the week: they
    /// add nothing. A gap beyond the last class counts as the last.
    ///
    /// - Complexity: O(n · layers · d²), as matrix products.
    package func advance(
        _ state: inout State, items: [Int32], types: [UInt8], gaps: [UInt8],
        weekParts: [UInt8]? = nil
    ) {
        let count = state.count
        precondition(
            items.count == count && types.count == count && gaps.count == count
                && weekParts?.count ?? count == count,
            "Each parallel sequence takes in one event.")
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
        precondition(count >= 0, "A state cannot be repeated a negative number of times.")
        return select(
            state, rows: (0..<state.count).flatMap { [Int](repeating: $0, count: count) })
    }

    /// The given parallel sequences of `state`, in that order; one may be taken many times.
    package func select(_ state: State, rows: [Int]) -> State {
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

    /// Puts states in the place of some rows.
    ///
    /// - Parameters:
    ///   - rows: Which, as many as there are states.
    ///   - state: The states of which they are rows.
    ///   - part: The new states, in the order of the rows.
    package func replace(_ rows: [Int], of state: inout State, with part: State) {
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

    /// The probability of each class of the time to the next event: n × `TimeGap.count`.
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

    /// The top hidden state, n × d.
    func top(_ state: State) -> MatrixView {
        state.hidden[configuration.layers - 1]
            .view(rows: state.count, columns: configuration.width)
    }

    /// Some states side by side, in that order.
    package func state(joining parts: [State]) -> State {
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

    /// What the item head sees of the next event, given its time and type: n × d.
    package func outlook(
        _ state: State, gaps: [UInt8], weekParts: [UInt8]? = nil, types: [UInt8]
    ) -> Matrix {
        outputQuery(state, gaps: gaps, weekParts: weekParts, types: types).matrix
    }

    /// h + G_out[gap] + W_out[part of the week], and + T_out[type] if types are given: n × d.
    func outputQuery(
        _ state: State, gaps: [UInt8], weekParts: [UInt8]?, types: [UInt8]?
    ) -> MatrixView {
        precondition(gaps.count == state.count, "One gap a sequence.")
        precondition(
            weekParts.map { $0.count == state.count } ?? true, "One part of the week a sequence.")
        precondition(types.map { $0.count == state.count } ?? true, "One type a sequence.")
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
