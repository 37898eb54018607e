import Foundation
import Testing

@testable import Kernels

/// A matrix in storage that views can be made of.
private func view(_ matrix: Matrix) -> MatrixView {
    FloatStorage(matrix.elements).view(rows: matrix.rows, columns: matrix.columns)
}

/// One problem: queries against candidates, with everything that the softmax needs.
private struct Problem {
    var queries: Matrix  // n × d
    var candidates: Matrix  // S × d
    var offsets: [Float]
    var targets: [Int]  // a candidate each, or -1 for a target that is none
    var ownLogits: [Float]
    var scales: [Float]

    init(rows: Int, candidates count: Int, width: Int, size: Float = 1, seed: UInt64) {
        queries = randomMatrix(rows, width, seed: seed)
        queries.elements = queries.elements.map { $0 * size }
        candidates = randomMatrix(count, width, seed: seed + 1)
        offsets = randomMatrix(1, max(1, count), seed: seed + 2).elements
        offsets.removeLast(max(1, count) - count)
        var generator = PhiloxGenerator(seed: seed + 3)
        targets = (0..<rows).map { _ in count > 0 ? generator.integer(below: count) : -1 }
        ownLogits = []
        scales = (0..<rows).map { $0 % 5 == 4 ? 0 : Float($0 % 3) * 0.5 + 0.25 }
        useTargetLogits()
    }

    /// The logits of the targets as the candidates have them.
    mutating func useTargetLogits() {
        ownLogits = targets.indices.map { row in
            targets[row] < 0 ? 0.5 : Float(logit(row, targets[row]))
        }
    }

    func logit(_ row: Int, _ candidate: Int) -> Double {
        zip(queries.row(row), candidates.row(candidate))
            .reduce(Double(offsets[candidate])) { $0 + Double($1.0) * Double($1.1) }
    }

    /// The loss in double precision, and scale · ∂loss/∂logit; the last column is the own logit's.
    func exact() -> (loss: Double, slopes: [[Double]]) {
        var total = 0.0
        var slopes: [[Double]] = []
        for row in targets.indices {
            var logits = (0..<candidates.rows).map { logit(row, $0) }
            if targets[row] >= 0 { logits[targets[row]] = -.infinity }
            logits.append(Double(ownLogits[row]))
            let peak = logits.max() ?? 0
            let sum = logits.reduce(0) { $0 + exp($1 - peak) }
            let scale = Double(scales[row])
            if scale > 0 { total += peak + log(sum) - Double(ownLogits[row]) }
            var slope = logits.map { exp($0 - peak) / sum * scale }
            slope[logits.count - 1] -= scale
            slopes.append(slope)
        }
        return (total, slopes)
    }

    /// What the kernel makes of it.
    func run(
        _ softmax: CandidateSoftmax = CandidateSoftmax(), learns: Bool = true
    ) -> (loss: Double, own: [Float], queries: Matrix, candidates: Matrix, offsets: [Float]) {
        let vectors = view(candidates)
        let table = CandidateTable(
            columns: PackedMatrix(vectors, transposed: true), rows: PackedMatrix(vectors),
            offsets: FloatStorage(offsets).view(rows: 1, columns: offsets.count))
        var wanted = CandidateTargets(
            logits: ownLogits, hits: targets.map { $0 < 0 ? 0..<0 : $0..<$0 + 1 },
            scales: scales)
        // Not zero before: everything must be overwritten.
        let gradient = CandidateGradient(
            queries: view(Matrix(rows: queries.rows, columns: queries.columns, repeating: 7)),
            candidates: view(
                Matrix(rows: candidates.rows, columns: candidates.columns, repeating: 7)),
            offsets: view(Matrix(rows: 1, columns: candidates.rows, repeating: 7)))
        let loss = softmax.loss(
            view(queries), table, &wanted, gradient: learns ? gradient : nil)
        return (
            loss, wanted.logits, gradient.queries.matrix, gradient.candidates.matrix,
            gradient.offsets.matrix.elements
        )
    }
}

/// ‖a − b‖ / ‖b‖, or ‖a‖ if b is nothing.
private func distance(_ a: [Float], _ b: [Double]) -> Double {
    let difference = zip(a, b).reduce(0) { $0 + pow(Double($1.0) - $1.1, 2) }
    let size = b.reduce(0) { $0 + $1 * $1 }
    return (size > 0 ? difference / size : difference).squareRoot()
}

