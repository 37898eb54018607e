/// The Adam optimiser's update rule (Kingma and Ba 2015), on a row of parameters.
package struct AdamStep: Sendable {
    let rate: Float
    let firstDecay: Float
    let secondDecay: Float
    let epsilon: Float
    let gradientScale: Float
    let secondCorrection: Float

    /// The update of one step.
    ///
    /// - Parameters:
    ///   - step: The number of the step, from 1, for the bias corrections.
    ///   - learningRate: The step length.
    ///   - gradientScale: Multiplies every gradient (for clipping).
    ///   - firstDecay: β₁, the decay of the mean of gradients.
    ///   - secondDecay: β₂, the decay of the mean of their squares.
    ///   - epsilon: Added to the divisor, so that it is never 0.
    package init(
        step: Int, learningRate: Float, gradientScale: Float = 1, firstDecay: Float = 0.9,
        secondDecay: Float = 0.999, epsilon: Float = 1e-8
    ) {
        precondition(step >= 1, "The first step of an optimiser is step 1.")
        rate = Float(Double(learningRate) / (1 - power(Double(firstDecay), step)))
        secondCorrection = Float(1 / (1 - power(Double(secondDecay), step)))
        self.firstDecay = firstDecay
        self.secondDecay = secondDecay
        self.epsilon = epsilon
        self.gradientScale = gradientScale
    }

    /// Updates the parameters in `range`; all four storages have the same layout.
    package func apply(
        to parameters: FloatStorage, gradient: FloatStorage, first: FloatStorage,
        second: FloatStorage, range: Range<Int>
    ) {
        apply(
            to: parameters, at: range.lowerBound, gradient: gradient, at: range.lowerBound,
            first: first, second: second, count: range.count)
    }

    /// Updates `count` parameters at `offset`, with the gradients at `gradientOffset`.
    ///
    /// The moments `first` and `second` have the layout of the parameters.
    package func apply(
        to parameters: FloatStorage, at offset: Int, gradient: FloatStorage,
        at gradientOffset: Int, first: FloatStorage, second: FloatStorage, count: Int
    ) {
        precondition(
            offset >= 0 && gradientOffset >= 0 && count >= 0,
            "Offsets and the count must not be negative.")
        precondition(
            offset + count <= min(parameters.count, min(first.count, second.count))
                && gradientOffset + count <= gradient.count,
            "The update must be inside the storages.")
        let p = parameters.base + offset
        let g = gradient.base + gradientOffset
        let m = first.base + offset
        let v = second.base + offset
        var index = 0
        while index + 16 <= count {
            let (value, mean, square) = updated(
                p.vector(index), g.vector(index), m.vector(index), v.vector(index))
            p.store(value, index)
            m.store(mean, index)
            v.store(square, index)
            index += 16
        }
        if index < count {
            let rest = count - index
            let (value, mean, square) = updated(
                p.vector(index, count: rest), g.vector(index, count: rest),
                m.vector(index, count: rest), v.vector(index, count: rest))
            p.store(value, index, count: rest)
            m.store(mean, index, count: rest)
            v.store(square, index, count: rest)
        }
    }

    @inline(__always)
    private func updated(
        _ parameter: Vector16, _ gradient: Vector16, _ first: Vector16, _ second: Vector16
    ) -> (Vector16, Vector16, Vector16) {
        let scaled = gradient * gradientScale
        let mean = fused(scaled * (1 - firstDecay), first, Vector16(repeating: firstDecay))
        let square = fused(
            scaled * scaled * (1 - secondDecay), second, Vector16(repeating: secondDecay))
        let root = (square * secondCorrection).squareRoot() + epsilon
        return (parameter - mean * rate / root, mean, square)
    }
}

/// A power by repeated squaring: the same bits on every machine.
private func power(_ base: Double, _ exponent: Int) -> Double {
    var result = 1.0
    var factor = base
    var rest = exponent
    while rest > 0 {
        if rest & 1 == 1 { result *= factor }
        factor *= factor
        rest >>= 1
    }
    return result
}

extension FloatStorage {
    /// The sum of the squares of a part of the storage, from the first element to the last.
    package func squaredNorm(in range: Range<Int>) -> Double {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "Outside the storage.")
        var total = 0.0
        var index = range.lowerBound
        // Blocks of 1,024 in single precision, their sums in double.
        while index < range.upperBound {
            let length = min(1_024, range.upperBound - index)
            total += Double(dot(base + index, base + index, length))
            index += length
        }
        return total
    }

    /// Adds `scale` times a part of another storage to the same part of this one.
    package func add(_ scale: Float, _ other: FloatStorage, in range: Range<Int>) {
        precondition(range.lowerBound >= 0, "Outside the storage.")
        precondition(range.upperBound <= min(count, other.count), "Outside the storage.")
        axpy(scale, other.base + range.lowerBound, base + range.lowerBound, range.count)
    }
}
