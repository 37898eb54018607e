import Foundation
import Testing

@testable import Kernels

/// A matrix of normal numbers.
func randomMatrix(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    var generator = PhiloxGenerator(seed: seed, stream: UInt64(rows * 10_007 + columns))
    return Matrix(
        rows: rows, columns: columns,
        elements: (0..<rows * columns).map { _ in Float(generator.normal()) })
}

extension Matrix {
    /// The transposed matrix.
    func transposed() -> Matrix {
        var result = Matrix(rows: columns, columns: rows)
        for row in 0..<rows {
            for column in 0..<columns { result[column, row] = self[row, column] }
        }
        return result
    }

    /// The given rows in that order; a row may be taken several times.
    func selecting(rows indices: [Int]) -> Matrix {
        Matrix(rows: indices.count, columns: columns, elements: indices.flatMap { row($0) })
    }
}

/// The product by the schoolbook method in double precision.
private func reference(_ a: Matrix, _ b: Matrix) -> [Double] {
    var result = [Double](repeating: 0, count: a.rows * b.columns)
    for i in 0..<a.rows {
        for j in 0..<b.columns {
            for k in 0..<a.columns {
                result[i * b.columns + j] += Double(a[i, k]) * Double(b[k, j])
            }
        }
    }
    return result
}

private func worstError(_ a: [Float], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
}

@Suite("Matrix products")
struct MatrixProductTests {
    static let shapes = [
        (1, 1, 1), (1, 64, 256), (3, 5, 7), (8, 16, 32), (9, 17, 33), (16, 64, 256),
        (31, 300, 65), (40, 257, 31), (64, 1, 96), (5, 700, 3), (13, 64, 40),
    ]

    @Test("All three products agree with the schoolbook method", arguments: shapes)
    func agree(_ m: Int, _ k: Int, _ n: Int) {
        let a = randomMatrix(m, k, seed: 1)
        let b = randomMatrix(k, n, seed: 2)
        let expected = reference(a, b)
        let tolerance = 2e-6 * Double(k + 4)
        #expect(worstError(a.multiplied(by: b).elements, expected) < tolerance)
        #expect(
            worstError(a.multiplied(byTransposeOf: b.transposed()).elements, expected) < tolerance)
        #expect(
            worstError(a.transposed().transposeMultiplied(by: b).elements, expected) < tolerance)
    }

    @Test("A packed right side gives the same bits", arguments: shapes)
    func packed(_ m: Int, _ k: Int, _ n: Int) {
        let a = randomMatrix(m, k, seed: 3)
        let b = randomMatrix(k, n, seed: 4)
        let left = FloatStorage(a.elements).view(rows: m, columns: k)
        let right = FloatStorage(b.elements).view(rows: k, columns: n)
        let result = FloatStorage(count: m * n, repeating: 9).view(rows: m, columns: n)
        multiply(left, PackedMatrix(right), into: result)
        #expect(result.matrix == a.multiplied(by: b))
        let turned = FloatStorage(b.transposed().elements).view(rows: n, columns: k)
        multiply(left, PackedMatrix(turned, transposed: true), into: result)
        #expect(result.matrix == a.multiplied(by: b))
    }

    @Test("Accumulating adds to what was there", arguments: shapes)
    func accumulate(_ m: Int, _ k: Int, _ n: Int) {
        let a = randomMatrix(m, k, seed: 5)
        let b = randomMatrix(k, n, seed: 6)
        let left = FloatStorage(a.elements).view(rows: m, columns: k)
        let right = FloatStorage(b.elements).view(rows: k, columns: n)
        let expected = reference(a, b).map { $0 + 3 }
        for packs in [false, true] {
            let result = FloatStorage(count: m * n, repeating: 3).view(rows: m, columns: n)
            if packs {
                multiply(left, PackedMatrix(right), into: result, accumulate: true)
            } else {
                multiply(left, right, into: result, accumulate: true)
            }
            #expect(worstError(result.matrix.elements, expected) < 2e-6 * Double(k + 8))
        }
    }

    @Test("Rows computed in parts have the same bits as rows computed at once")
    func parts() {
        let a = randomMatrix(53, 70, seed: 7)
        let b = randomMatrix(70, 45, seed: 8)
        let whole = a.multiplied(by: b)
        for cut in [1, 7, 8, 20, 52] {
            let top = a.selecting(rows: Array(0..<cut)).multiplied(by: b)
            let bottom = a.selecting(rows: Array(cut..<53)).multiplied(by: b)
            #expect(top.elements + bottom.elements == whole.elements)
        }
    }

    @Test("A product over nothing is zero, and empty matrices are allowed")
    func empty() {
        let product = Matrix(rows: 2, columns: 0).multiplied(by: Matrix(rows: 0, columns: 3))
        #expect(product == Matrix(rows: 2, columns: 3))
        let none = Matrix(rows: 0, columns: 4).multiplied(by: Matrix(rows: 4, columns: 3))
        #expect(none == Matrix(rows: 0, columns: 3))
        let result = FloatStorage(count: 6, repeating: 5).view(rows: 2, columns: 3)
        let left = FloatStorage(count: 0).view(rows: 2, columns: 0)
        multiply(left, FloatStorage(count: 0).view(rows: 0, columns: 3), into: result)
        #expect(result.matrix == Matrix(rows: 2, columns: 3))
    }

    @Test("A strided view touches nothing between its rows")
    func strided() {
        let storage = FloatStorage(count: 4 * 50, repeating: -1)
        let view = MatrixView(storage: storage, offset: 3, rows: 4, columns: 40, stride: 50)
        let a = FloatStorage(count: 4 * 6, repeating: 1).view(rows: 4, columns: 6)
        let b = FloatStorage(count: 6 * 40, repeating: 1).view(rows: 6, columns: 40)
        multiply(a, b, into: view)
        #expect(view.matrix == Matrix(rows: 4, columns: 40, repeating: 6))
        let untouched = storage.elements.count { $0 == -1 }
        #expect(untouched == 40)
    }
}