@Suite("Candidate softmax")
struct CandidateSoftmaxTests {
    /// Compares loss and all gradients with double precision.
    private func check(_ problem: Problem, _ label: String, tolerance: Double = 2e-6) {
        let (loss, slopes) = problem.exact()
        let ours = problem.run()
        #expect(abs(ours.loss - loss) <= 3e-6 * max(1, abs(loss)), "\(label)")
        let count = problem.candidates.rows
        #expect(distance(ours.own, slopes.map { $0[count] }) < tolerance, "\(label): own")
        var queries: [Double] = []
        for slope in slopes {
            queries += (0..<problem.queries.columns).map { column in
                (0..<count).reduce(0) {
                    $0 + slope[$1] * Double(problem.candidates[$1, column])
                }
            }
        }
        #expect(distance(ours.queries.elements, queries) < tolerance, "\(label): queries")
        var candidates: [Double] = []
        for candidate in 0..<count {
            candidates += (0..<problem.queries.columns).map { column in
                slopes.indices.reduce(0) {
                    $0 + slopes[$1][candidate] * Double(problem.queries[$1, column])
                }
            }
        }
        #expect(distance(ours.candidates.elements, candidates) < tolerance, "\(label): vectors")
        let offsets = (0..<count).map { candidate in slopes.reduce(0) { $0 + $1[candidate] } }
        #expect(distance(ours.offsets, offsets) < tolerance, "\(label): offsets")
    }

    @Test("Loss and gradients agree with double precision for fifty random shapes")
    func shapes() {
        var generator = PhiloxGenerator(seed: 11)
        for round in 0..<50 {
            let rows = 1 + generator.integer(below: 40)
            let candidates = 1 + generator.integer(below: round < 40 ? 120 : 700)
            let width = 1 + generator.integer(below: 40)
            check(
                Problem(
                    rows: rows, candidates: candidates, width: width, size: 0.3,
                    seed: UInt64(100 + round)),
                "seed 11, \(rows) × \(candidates) × \(width)")
        }
    }

    @Test("Central differences of the loss give the gradients")
    func centralDifferences() {
        var problem = Problem(rows: 5, candidates: 300, width: 6, size: 0.5, seed: 5)
        problem.targets = [-1, -1, -1, -1, -1]  // so that the own logits do not depend on the rest
        let (_, slopes) = problem.exact()
        let ours = problem.run()
        #expect(slopes.count == 5)
        func numeric(_ change: (inout Problem, Float) -> Void) -> Double {
            var (up, down) = (problem, problem)
            // Steps that single precision holds exactly.
            change(&up, 1 / 256)
            change(&down, -1 / 256)
            var total = 0.0
            for row in problem.targets.indices where problem.scales[row] > 0 {
                var (above, below) = (up, down)
                above.scales = problem.scales.indices.map { $0 == row ? 1 : 0 }
                below.scales = above.scales
                total +=
                    Double(problem.scales[row]) * (above.exact().loss - below.exact().loss) * 128
            }
            return total
        }
        for index in [0, 7, 17, 29] {
            let slope = numeric { $0.queries.elements[index] += $1 }
            #expect(abs(Double(ours.queries.elements[index]) - slope) < 1e-4)
        }
        for index in [0, 100, 777, 1_799] {
            let slope = numeric { $0.candidates.elements[index] += $1 }
            #expect(abs(Double(ours.candidates.elements[index]) - slope) < 1e-4)
        }
        for index in [0, 255, 256, 299] {
            let slope = numeric { $0.offsets[index] += $1 }
            #expect(abs(Double(ours.offsets[index]) - slope) < 1e-4)
        }
        for row in 0..<5 {
            let slope = numeric { $0.ownLogits[row] += $1 }
            #expect(abs(Double(ours.own[row]) - slope) < 1e-4)
        }
    }

    @Test("Logits far apart, so that references move from tile to tile", arguments: [5, 30, 90])
    func extremes(_ size: Float) {
        var problem = Problem(rows: 9, candidates: 800, width: 8, size: 0.1, seed: 3)
        // Ever greater logits towards the end, and one row whose target is far above the rest.
        problem.offsets = (0..<800).map { Float($0) / 800 * size * 3 - size }
        problem.targets[0] = 799
        problem.targets[1] = 0
        problem.targets[2] = -1
        problem.useTargetLogits()
        problem.ownLogits[2] = 5 * size
        check(problem, "size \(size)", tolerance: 2e-5)
        #expect(problem.run().own.allSatisfy { $0.isFinite })
    }

    @Test("Extreme logits give finite results")
    func overflow() {
        var problem = Problem(rows: 2, candidates: 40, width: 4, seed: 4)
        problem.offsets[7] = 3e4
        problem.offsets[8] = -3e4
        problem.useTargetLogits()
        let ours = problem.run()
        #expect(ours.loss.isFinite && ours.loss > 1e4)
        #expect((ours.own + ours.queries.elements + ours.offsets).allSatisfy { $0.isFinite })
    }

    @Test("Rows that need several strips give what one strip gives")
    func strips() {
        // 4 M logits at a time: 90,000 candidates leave strips of 40 rows.
        var problem = Problem(rows: 100, candidates: 90_000, width: 3, size: 0.5, seed: 6)
        let together = problem.run()
        var loss = 0.0
        var sums = [Double](repeating: 0, count: 90_000)
        var vectors = [Double](repeating: 0, count: 270_000)
        let all = problem
        for start in [0, 50] {
            let part = start..<start + 50
            problem.queries = all.queries.selecting(rows: Array(part))
            problem.targets = Array(all.targets[part])
            problem.ownLogits = Array(all.ownLogits[part])
            problem.scales = Array(all.scales[part])
            let ours = problem.run()
            loss += ours.loss
            for index in sums.indices { sums[index] += Double(ours.offsets[index]) }
            for index in vectors.indices {
                vectors[index] += Double(ours.candidates.elements[index])
            }
            for row in 0..<50 {
                #expect(ours.queries.row(row) == together.queries.row(start + row)[...])
                #expect(ours.own[row] == together.own[start + row])
            }
        }
        #expect(abs(loss - together.loss) < 1e-9 * loss)
        #expect(distance(together.offsets, sums) < 1e-6)
        #expect(distance(together.candidates.elements, vectors) < 1e-6)
    }

