import Foundation
import Kernels
import Testing

@testable import Learning

@Suite("Logistic regression")
struct LogisticRegressionTests {
    @Test("Known weights are recovered")
    func recovers() {
        var generator = PhiloxGenerator(seed: 1)
        let truth = [-0.7, 1.5, -2]
        let cases = (0..<40_000).map { _ in [generator.normal(), generator.normal()] }
        let happened = cases.map { row in
            let sum = truth[0] + truth[1] * row[0] + truth[2] * row[1]
            return generator.uniform() < 1 / (1 + exp(-sum))
        }
        let found = LogisticRegression(cases, happened: happened)
        for (weight, known) in zip(found.weights, truth) { #expect(abs(weight - known) < 0.08) }
        #expect(abs(found.probability([0, 0]) - 1 / (1 + exp(0.7))) < 0.02)
    }

    @Test("At the fitted weights the slope of the penalised likelihood is zero", arguments: 0..<10)
    func stationary(_ seed: Int) {
        var generator = PhiloxGenerator(seed: UInt64(seed))
        let cases = (0..<60).map { _ in (0..<3).map { _ in 3 * generator.normal() } }
        let happened = cases.map { _ in generator.uniform() < 0.3 }
        let found = LogisticRegression(cases, happened: happened)
        for index in 0..<4 {
            var slope = -found.weights[index]
            for (row, isHit) in zip(cases, happened) {
                slope += ((isHit ? 1 : 0) - found.probability(row)) * ([1] + row)[index]
            }
            #expect(abs(slope) < 1e-6)
        }
    }

    @Test("Cases of different length are programmer errors")
    func shapes() async {
        await #expect(processExitsWith: .failure) {
            _ = LogisticRegression([[1, 2], [1]], happened: [true, false])
        }
        await #expect(processExitsWith: .failure) {
            _ = LogisticRegression([[1], [2]], happened: [true])
        }
    }

    @Test("Separable cases, equal cases and no cases give finite weights")
    func degenerate() {
        let apart = LogisticRegression(
            [[-1], [-2], [1], [2]], happened: [false, false, true, true])
        #expect(apart.probability([2]) > 0.8 && apart.probability([-2]) < 0.2)
        let alike = LogisticRegression(
            [[Double]](repeating: [5, 5], count: 100),
            happened: [Bool](repeating: true, count: 100))
        #expect(alike.weights.allSatisfy { $0.isFinite })
        #expect(alike.probability([5, 5]) > 0.95)
        #expect(LogisticRegression([], happened: []).probability([]) == 0.5)
        let huge = LogisticRegression([[1e6], [-1e6]], happened: [true, false])
        #expect(huge.weights.allSatisfy { $0.isFinite })
    }
}
