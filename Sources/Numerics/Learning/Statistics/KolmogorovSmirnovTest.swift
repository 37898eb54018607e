import Foundation

/// A test whether numbers are uniform on [0, 1] (Kolmogorov and Smirnov).
///
/// If forecast distributions are right, the PIT values of the outcomes are uniform (Dawid 1984;
/// Gneiting, Balabdaoui and Raftery 2007).
package struct KolmogorovSmirnovTest: Encodable, Sendable, Equatable {
    /// The greatest difference between the empirical and the uniform distribution function, 0 to 1.
    package let distance: Double
    /// The p-value: the probability of this or a greater distance for uniform numbers.
    package let p: Double
    /// The count of numbers in each tenth of [0, 1]: a histogram.
    package let deciles: [Int]

    /// Tests the numbers.
    ///
    /// The p-value is that of the limit distribution at a corrected distance (Stephens 1970). It is
    /// right to two digits for five or more numbers.
    ///
    /// - Parameter values: Numbers from 0 to 1; without any, the p-value is 1.
    /// - Complexity: O(n log n).
    package init(_ values: [Double]) {
        let sorted = values.sorted()
        let count = Double(sorted.count)
        var distance = 0.0
        for (index, value) in sorted.enumerated() {
            distance = max(
                distance, value - Double(index) / count, Double(index + 1) / count - value)
        }
        self.distance = distance
        var deciles = [Int](repeating: 0, count: 10)
        for value in sorted where value.isFinite {
            deciles[min(9, max(0, Int(min(1, max(0, value)) * 10)))] += 1
        }
        self.deciles = deciles
        let root = count.squareRoot()
        p = sorted.isEmpty ? 1 : Self.tail((root + 0.12 + 0.11 / root) * distance)
    }

    /// 2 Σ (−1)^(k−1) exp(−2 k² λ²): the probability that the limit variable exceeds λ.
    private static func tail(_ lambda: Double) -> Double {
        // Near 0 the sum converges slowly, and the probability is 1 to ten digits.
        guard lambda > 0.2 else { return 1 }
        var sum = 0.0
        var sign = 1.0
        for k in 1...100 {
            let term = exp(-2 * Double(k * k) * lambda * lambda)
            sum += sign * term
            if term < 1e-16 { break }
            sign = -sign
        }
        return min(1, max(0, 2 * sum))
    }
}