    @Test("Reused memory and learning do not change the loss")
    func reuse() {
        let softmax = CandidateSoftmax()
        let large = Problem(rows: 33, candidates: 700, width: 20, seed: 7)
        let small = Problem(rows: 3, candidates: 17, width: 5, seed: 8)
        let alone = (large.run(), small.run())
        for _ in 0..<2 {
            let first = large.run(softmax)
            #expect(first.queries == alone.0.queries && first.candidates == alone.0.candidates)
            let second = small.run(softmax)
            #expect(second.queries == alone.1.queries && second.offsets == alone.1.offsets)
            let read = large.run(softmax, learns: false)
            #expect(read.loss == alone.0.loss && read.own == large.ownLogits)
        }
    }

    @Test("A candidate drawn several times counts several times, but not for its own row")
    func duplicates() {
        var problem = Problem(rows: 4, candidates: 6, width: 5, seed: 9)
        problem.scales = [1, 1, 1, 1]
        let vectors = problem.candidates.selecting(rows: [0, 1, 1, 1, 2, 3, 4, 5])
        let offsets = [0, 1, 1, 1, 2, 3, 4, 5].map { problem.offsets[$0] }
        problem.targets = [1, 0, 1, 5]
        problem.useTargetLogits()
        let table = CandidateTable(
            columns: PackedMatrix(view(vectors), transposed: true),
            rows: PackedMatrix(view(vectors)),
            offsets: FloatStorage(offsets).view(rows: 1, columns: 8))
        var wanted = CandidateTargets(
            logits: problem.ownLogits, hits: [1..<4, 0..<1, 1..<4, 7..<8],
            scales: problem.scales)
        let loss = CandidateSoftmax().loss(
            view(problem.queries), table, &wanted, gradient: nil)
        var expected = 0.0
        for row in 0..<4 {
            var sum = exp(Double(problem.ownLogits[row]))
            for candidate in 0..<6 where candidate != problem.targets[row] {
                sum += exp(problem.logit(row, candidate)) * (candidate == 1 ? 3 : 1)
            }
            expected += log(sum) - Double(problem.ownLogits[row])
        }
        #expect(abs(loss - expected) < 1e-5)
    }

    @Test("The corrected sample estimates the normaliser of the full softmax without bias")
    func unbiased() throws {
        let count = 50
        let scores = randomMatrix(1, count, seed: 5).elements
        let table = try #require(AliasTable(weights: (0..<count).map { 1 / Double($0 + 1) }))
        let numbers = Philox(seed: 6)
        let (draws, target, rounds) = (16, 3, 20_000)
        let one = view(Matrix(rows: 1, columns: 1, repeating: 1))
        let softmax = CandidateSoftmax()
        var total = 0.0
        for round in 0..<rounds {
            let items = (0..<draws).map {
                table.sample(numbers.uniform(at: UInt64(round * draws + $0)))
            }.sorted()
            let offsets = items.map { Float(-log(Double(draws) * table.probabilities[$0])) }
            let vectors = view(
                Matrix(rows: draws, columns: 1, elements: items.map { scores[$0] }))
            let first = items.firstIndex(of: target) ?? 0
            var wanted = CandidateTargets(
                logits: [scores[target]],
                hits: [first..<first + items.count { $0 == target }], scales: [1])
            let loss = softmax.loss(
                one,
                CandidateTable(
                    columns: PackedMatrix(vectors, transposed: true),
                    rows: PackedMatrix(vectors),
                    offsets: FloatStorage(offsets).view(rows: 1, columns: draws)),
                &wanted, gradient: nil)
            total += exp(loss + Double(scores[target]))
        }
        let exact = scores.reduce(0) { $0 + exp(Double($1)) }
        #expect(abs(total / Double(rounds) - exact) < 0.03 * exact, "seed 6")
    }

    @Test("Without rows or without a scale there is neither loss nor gradient")
    func nothing() {
        var problem = Problem(rows: 3, candidates: 20, width: 4, seed: 10)
        problem.scales = [0, 0, 0]
        let silent = problem.run()
        #expect(silent.loss == 0 && silent.own == [0, 0, 0])
        #expect((silent.queries.elements + silent.candidates.elements).allSatisfy { $0 == 0 })
        let empty = Problem(rows: 0, candidates: 20, width: 4, seed: 10).run()
        #expect(empty.loss == 0 && empty.candidates.elements.allSatisfy { $0 == 0 })
        #expect(empty.offsets.allSatisfy { $0 == 0 })
    }
}
