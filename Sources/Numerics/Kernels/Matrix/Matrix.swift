/// A matrix of floats with value semantics: rows × columns, row-major.
package struct Matrix: Sendable, Equatable {
    /// The number of rows.
    package let rows: Int
    /// The number of columns.
    package let columns: Int
    /// The elements, row after row.
    package var elements: [Float] {
        didSet {
            precondition(
                elements.count == rows * columns, "The number of elements must stay rows × columns."
            )
        }
    }

    /// A matrix whose elements are all `value`.
    package init(rows: Int, columns: Int, repeating value: Float = 0) {
        precondition(rows >= 0 && columns >= 0, "The size of a matrix must not be negative.")
        self.rows = rows
        self.columns = columns
        elements = [Float](repeating: value, count: rows * columns)
    }

    /// A matrix of the given elements, row after row.
    package init(rows: Int, columns: Int, elements: [Float]) {
        precondition(rows >= 0 && columns >= 0, "The size of a matrix must not be negative.")
        precondition(elements.count == rows * columns, "A matrix needs rows × columns elements.")
        self.rows = rows
        self.columns = columns
        self.elements = elements
    }

    /// The element in a row and column.
    package subscript(row: Int, column: Int) -> Float {
        get {
            precondition(column >= 0 && column < columns, "The column must be inside the matrix.")
            return elements[row * columns + column]
        }
        set {
            precondition(column >= 0 && column < columns, "The column must be inside the matrix.")
            elements[row * columns + column] = newValue
        }
    }

    /// The elements of one row.
    package func row(_ index: Int) -> ArraySlice<Float> {
        precondition(index >= 0 && index < rows, "The row must be inside the matrix.")
        return elements[index * columns..<(index + 1) * columns]
    }

    /// This matrix times `other`: (m × k) · (k × n) → m × n.
    ///
    /// - Complexity: O(m · n · k).
    package func multiplied(by other: Matrix) -> Matrix {
        precondition(columns == other.rows, "The inner dimensions of a product must be equal.")
        return product(other, transposeLeft: false, transposeRight: false)
    }

    /// This matrix times the transpose of `other`: (m × k) · (n × k)ᵀ → m × n.
    ///
    /// - Complexity: O(m · n · k).
    package func multiplied(byTransposeOf other: Matrix) -> Matrix {
        precondition(columns == other.columns, "The inner dimensions of a product must be equal.")
        return product(other, transposeLeft: false, transposeRight: true)
    }

    /// The transpose of this matrix times `other`: (k × m)ᵀ · (k × n) → m × n.
    ///
    /// - Complexity: O(m · n · k).
    package func transposeMultiplied(by other: Matrix) -> Matrix {
        precondition(rows == other.rows, "The inner dimensions of a product must be equal.")
        return product(other, transposeLeft: true, transposeRight: false)
    }

    private func product(
        _ other: Matrix, transposeLeft: Bool, transposeRight: Bool
    ) -> Matrix {
        let height = transposeLeft ? columns : rows
        let inner = transposeLeft ? rows : columns
        let width = transposeRight ? other.rows : other.columns
        var result = [Float](repeating: 0, count: height * width)
        elements.reading { left in
            other.elements.reading { right in
                result.withFloats { target in
                    matrixProduct(
                        Operand(left, columns, transposed: transposeLeft),
                        Operand(right, other.columns, transposed: transposeRight),
                        into: target, stride: width,
                        ProductShape(rows: height, columns: width, inner: inner),
                        accumulate: false)
                }
            }
        }
        return Matrix(rows: height, columns: width, elements: result)
    }
}
