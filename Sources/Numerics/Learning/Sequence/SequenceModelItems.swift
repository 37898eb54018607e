package import Kernels

// The item probabilities, the item vectors, and the tensors of a model.

/// The rows whose item logits are computed at once, so that they stay in the cache.
private let rowsAtOnce = 32

extension SequenceModel {
    /// The probability of each item of the next event, given its time and type: n × itemCount.
    ///
    /// The result does not depend on the number of threads.
    ///
    /// - Complexity: O(n · itemCount · d).
    package func itemProbabilities(
        _ state: State, gaps: [UInt8], weekParts: [UInt8]? = nil, types: [UInt8],
        threads: Int = 1
    ) -> Matrix {
        let query = itemRows(state, gaps: gaps, weekParts: weekParts, types: types)
        let bias = weights.itemBias.elements
        let result = FloatStorage(count: state.count * configuration.itemCount)
            .view(rows: state.count, columns: configuration.itemCount)
        parallelFor((state.count + rowsAtOnce - 1) / rowsAtOnce, threads: threads) { block in
            let rows = block * rowsAtOnce..<min(state.count, (block + 1) * rowsAtOnce)
            let part = result.rows(rows)
            multiply(query.rows(rows), self.itemColumns, into: part)
            part.softmaxRows(adding: bias)
        }
        return result.matrix
    }

    /// Samples items of the next event, given its time and type, without storing probabilities.
    ///
    /// - Parameters:
    ///   - query: The queries of the sequences.
    ///   - uniforms: Numbers in [0, 1), the same count for each sequence, sequence after sequence.
    /// - Returns: An item for each number; -1 if no item has a probability above 0.
    /// - Complexity: O(n · itemCount · d) time, O(itemCount) memory.
    package func drawItems(_ query: ItemQuery, at uniforms: [Double]) -> [Int32] {
        guard query.count > 0 else { return [] }
        precondition(
            uniforms.count.isMultiple(of: query.count),
            "Each sequence needs the same count of numbers.")
        let perQuery = uniforms.count / query.count
        let bias = weights.itemBias.elements
        return stride(from: 0, to: query.count, by: rowsAtOnce).flatMap { first in
            let rows = first..<min(query.count, first + rowsAtOnce)
            return sampleFromSoftmax(
                query.rows.rows(rows), itemColumns, adding: bias,
                at: Array(uniforms[rows.lowerBound * perQuery..<rows.upperBound * perQuery]))
        }
    }

    /// The queries of the item softmax for the next events of parallel sequences.
    ///
    /// - Parameters:
    ///   - state: The state of the sequences.
    ///   - gaps: The class of the time gap to each next event.
    ///   - weekParts: The part of the week of each next event, if known.
    ///   - types: The type of each next event.
    /// - Returns: The queries for ``drawItems(_:at:)`` and ``ItemProposals``.
    package func itemQuery(
        _ state: State, gaps: [UInt8], weekParts: [UInt8]? = nil, types: [UInt8]
    ) -> ItemQuery {
        ItemQuery(rows: itemRows(state, gaps: gaps, weekParts: weekParts, types: types))
    }

    /// The left side of the product with the output table: n × d.
    private func itemRows(
        _ state: State, gaps: [UInt8], weekParts: [UInt8]?, types: [UInt8]
    ) -> MatrixView {
        let query = outputQuery(state, gaps: gaps, weekParts: weekParts, types: types)
        if configuration.cosineScale != nil {
            for row in 0..<query.rows { _ = query.normalizeRow(row, length: 1) }
        }
        return query
    }

    /// The item table: one vector of length `width` for each item.
    package var itemEmbeddings: Embeddings {
        Embeddings(
            dimensions: configuration.width, count: configuration.itemCount,
            vectors: weights.items.elements)
    }

