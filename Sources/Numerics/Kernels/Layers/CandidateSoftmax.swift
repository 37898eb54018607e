import Foundation

// Softmax cross-entropy against many candidates, fused with the products around it.
//
// n = rows (queries), S = candidates, d = width. The logits n × S are computed in tiles of 256
// candidates. Each tile is turned into exponentials while it is in the second-level cache. Only a
// strip of rows is in memory at a time, never the logits of all rows over the whole catalogue.
//
// Exponentials are relative to a reference logit of their row. At first it is the logit of the
// target; it is raised to the greatest logit when that is greater by more than 30. So most tiles
// need no second pass. The factor of a row, scale / Σ eˣ, is applied to the queries before the
// gradient of the candidates is computed, and to the gradient of the queries after that. So the
// backward pass reads the n × S exponentials once, in two products.

/// The candidates of one tile: 64 rows of their logits fill a sixteenth of a second-level cache.
private let tileWidth = 256
/// The distance of two rows of a tile in memory.
///
/// A multiple of 4 KiB (1,024 floats) would map the rows to the same few lines of the first-level
/// cache.
private let tileStride = tileWidth + 16
/// The most logits that are kept for the backward pass at a time, 16 MiB.
private let stripLogits = 1 << 22
/// The fewest rows of a strip, however many candidates there are.
private let stripRowsMin = 32
/// The most rows of a strip.
///
/// Their data for one tile, 0.8 MiB, stays in a second-level cache through the three products. With
/// 512 candidates this saves a quarter of the time.
private let stripRowsMax = 256
/// How far a logit may exceed the reference of its row.
private let headroom: Float = 30
/// A finite logit in place of -∞: its exponential is 0, and differences stay finite.
private let absent: Float = -1e30

/// The candidates of a softmax: S vectors of length d, packed for both passes.
package struct CandidateTable: Sendable {
    let columns: PackedMatrix
    let rows: PackedMatrix
    let offsets: MatrixView

    /// A table of candidates.
    ///
    /// - Parameters:
    ///   - columns: The vectors as columns, d × S, for the logits.
    ///   - rows: The vectors as rows, S × d, for the backward pass.
    ///   - offsets: 1 × S, added to the logits: the biases, and −log(S · q) for a sample from q.
    package init(columns: PackedMatrix, rows: PackedMatrix, offsets: MatrixView) {
        precondition(
            columns.columns == rows.rows && columns.rows == rows.columns,
            "Both forms need the same vectors.")
        precondition(
            offsets.rows == 1 && offsets.columns == rows.rows, "Each candidate needs one offset.")
        self.columns = columns
        self.rows = rows
        self.offsets = offsets
    }

    var count: Int { rows.rows }
    var width: Int { rows.columns }
}

/// The memory for the gradients of a candidate softmax.
package struct CandidateGradient: Sendable {
    let queries: MatrixView
    let candidates: MatrixView
    let offsets: MatrixView

    /// The views for the gradients; all elements are overwritten.
    ///
    /// - Parameters:
    ///   - queries: n × d, without the terms of the targets.
    ///   - candidates: S × d.
    ///   - offsets: 1 × S.
    package init(queries: MatrixView, candidates: MatrixView, offsets: MatrixView) {
        self.queries = queries
        self.candidates = candidates
        self.offsets = offsets
    }
}

/// The targets of the rows of a candidate softmax.
package struct CandidateTargets: Sendable {
    /// The logit of each row's target, with bias.
    package var logits: [Float]
    /// For each row, the candidates that are the target itself.
    ///
    /// They are left out of the row's sum.
    package var hits: [Range<Int>]
    /// The factor of each row's gradient; a row with 0 has neither loss nor gradient.
    package var scales: [Float]

    /// Targets of n rows: all three arrays have n elements.
    package init(logits: [Float], hits: [Range<Int>], scales: [Float]) {
        self.logits = logits
        self.hits = hits
        self.scales = scales
    }
}

