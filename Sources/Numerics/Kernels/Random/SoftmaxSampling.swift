import Foundation

/// The columns of one block of logits.
///
/// Its rows stay in the first-level cache from product to sum.
private let blockWidth = 512

/// Samples columns from the softmax of each row of A · B + bias, without normalising it.
///
/// - Parameters:
///   - a: The queries, n × d, with n above 0.
///   - b: The table, d × columns, with at least one column.
///   - bias: Added to each row of the product, one number a column; may be empty.
///   - uniforms: Numbers in [0, 1), the same count for each row, row after row.
/// - Returns: For each number the column at which the running sum of the row's softmax exceeds it;
///   -1 if the row has no finite sum, or no column with a probability above 0.
/// - Complexity: O(n · d · columns) time, O(n · columns) memory.
package func sampleFromSoftmax(
    _ a: MatrixView, _ b: PackedMatrix, adding bias: [Float] = [], at uniforms: [Double]
) -> [Int32] {
    precondition(bias.isEmpty || bias.count == b.columns, "One bias a column.")
    precondition(a.rows > 0 && b.columns > 0, "There must be rows and columns to sample from.")
    precondition(uniforms.count.isMultiple(of: a.rows), "Each row needs the same count of numbers.")
    // Rows of zeros complete the last tile: that is faster than a tile done row by row.
    let rows = (a.rows + tileHeight - 1) / tileHeight * tileHeight
    let queries = FloatStorage(count: rows * a.columns).view(rows: rows, columns: a.columns)
    queries.rows(0..<a.rows).copy(from: a)
    let blocks = SoftmaxBlocks(rows: rows, columns: b.columns)
    for block in 0..<blocks.count {
        let columns = blocks.columns(block)
        multiply(queries, b, columns: columns, into: blocks.view(block))
        _ = bias.reading { blocks.add($0 + columns.lowerBound, to: block, rows: a.rows) }
        blocks.exponentiate(block, rows: a.rows)
    }
    let perRow = uniforms.count / a.rows
    return (0..<a.rows).flatMap { row in
        blocks.draw(row, at: uniforms[row * perRow..<(row + 1) * perRow])
    }
}

/// Logits, and then their exponentials, in blocks of columns.
///
/// Each block has its own scale.
private final class SoftmaxBlocks {
    let count: Int
    private let rows: Int
    private let width: Int
    private let values: FloatStorage
    /// For each row and block: the greatest logit, and the sum of the exponentials relative to it.
    private var peaks: [Float]
    private var sums: [Float]

    init(rows: Int, columns: Int) {
        self.rows = rows
        width = columns
        count = (columns + blockWidth - 1) / blockWidth
        // Every element is written by a product before it is read.
        values = FloatStorage(unfilled: rows * columns)
        peaks = [Float](repeating: 0, count: rows * count)
        sums = [Float](repeating: 0, count: rows * count)
    }

    /// The columns of a block.
    func columns(_ block: Int) -> Range<Int> {
        block * blockWidth..<min(width, (block + 1) * blockWidth)
    }

    /// A block, rows × its columns.
    func view(_ block: Int) -> MatrixView {
        values.view(offset: rows * block * blockWidth, rows: rows, columns: columns(block).count)
    }

    func add(_ bias: FloatPointer, to block: Int, rows: Int) {
        let view = view(block)
        for row in 0..<rows { axpy(1, bias, view.row(row), view.columns) }
    }

    func exponentiate(_ block: Int, rows: Int) {
        let view = view(block)
        for row in 0..<rows {
            let peak = rowMaximum(view.row(row), view.columns)
            peaks[row * count + block] = peak
            // With all logits -∞ the sum is 0; exponentials would be of -∞ − (-∞), not a number.
            sums[row * count + block] =
                peak > -.infinity ? exponentials(view.row(row), view.columns, minus: peak) : 0
        }
    }

    /// For each number, the column at which the running sum of a row's softmax exceeds it.
    func draw(_ row: Int, at uniforms: ArraySlice<Double>) -> [Int32] {
        let own = row * count..<(row + 1) * count
        let peak = peaks[own].max() ?? 0
        var total = 0.0
        let running = zip(peaks[own], sums[own]).map { block in
            total += Double(block.1) * exp(Double(block.0 - peak))
            return total
        }
        // This also catches logits that are not a number.
        guard total > 0, total.isFinite else { return uniforms.map { _ in -1 } }
        return uniforms.map { uniform in
            let target = uniform * total
            let block = running.firstIndex { target < $0 } ?? running.count - 1
            let before = block > 0 ? running[block - 1] : 0
            let fraction =
                (target - before) / max(running[block] - before, .leastNormalMagnitude)
            return Int32(column(of: row, in: block, at: fraction))
        }
    }

    /// The column of a block at which the running sum of its exponentials exceeds a fraction of it.
    private func column(of row: Int, in block: Int, at fraction: Double) -> Int {
        let view = view(block)
        let values = view.row(row)
        var left = fraction * Double(sums[row * count + block])
        var last = 0
        for column in 0..<view.columns where values[column] > 0 {
            last = column
            left -= Double(values[column])
            if left < 0 { break }
        }
        return columns(block).lowerBound + last
    }
}