@Suite("Matrix values")
struct MatrixValueTests {
    @Test("Rows and elements")
    func shape() {
        let matrix = Matrix(rows: 2, columns: 3, elements: [1, 2, 3, 4, 5, 6])
        #expect(Array(matrix.row(1)) == [4, 5, 6])
        var copy = matrix
        copy[0, 2] = 9
        #expect(copy[0, 2] == 9 && matrix[0, 2] == 3)
    }

    @Test("A view copies, adds and multiplies rows")
    func rows() {
        let view = FloatStorage([1, 2, 3, 4]).view(rows: 2, columns: 2)
        view.addToRow(0, 2, view, row: 1)
        #expect(view.matrix.elements == [7, 10, 3, 4])
        #expect(view.dotRows(0, view, row: 1) == 61)
        view.copyRow(1, from: view, row: 0)
        view.add(-1, view)
        #expect(view.matrix.elements == [0, 0, 0, 0])
        let sums = FloatStorage(count: 2).view(rows: 1, columns: 2)
        FloatStorage([1, 2, 3, 4]).view(rows: 2, columns: 2).addColumnSums(to: sums)
        #expect(sums.matrix.elements == [4, 6])
    }

    @Test("Storages share memory, and their memory is aligned")
    func storage() {
        let storage = FloatStorage(count: 100, repeating: 2)
        #expect(Int(bitPattern: storage.base) % 64 == 0)
        let alias = storage
        alias[7] = 5
        #expect(storage[7] == 5)
        storage.fill(1, in: 10..<20)
        let total = storage.elements.reduce(0, +)
        #expect(total == 193)
        let squares = storage.squaredNorm(in: 0..<100)
        #expect(abs(squares - 391) < 1e-4)
        let other = FloatStorage(count: 100, repeating: 1)
        other.add(3, storage, in: 0..<1)
        #expect(other[0] == 7 && other[1] == 1)
        other.copy(from: storage)
        #expect(other.elements == storage.elements)
        other.write([8, 9], at: 98)
        #expect(other.elements(in: 97..<100) == [2, 8, 9])
    }

    @Test("A view beyond its storage is a programmer error")
    func outside() async {
        await #expect(processExitsWith: .failure) {
            _ = FloatStorage(count: 5).view(rows: 2, columns: 3)
        }
        await #expect(processExitsWith: .failure) {
            _ = Matrix(rows: 2, columns: 2).multiplied(by: Matrix(rows: 3, columns: 2))
        }
    }

    @Test("A transposed left side gives the same bits packed and unpacked, for any shape")
    func transposedLeft() {
        var generator = PhiloxGenerator(seed: 31)
        for round in 0..<60 {
            let inner = 1 + generator.integer(below: round < 50 ? 80 : 600)
            let rows = 1 + generator.integer(below: 70)
            let columns = 1 + generator.integer(below: 130)
            let a = randomMatrix(inner, rows, seed: UInt64(round))
            let b = randomMatrix(inner, columns, seed: UInt64(round) + 100)
            let left = FloatStorage(a.elements).view(rows: inner, columns: rows)
            let right = FloatStorage(b.elements).view(rows: inner, columns: columns)
            let packed = FloatStorage(count: rows * columns, repeating: 1)
                .view(rows: rows, columns: columns)
            let plain = FloatStorage(count: rows * columns, repeating: 1)
                .view(rows: rows, columns: columns)
            for accumulate in [false, true] {
                multiply(
                    left, transposeA: true, PackedMatrix(right), into: packed,
                    accumulate: accumulate)
                multiply(left, transposeA: true, right, into: plain, accumulate: accumulate)
                #expect(packed.matrix == plain.matrix, "seed 31, round \(round)")
            }
            // Once stored, once added: twice the product, of the transposed matrix itself.
            let twice = a.transposed().multiplied(by: b).elements.map { 2 * $0 }
            let worst = zip(twice, plain.matrix.elements).map { abs($0 - $1) }.max() ?? 0
            #expect(worst < 1e-3, "seed 31, round \(round): \(worst)")
        }
    }
}