/// Softmax over the target of each row and a shared set of candidates.
///
/// With candidates sampled from a distribution q and offsets = bias − log(S · q) this estimates the
/// full softmax loss by importance sampling (Bengio and Senécal 2008). The target itself is always
/// present and needs no correction. With all classes as candidates and offsets = bias it is the
/// full softmax.
///
/// Holds the memory for one strip of rows; one thread at a time may use it.
package final class CandidateSoftmax: @unchecked Sendable {  // one thread at a time, see above
    private var exponentials = FloatStorage(count: 0)
    private var references: [Float] = []
    private var scaled = FloatStorage(count: 0)
    private var packedQueries = PackedMatrix(rows: 0, columns: 0)

    /// Allocates nothing; memory grows with use.
    package init() {}

    /// The rows of a strip.
    private static func stripRows(_ rows: Int, _ candidates: Int) -> Int {
        min(
            rows, stripRowsMax, max(stripRowsMin, stripLogits / max(1, candidates) / 8 * 8))
    }

    /// The sum of the losses −log p(target) of the rows with a scale above 0, and gradients.
    ///
    /// - Parameters:
    ///   - queries: n × d.
    ///   - table: The candidates.
    ///   - targets: The targets of the rows. With a gradient, their logits are replaced by
    ///     scale · ∂loss/∂logit.
    ///   - gradient: Receives scale · ∂loss/∂(queries, candidates, offsets); `nil` for none.
    /// - Returns: The sum of the losses.
    /// - Complexity: O(n · S · d) time, O(max(4 M, 32 · S)) memory.
    package func loss(
        _ queries: MatrixView, _ table: CandidateTable, _ targets: inout CandidateTargets,
        gradient: CandidateGradient?
    ) -> Double {
        let rows = queries.rows
        precondition(queries.columns == table.width, "Queries and candidates need one width.")
        precondition(
            targets.logits.count == rows && targets.hits.count == rows
                && targets.scales.count == rows, "Each row needs one target.")
        if let gradient { check(gradient, rows, table) }
        var total = 0.0
        var first = 0
        while first < rows {
            let strip = first..<min(rows, first + Self.stripRows(rows, table.count))
            total += run(queries, table, &targets, strip, gradient)
            first = strip.upperBound
        }
        if rows == 0, let gradient {
            gradient.candidates.fill(0)
            gradient.offsets.fill(0)
        }
        return total
    }

    private func check(_ gradient: CandidateGradient, _ rows: Int, _ table: CandidateTable) {
        precondition(
            gradient.queries.rows == rows && gradient.queries.columns == table.width
                && gradient.candidates.rows == table.count
                && gradient.candidates.columns == table.width
                && gradient.offsets.rows == 1 && gradient.offsets.columns == table.count,
            "The gradients need the shapes of queries, candidates and offsets.")
    }

    /// One strip of rows, forward and, if there is a gradient, backward.
    private func run(
        _ queries: MatrixView, _ table: CandidateTable, _ targets: inout CandidateTargets,
        _ strip: Range<Int>, _ gradient: CandidateGradient?
    ) -> Double {
        let tiles = (table.count + tileWidth - 1) / tileWidth
        let kept = gradient == nil ? 1 : tiles
        let size = strip.count * tileStride
        if exponentials.count < size * kept { exponentials = FloatStorage(count: size * kept) }
        references = [Float](repeating: 0, count: strip.count * tiles)
        var row = strip.map { targets.logits[$0] }
        var sums = [Float](repeating: 1, count: strip.count)  // of the target itself
        let z = queries.rows(strip)
        for tile in 0..<tiles {
            let columns = tile * tileWidth..<min(table.count, (tile + 1) * tileWidth)
            let e = exponentials.view(
                offset: gradient == nil ? 0 : tile * size, rows: strip.count, columns: tileStride)
            multiply(z, table.columns, columns: columns, into: e)
            exponentiate(e, table, targets, strip, columns, &row, &sums)
            for index in 0..<strip.count { references[tile * strip.count + index] = row[index] }
        }
        var total = 0.0
        var factors = [Float](repeating: 0, count: strip.count)
        for index in 0..<strip.count {
            let scale = targets.scales[strip.lowerBound + index]
            let logit = targets.logits[strip.lowerBound + index]
            if scale > 0 {
                total += Double(row[index] - logit) + Double(log(sums[index]))
                factors[index] = scale / sums[index]
            }
            if gradient != nil {
                let own = exp(logit - row[index])
                targets.logits[strip.lowerBound + index] =
                    scale > 0 ? (own / sums[index] - 1) * scale : 0
            }
        }
        if let gradient {
            backward(z, table, strip, factors, row, gradient)
        }
        return total
    }

    /// Turns the logits of a tile into exponentials against the reference of their row.
    private func exponentiate(
        _ e: MatrixView, _ table: CandidateTable, _ targets: CandidateTargets,
        _ strip: Range<Int>, _ columns: Range<Int>, _ references: inout [Float],
        _ sums: inout [Float]
    ) {
        let shifts = table.offsets.row(0) + columns.lowerBound
        for index in 0..<strip.count {
            let row = e.row(index)
            let hits = targets.hits[strip.lowerBound + index].clamped(to: columns)
            for hit in hits { row[hit - columns.lowerBound] = absent }
            let peak = shiftRow(row, shifts, columns.count)
            if peak > references[index] + headroom {
                sums[index] *= exp(references[index] - peak)
                references[index] = peak
            }
            sums[index] += Kernels.exponentials(row, columns.count, minus: references[index])
        }
    }

    /// The products of the backward pass.
    private func backward(
        _ z: MatrixView, _ table: CandidateTable, _ strip: Range<Int>, _ factors: [Float],
        _ finalReferences: [Float], _ gradient: CandidateGradient
    ) {
        let dz = gradient.queries.rows(strip)
        if scaled.count < z.rows * z.columns { scaled = FloatStorage(count: z.rows * z.columns) }
        let queries = scaled.view(rows: z.rows, columns: z.columns)
        queries.copy(from: z)
        for index in 0..<strip.count { scaleRow(queries.row(index), z.columns, factors[index]) }
        if packedQueries.rows != z.rows || packedQueries.columns != z.columns {
            packedQueries = PackedMatrix(rows: z.rows, columns: z.columns)
        }
        packedQueries.pack(queries)
        let size = strip.count * tileStride
        let isLaterStrip = strip.lowerBound > 0
        let tiles = (table.count + tileWidth - 1) / tileWidth
        for tile in 0..<tiles {
            let columns = tile * tileWidth..<min(table.count, (tile + 1) * tileWidth)
            let e = exponentials.view(
                offset: tile * size, rows: strip.count, columns: tileStride)
            let sums = gradient.offsets.row(0) + columns.lowerBound
            if !isLaterStrip { sums.update(repeating: 0, count: columns.count) }
            for index in 0..<strip.count {
                let reference = references[tile * strip.count + index]
                if reference != finalReferences[index] {
                    scaleRow(
                        e.row(index), columns.count, exp(reference - finalReferences[index]))
                }
                axpy(factors[index], e.row(index), sums, columns.count)
            }
            let used = MatrixView(
                storage: e.storage, offset: e.offset, rows: e.rows, columns: columns.count,
                stride: tileStride)
            multiply(used, table.rows, inner: columns, into: dz, accumulate: tile > 0)
            multiply(
                used, transposeA: true, packedQueries,
                into: gradient.candidates.rows(columns), accumulate: isLaterStrip)
        }
        for index in 0..<strip.count { scaleRow(dz.row(index), dz.columns, factors[index]) }
    }
}

/// Adds the offsets and returns the greatest logit.
@inline(__always)
private func shiftRow(_ row: FloatPointer, _ shifts: FloatPointer, _ count: Int) -> Float {
    var peaks = Vector16(repeating: absent)
    var index = 0
    while index + 16 <= count {
        let value = row.vector(index) + shifts.vector(index)
        row.store(value, index)
        peaks.replace(with: value, where: value .> peaks)
        index += 16
    }
    var peak = maximum(peaks)
    while index < count {
        row[index] += shifts[index]
        peak = max(peak, row[index])
        index += 1
    }
    return peak
}
