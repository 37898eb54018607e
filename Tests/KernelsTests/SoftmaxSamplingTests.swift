import Foundation
import Testing

@testable import Kernels

@Suite("Samples from a softmax")
struct SoftmaxSamplingTests {
    /// Running sums of each row's softmax in double precision.
    private func running(_ matrix: Matrix, adding bias: [Float]) -> [[Double]] {
        (0..<matrix.rows).map { row in
            let logits = matrix.row(row).enumerated().map {
                Double($1) + (bias.isEmpty ? 0 : Double(bias[$0]))
            }
            let peak = logits.max() ?? 0
            let weights = logits.map { exp($0 - peak) }
            let total = weights.reduce(0, +)
            var sum = 0.0
            return weights.map {
                sum += $0 / total
                return sum
            }
        }
    }

    @Test(
        "The column at which the running sum exceeds the number",
        arguments: [1, 2, 31, 511, 512, 513, 1500])
    func columns(_ count: Int) {
        let (rows, draws) = (11, 200)
        let queries = randomMatrix(rows, 6, seed: 2)
        let table = randomMatrix(6, count, seed: 3)
        let logits = queries.multiplied(by: table)
        let bias = randomMatrix(1, count, seed: 4).elements
        var generator = PhiloxGenerator(seed: 5)
        let uniforms = (0..<rows * draws).map { _ in generator.uniform() }
        let drawn = sampleFromSoftmax(
            view(queries), PackedMatrix(view(table)), adding: bias, at: uniforms)
        #expect(drawn.count == rows * draws)
        let sums = running(logits, adding: bias)
        for (sample, column) in drawn.enumerated() {
            let (row, index) = (sample / draws, Int(column))
            let lower = index == 0 ? 0 : sums[row][index - 1]
            // Single precision may fall to the neighbour at the very edge.
            #expect(uniforms[sample] > lower - 1e-5 && uniforms[sample] < sums[row][index] + 1e-5)
        }
    }

    @Test("Numbers at the ends, impossible columns, and logits of any size")
    func edges() {
        let closed = -Float.infinity
        var bias = [Float](repeating: closed, count: 1300)
        bias[700] = 2
        bias[1299] = 2
        func draw(_ uniforms: [Double], logit: Float = 0) -> [Int32] {
            let query = FloatStorage([logit]).view(rows: 1, columns: 1)
            let table = FloatStorage(count: 1300, repeating: 1).view(rows: 1, columns: 1300)
            return sampleFromSoftmax(query, PackedMatrix(table), adding: bias, at: uniforms)
        }
        let ends = [0, 0.25, 0.499_999, 0.500_001, 1.0.nextDown]
        for logit in [0, 1e4, -1e4, 1e30] as [Float] {
            #expect(draw(ends, logit: logit) == [700, 700, 700, 1299, 1299])
        }
        #expect(draw([]) == [])
        bias[1299] = closed
        #expect(draw([0, 1.0.nextDown]) == [700, 700])
        bias[700] = closed
        #expect(draw([0, 0.5]) == [-1, -1])
        bias[700] = .nan
        #expect(draw([0, 0.5]) == [-1, -1])
        // A column e³⁰ times likelier than the rest together.
        bias = [Float](repeating: 0, count: 1300)
        bias[600] = 40
        #expect(draw([0.001, 0.5, 0.999]) == [600, 600, 600])
    }

    private func view(_ matrix: Matrix) -> MatrixView {
        FloatStorage(matrix.elements).view(rows: matrix.rows, columns: matrix.columns)
    }

    @Test("Without a bias nothing is added")
    func plain() {
        let table = FloatStorage([0, 5, 0]).view(rows: 1, columns: 3)
        let query = FloatStorage([1]).view(rows: 1, columns: 1)
        #expect(sampleFromSoftmax(query, PackedMatrix(table), at: [0.001, 0.5]) == [0, 1])
    }
}
