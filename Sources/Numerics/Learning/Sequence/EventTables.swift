import Kernels

/// The input tables of the network: an event's input vector is the sum of one row of each.
struct EventTables: Sendable {
    let items: MatrixView  // I × columns
    let types: MatrixView  // T × columns
    let gaps: MatrixView  // G × columns
    let weekParts: MatrixView  // W × columns

    private init(
        items: MatrixView, types: MatrixView, gaps: MatrixView, weekParts: MatrixView
    ) {
        self.items = items
        self.types = types
        self.gaps = gaps
        self.weekParts = weekParts
    }

    /// The learned vectors: columns = d.
    init(_ weights: SequenceWeights) {
        self.init(
            items: weights.itemTable, types: weights.dense.view(weights.layout.typeIn),
            gaps: weights.dense.view(weights.layout.gapIn),
            weekParts: weights.dense.view(weights.layout.weekIn))
    }

    /// The tables multiplied by a matrix: the sum of rows is then the product of the input vector.
    func multiplied(by matrix: PackedMatrix) -> EventTables {
        func product(_ table: MatrixView) -> MatrixView {
            let result = FloatStorage(count: table.rows * matrix.columns)
                .view(rows: table.rows, columns: matrix.columns)
            multiply(table, matrix, into: result)
            return result
        }
        return EventTables(
            items: product(items), types: product(types), gaps: product(gaps),
            weekParts: product(weekParts))
    }

    /// Writes the sum of an event's rows to a row of `target`.
    ///
    /// An unknown item, type or part of the week adds nothing. A gap beyond the last class counts
    /// as the last class.
    func write(
        _ row: Int, of target: MatrixView, item: Int32, type: UInt8, gap: UInt8, weekPart: UInt8?
    ) {
        if item >= 0 && item < items.rows {
            target.copyRow(row, from: items, row: Int(item))
        } else {
            target.fillRow(row, 0)
        }
        if type < types.rows { target.addToRow(row, 1, types, row: Int(type)) }
        target.addToRow(row, 1, gaps, row: min(Int(gap), TimeGap.count - 1))
        if let weekPart, weekPart < WeekPart.count {
            target.addToRow(row, 1, weekParts, row: Int(weekPart))
        }
    }
}
