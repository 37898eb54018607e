extension MatrixView {
    /// Adds `scale` times another view of the same shape.
    package func add(_ scale: Float, _ other: MatrixView) {
        precondition(rows == other.rows && columns == other.columns, "The shapes must be equal.")
        for index in 0..<rows { axpy(scale, other.row(index), row(index), columns) }
    }

    /// Scales one row x to s · x / √(x·x + 10⁻¹²): the length s, or 0 for a row of zeros.
    ///
    /// - Parameters:
    ///   - index: The row.
    ///   - length: s.
    /// - Returns: 1 / √(x·x + 10⁻¹²), which `undoNormalize` needs.
    package func normalizeRow(_ index: Int, length: Float) -> Float {
        let inverse = inverseLength(index)
        scaleRow(row(index), columns, length * inverse)
        return inverse
    }

    /// 1 / √(x·x + 10⁻¹²) of one row x.
    package func inverseLength(_ index: Int) -> Float {
        1 / (dotRows(index, self, row: index) + 1e-12).squareRoot()
    }

    /// Turns a gradient by a row y = s · x / ‖x‖ into the gradient by x, in place.
    ///
    /// ∂loss/∂x = s / ‖x‖ · (g − u (u · g)), where u = x / ‖x‖ = `factor` · (the row of `other`).
    ///
    /// - Parameters:
    ///   - index: The row of this view, which holds g before and the result after.
    ///   - other: A view one of whose rows is a multiple of u.
    ///   - otherIndex: That row.
    ///   - factor: The factor that turns the row into u.
    ///   - scale: s / ‖x‖.
    package func undoNormalize(
        _ index: Int, along other: MatrixView, row otherIndex: Int, factor: Float, scale: Float
    ) {
        let along = dotRows(index, other, row: otherIndex)
        addToRow(index, -factor * factor * along, other, row: otherIndex)
        scaleRow(row(index), columns, scale)
    }

    /// Multiplies each element by the element of another view in the same row and column.
    package func multiply(elementwise other: MatrixView) {
        precondition(rows == other.rows && columns == other.columns, "The shapes must be equal.")
        for index in 0..<rows {
            let target = row(index)
            let factors = other.row(index)
            var column = 0
            while column + 16 <= columns {
                target.store(target.vector(column) * factors.vector(column), column)
                column += 16
            }
            while column < columns {
                target[column] *= factors[column]
                column += 1
            }
        }
    }

    /// Fills the view with a dropout mask: 0 at the given rate, else 1 / (1 − rate).
    ///
    /// The rate is rounded to a multiple of 2⁻¹⁶. An element depends only on the generator, its row
    /// and its column.
    package func fillDropout(_ numbers: Philox, rate: Float) {
        precondition(rate >= 0 && rate < 1, "A dropout rate must be in 0 ..< 1.")
        let threshold = UInt32(rate * 65_536)
        let kept = 65_536 / (65_536 - Float(threshold))
        let blocksPerRow = (columns + 7) / 8
        for index in 0..<rows {
            let target = row(index)
            for block in 0..<blocksPerRow {
                let random = numbers.block(at: UInt64(index * blocksPerRow + block))
                let first = block * 8
                for piece in 0..<min(8, columns - first) {
                    let word = random[piece >> 1]
                    let bits = piece & 1 == 0 ? word & 0xFFFF : word >> 16
                    target[first + piece] = bits < threshold ? 0 : kept
                }
            }
        }
    }
}
