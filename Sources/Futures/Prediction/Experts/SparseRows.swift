/// For each item a short list of other items with weights, heaviest first, in two flat arrays.
package struct SparseRows: Sendable {
    /// Where each row begins; one more than there are rows.
    package let offsets: [Int32]
    /// Columns of all rows.
    package let columns: [Int32]
    /// Weights of all rows.
    package let weights: [Float]

    init(offsets: [Int32], columns: [Int32], weights: [Float]) {
        self.offsets = offsets
        self.columns = columns
        self.weights = weights
    }

    /// The heaviest entries of each row of a table of counts; each row then sums to 1.
    ///
    /// - Parameters:
    ///   - counts: Weights by (row << 32 | column).
    ///   - rowCount: The number of rows.
    ///   - limit: The number of entries that a row keeps.
    init(counts: [UInt64: Float], rowCount: Int, limit: Int) {
        var rows = [[(column: Int32, weight: Float)]](repeating: [], count: rowCount)
        for (key, weight) in counts {
            rows[Int(key >> 32)].append((Int32(truncatingIfNeeded: key), weight))
        }
        var offsets: [Int32] = [0]
        var columns: [Int32] = []
        var weights: [Float] = []
        for row in rows.indices {
            let kept = rows[row]
                .sorted { ($1.weight, $0.column) < ($0.weight, $1.column) }.prefix(limit)
            var total: Float = 0
            for entry in kept { total += entry.weight }
            for entry in kept {
                columns.append(entry.column)
                weights.append(entry.weight / total)
            }
            offsets.append(Int32(columns.count))
            rows[row] = []
        }
        self.init(offsets: offsets, columns: columns, weights: weights)
    }

    /// The number of rows.
    package var count: Int { offsets.count - 1 }

    /// The entries of a row, heaviest first.
    package func row(_ row: Int) -> Range<Int> {
        offsets.indices.contains(row + 1) ? Int(offsets[row])..<Int(offsets[row + 1]) : 0..<0
    }

    static func key(_ row: Int32, _ column: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: row)) << 32 | UInt64(UInt32(bitPattern: column))
    }
}
