import Foundation
import Kernels
import Testing

@testable import Learning

@Suite("Poisson regression")
struct PoissonRegressionTests {
    /// The golden numbers are from a regression with a column of 0 and 1 for each group (NumPy).
    @Test("Coefficients and errors are those of a regression with groups as columns")
    func golden() {
        let rows = 0..<60
        let fit = PoissonRegression(
            counts: rows.map { i in
                Double((i * i * 3 + i * 5 + 2) % 9 + ((i * 5) % 7 < 2 ? 2 : 0))
            },
            exposure: rows.map { Double(5 + ($0 * 3) % 4) },
            features: [
                rows.map { Double(($0 * 7) % 11) / 10 }, rows.map { ($0 * 5) % 7 < 2 ? 1 : 0 },
            ],
            groups: [rows.map { $0 % 3 }, rows.map { $0 / 20 }])
        #expect(abs(fit.coefficients[0].value - 0.11034269) < 1e-6)
        #expect(abs(fit.coefficients[1].value - 0.40654393) < 1e-6)
        #expect(abs(fit.dispersion - 1.9247082) < 1e-5)
        #expect(abs(fit.coefficients[0].variance - 0.07092072) < 1e-6)
        #expect(abs(fit.coefficients[1].variance - 0.02931242) < 1e-6)
    }

    @Test("Planted factors are found within their errors", arguments: 1...8)
    func recovers(_ seed: Int) {
        var generator = PhiloxGenerator(seed: UInt64(seed))
        var counts: [Double] = []
        var exposure: [Double] = []
        var x: [Double] = []
        var groups: [Int] = []
        for row in 0..<800 {
            let group = row % 10
            x.append(generator.normal())
            groups.append(group)
            exposure.append(2 + 3 * generator.uniform())
            let mean = exposure[row] * exp(0.3 * Double(group) - 1 + 0.25 * x[row])
            counts.append(poisson(mean, &generator))
        }
        let fit = PoissonRegression(
            counts: counts, exposure: exposure, features: [x], groups: [groups])
        let coefficient = fit.coefficients[0]
        let distance = abs(coefficient.value - 0.25) / coefficient.variance.squareRoot()
        #expect(distance < 4, "seed \(seed): \(coefficient)")
        #expect(coefficient.variance.squareRoot() < 0.05)
        #expect(fit.dispersion < 1.25)
    }

    /// A Poisson number by multiplying uniform ones (Knuth).
    private func poisson(_ mean: Double, _ generator: inout PhiloxGenerator) -> Double {
        let limit = exp(-mean)
        var product = generator.uniform()
        var count = 0.0
        while product > limit {
            product *= generator.uniform()
            count += 1
        }
        return count
    }

    @Test("Columns of different length are programmer errors")
    func shapes() async {
        await #expect(processExitsWith: .failure) {
            _ = PoissonRegression(
                counts: [1, 2], exposure: [1], features: [], groups: [])
        }
        await #expect(processExitsWith: .failure) {
            _ = PoissonRegression(
                counts: [1, 2], exposure: [1, 1], features: [[0]], groups: [])
        }
    }

    @Test("A feature without variation within groups has an unknown coefficient")
    func constant() {
        let fit = PoissonRegression(
            counts: [1, 2, 3, 4, 5, 6], exposure: [1, 1, 1, 1, 1, 1],
            features: [[2, 2, 2, 5, 5, 5], [0, 1, 0, 1, 0, 1]], groups: [[0, 0, 0, 1, 1, 1]])
        #expect(fit.coefficients[0] == .unknown)
        #expect(fit.coefficients[1].variance.isFinite)
    }

    @Test("No counts, no rows and no exposure give finite numbers")
    func degenerate() {
        for (counts, exposure) in [
            ([], []), ([0.0, 0, 0], [1.0, 1, 1]), ([1, 2, 3], [0, 0, 0]), ([5], [1]),
        ] {
            let fit = PoissonRegression(
                counts: counts, exposure: exposure,
                features: [counts.indices.map { Double($0) }],
                groups: [counts.indices.map { _ in 0 }])
            #expect(fit.coefficients.count == 1)
            #expect(fit.coefficients[0].value.isFinite && fit.dispersion.isFinite)
        }
    }
}

@Suite("Partial pooling")
struct PartialPoolingTests {
    @Test("Mean, variance and spread are DerSimonian and Laird's")
    func golden() throws {
        let pool = try #require(
            PartialPooling([(0.5, 0.04), (1.2, 0.09), (0.1, 0.01), (0.9, 0.25)]))
        #expect(abs(pool.spread - 0.19581453634) < 1e-9)
        #expect(abs(pool.mean - 0.594525737996) < 1e-9)
        #expect(abs(pool.variance - 0.0673798982914) < 1e-9)
    }

    @Test("A group with a small error keeps its value, a group without data has the mean")
    func shrinkage() throws {
        let pool = try #require(
            PartialPooling([(0, 0.01), (1, 0.01), (2, 0.01), (0.5, .infinity)]))
        let sure = pool.estimate(2, variance: 1e-9)
        #expect(abs(sure.mean - 2) < 1e-6 && sure.deviation < 1e-4)
        let unknown = pool.estimate(0.5, variance: .infinity)
        #expect(unknown.mean == pool.mean)
        #expect(
            abs(unknown.deviation - (pool.spread + pool.variance).squareRoot()) < 1e-12)
        let some = pool.estimate(2, variance: pool.spread)
        #expect(abs(some.mean - (2 + pool.mean) / 2) < 1e-9)
    }

    @Test("Equal groups, one group and no group")
    func edges() throws {
        let same = try #require(PartialPooling([(0.3, 0.1), (0.3, 0.1)]))
        #expect(same.spread == 0 && abs(same.variance - 0.05) < 1e-12)
        #expect(abs(same.estimate(0.9, variance: 0.1).mean - same.mean) < 1e-12)
        let one = try #require(PartialPooling([(0.7, 0.2)]))
        let estimate = one.estimate(0.7, variance: 0.2)
        #expect(estimate.mean == 0.7)
        #expect(abs(estimate.deviation - 0.2.squareRoot()) < 1e-12)
        #expect(PartialPooling([]) == nil)
        #expect(PartialPooling([(1, .infinity), (.nan, 1)]) == nil)
    }

    @Test("Intervals have their nominal coverage")
    func coverage() throws {
        var generator = PhiloxGenerator(seed: 4)
        var held = 0
        for _ in 0..<300 {
            let truths = (0..<15).map { _ in 1 + 0.4 * generator.normal() }
            let groups = truths.map { truth in
                let deviation = 0.1 + 0.5 * generator.uniform()
                return (
                    value: truth + deviation * generator.normal(),
                    variance: deviation * deviation
                )
            }
            let pool = try #require(PartialPooling(groups))
            for (truth, group) in zip(truths, groups) {
                let estimate = pool.estimate(group.value, variance: group.variance)
                held += abs(truth - estimate.mean) < NormalQuantile.p95 * estimate.deviation ? 1 : 0
            }
        }
        let share = Double(held) / 4500
        #expect((0.86...0.93).contains(share), "\(share)")
    }
}
