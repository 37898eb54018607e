import Kernels

/// The dense weights, packed for matrix products.
///
/// See `SequenceBlock` for the letters.
///
/// Call `pack` after each change of the weights. Between changes any number of threads may read it.
struct PackedWeights: Sendable {
    struct Layer: Sendable {
        let input: PackedMatrix  // d × 4d
        let hidden: PackedMatrix  // d × 4d
        let inputBack: PackedMatrix  // 4d × d
        let hiddenBack: PackedMatrix  // 4d × d
    }

    let layers: [Layer]
    let gapColumns: PackedMatrix  // d × G
    let gapRows: PackedMatrix  // G × d
    let typeColumns: PackedMatrix  // d × T
    let typeRows: PackedMatrix  // T × d

    init(_ weights: SequenceWeights) {
        let width = weights.configuration.width
        let types = weights.configuration.typeCount
        layers = (0..<weights.configuration.layers).map { _ in
            Layer(
                input: PackedMatrix(rows: width, columns: 4 * width),
                hidden: PackedMatrix(rows: width, columns: 4 * width),
                inputBack: PackedMatrix(rows: 4 * width, columns: width),
                hiddenBack: PackedMatrix(rows: 4 * width, columns: width))
        }
        gapColumns = PackedMatrix(rows: width, columns: TimeGap.count)
        gapRows = PackedMatrix(rows: TimeGap.count, columns: width)
        typeColumns = PackedMatrix(rows: width, columns: types)
        typeRows = PackedMatrix(rows: types, columns: width)
        pack(weights)
    }

    /// Copies the current values; no other thread may read at the same time.
    func pack(_ weights: SequenceWeights) {
        let layout = weights.layout
        for (layer, entry) in zip(layers, layout.layers) {
            layer.input.pack(weights.dense.view(entry.input))
            layer.hidden.pack(weights.dense.view(entry.hidden))
            layer.inputBack.pack(weights.dense.view(entry.input), transposed: true)
            layer.hiddenBack.pack(weights.dense.view(entry.hidden), transposed: true)
        }
        gapColumns.pack(weights.dense.view(layout.gapWeight), transposed: true)
        gapRows.pack(weights.dense.view(layout.gapWeight))
        typeColumns.pack(weights.dense.view(layout.typeWeight), transposed: true)
        typeRows.pack(weights.dense.view(layout.typeWeight))
    }
}
