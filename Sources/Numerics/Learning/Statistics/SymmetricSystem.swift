import Foundation

/// Systems of linear equations with a symmetric positive definite matrix (Cholesky).
struct SymmetricSystem {
    private let count: Int
    /// The lower triangular factor, row by row.
    private var factor: [Double]

    /// Factorises a matrix given row by row; only its lower half is read.
    ///
    /// - Complexity: O(n³).
    init(_ matrix: [Double], count: Int) {
        precondition(matrix.count == count * count, "The matrix needs n rows of n numbers.")
        self.count = count
        factor = matrix
        for i in 0..<count {
            for j in 0...i {
                var sum = factor[i * count + j]
                for k in 0..<j { sum -= factor[i * count + k] * factor[j * count + k] }
                factor[i * count + j] =
                    i == j ? max(sum, 1e-300).squareRoot() : sum / factor[j * count + j]
            }
        }
    }

    /// The solution x of matrix · x = right.
    func solve(_ right: [Double]) -> [Double] {
        precondition(right.count == count, "The right side needs n numbers.")
        var x = right
        for i in 0..<count {
            for k in 0..<i { x[i] -= factor[i * count + k] * x[k] }
            x[i] /= factor[i * count + i]
        }
        for i in (0..<count).reversed() {
            for k in i + 1..<count { x[i] -= factor[k * count + i] * x[k] }
            x[i] /= factor[i * count + i]
        }
        return x
    }

    /// The natural logarithm of the determinant.
    var logarithmOfDeterminant: Double {
        (0..<count).reduce(0) { $0 + 2 * log(factor[$1 * count + $1]) }
    }

    /// The diagonal of the inverse matrix.
    var inverseDiagonal: [Double] {
        (0..<count).map { index in
            var unit = [Double](repeating: 0, count: count)
            unit[index] = 1
            return solve(unit)[index]
        }
    }
}
