/// Two items that occur together, with the target of the product of their vectors, and the weight
/// of its error.
package struct CoOccurrence: Sendable {
    let row: Int32
    let column: Int32
    let target: Float
    let weight: Float

    /// A pair of items with its target value and its weight.
    package init(row: Int32, column: Int32, target: Float, weight: Float) {
        self.row = row
        self.column = column
        self.target = target
        self.weight = weight
    }
}

/// Vectors and biases of items, with the sums of squared gradients that AdaGrad keeps.
///
/// Two threads may change it at the same time only if they change different items.
package final class FactorTable: Sendable {
    /// The number of items.
    package let count: Int
    let dimensions: Int
    /// count × (dimensions + 1); the last number of each row is the bias.
    let values: FloatStorage
    let squares: FloatStorage

    /// Uniform random values in ±0.5 / dimensions.
    package init(count: Int, dimensions: Int, numbers: PhiloxGenerator) {
        precondition(count >= 0 && dimensions > 0, "Vectors need a positive length.")
        self.count = count
        self.dimensions = dimensions
        values = FloatStorage(count: count * (dimensions + 1))
        squares = FloatStorage(count: count * (dimensions + 1), repeating: 1)
        var generator = numbers
        for index in 0..<values.count {
            values[index] = Float(generator.uniform() - 0.5) / Float(dimensions)
        }
    }

    /// The vectors one after the other, without the biases: count × dimensions numbers.
    package var elements: [Float] {
        var result: [Float] = []
        result.reserveCapacity(count * dimensions)
        for item in 0..<count {
            let start = item * (dimensions + 1)
            result += values.elements(in: start..<start + dimensions)
        }
        return result
    }
}

/// One pass of AdaGrad over co-occurrences, in their order (Duchi, Hazan, Singer 2011).
///
/// It minimises weight · (row · column + biases − target)², and returns the sum of the losses.
package func fitCoOccurrences(
    _ pairs: [CoOccurrence], _ rows: FactorTable, _ columns: FactorTable, rate: Float
) -> Double {
    precondition(rows.dimensions == columns.dimensions, "Both tables need vectors of equal length.")
    let dimensions = rows.dimensions
    let stride = dimensions + 1
    var total = 0.0
    for pair in pairs {
        precondition(
            pair.row >= 0 && pair.row < rows.count && pair.column >= 0
                && pair.column < columns.count, "The items must be inside the tables.")
        let row = rows.values.base + Int(pair.row) * stride
        let column = columns.values.base + Int(pair.column) * stride
        let rowSquares = rows.squares.base + Int(pair.row) * stride
        let columnSquares = columns.squares.base + Int(pair.column) * stride
        let error =
            dot(row, column, dimensions) + row[dimensions] + column[dimensions] - pair.target
        total += Double(pair.weight * error * error)
        let slope = pair.weight * error
        var index = 0
        while index < dimensions {
            let rest = dimensions - index
            let full = rest >= 16
            let a = full ? row.vector(index) : row.vector(index, count: rest)
            let b = full ? column.vector(index) : column.vector(index, count: rest)
            updateAdaGrad(row + index, rowSquares + index, a, b * slope, rate, min(16, rest))
            updateAdaGrad(
                column + index, columnSquares + index, b, a * slope, rate, min(16, rest))
            index += 16
        }
        for (value, squares) in [(row, rowSquares), (column, columnSquares)] {
            value[dimensions] -= rate * slope / squares[dimensions].squareRoot()
            squares[dimensions] += slope * slope
        }
    }
    return total
}

@inline(__always)
private func updateAdaGrad(
    _ values: FloatPointer, _ squares: FloatPointer, _ old: Vector16, _ gradient: Vector16,
    _ rate: Float, _ count: Int
) {
    if count == 16 {
        let sum = squares.vector(0)
        values.store(old - gradient * rate / sum.squareRoot(), 0)
        squares.store(fused(sum, gradient, gradient), 0)
    } else {
        let sum = squares.vector(0, count: count, fill: 1)
        values.store(old - gradient * rate / sum.squareRoot(), 0, count: count)
        squares.store(fused(sum, gradient, gradient), 0, count: count)
    }
}
