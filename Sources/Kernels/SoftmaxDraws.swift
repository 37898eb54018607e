/// Columns whose exponentials are summed as one, so that a draw walks over few sums.
private let drawBlock = 256

extension MatrixView {
    /// Draws columns from each row's softmax, which need not be written out for that.
    ///
    /// The rows are overwritten.
    ///
    /// - Parameters:
    ///   - bias: Added to each row before, one number a column; may be empty.
    ///   - uniforms: Numbers from 0 up to 1, equally many for each row, row after row.
    /// - Returns: For each number the column at which the running sum of the softmax passes it.
    /// - Complexity: O(rows · columns) to sum, O(√columns) or so for each draw.
    public func drawFromSoftmaxRows(adding bias: [Float] = [], at uniforms: [Double]) -> [Int32] {
        precondition(bias.isEmpty || bias.count == columns, "One bias a column.")
        precondition(rows > 0 && columns > 0, "Nothing to draw from.")
        precondition(uniforms.count.isMultiple(of: rows), "Equally many numbers a row.")
        let perRow = uniforms.count / rows
        var result: [Int32] = []
        result.reserveCapacity(uniforms.count)
        var sums = [Double](repeating: 0, count: (columns + drawBlock - 1) / drawBlock)
        for index in 0..<rows {
            let target = row(index)
            _ = bias.reading { axpy(1, $0, target, columns) }
            let peak = rowMaximum(target, columns)
            var total = 0.0
            for block in sums.indices {
                let first = block * drawBlock
                let count = min(drawBlock, columns - first)
                total += Double(exponentials(target + first, count, minus: peak))
                sums[block] = total
            }
            for draw in 0..<perRow {
                let wanted = uniforms[index * perRow + draw] * total
                result.append(Int32(column(at: wanted, in: target, sums)))
            }
        }
        return result
    }

    /// The column at which the running sum of a row passes a number below the whole sum.
    private func column(at wanted: Double, in row: FloatPointer, _ sums: [Double]) -> Int {
        let block = sums.firstIndex { wanted < $0 } ?? sums.count - 1
        var left = wanted - (block > 0 ? sums[block - 1] : 0)
        let end = min(columns, (block + 1) * drawBlock)
        var last = block * drawBlock
        for column in block * drawBlock..<end where row[column] > 0 {
            last = column
            left -= Double(row[column])
            if left < 0 { break }
        }
        return last
    }
}
