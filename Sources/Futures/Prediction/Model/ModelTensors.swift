import Kernels
import Learning

/// Reads the parts of a model from tensors, and checks their values.
struct ModelTensors {
    /// The tensors by name.
    let tensors: [String: Tensor]

    func floats(_ name: String, count: Int?) throws -> [Float] {
        guard let values = tensors[name]?.floats, count == nil || values.count == count,
            values.allSatisfy(\.isFinite)
        else { throw LearningError(.invalidData, "\(name) is missing or of the wrong shape") }
        return values
    }

    /// The item statistics; the last row is that of all items together.
    func habits(_ name: String, count: Int) throws -> ItemRepeatStatistics {
        let values = try floats(name, count: nil)
        let rows = values.count / 4
        guard values.count.isMultiple(of: 4), (1...count + 1).contains(rows) else {
            throw LearningError(.invalidData, "\(name) does not fit the catalogue")
        }
        let habits = (0..<rows).map {
            ItemRepeatStatistics.Habit(
                rate: values[4 * $0], returns: values[4 * $0 + 1], gap: values[4 * $0 + 2],
                popularity: values[4 * $0 + 3])
        }
        return ItemRepeatStatistics(items: habits.dropLast(), common: habits[rows - 1])
    }

    /// The churn model.
    func churn() throws -> ChurnModel {
        let values = try floats("churn", count: 1 + ChurnModel.bounds.count)
        let churn = ChurnModel(probabilities: Array(values.dropFirst()), meanGap: values[0])
        guard churn.isWellFormed else {
            throw LearningError(.invalidData, "churn holds an invalid probability")
        }
        return churn
    }

    /// The layers of a reranker, from features to one number; none if it has no tensors.
    func reranker() throws -> Reranker {
        var layers: [Reranker.Layer] = []
        var inputs = RerankerList.featureCount
        while let shape = tensors["reranker.\(layers.count).weights"]?.shape {
            let name = "reranker.\(layers.count)"
            guard shape.count == 2, shape[0] == inputs, (1...1024).contains(shape[1]) else {
                throw LearningError(.invalidData, "\(name) is of the wrong shape")
            }
            let weights = try floats(name + ".weights", count: shape[0] * shape[1])
            layers.append(
                Reranker.Layer(
                    weights: Matrix(rows: shape[0], columns: shape[1], elements: weights),
                    bias: try floats(name + ".bias", count: shape[1])))
            inputs = shape[1]
        }
        guard layers.isEmpty || inputs == 1 else {
            throw LearningError(.invalidData, "reranker does not end with one number")
        }
        return Reranker(layers: layers)
    }

    /// The rows of a matrix: none, or `count` of them.
    func gates(_ name: String, count: Int) throws -> [[Float]] {
        let values = try floats(name, count: nil)
        // An empty matrix may have any number of rows.
        guard !values.isEmpty else { return [] }
        guard let shape = tensors[name]?.shape, shape.count == 2, shape[0] == count else {
            throw LearningError(.invalidData, "\(name) is missing or of the wrong shape")
        }
        return (0..<count).map { Array(values[$0 * shape[1]..<($0 + 1) * shape[1]]) }
    }

    func integers(_ name: String) throws -> [Int32] {
        guard case .i32(let values)? = tensors[name]?.storage else {
            throw LearningError(.invalidData, "\(name) is missing or of the wrong type")
        }
        return values
    }

    func rows(_ name: String, count: Int) throws -> SparseRows {
        let (offsets, columns) = try lists(name, itemCount: count)
        let weights = try floats(name + ".weights", count: columns.count)
        guard offsets.count == count + 1 else {
            throw LearningError(.invalidData, "\(name) does not fit the catalogue")
        }
        return SparseRows(offsets: offsets, columns: columns, weights: weights)
    }

    func neighbours(itemCount: Int) throws -> Neighbours {
        let (offsets, items) = try lists("neighbours", itemCount: itemCount)
        let baskets = try integers("neighbours.baskets")
        // Far from days whose differences could overflow.
        let days = -(Int64(1) << 40)...(Int64(1) << 40)
        guard case .i64(let endDays)? = tensors["neighbours.end_days"]?.storage,
            case .u8(let keyBytes)? = tensors["neighbours.keys"]?.storage,
            endDays.count == offsets.count - 1, endDays.allSatisfy(days.contains),
            [0, endDays.count * RowKey.byteCount].contains(keyBytes.count),
            baskets.count == items.count,
            baskets.allSatisfy({ $0 >= 0 && Int($0) < Neighbours.lengthLimit })
        else { throw LearningError(.invalidData, "neighbours do not fit together") }
        let keys = stride(from: 0, to: keyBytes.count, by: RowKey.byteCount).compactMap {
            RowKey(bytes: keyBytes[$0..<$0 + RowKey.byteCount])
        }
        return Neighbours(
            NeighbourEvents(
                offsets: offsets, items: items, baskets: baskets, endDays: endDays, keys: keys),
            itemCount: itemCount)
    }

    private func lists(
        _ name: String, itemCount: Int
    ) throws -> (offsets: [Int32], items: [Int32]) {
        let offsets = try integers(name + ".offsets")
        let items = try integers(name + ".items")
        guard offsets.first == 0, Int(offsets.last ?? -1) == items.count,
            zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }),
            items.allSatisfy({ $0 >= 0 && Int($0) < itemCount })
        else { throw LearningError(.invalidData, "\(name) points outside the catalogue") }
        return (offsets, items)
    }
}
