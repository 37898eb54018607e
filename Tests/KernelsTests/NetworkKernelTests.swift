import Foundation
import Testing

@testable import Kernels

/// A view of normal numbers.
private func random(_ rows: Int, _ columns: Int, seed: UInt64) -> MatrixView {
    FloatStorage(randomMatrix(rows, columns, seed: seed).elements)
        .view(rows: rows, columns: columns)
}

@Suite("LSTM cell")
struct LSTMCellTests {
    /// Loss = Σ a·h + b·c of one step, in double precision.
    private func loss(
        _ gates: [Double], _ previous: [Double], _ a: [Double], _ b: [Double], width: Int
    ) -> Double {
        func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
        var total = 0.0
        for row in 0..<previous.count / width {
            for unit in 0..<width {
                let base = row * 4 * width + unit
                let cell =
                    sigmoid(gates[base + width]) * previous[row * width + unit]
                    + sigmoid(gates[base]) * tanh(gates[base + 2 * width])
                let hidden = sigmoid(gates[base + 3 * width]) * tanh(cell)
                total += a[row * width + unit] * hidden + b[row * width + unit] * cell
            }
        }
        return total
    }

    @Test("Forward and backward agree with double precision", arguments: [1, 5, 16, 20, 64])
    func gradients(_ width: Int) {
        let rows = 3
        let gates = random(rows, 4 * width, seed: 1)
        let previous = random(rows, width, seed: 2)
        let a = random(rows, width, seed: 3)
        let b = random(rows, width, seed: 4)
        let bias = FloatStorage(count: 4 * width, repeating: 0.25)
            .view(rows: 1, columns: 4 * width)
        func doubles(_ view: MatrixView) -> [Double] { view.matrix.elements.map { Double($0) } }
        var exactGates = doubles(gates).map { $0 + 0.25 }
        var exactPrevious = doubles(previous)
        let (da, db) = (doubles(a), doubles(b))
        let exact = loss(exactGates, exactPrevious, da, db, width: width)

        let cell = FloatStorage(count: rows * width).view(rows: rows, columns: width)
        let squashed = FloatStorage(count: rows * width).view(rows: rows, columns: width)
        let hidden = FloatStorage(count: rows * width).view(rows: rows, columns: width)
        LSTMCell.forward(
            gates: gates, bias: bias, previousCell: previous, cell: cell, cellTanh: squashed,
            hidden: hidden)
        let value =
            zip(doubles(hidden), da).reduce(0) { $0 + $1.0 * $1.1 }
            + zip(doubles(cell), db).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(value - exact) < 1e-5 * Double(width))
        let cellGradient = FloatStorage(b.matrix.elements).view(rows: rows, columns: width)
        LSTMCell.backward(
            gates: gates, previousCell: previous, cellTanh: squashed, hiddenGradient: a,
            cellGradient: cellGradient)

        for index in exactGates.indices {
            let numeric = slope(&exactGates, index) {
                loss($0, exactPrevious, da, db, width: width)
            }
            #expect(abs(Double(gates.matrix.elements[index]) - numeric) < 1e-5)
        }
        for index in exactPrevious.indices {
            let numeric = slope(&exactPrevious, index) {
                loss(exactGates, $0, da, db, width: width)
            }
            #expect(abs(Double(cellGradient.matrix.elements[index]) - numeric) < 1e-5)
        }
    }

    private func slope(
        _ values: inout [Double], _ index: Int, _ function: ([Double]) -> Double
    ) -> Double {
        let old = values[index]
        values[index] = old + 1e-5
        let up = function(values)
        values[index] = old - 1e-5
        let down = function(values)
        values[index] = old
        return (up - down) / 2e-5
    }

    @Test("The cell may be updated in place")
    func inPlace() {
        let gates = random(2, 40, seed: 5)
        let copy = FloatStorage(gates.matrix.elements).view(rows: 2, columns: 40)
        let bias = FloatStorage(count: 40).view(rows: 1, columns: 40)
        let previous = random(2, 10, seed: 6)
        let separate = FloatStorage(count: 20).view(rows: 2, columns: 10)
        let squashed = FloatStorage(count: 20).view(rows: 2, columns: 10)
        let hidden = FloatStorage(count: 20).view(rows: 2, columns: 10)
        LSTMCell.forward(
            gates: gates, bias: bias, previousCell: previous, cell: separate,
            cellTanh: squashed, hidden: hidden)
        LSTMCell.forward(
            gates: copy, bias: bias, previousCell: previous, cell: previous,
            cellTanh: squashed, hidden: hidden)
        #expect(previous.matrix == separate.matrix)
    }
}

