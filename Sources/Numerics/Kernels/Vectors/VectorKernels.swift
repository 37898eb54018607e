import Foundation

/// The scalar product of two rows of floats.
@inline(__always)
func dot(_ a: FloatPointer, _ b: FloatPointer, _ count: Int) -> Float {
    var first = Lanes(repeating: 0)
    var second = Lanes(repeating: 0)
    var index = 0
    while index + 32 <= count {
        first = fused(first, a.lanes(index), b.lanes(index))
        second = fused(second, a.lanes(index + 16), b.lanes(index + 16))
        index += 32
    }
    if index + 16 <= count {
        first = fused(first, a.lanes(index), b.lanes(index))
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
    let factor = Lanes(repeating: scale)
    var index = 0
    while index + 16 <= count {
        y.store(fused(y.lanes(index), factor, x.lanes(index)), index)
        index += 16
    }
    while index < count {
        y[index] += scale * x[index]
        index += 1
    }
}

/// Softmax of one row in place, which is not empty; returns log Σ eˣ of what was there.
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
        var lanes = row.lanes(0)
        index = 16
        while index + 16 <= count {
            let next = row.lanes(index)
            lanes.replace(with: next, where: next .> lanes)
            index += 16
        }
        peak = maximum(lanes)
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
    var sums = Lanes(repeating: 0)
    var index = 0
    while index + 16 <= count {
        let value = expLanes(row.lanes(index) - peak)
        row.store(value, index)
        sums += value
        index += 16
    }
    if index < count {
        let rest = count - index
        // -∞ in the lanes beyond the end: they add nothing.
        let value = expLanes(row.lanes(index, count: rest, fill: -.infinity) - peak)
        row.store(value, index, count: rest)
        sums += value
    }
    return sum(sums)
}

@inline(__always)
func scaleRow(_ row: FloatPointer, _ count: Int, _ scale: Float) {
    var index = 0
    while index + 16 <= count {
        row.store(row.lanes(index) * scale, index)
        index += 16
    }
    while index < count {
        row[index] *= scale
        index += 1
    }
}

extension VectorMath {
    /// The scalar product of two vectors of the same length.
    package static func dot(_ a: [Float], _ b: [Float]) -> Float {
        precondition(a.count == b.count, "A scalar product needs two vectors of one length.")
        let count = a.count
        return a.reading { x in b.reading { y in Kernels.dot(x, y, count) } ?? 0 } ?? 0
    }

    /// The scalar product of two parts of vectors, of the same length.
    package static func dot(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Float {
        precondition(a.count == b.count, "A scalar product needs two vectors of one length.")
        let count = a.count
        return a.reading { x in b.reading { y in Kernels.dot(x, y, count) } ?? 0 } ?? 0
    }

    /// y += scale · x, for vectors of the same length.
    package static func axpy(_ scale: Float, _ x: [Float], into y: inout [Float]) {
        precondition(x.count == y.count, "Vectors that are added must have one length.")
        let count = x.count
        _ = x.reading { from in y.withFloats { Kernels.axpy(scale, from, $0, count) } }
    }

    /// Adds `step` to the elements of `y` at whose place `x` is at most `limit`.
    ///
    /// Sums of steps make a function that is constant between given places.
    package static func addStep(
        _ step: Float, where x: [Float], isAtMost limit: Float, to y: inout [Float]
    ) {
        precondition(x.count == y.count, "Steps need a place for each element.")
        let count = x.count
        _ = x.reading { from in
            y.withFloats { to in
                let (none, all) = (Lanes(repeating: 0), Lanes(repeating: step))
                var index = 0
                while index + 16 <= count {
                    let added = none.replacing(with: all, where: from.lanes(index) .<= limit)
                    to.store(to.lanes(index) + added, index)
                    index += 16
                }
                while index < count {
                    if from[index] <= limit { to[index] += step }
                    index += 1
                }
            }
        }
    }

    /// Multiplies every element by `factor`.
    package static func scale(_ values: inout [Float], by factor: Float) {
        let count = values.count
        _ = values.withFloats { scaleRow($0, count, factor) }
    }

    /// log Σ eˣ, without overflow; -∞ for no values.
    package static func logSumExp(_ values: [Float]) -> Float {
        guard !values.isEmpty else { return -.infinity }
        var copy = values
        let count = copy.count
        return copy.withFloats { softmaxRow($0, count) } ?? -.infinity
    }

    /// eˣ / Σ eˣ, without overflow.
    package static func softmax(_ values: [Float]) -> [Float] {
        var result = values
        let count = values.count
        guard count > 0 else { return [] }
        _ = result.withFloats { softmaxRow($0, count) }
        return result
    }
}

extension MatrixView {
    /// Replaces each row by its softmax, after adding `bias` (one per column, may be empty).
    package func softmaxRows(adding bias: [Float] = []) {
        precondition(bias.isEmpty || bias.count == columns, "One bias a column.")
        guard columns > 0 else { return }
        for index in 0..<rows {
            let target = row(index)
            _ = bias.reading { axpy(1, $0, target, columns) }
            _ = softmaxRow(target, columns)
        }
    }

    /// Adds the sum of the rows to `total`, one element a column, from the first row to the last.
    package func addColumnSums(to total: MatrixView) {
        precondition(total.rows == 1 && total.columns == columns, "One sum a column.")
        let sums = total.row(0)
        for index in 0..<rows { axpy(1, row(index), sums, columns) }
    }
}