    /// The model with more items; all other parameters are the same.
    ///
    /// - Parameters:
    ///   - vectors: The vectors of the new items, one after the other, each of length `width`.
    ///   - bias: The bias of the new items.
    /// - Returns: A model in which the new items follow the last item.
    package func joined(by vectors: [Float], bias: Float) -> SequenceModel {
        let width = configuration.width
        precondition(vectors.count % width == 0, "Vectors need the width of the model.")
        let own = configuration.itemCount
        let larger = SequenceWeights(
            Configuration(
                itemCount: own + vectors.count / width, typeCount: configuration.typeCount,
                width: width, layers: configuration.layers,
                cosineScale: configuration.cosineScale))
        larger.dense.copy(from: weights.dense)
        larger.items.write(weights.items.elements + vectors, at: 0)
        larger.itemBias.write(weights.itemBias.elements, at: 0)
        larger.itemBias.write(
            [Float](repeating: bias, count: vectors.count / width), at: own)
        return SequenceModel(larger)
    }

    /// All parameters by name.
    package func tensors() -> [String: Tensor] { weights.tensors() }

    /// The shapes of a model's tensors by name; all tensors are 32-bit floats.
    ///
    /// - Throws: `LearningError` if a value of the configuration is out of range.
    package static func tensorShapes(
        _ configuration: Configuration
    ) throws(LearningError) -> [String: [Int]] {
        try configuration.validate()
        return SequenceWeights.shapes(configuration)
    }

    /// The model with the given parameters.
    ///
    /// - Throws: `LearningError` if a tensor is missing, unexpected, of another shape or kind, or
    ///   not finite.
    package convenience init(
        configuration: Configuration, tensors: [String: Tensor]
    ) throws(LearningError) {
        try configuration.validate()
        self.init(try SequenceWeights(configuration, tensors: tensors))
    }
}

extension SequenceWeights {
    /// All values by name.
    func tensors() -> [String: Tensor] {
        var result: [String: Tensor] = [:]
        for entry in layout.entries {
            let range = entry.offset..<entry.offset + entry.rows * entry.columns
            result[entry.name] = Tensor(
                shape: [entry.rows, entry.columns], dense.elements(in: range))
        }
        result[Self.itemsName] = Tensor(
            shape: [configuration.itemCount, configuration.width], items.elements)
        result[Self.itemBiasName] = Tensor(
            shape: [configuration.itemCount], itemBias.elements)
        return result
    }

    /// The shape of each tensor.
    static func shapes(_ configuration: SequenceModel.Configuration) -> [String: [Int]] {
        var shapes: [String: [Int]] = [:]
        for entry in SequenceLayout(configuration).entries {
            shapes[entry.name] = [entry.rows, entry.columns]
        }
        shapes[itemsName] = [configuration.itemCount, configuration.width]
        shapes[itemBiasName] = [configuration.itemCount]
        return shapes
    }

    /// Weights with the values of the tensors; all shapes are checked before memory is allocated.
    init(
        _ configuration: SequenceModel.Configuration, tensors: [String: Tensor]
    ) throws(LearningError) {
        let expected = Self.shapes(configuration)
        for name in tensors.keys.sorted() where expected[name] == nil {
            throw LearningError(.wrongTensors, "The model has no tensor named \(name).")
        }
        var values: [String: [Float]] = [:]
        for (name, shape) in expected.sorted(by: { $0.key < $1.key }) {
            guard let tensor = tensors[name] else {
                throw LearningError(.wrongTensors, "The tensor \(name) is missing.")
            }
            guard tensor.shape == shape, let floats = tensor.floats else {
                throw LearningError(
                    .wrongTensors,
                    "The tensor \(name) has shape \(tensor.shape); "
                        + "32-bit floats of shape \(shape) are needed.")
            }
            guard floats.allSatisfy(\.isFinite) else {
                throw LearningError(
                    .wrongTensors, "The tensor \(name) holds a number that is not finite.")
            }
            values[name] = floats
        }
        self.init(configuration)
        for entry in layout.entries {
            dense.write(values[entry.name] ?? [], at: entry.offset)
        }
        items.write(values[Self.itemsName] ?? [], at: 0)
        itemBias.write(values[Self.itemBiasName] ?? [], at: 0)
    }
}