@Suite("Softmax losses")
struct LossTests {
    /// −log softmax in double precision, and its gradient by the logits.
    private func exact(_ logits: [Double], _ target: Int) -> (Double, [Double]) {
        let peak = logits.max() ?? 0
        let powers = logits.map { exp($0 - peak) }
        let total = powers.reduce(0, +)
        var gradient = powers.map { $0 / total }
        let loss = -log(gradient[target])
        gradient[target] -= 1
        return (loss, gradient)
    }

    @Test("The full softmax agrees with double precision", arguments: [1, 3, 16, 37])
    func full(_ classes: Int) {
        let logits = random(4, classes, seed: 1)
        let bias = random(1, classes, seed: 2)
        let targets = (0..<4).map { Int32($0 % classes) }
        let scales: [Float] = [1, 0.5, 0, 2]
        let before = logits.matrix
        let loss = SoftmaxLoss.full(
            logits: logits, bias: bias, targets: targets[...], scales: scales[...])
        var expected = 0.0
        for row in 0..<4 {
            let (value, gradient) = exact(
                zip(before.row(row), bias.matrix.elements).map { Double($0 + $1) },
                Int(targets[row]))
            if scales[row] > 0 { expected += value }
            for column in 0..<classes {
                let error = Double(logits[row, column]) - gradient[column] * Double(scales[row])
                #expect(abs(error) < 1e-6)
            }
        }
        #expect(abs(loss - expected) < 1e-5)
    }
}

@Suite("Adam and elementwise kernels")
struct OptimizerKernelTests {
    @Test("Adam follows the paper", arguments: [1, 16, 21])
    func adam(_ count: Int) {
        let parameters = FloatStorage(count: count + 3, repeating: 1)
        let first = FloatStorage(count: count + 3)
        let second = FloatStorage(count: count + 3)
        var (p, m, v) = (1.0, 0.0, 0.0)
        for step in 1...20 {
            let slope = Float(step % 3) - 0.5
            let gradient = FloatStorage(count: count, repeating: slope)
            AdamStep(step: step, learningRate: 0.01, gradientScale: 0.5).apply(
                to: parameters, at: 2, gradient: gradient, at: 0, first: first, second: second,
                count: count)
            let g = Double(slope) * 0.5
            m = 0.9 * m + 0.1 * g
            v = 0.999 * v + 0.001 * g * g
            p -=
                0.01 * (m / (1 - pow(0.9, Double(step))))
                / ((v / (1 - pow(0.999, Double(step)))).squareRoot() + 1e-8)
        }
        for index in 0..<count { #expect(abs(Double(parameters[index + 2]) - p) < 1e-5) }
        #expect(parameters[0] == 1 && parameters[1] == 1 && parameters[count + 2] == 1)
    }

    @Test("A dropout mask has the right fraction of zeros and mean 1", arguments: [7, 8, 64])
    func dropout(_ columns: Int) {
        let mask = FloatStorage(count: 1_000 * columns).view(rows: 1_000, columns: columns)
        mask.fillDropout(Philox(seed: 1, stream: 5), rate: 0.25)
        let values = mask.matrix.elements
        let fraction = Double(values.count { $0 == 0 }) / Double(values.count)
        #expect(abs(fraction - 0.25) < 3 / Double(values.count).squareRoot(), "seed 1")
        #expect(Set(values).count == 2 && abs((values.max() ?? 0) - 4 / 3) < 1e-6)
        let again = FloatStorage(count: 1_000 * columns).view(rows: 1_000, columns: columns)
        again.fillDropout(Philox(seed: 1, stream: 5), rate: 0.25)
        #expect(again.matrix.elements == values)
        again.fillDropout(Philox(seed: 1, stream: 5), rate: 0)
        #expect(again.matrix.elements.allSatisfy { $0 == 1 })
    }

    @Test("Rows become directions and their gradients come back", arguments: [1, 5, 16, 40])
    func normalize(_ columns: Int) {
        let x = randomMatrix(2, columns, seed: 21)
        let g = randomMatrix(1, columns, seed: 22)
        let view = FloatStorage(x.elements).view(rows: 2, columns: columns)
        let inverse = view.normalizeRow(0, length: 3)
        let length = view.dotRows(0, view, row: 0).squareRoot()
        #expect(abs(length - 3) < 1e-5 && view.matrix.row(1) == x.row(1))
        #expect(abs(view.inverseLength(0) - 1 / 3) < 1e-6)
        /// Σ g · 3 x / ‖x‖ in double precision.
        func value(_ x: [Double]) -> Double {
            let size = x.reduce(1e-12) { $0 + $1 * $1 }.squareRoot()
            return zip(x, g.elements).reduce(0) { $0 + $1.0 * Double($1.1) } * 3 / size
        }
        let gradient = FloatStorage(g.elements).view(rows: 1, columns: columns)
        gradient.undoNormalize(0, along: view, row: 0, factor: 1 / 3, scale: 3 * inverse)
        for index in 0..<columns {
            var point = x.row(0).map { Double($0) }
            point[index] += 1e-6
            let up = value(point)
            point[index] -= 2e-6
            let numeric = (up - value(point)) / 2e-6
            #expect(abs(Double(gradient[0, index]) - numeric) < 1e-4 * (1 + abs(numeric)))
        }
        let zero = FloatStorage(count: columns).view(rows: 1, columns: columns)
        #expect(zero.normalizeRow(0, length: 16).isFinite)
        #expect(zero.matrix == Matrix(rows: 1, columns: columns))
    }

    @Test("Elementwise products", arguments: [1, 16, 37])
    func elementwise(_ columns: Int) {
        let a = random(3, columns, seed: 1)
        let b = random(3, columns, seed: 2)
        let expected = zip(a.matrix.elements, b.matrix.elements).map { $0 * $1 }
        a.multiply(elementwise: b)
        #expect(a.matrix.elements == expected)
    }
}

@Suite("Negative sampling")
struct NegativeSamplingTests {
    private func tokens(_ items: [Int32], _ sequences: [Int32], reach: UInt8) -> TokenStream {
        var stream = TokenStream()
        stream.items = items
        stream.sequences = sequences
        stream.reaches = [UInt8](repeating: reach, count: items.count)
        return stream
    }

