package import Learning

/// Where what happened lies among what was simulated.
package struct PITInterval: Sendable, Equatable {
    /// The share of paths that have less.
    package let below: Double
    /// The share of paths that have less or as much.
    package let atMost: Double

    private init(below: Double, atMost: Double) {
        self.below = below
        self.atMost = atMost
    }

    /// Places a value among simulated ones.
    init(_ value: Double, among simulated: [Double]) {
        let count = Double(max(1, simulated.count))
        below = Double(simulated.count { $0 < value }) / count
        atMost = Double(simulated.count { $0 <= value }) / count
    }

    /// A number from 0 to 1 that is spread evenly over many placements if the simulations are
    /// right: the randomised probability integral transform (Smith 1985; Brockwell 2007).
    ///
    /// - Parameter uniform: A random number from 0 to 1, which decides among equals.
    /// - Returns: A number from 0 to 1.
    package func transform(_ uniform: Double) -> Double { below + uniform * (atMost - below) }

    /// The same place by calibrated shares.
    package func calibrated(by curve: QuantileCurve) -> PITInterval {
        PITInterval(below: curve.value(at: below), atMost: curve.value(at: atMost))
    }
}
