import Kernels
import Testing

@testable import Learning

@Suite("Isotonic regression")
struct IsotonicRegressionTests {
    @Test("Increasing pairs are kept")
    func rising() throws {
        let curve = IsotonicRegression([(3, 5), (1, 2), (2, 4)])
        #expect(curve.blocks.map(\.x) == [1, 2, 3])
        #expect(curve.blocks.map(\.y) == [2, 4, 5])
        #expect(curve.blocks.map(\.count) == [1, 1, 1])
        #expect(curve.value(at: -7) == 2)
        #expect(curve.value(at: 2) == 4)
        #expect(curve.value(at: 1.25) == 2.5)
        #expect(curve.value(at: 2.5) == 4.5)
        #expect(curve.value(at: .infinity) == 5)
    }

    @Test("Decreasing pairs are pooled to their mean")
    func pooled() {
        // Worked by hand: 6 pools with 2, and their mean 4 with 3.
        let curve = IsotonicRegression([(1, 1), (2, 6), (3, 2), (4, 3), (5, 9)])
        #expect(curve.blocks.map(\.y) == [1, 11.0 / 3, 9])
        #expect(curve.blocks.map(\.x) == [1, 3, 5])
        #expect(curve.blocks.map(\.count) == [1, 3, 1])
        #expect(IsotonicRegression([(1, 3), (2, 2), (3, 1)]).blocks.map(\.y) == [2])
    }

    @Test("Pairs with equal x are merged")
    func ties() {
        let curve = IsotonicRegression([(0.5, 0), (0.5, 1), (0.5, 1), (0.7, 1)])
        #expect(curve.blocks.map(\.count) == [3, 1])
        #expect(curve.value(at: 0.5) == 2.0 / 3)
    }

    @Test("Small blocks are merged, and the curve stays non-decreasing", arguments: 1...9)
    func blockSize(_ size: Int) {
        var generator = PhiloxGenerator(seed: UInt64(size))
        let pairs = (0..<60).map { index in
            (x: Double(index), y: Double(index) / 60 + 0.3 * generator.uniform())
        }
        let curve = IsotonicRegression(pairs, blockSize: size)
        #expect(curve.blocks.allSatisfy { $0.count >= size })
        #expect(curve.blocks.reduce(0) { $0 + $1.count } == 60)
        #expect(zip(curve.blocks, curve.blocks.dropFirst()).allSatisfy { $0.y <= $1.y })
        let total = curve.blocks.reduce(0) { $0 + $1.y * Double($1.count) }
        #expect(abs(total - pairs.reduce(0) { $0 + $1.y }) < 1e-9)
        #expect(IsotonicRegression([(1, 0), (2, 1)], blockSize: 5).blocks.count == 1)
    }

    @Test("Without pairs there is no curve")
    func nothing() {
        #expect(IsotonicRegression([]).blocks.isEmpty)
        #expect(IsotonicRegression([]).value(at: 0.5) == nil)
        #expect(IsotonicRegression([(2, 7)]).value(at: 0) == 7)
    }

    @Test("No other non-decreasing curve has a smaller squared error", arguments: 0..<40)
    func least(_ seed: Int) throws {
        var generator = PhiloxGenerator(seed: UInt64(seed))
        let pairs = (0..<12).map { (x: Double($0), y: Double(generator.integer(below: 6))) }
        let curve = IsotonicRegression(pairs)
        let fitted = try pairs.map { try #require(curve.value(at: curve.block(of: $0.x))) }
        #expect(zip(fitted, fitted.dropFirst()).allSatisfy { $0 <= $1 })
        // The mean of the y up to any pair is at least that of the fit, and equal in the end:
        // the conditions for the least squares (Barlow et al. 1972).
        var sums = (pairs: 0.0, fitted: 0.0)
        for (pair, value) in zip(pairs, fitted) {
            sums.pairs += pair.y
            sums.fitted += value
            #expect(sums.fitted <= sums.pairs + 1e-9)
        }
        #expect(abs(sums.pairs - sums.fitted) < 1e-9)
        // Levels are only where pairs were pooled: there the residuals sum to zero.
        var start = 0
        for block in curve.blocks {
            let own = pairs[start..<start + block.count]
            #expect(abs(own.reduce(0) { $0 + $1.y - block.y }) < 1e-9)
            start += block.count
        }
    }
}

extension IsotonicRegression {
    /// The mean x of the block of the pair at an index, for pairs at 0, 1, 2 and so on.
    fileprivate func block(of x: Double) -> Double {
        var end = 0.0
        for block in blocks {
            end += Double(block.count)
            if x < end { return block.x }
        }
        return x
    }
}