    @Test("Tokens and tables that do not fit are programmer errors")
    func shapes() async {
        await #expect(processExitsWith: .failure) {
            let group = NegativeSamplingGroup(dimensions: 4, window: 2)
            let table = FloatStorage(count: 40).view(rows: 10, columns: 4)
            var stream = TokenStream()
            stream.items = [0, 1]
            stream.sequences = [0]
            stream.reaches = [1, 1]
            group.compute(
                stream, first: 0, negatives: [Int32](repeating: 9, count: 16),
                negativesPerPair: 5, inputTable: table, outputTable: table)
        }
        await #expect(processExitsWith: .failure) {
            let group = NegativeSamplingGroup(dimensions: 4, window: 2)
            let table = FloatStorage(count: 40).view(rows: 10, columns: 4)
            var stream = TokenStream()
            stream.items = [0, 1]
            stream.sequences = [0, 0]
            stream.reaches = [1, 1]
            group.compute(
                stream, first: 0, negatives: [Int32](repeating: 9, count: 16),
                negativesPerPair: 5, inputTable: table, outputTable: table)
            // Item 9 is outside these tables.
            let small = FloatStorage(count: 20).view(rows: 5, columns: 4)
            NegativeSamplingGroup.apply(
                [group], task: 0, tasks: 1, rate: 1, massLimit: 1, masses: FloatStorage(count: 10),
                inputTable: small, outputTable: small)
        }
    }

    @Test("Pairs stay inside a sequence and a window")
    func pairs() {
        let group = NegativeSamplingGroup(dimensions: 16, window: 2)
        let table = random(10, 16, seed: 1)
        let stream = tokens([0, 1, 2, 3, 4, 5], [0, 0, 0, 0, 1, 1], reach: 2)
        group.compute(
            stream, first: 0, negatives: [Int32](repeating: 9, count: 16), negativesPerPair: 5,
            inputTable: table, outputTable: table)
        #expect(group.pairs == 2 + 3 + 3 + 2 + 1 + 1)
        #expect(group.loss() > 0)
    }

    @Test("The update is the gradient of the loss", arguments: [16, 24])
    func gradient(_ dimensions: Int) {
        let items: [Int32] = [0, 1, 2, 0, 3, 4, 1, 5, 2, 6]
        let stream = tokens(items, [0, 0, 0, 0, 0, 1, 1, 1, 1, 1], reach: 3)
        let negatives = (0..<16).map { Int32($0 % 8) }
        let input = random(8, dimensions, seed: 2)
        let output = random(8, dimensions, seed: 3)
        func loss(_ a: MatrixView, _ b: MatrixView) -> Double {
            let group = NegativeSamplingGroup(dimensions: dimensions, window: 3)
            group.compute(
                stream, first: 0, negatives: negatives, negativesPerPair: 5, inputTable: a,
                outputTable: b)
            return group.loss() * Double(group.pairs)
        }
        let group = NegativeSamplingGroup(dimensions: dimensions, window: 3)
        group.compute(
            stream, first: 0, negatives: negatives, negativesPerPair: 5, inputTable: input,
            outputTable: output)
        let masses = FloatStorage(count: 16)
        let movedInput = FloatStorage(input.matrix.elements).view(rows: 8, columns: dimensions)
        let movedOutput = FloatStorage(output.matrix.elements).view(rows: 8, columns: dimensions)
        NegativeSamplingGroup.apply(
            [group], task: 0, tasks: 1, rate: 1, massLimit: 1e9, masses: masses,
            inputTable: movedInput, outputTable: movedOutput)
        for (table, moved) in [(input, movedInput), (output, movedOutput)] {
            for (row, column) in [(0, 0), (1, 3), (2, 15), (5, 7), (6, 1), (7, 2)] {
                let old = table[row, column]
                table[row, column] = old + 1e-2
                let up = loss(input, output)
                table[row, column] = old - 1e-2
                let down = loss(input, output)
                table[row, column] = old
                let numeric = (up - down) / 2e-2
                #expect(abs(Double(old - moved[row, column]) - numeric) < 2e-3)
            }
        }
        #expect(masses.elements.allSatisfy { $0 == 0 })
    }

    @Test("Two tasks change the tables exactly as one does, and mass is limited")
    func tasks() {
        let stream = tokens(
            (0..<16).map { Int32($0 % 5) }, .init(repeating: 0, count: 16), reach: 4)
        let start = random(5, 16, seed: 4).matrix
        func moved(tasks: Int, limit: Float) -> [Float] {
            let input = FloatStorage(start.elements).view(rows: 5, columns: 16)
            let output = FloatStorage(start.elements).view(rows: 5, columns: 16)
            let groups = (0..<3).map { _ in NegativeSamplingGroup(dimensions: 16, window: 4) }
            for group in groups {
                group.compute(
                    stream, first: 0, negatives: [Int32](repeating: 4, count: 16),
                    negativesPerPair: 5, inputTable: input, outputTable: output)
            }
            let masses = FloatStorage(count: 10)
            for task in (0..<tasks).reversed() {
                NegativeSamplingGroup.apply(
                    groups[...], task: task, tasks: tasks, rate: 0.1, massLimit: limit,
                    masses: masses, inputTable: input, outputTable: output)
            }
            return input.matrix.elements + output.matrix.elements
        }
        #expect(moved(tasks: 1, limit: 1e9) == moved(tasks: 3, limit: 1e9))
        let size = { (values: [Float]) in
            zip(values, start.elements + start.elements).reduce(0) { $0 + abs($1.0 - $1.1) }
        }
        #expect(size(moved(tasks: 1, limit: 1)) < size(moved(tasks: 1, limit: 1e9)) / 20)
    }
}

@Suite("Matrix factors")
struct MatrixFactorTests {
    @Test("AdaGrad fits a small table of targets", arguments: [3, 16, 20])
    func fits(_ dimensions: Int) {
        let rows = FactorTable(
            count: 6, dimensions: dimensions, numbers: PhiloxGenerator(seed: 1, stream: 1))
        let columns = FactorTable(
            count: 6, dimensions: dimensions, numbers: PhiloxGenerator(seed: 1, stream: 2))
        var pairs: [CoOccurrence] = []
        for row in 0..<6 {
            for column in 0..<6 where row != column {
                pairs.append(
                    CoOccurrence(
                        row: Int32(row), column: Int32(column),
                        target: row % 2 == column % 2 ? 1 : -1, weight: 1))
            }
        }
        var losses: [Double] = []
        for _ in 0..<500 { losses.append(fitCoOccurrences(pairs, rows, columns, rate: 0.05)) }
        #expect(losses[499] < 0.05 * losses[0], "from \(losses[0]) to \(losses[499])")
        #expect(rows.elements.count == 6 * dimensions)
    }
}
