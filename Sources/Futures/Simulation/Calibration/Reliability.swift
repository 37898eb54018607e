/// The numbers of a reliability diagram: forecast probabilities against observed frequencies.
package struct Reliability: Codable, Sendable, Equatable {
    /// The forecasts in one range of probability.
    package struct Bin: Codable, Sendable, Equatable {
        /// The mean of the forecast probabilities.
        package let forecast: Double
        /// The observed frequency, or the mean of the true probabilities.
        package let happened: Double
        /// The number of forecasts.
        package let count: Int
    }

    /// The bins with forecasts, ascending, of equal width from 0 to 1.
    package let bins: [Bin]
    /// The expected calibration error: the mean of |forecast − happened| over the bins, weighted by
    /// ``Bin/count`` (Guo, Pleiss, Sun and Weinberger 2017); 0 without forecasts.
    package let ece: Double
    /// The Brier score: the mean squared difference between the forecast and the outcome (0 or 1),
    /// or the true probability.
    ///
    /// Lower is better.
    package let brier: Double

    /// The number of bins.
    package static let binCount = 15

    /// Compares forecasts with outcomes.
    ///
    /// - Parameter forecasts: Probabilities from 0 to 1 with outcomes.
    package init(_ forecasts: [(probability: Double, happened: Bool)]) {
        self.init(forecasts.map { (probability: $0.probability, truth: $0.happened ? 1 : 0) })
    }

    /// Compares forecasts with true probabilities.
    ///
    /// - Parameter forecasts: Probabilities from 0 to 1 with the true ones.
    package init(_ forecasts: [(probability: Double, truth: Double)]) {
        var sums = [(forecast: Double, happened: Double, count: Int)](
            repeating: (0, 0, 0), count: Self.binCount)
        var squares = 0.0
        for forecast in forecasts {
            let bin = min(
                Self.binCount - 1, max(0, Int(forecast.probability * Double(Self.binCount))))
            sums[bin].forecast += forecast.probability
            sums[bin].happened += forecast.truth
            sums[bin].count += 1
            let difference = forecast.probability - forecast.truth
            squares += difference * difference
        }
        bins = sums.filter { $0.count > 0 }.map {
            Bin(
                forecast: $0.forecast / Double($0.count),
                happened: $0.happened / Double($0.count), count: $0.count)
        }
        let total = Double(max(1, forecasts.count))
        ece = bins.reduce(0) { $0 + abs($1.forecast - $1.happened) * Double($1.count) } / total
        brier = squares / total
    }
}
