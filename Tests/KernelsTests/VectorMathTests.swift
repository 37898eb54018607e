import Foundation
import Testing

@testable import Kernels

@Suite("Vector functions")
struct VectorMathTests {
    /// Numbers in the range, with both ends; not a multiple of sixteen, so that tails are used.
    private func grid(_ range: ClosedRange<Double>, _ count: Int = 40_013) -> [Float] {
        (0..<count).map {
            Float(
                range.lowerBound + (range.upperBound - range.lowerBound) * Double($0)
                    / Double(count - 1))
        }
    }

    /// eˣ of each number, by the kernel of the softmax.
    private func exp(_ values: [Float]) -> [Float] {
        var result = values
        _ = result.withFloats { exponentials($0, values.count, minus: 0) }
        return result
    }

    /// tanh x of each number, as the LSTM cell computes its candidate gate.
    private func tanh(_ values: [Float]) -> [Float] {
        let width = values.count
        guard width > 0 else { return [] }
        func space(_ columns: Int) -> MatrixView {
            FloatStorage(count: columns).view(rows: 1, columns: columns)
        }
        let gates = space(4 * width)
        gates.storage.write(values, at: 2 * width)
        LSTMCell.forward(
            gates: gates, bias: space(4 * width), previousCell: space(width), cell: space(width),
            cellTanh: space(width), hidden: space(width))
        return gates.storage.elements(in: 2 * width..<3 * width)
    }

    @Test("exp is accurate to 2e-7")
    func exponential() {
        let inputs = grid(-87...88)
        var worst = 0.0
        for (x, y) in zip(inputs, exp(inputs)) {
            let exact = Foundation.exp(Double(x))
            worst = max(worst, abs(Double(y) - exact) / exact)
        }
        #expect(worst <= 2e-7, "relative error \(worst)")
    }

    @Test("exp at the edges: no infinity, no negative, no trap")
    func exponentialEdges() {
        let results = exp([-.infinity, -1e30, -88, 0, 88, 1e30, .infinity])
        #expect(results[0] == 0 && results[1] == 0 && results[2] == 0)
        #expect(results[3] == 1)
        #expect(results[4...].allSatisfy { $0.isFinite && $0 > 1e38 })
        #expect(exp([.nan])[0].isNaN)
        #expect(exp([]).isEmpty)
    }

    @Test(
        "Steps are added where the limit is not exceeded, and only there",
        arguments: [0, 1, 15, 16, 35])
    func steps(_ count: Int) {
        let positions = (0..<count).map { $0.isMultiple(of: 7) ? .infinity : Float($0 * 5 % 11) }
        let start = (0..<count).map { Float($0) }
        for limit in [-1, 0, 4.5, 5, 100] as [Float] {
            var values = start
            VectorMath.addStep(0.5, where: positions, isAtMost: limit, to: &values)
            #expect(values == zip(start, positions).map { $1 <= limit ? $0 + 0.5 : $0 })
        }
    }

    @Test("sigmoid is accurate to 2e-7 and stays in [0, 1]")
    func sigmoid() {
        let inputs = grid(-100...100)
        var worst = 0.0
        for (x, y) in zip(inputs, VectorMath.sigmoid(inputs)) {
            worst = max(worst, abs(Double(y) - 1 / (1 + Foundation.exp(-Double(x)))))
            #expect(y >= 0 && y <= 1)
        }
        #expect(worst <= 2e-7, "absolute error \(worst)")
    }

    @Test("tanh is accurate to 5e-7, also near 0, and odd")
    func hyperbolicTangent() {
        for range in [-10.0...10, -0.01...0.01, -1e-6...1e-6] {
            let inputs = grid(range).filter { $0 != 0 }
            var worst = 0.0
            for (x, y) in zip(inputs, tanh(inputs)) {
                let exact = Foundation.tanh(Double(x))
                worst = max(worst, abs(Double(y) - exact) / abs(exact))
            }
            #expect(worst <= 5e-7, "relative error \(worst) in \(range)")
        }
        let inputs = grid(0...9)
        let mirrored = tanh(inputs.map { -$0 })
        #expect(tanh(inputs) == mirrored.map { -$0 })
    }

    @Test("An element does not depend on its neighbours or its position")
    func positions() {
        let inputs = grid(-5...5, 77)
        let whole = exp(inputs) + VectorMath.sigmoid(inputs) + tanh(inputs)
        let single =
            inputs.map { exp([$0])[0] } + inputs.map { VectorMath.sigmoid([$0])[0] }
            + inputs.map { tanh([$0])[0] }
        #expect(whole == single)
    }

    @Test(
        "The scalar product is exact for small integers",
        arguments: [0, 1, 15, 16, 17, 33, 64, 100])
    func dot(_ count: Int) {
        let x = (0..<count).map { Float($0 % 7) - 3 }
        let y = (0..<count).map { Float($0 % 5) - 2 }
        #expect(VectorMath.dot(x, y) == zip(x, y).reduce(0) { $0 + $1.0 * $1.1 })
        #expect(VectorMath.dot(x[...], y[...]) == VectorMath.dot(x, y))
    }

    @Test("softmax sums to 1 and ignores a common shift", arguments: [1, 2, 15, 16, 40, 1_000])
    func softmax(_ count: Int) {
        let logits = (0..<count).map { Float($0 * 37 % 101) / 10 }
        let base = softmax(of: logits)
        #expect(abs(base.reduce(0, +) - 1) < 1e-5)
        for shift: Float in [-1_000, 1_000] {
            let shifted = softmax(of: logits.map { $0 + shift })
            #expect(zip(base, shifted).allSatisfy { abs($0 - $1) < 1e-4 })
        }
        let exact = logits.map { Foundation.exp(Double($0)) }
        let total = exact.reduce(0, +)
        #expect(zip(base, exact).allSatisfy { abs(Double($0) - $1 / total) < 1e-6 })
    }

    @Test("Softmax of nothing is nothing")
    func nothing() {
        #expect(softmax(of: []).isEmpty)
    }

    private func softmax(of logits: [Float]) -> [Float] {
        let row = FloatStorage(logits).view(rows: 1, columns: logits.count)
        row.softmaxRows()
        return row.matrix.elements
    }
}
