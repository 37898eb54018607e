/// A distribution of numbers from 0 to 1, as a broken line through its cumulative shares.
///
/// Fitted to where outcomes fell in their forecast distributions, it makes of a forecast's
/// cumulative probability the one that held (Kuleshov, Fenner and Ermon 2018).
package struct QuantileCurve: Sendable, Equatable, Codable {
    /// The shares below 0, 1/n, 2/n … 1: from 0 to 1, never falling.
    package let shares: [Double]

    /// Pieces of the line; few enough that chance bends it little.
    private static let pieces = 20

    /// Fits the line; a diagonal if there are no numbers.
    ///
    /// - Complexity: O(n log n).
    package init(_ values: [Double]) {
        let sorted = values.sorted()
        var below = 0
        var shares = [0.0]
        for piece in 1..<Self.pieces {
            let place = Double(piece) / Double(Self.pieces)
            while below < sorted.count, sorted[below] < place { below += 1 }
            shares.append(sorted.isEmpty ? place : Double(below) / Double(sorted.count))
        }
        self.shares = shares + [1]
    }

    /// The share of numbers below a place from 0 to 1.
    package func value(at place: Double) -> Double {
        let scaled = min(1, max(0, place)) * Double(shares.count - 1)
        let left = min(shares.count - 2, Int(scaled))
        return shares[left] + (shares[left + 1] - shares[left]) * (scaled - Double(left))
    }
}
