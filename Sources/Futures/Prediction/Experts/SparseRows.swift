/// A sparse matrix by rows: for each item a short list of other items with weights, heaviest first.
package struct SparseRows: Sendable {
    /// The offset of each row, and the number of all entries at the end.
    package let offsets: [Int32]
    /// The columns of all rows.
    package let columns: [Int32]
    /// The weights of all rows.
    package let weights: [Float]

    init(offsets: [Int32], columns: [Int32], weights: [Float]) {
        self.offsets = offsets
        self.columns = columns
        self.weights = weights
    }

    /// Keeps the heaviest entries of each row and normalises the rows to sum 1.
    ///
    /// - Parameters:
    ///   - counts: Weights by (row << 32 | column).
    ///   - rowCount: The number of rows.
    ///   - limit: The greatest number of entries of a row.
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

    /// The indices of a row's entries, heaviest first; empty for an unknown row.
    package func row(_ row: Int) -> Range<Int> {
        offsets.indices.contains(row + 1) ? Int(offsets[row])..<Int(offsets[row + 1]) : 0..<0
    }

    static func key(_ row: Int32, _ column: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: row)) << 32 | UInt64(UInt32(bitPattern: column))
    }
}
