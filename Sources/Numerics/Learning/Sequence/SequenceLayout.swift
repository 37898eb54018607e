import Kernels

/// The offsets of the dense parameters of the sequence model in one flat storage.
///
/// All parameters except the item table are dense: each step changes all of them. In one storage,
/// the optimiser, the gradient norm and the reduction over threads are simple loops. See
/// `SequenceBlock` for the letters.
struct SequenceLayout: Sendable {
    struct Entry: Sendable {
        let name: String
        let rows: Int
        let columns: Int
        let offset: Int
    }

    /// The parameters of one LSTM layer.
    struct Layer: Sendable {
        let input: Entry  // d × 4d
        let hidden: Entry  // d × 4d
        let bias: Entry  // 1 × 4d
    }

    let entries: [Entry]
    let count: Int
    let layers: [Layer]
    let typeIn: Entry  // T × d
    let gapIn: Entry  // G × d
    let weekIn: Entry  // W × d
    let typeOut: Entry  // T × d
    let gapOut: Entry  // G × d
    let weekOut: Entry  // W × d
    let gapWeight: Entry  // G × d
    let gapBias: Entry  // 1 × G
    let typeWeight: Entry  // T × d
    let typeBias: Entry  // 1 × T

    init(_ configuration: SequenceModel.Configuration) {
        let width = configuration.width
        let types = configuration.typeCount
        var entries: [Entry] = []
        var offset = 0
        func add(_ name: String, _ rows: Int, _ columns: Int) -> Entry {
            let entry = Entry(name: name, rows: rows, columns: columns, offset: offset)
            entries.append(entry)
            // Each parameter begins at a multiple of 64 bytes.
            offset += (rows * columns + 15) / 16 * 16
            return entry
        }
        var layers: [Layer] = []
        for layer in 0..<configuration.layers {
            layers.append(
                Layer(
                    input: add("lstm.\(layer).weight_input", width, 4 * width),
                    hidden: add("lstm.\(layer).weight_hidden", width, 4 * width),
                    bias: add("lstm.\(layer).bias", 1, 4 * width)))
        }
        self.layers = layers
        typeIn = add("type_in", types, width)
        gapIn = add("gap_in", TimeGap.count, width)
        weekIn = add("week_in", WeekPart.count, width)
        typeOut = add("type_out", types, width)
        gapOut = add("gap_out", TimeGap.count, width)
        weekOut = add("week_out", WeekPart.count, width)
        gapWeight = add("gap_weight", TimeGap.count, width)
        gapBias = add("gap_bias", 1, TimeGap.count)
        typeWeight = add("type_weight", types, width)
        typeBias = add("type_bias", 1, types)
        self.entries = entries
        count = offset
    }
}

extension FloatStorage {
    /// The matrix of one dense parameter.
    func view(_ entry: SequenceLayout.Entry) -> MatrixView {
        view(offset: entry.offset, rows: entry.rows, columns: entry.columns)
    }
}

/// All parameters of the sequence model: dense parameters, item table and item biases.
struct SequenceWeights: Sendable {
    static let itemsName = "item_embedding"
    static let itemBiasName = "item_bias"

    let configuration: SequenceModel.Configuration
    let layout: SequenceLayout
    let dense: FloatStorage
    let items: FloatStorage  // I × d
    let itemBias: FloatStorage  // I

    /// Weights that are all 0.
    init(_ configuration: SequenceModel.Configuration) {
        self.configuration = configuration
        layout = SequenceLayout(configuration)
        dense = FloatStorage(count: layout.count)
        items = FloatStorage(count: configuration.itemCount * configuration.width)
        itemBias = FloatStorage(count: configuration.itemCount)
    }

    /// The item table as a matrix: I × d.
    var itemTable: MatrixView {
        items.view(rows: configuration.itemCount, columns: configuration.width)
    }

    /// The item vectors of the output: the item table, or a copy with cosine scale · directions.
    var outputTable: MatrixView {
        guard let scale = configuration.cosineScale else { return itemTable }
        let table = FloatStorage(count: items.count)
            .view(rows: configuration.itemCount, columns: configuration.width)
        table.copy(from: itemTable)
        for item in 0..<table.rows { _ = table.normalizeRow(item, length: scale) }
        return table
    }

    /// A copy with its own memory.
    func copy() -> SequenceWeights {
        let result = SequenceWeights(configuration)
        result.copy(from: self)
        return result
    }

    /// Copies all values of weights of the same configuration.
    func copy(from other: SequenceWeights) {
        dense.copy(from: other.dense)
        items.copy(from: other.items)
        itemBias.copy(from: other.itemBias)
    }

    /// Random weights.
    ///
    /// Matrices are uniform in ±1/√d, and input matrices of the layers times a gain. The forget
    /// bias is 1. Item vectors are normal with standard deviation 0.1. Tables of parts of the week
    /// are 0.
    static func random(
        _ configuration: SequenceModel.Configuration, seed: UInt64
    ) -> SequenceWeights {
        let weights = SequenceWeights(configuration)
        var generator = PhiloxGenerator(seed: seed, stream: 1)
        let bound = 1 / Double(configuration.width).squareRoot()
        // Parts of the week begin at 0, so parts without events never have an effect.
        let layout = weights.layout
        let zero = [layout.weekIn.name, layout.weekOut.name]
        for entry in layout.entries
        where !entry.name.hasSuffix("bias") && !zero.contains(entry.name) {
            for index in 0..<entry.rows * entry.columns {
                weights.dense[entry.offset + index] = Float((generator.uniform() * 2 - 1) * bound)
            }
        }
        for (index, layer) in layout.layers.enumerated() {
            // The inputs of a layer are small at first: sums of small vectors, or hidden states far
            // from saturation. Without a gain, stacked layers are almost linear and near 0, and
            // stay on a plateau for many epochs.
            let input =
                layer.input.offset..<layer.input.offset + layer.input.rows
                * layer.input.columns
            let gain: Float = index == 0 ? 2 : 5
            for index in input { weights.dense[index] *= gain }
            for index in configuration.width..<2 * configuration.width {
                weights.dense[layer.bias.offset + index] = 1
            }
        }
        for index in 0..<weights.items.count {
            weights.items[index] = Float(generator.normal()) * itemScale
        }
        return weights
    }

    /// The root mean square of the elements of a random item table.
    static let itemScale: Float = 0.1
}
