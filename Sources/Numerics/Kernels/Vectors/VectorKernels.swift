import Foundation

/// The scalar product of two rows of floats.
@inline(__always)
func dot(_ a: FloatPointer, _ b: FloatPointer, _ count: Int) -> Float {
    var first = Vector16(repeating: 0)
    var second = Vector16(repeating: 0)
    var index = 0
    while index + 32 <= count {
        first = fused(first, a.vector(index), b.vector(index))
        second = fused(second, a.vector(index + 16), b.vector(index + 16))
        index += 32
    }
    if index + 16 <= count {
        first = fused(first, a.vector(index), b.vector(index))
        index += 16
    }
    var total = sum(first + second)
    while index < count {
        total += a[index] * b[index]
        index += 1
    }
    return total
}

/// y += scale · x.
@inline(__always)
func axpy(_ scale: Float, _ x: FloatPointer, _ y: FloatPointer, _ count: Int) {
    let factor = Vector16(repeating: scale)
    var index = 0
    while index + 16 <= count {
        y.store(fused(y.vector(index), factor, x.vector(index)), index)
        index += 16
    }
    while index < count {
        y[index] += scale * x[index]
        index += 1
    }
}

/// Softmax of one row in place; returns log Σ eˣ of the old values.
///
/// The row must not be empty.
@inline(__always)
func softmaxRow(_ row: FloatPointer, _ count: Int) -> Float {
    let peak = rowMaximum(row, count)
    let total = exponentials(row, count, minus: peak)
    scaleRow(row, count, 1 / total)
    return peak + log(total)
}

/// The greatest element of a row; -∞ for an empty one.
@inline(__always)
func rowMaximum(_ row: FloatPointer, _ count: Int) -> Float {
    var peak = -Float.infinity
    var index = 0
    if count >= 16 {
        var peaks = row.vector(0)
        index = 16
        while index + 16 <= count {
            let next = row.vector(index)
            peaks.replace(with: next, where: next .> peaks)
            index += 16
        }
        peak = maximum(peaks)
    }
    while index < count {
        peak = max(peak, row[index])
        index += 1
    }
    return peak
}

/// Replaces x by e^(x − peak) and returns the sum.
@inline(__always)
func exponentials(_ row: FloatPointer, _ count: Int, minus peak: Float) -> Float {
    var sums = Vector16(repeating: 0)
    var index = 0
    while index + 16 <= count {
        let value = exp16(row.vector(index) - peak)
        row.store(value, index)
        sums += value
        index += 16
    }
    if index < count {
        let rest = count - index
        // -∞ beyond the end adds nothing to the sum.
        let value = exp16(row.vector(index, count: rest, fill: -.infinity) - peak)
        row.store(value, index, count: rest)
        sums += value
    }
    return sum(sums)
}

/// Multiplies a row by `scale`.
@inline(__always)
func scaleRow(_ row: FloatPointer, _ count: Int, _ scale: Float) {
    var index = 0
    while index + 16 <= count {
        row.store(row.vector(index) * scale, index)
        index += 16
    }
    while index < count {
        row[index] *= scale
        index += 1
    }
}

extension VectorMath {
    /// The scalar product of two vectors of equal length.
    package static func dot(_ a: [Float], _ b: [Float]) -> Float {
        precondition(a.count == b.count, "A scalar product needs vectors of equal length.")
        let count = a.count
        return a.reading { x in b.reading { y in Kernels.dot(x, y, count) } ?? 0 } ?? 0
    }

    /// The scalar product of two slices of equal length.
    package static func dot(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Float {
        precondition(a.count == b.count, "A scalar product needs vectors of equal length.")
        let count = a.count
        return a.reading { x in b.reading { y in Kernels.dot(x, y, count) } ?? 0 } ?? 0
    }

    /// Adds `step` to each element of `y` whose element of `x` is at most `limit`.
    ///
    /// A sum of steps is a piecewise constant function.
    package static func addStep(
        _ step: Float, where x: [Float], isAtMost limit: Float, to y: inout [Float]
    ) {
        precondition(x.count == y.count, "x and y need one length.")
        let count = x.count
        _ = x.reading { from in
            y.withFloats { to in
                let (none, all) = (Vector16(repeating: 0), Vector16(repeating: step))
                var index = 0
                while index + 16 <= count {
                    let added = none.replacing(with: all, where: from.vector(index) .<= limit)
                    to.store(to.vector(index) + added, index)
                    index += 16
                }
                while index < count {
                    if from[index] <= limit { to[index] += step }
                    index += 1
                }
            }
        }
    }
}

extension MatrixView {
    /// Replaces each row by the softmax of row + bias (one number a column, or none).
    package func softmaxRows(adding bias: [Float] = []) {
        precondition(bias.isEmpty || bias.count == columns, "One bias a column.")
        guard columns > 0 else { return }
        for index in 0..<rows {
            let target = row(index)
            _ = bias.reading { axpy(1, $0, target, columns) }
            _ = softmaxRow(target, columns)
        }
    }

    /// Adds the rows to `total` (1 × columns), from the first row to the last.
    package func addColumnSums(to total: MatrixView) {
        precondition(total.rows == 1 && total.columns == columns, "One sum a column.")
        let sums = total.row(0)
        for index in 0..<rows { axpy(1, row(index), sums, columns) }
    }
}
