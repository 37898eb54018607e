import Kernels
import Testing

@testable import Learning

@Suite("Quantile curve")
struct QuantileCurveTests {
    @Test("Without numbers the curve is the diagonal")
    func nothing() {
        let curve = QuantileCurve([])
        for step in 0...40 {
            #expect(abs(curve.value(at: Double(step) / 40) - Double(step) / 40) < 1e-12)
        }
    }

    @Test("The curve is non-decreasing from 0 to 1", arguments: 0..<20)
    func monotone(_ seed: Int) {
        var generator = PhiloxGenerator(seed: UInt64(seed))
        let curve = QuantileCurve((0..<seed * 7).map { _ in generator.uniform() })
        let values = (-10...110).map { curve.value(at: Double($0) / 100) }
        #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(values.first == 0 && values.last == 1)
    }

    @Test("Numbers of a known distribution become uniform")
    func even() {
        var generator = PhiloxGenerator(seed: 3)
        func draw() -> Double { max(generator.uniform(), generator.uniform()) }
        let curve = QuantileCurve((0..<50_000).map { _ in draw() })
        // The greater of two even numbers is below u with probability u².
        for step in 0...20 {
            let x = Double(step) / 20
            #expect(abs(curve.value(at: x) - x * x) < 0.01)
        }
        let fresh = (0..<2_000).map { _ in draw() }
        #expect(KolmogorovSmirnovTest(fresh).p < 1e-6)
        #expect(KolmogorovSmirnovTest(fresh.map { curve.value(at: $0) }).p > 0.01)
    }
}
