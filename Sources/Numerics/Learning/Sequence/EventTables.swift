import Kernels

/// What each part of an event adds to the input of the network: the events' vectors are sums of rows.
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

    /// The tables multiplied by a matrix, so that the sum of rows is the product: columns = its.
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

    /// Writes the sum of an event's rows; what is unknown adds nothing, and a gap beyond the last
    /// class counts as the last.
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
