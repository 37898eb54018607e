import Foundation

/// How far some numbers from 0 to 1 are from being spread evenly (Kolmogorov and Smirnov).
///
/// Where outcomes fall in their forecast distributions is even if the forecasts are right (Dawid
/// 1984; Gneiting, Balabdaoui and Raftery 2007).
package struct KolmogorovSmirnovTest: Encodable, Sendable, Equatable {
    /// The greatest difference between the share of numbers below a place and the place, 0 to 1.
    package let distance: Double
    /// The probability of such a distance or a greater one if the numbers were spread evenly.
    package let p: Double
    /// How many numbers lie in each tenth of the way from 0 to 1: the bars of a histogram.
    package let deciles: [Int]

    /// Compares.
    ///
    /// The probability is that of the limit distribution at a corrected distance (Stephens 1970),
    /// good to two digits from five numbers on.
    ///
    /// - Parameter values: Numbers from 0 to 1; none at all are even.
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

    /// 2 Σ (−1)^(k−1) exp(−2 k² λ²): the probability that the limit exceeds λ.
    private static func tail(_ lambda: Double) -> Double {
        // The sum converges slowly near 0, where the probability is 1 to ten digits.
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
