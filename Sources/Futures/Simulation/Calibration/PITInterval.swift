package import Learning

/// The interval of an outcome's PIT (probability integral transform) among simulated values.
package struct PITInterval: Sendable, Equatable {
    /// The fraction of paths with a smaller value: F(y⁻).
    package let below: Double
    /// The fraction of paths with a value up to the outcome: F(y).
    package let atMost: Double

    private init(below: Double, atMost: Double) {
        self.below = below
        self.atMost = atMost
    }

    /// Compares an outcome with the simulated values.
    init(_ value: Double, among simulated: [Double]) {
        let count = Double(max(1, simulated.count))
        below = Double(simulated.count { $0 < value }) / count
        atMost = Double(simulated.count { $0 <= value }) / count
    }

    /// The randomised PIT (Smith 1985; Brockwell 2007): F(y⁻) + u · (F(y) − F(y⁻)).
    ///
    /// Over many outcomes it is uniform if the forecasts are right.
    ///
    /// - Parameter uniform: A random number u from 0 to 1, which decides among equal values.
    /// - Returns: A number from 0 to 1.
    package func randomizedPIT(_ uniform: Double) -> Double { below + uniform * (atMost - below) }

    /// The interval under calibrated cumulative probabilities.
    package func calibrated(by curve: QuantileCurve) -> PITInterval {
        PITInterval(below: curve.value(at: below), atMost: curve.value(at: atMost))
    }
}
