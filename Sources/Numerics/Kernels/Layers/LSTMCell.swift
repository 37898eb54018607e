// The fused LSTM cell (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).
// n = parallel sequences, d = width. A row of 4d holds the gates in this order: input i, forget f,
// candidate g, output o.
//
//   i, f, o = σ(·)   g = tanh(·)   c = f · c₋₁ + i · g   h = o · tanh(c)

/// The LSTM cell for a batch of rows, forward and backward.
package enum LSTMCell {
    /// One step forward.
    ///
    /// - Parameters:
    ///   - gates: n × 4d; holds x·Wx + h₋₁·Wh before, the activated gates after.
    ///   - bias: 1 × 4d, added to the gates first.
    ///   - previousCell: c₋₁, n × d.
    ///   - cell: receives c, n × d; may be the same as `previousCell`.
    ///   - cellTanh: receives tanh(c), n × d, which `backward` needs.
    ///   - hidden: receives h, n × d.
    package static func forward(
        gates: MatrixView, bias: MatrixView, previousCell: MatrixView, cell: MatrixView,
        cellTanh: MatrixView, hidden: MatrixView
    ) {
        let width = hidden.columns
        checkShapes(gates, [previousCell, cell, cellTanh, hidden])
        precondition(bias.rows == 1 && bias.columns == 4 * width, "The bias must be 1 × 4d.")
        let offsets = bias.row(0)
        for index in 0..<gates.rows {
            forwardRow(
                gates.row(index), offsets, previousCell.row(index), cell.row(index),
                cellTanh.row(index), hidden.row(index), width)
        }
    }

    /// One step backward.
    ///
    /// - Parameters:
    ///   - gates: n × 4d; the activated gates before, ∂loss/∂(preactivations) after.
    ///   - previousCell: c₋₁, n × d.
    ///   - cellTanh: tanh(c), n × d.
    ///   - hiddenGradient: ∂loss/∂h, n × d.
    ///   - cellGradient: n × d; ∂loss/∂c from the next step before, ∂loss/∂c₋₁ after.
    package static func backward(
        gates: MatrixView, previousCell: MatrixView, cellTanh: MatrixView,
        hiddenGradient: MatrixView, cellGradient: MatrixView
    ) {
        let width = previousCell.columns
        checkShapes(gates, [previousCell, cellTanh, hiddenGradient, cellGradient])
        for index in 0..<gates.rows {
            backwardRow(
                gates.row(index), previousCell.row(index), cellTanh.row(index),
                hiddenGradient.row(index), cellGradient.row(index), width)
        }
    }

    private static func checkShapes(_ gates: MatrixView, _ others: [MatrixView]) {
        for other in others {
            precondition(
                other.rows == gates.rows && 4 * other.columns == gates.columns,
                "The gates of n × d units must be n × 4d.")
        }
    }
}

@inline(__always)
private func forwardRow(
    _ gates: FloatPointer, _ bias: FloatPointer, _ previous: FloatPointer, _ cell: FloatPointer,
    _ cellTanh: FloatPointer, _ hidden: FloatPointer, _ width: Int
) {
    var index = 0
    while index < width {
        let rest = width - index
        let full = rest >= 16
        @inline(__always)
        func read(_ pointer: FloatPointer, _ at: Int) -> Vector16 {
            full ? pointer.vector(at) : pointer.vector(at, count: rest)
        }
        @inline(__always)
        func write(_ value: Vector16, _ pointer: FloatPointer, _ at: Int) {
            if full { pointer.store(value, at) } else { pointer.store(value, at, count: rest) }
        }
        let f = index + width
        let g = f + width
        let o = g + width
        let inputGate = sigmoid16(read(gates, index) + read(bias, index))
        let forgetGate = sigmoid16(read(gates, f) + read(bias, f))
        let candidate = tanh16(read(gates, g) + read(bias, g))
        let outputGate = sigmoid16(read(gates, o) + read(bias, o))
        let state = fused(inputGate * candidate, forgetGate, read(previous, index))
        let squashed = tanh16(state)
        write(inputGate, gates, index)
        write(forgetGate, gates, f)
        write(candidate, gates, g)
        write(outputGate, gates, o)
        write(state, cell, index)
        write(squashed, cellTanh, index)
        write(outputGate * squashed, hidden, index)
        index += 16
    }
}

@inline(__always)
private func backwardRow(
    _ gates: FloatPointer, _ previous: FloatPointer, _ cellTanh: FloatPointer,
    _ hiddenGradient: FloatPointer, _ cellGradient: FloatPointer, _ width: Int
) {
    let one = Vector16(repeating: 1)
    var index = 0
    while index < width {
        let rest = width - index
        let full = rest >= 16
        @inline(__always)
        func read(_ pointer: FloatPointer, _ at: Int) -> Vector16 {
            full ? pointer.vector(at) : pointer.vector(at, count: rest)
        }
        @inline(__always)
        func write(_ value: Vector16, _ pointer: FloatPointer, _ at: Int) {
            if full { pointer.store(value, at) } else { pointer.store(value, at, count: rest) }
        }
        let f = index + width
        let g = f + width
        let o = g + width
        let inputGate = read(gates, index)
        let forgetGate = read(gates, f)
        let candidate = read(gates, g)
        let outputGate = read(gates, o)
        let squashed = read(cellTanh, index)
        let dHidden = read(hiddenGradient, index)
        let dCell = fused(
            read(cellGradient, index), dHidden * outputGate, one - squashed * squashed)
        write(dCell * candidate * inputGate * (one - inputGate), gates, index)
        write(dCell * read(previous, index) * forgetGate * (one - forgetGate), gates, f)
        write(dCell * inputGate * (one - candidate * candidate), gates, g)
        write(dHidden * squashed * outputGate * (one - outputGate), gates, o)
        write(dCell * forgetGate, cellGradient, index)
        index += 16
    }
}
