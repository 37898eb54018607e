import Foundation
import Testing

@testable import Kernels

@Suite("Draws from a softmax")
struct SoftmaxDrawsTests {
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

    @Test("The column at which the running sum passes", arguments: [1, 2, 255, 256, 257, 1000])
    func columns(_ count: Int) {
        let (rows, draws) = (5, 200)
        let logits = randomMatrix(rows, count, seed: 3)
        let bias = randomMatrix(1, count, seed: 4).elements
        var generator = PhiloxGenerator(seed: 5)
        let uniforms = (0..<rows * draws).map { _ in generator.uniform() }
        let view = FloatStorage(logits.elements).view(rows: rows, columns: count)
        let drawn = view.drawFromSoftmaxRows(adding: bias, at: uniforms)
        #expect(drawn.count == rows * draws)
        let sums = running(logits, adding: bias)
        for (place, column) in drawn.enumerated() {
            let (row, index) = (place / draws, Int(column))
            let lower = index == 0 ? 0 : sums[row][index - 1]
            // Single precision may fall to the neighbour at the very edge.
            #expect(uniforms[place] > lower - 1e-5 && uniforms[place] < sums[row][index] + 1e-5)
        }
    }

    @Test("The ends, and columns that cannot be")
    func edges() {
        let closed = -Float.infinity
        var logits = [Float](repeating: closed, count: 600)
        logits[300] = 2
        logits[599] = 2
        func draw(_ uniforms: [Double]) -> [Int32] {
            FloatStorage(logits).view(rows: 1, columns: 600).drawFromSoftmaxRows(at: uniforms)
        }
        #expect(draw([0, 0.25, 0.499_999, 0.500_001, 1.0.nextDown]) == [300, 300, 300, 599, 599])
        #expect(draw([]) == [])
        logits[599] = closed
        #expect(draw([0, 1.0.nextDown]) == [300, 300])
    }
}
