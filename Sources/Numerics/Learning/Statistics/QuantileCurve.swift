/// The distribution function of numbers from 0 to 1, piecewise linear.
///
/// Fitted to PIT values of outcomes, it maps a forecast's cumulative probability to the calibrated
/// one (Kuleshov, Fenner and Ermon 2018).
package struct QuantileCurve: Sendable, Equatable, Codable {
    /// The fractions of numbers below 0, 1/n, 2/n … 1: from 0 to 1, non-decreasing.
    ///
    /// The name is a key of stored files.
    package let shares: [Double]

    /// The number of linear pieces; few, so that random variation has little effect.
    private static let pieces = 20

    /// Fits the curve; without numbers it is the diagonal.
    ///
    /// - Complexity: O(n log n).
    package init(_ values: [Double]) {
        let sorted = values.sorted()
        var below = 0
        var shares = [0.0]
        for piece in 1..<Self.pieces {
            let x = Double(piece) / Double(Self.pieces)
            while below < sorted.count, sorted[below] < x { below += 1 }
            shares.append(sorted.isEmpty ? x : Double(below) / Double(sorted.count))
        }
        self.shares = shares + [1]
    }

    /// The fraction of numbers below x, for x from 0 to 1.
    package func value(at x: Double) -> Double {
        let scaled = min(1, max(0, x)) * Double(shares.count - 1)
        let left = min(shares.count - 2, Int(scaled))
        return shares[left] + (shares[left + 1] - shares[left]) * (scaled - Double(left))
    }
}
