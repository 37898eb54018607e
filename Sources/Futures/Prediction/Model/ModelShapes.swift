import Learning
import Shop

/// The required types and shapes of a model's tensors.
///
/// They are checked before any tensor is read, so a wrong file costs only the reading of its
/// header.
struct ModelShapes {
    /// The sizes of the LSTM.
    var sequence: SequenceModel.Configuration
    /// The length of an item's vector.
    var dimensions: Int
    /// The number of items.
    var itemCount: Int
    /// The event types.
    var eventTypes: EventVocabulary

    /// Throws unless the tensors are exactly those of a model.
    func check(_ entries: [String: TensorEntry]) throws(LearningError) {
        var rest = Shapes(entries)
        for (name, shape) in try SequenceModel.tensorShapes(sequence).sorted(by: { $0.key < $1.key }
        ) {
            try rest.take("sequence.\(name)", "F32", shape)
        }
        try rest.take("embeddings", "F32", [itemCount, dimensions])
        try rest.take("popularity", "F32", [itemCount])
        try rest.take("history", "F32", [RecurrenceFeatures.Layout(eventTypes).weightCount])
        try rest.take("habits", "F32", [nil, 4])
        try rest.take("churn", "F32", [1 + ChurnModel.bounds.count])
        for name in ["transitions.following", "transitions.together"] {
            try rest.take("\(name).offsets", "I32", [itemCount + 1])
            let count = try rest.take("\(name).items", "I32", [nil])[0]
            try rest.take("\(name).weights", "F32", [count])
        }
        let rows = try rest.take("neighbours.end_days", "I64", [nil])[0]
        let keys = try rest.take("neighbours.keys", "U8", [nil, RowKey.byteCount])[0]
        guard keys == 0 || keys == rows else {
            throw LearningError(.wrongTensors, "neighbours.keys does not fit neighbours.end_days.")
        }
        try rest.take("neighbours.offsets", "I32", [rows + 1])
        let count = try rest.take("neighbours.items", "I32", [nil])[0]
        try rest.take("neighbours.baskets", "I32", [count])
        let gates = try rest.take("mixture.gates", "F32", [nil, nil])
        guard gates == [0, 0] || gates == [ExpertID.allCases.count, sequence.width + 1] else {
            throw LearningError(.wrongTensors, "mixture.gates cannot have the shape \(gates).")
        }
        var layer = 0
        while rest.has("reranker.\(layer).weights") {
            let width = try rest.take("reranker.\(layer).weights", "F32", [nil, nil])[1]
            try rest.take("reranker.\(layer).bias", "F32", [width])
            layer += 1
        }
        try rest.finish()
    }

    /// The tensors that were not checked yet.
    private struct Shapes {
        private var entries: [String: TensorEntry]

        init(_ entries: [String: TensorEntry]) { self.entries = entries }

        func has(_ name: String) -> Bool { entries[name] != nil }

        /// Removes a tensor, and throws unless it has this type and shape; `nil` is any length.
        @discardableResult
        mutating func take(
            _ name: String, _ kind: String, _ shape: [Int?]
        ) throws(LearningError) -> [Int] {
            guard let entry = entries.removeValue(forKey: name) else {
                throw LearningError(.wrongTensors, "The tensor \(name) is missing.")
            }
            guard entry.kind == kind, entry.shape.count == shape.count,
                zip(entry.shape, shape).allSatisfy({ $1 == nil || $0 == $1 })
            else {
                throw LearningError(
                    .wrongTensors,
                    "The tensor \(name) has the type \(entry.kind) and the shape \(entry.shape), "
                        + "which this model cannot use.")
            }
            return entry.shape
        }

        func finish() throws(LearningError) {
            guard let name = entries.keys.min() else { return }
            throw LearningError(.wrongTensors, "The model has no tensor named \(name.prefix(80)).")
        }
    }
}
