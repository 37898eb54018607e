import Kernels
import Testing

@testable import Learning

@Suite("Kolmogorov-Smirnov test")
struct UniformityTests {
    @Test("The distance is the greatest distance from the diagonal")
    func distance() {
        #expect(KolmogorovSmirnovTest([0.5]).distance == 0.5)
        #expect(KolmogorovSmirnovTest([0.25, 0.75]).distance == 0.25)
        #expect(abs(KolmogorovSmirnovTest([0.1, 0.2, 0.3]).distance - 0.7) < 1e-12)
        #expect(abs(KolmogorovSmirnovTest([0.9, 0.8, 0.7]).distance - 0.7) < 1e-12)
        #expect(KolmogorovSmirnovTest([0, 0, 0]).distance == 1)
        #expect(KolmogorovSmirnovTest([]) == KolmogorovSmirnovTest([]))
        #expect(KolmogorovSmirnovTest([]).p == 1)
    }

    @Test("Each number is counted in its tenth")
    func deciles() {
        #expect(KolmogorovSmirnovTest([]).deciles == Array(repeating: 0, count: 10))
        #expect(
            KolmogorovSmirnovTest([0, 0.05, 0.1, 0.55, 0.999, 1]).deciles == [
                2, 1, 0, 0, 0, 1, 0, 0, 0, 2,
            ])
    }

    @Test("The limit distribution has its published quantiles")
    func table() {
        // λ and its upper tail, from tables of the Kolmogorov distribution.
        for (lambda, tail) in [(1.0727, 0.2), (1.2238, 0.1), (1.3581, 0.05), (1.6276, 0.01)] {
            let count = 1_000_000.0
            // Evenly spread numbers moved by d have a distance of d and half a step.
            let step = lambda / (count.squareRoot() + 0.12 + 0.11 / count.squareRoot())
            let values = (0..<1_000_000).map { (Double($0) + 0.5) / count }
                .map { min(1, max(0, $0 + step - 0.5 / count)) }
            #expect(abs(KolmogorovSmirnovTest(values).p - tail) < 2e-4)
        }
    }

    @Test("Uniform numbers are rejected at the nominal rate")
    func size() {
        var rejected = 0
        for seed in 0..<2_000 {
            var generator = PhiloxGenerator(seed: UInt64(seed))
            let values = (0..<100).map { _ in generator.uniform() }
            rejected += KolmogorovSmirnovTest(values).p < 0.05 ? 1 : 0
        }
        // 100 are expected, with a standard deviation of 10.
        #expect((55...145).contains(rejected), "\(rejected)")
    }

    @Test("Numbers that are not uniform are rejected")
    func power() {
        var generator = PhiloxGenerator(seed: 1)
        let low = (0..<2_000).map { _ in generator.uniform() * 0.93 }
        #expect(KolmogorovSmirnovTest(low).p < 0.01)
        let middle = (0..<2_000).map { _ in 0.1 + 0.8 * generator.uniform() }
        #expect(KolmogorovSmirnovTest(middle).p < 0.01)
    }
}
