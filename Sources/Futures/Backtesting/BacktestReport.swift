import Kernels
package import Learning
package import Simulation

/// The quality of the forecasts of a back-test.
package struct BacktestReport: Sendable, Equatable {
    /// The quality of the forecasts of customers' lists for one horizon.
    package struct Window: Sendable, Equatable {
        /// The horizon, in days.
        package let days: Double
        /// The calibrated probabilities against outcomes.
        package let model: Reliability
        /// The same before calibration.
        package let uncalibrated: Reliability
        /// The customers' own frequencies against outcomes.
        package let frequency: Reliability
        /// The calibrated probabilities of the first ten of each list.
        package let top10: Reliability
        /// Those of the first ten against the true probabilities; `nil` unless all are known.
        package let top10Truth: Reliability?
        /// Whether the PIT values of the numbers of purchases are uniform.
        package let count: KolmogorovSmirnovTest
        /// The fraction of customers whose number of purchases is in the 90 % interval; values at
        /// its ends are split at random.
        package let coverage90: Double
    }

    /// Simulated paths compared with real outcomes.
    package struct Realism: Encodable, Sendable, Equatable {
        /// The mean number of simulated events of a customer.
        package let simulatedEvents: Double
        /// The mean number of real events of a customer.
        package let realEvents: Double
        /// The fraction of simulated events whose item the customer knew at the origin.
        package let simulatedRepeats: Double
        /// The fraction of real events whose item the customer knew at the origin.
        package let realRepeats: Double
        /// Total variation distances, 0 to 1, between simulated and real distributions, by name:
        /// lengths, gaps, parts of the week, types, categories.
        package let distances: [String: Double]

        init(_ sums: PathStatistics, customers: Int) {
            let customers = Double(max(1, customers))
            let events = sums.types.totals
            simulatedEvents = events.simulated / customers
            realEvents = events.real / customers
            simulatedRepeats = sums.repeats.simulated[1] / max(1e-9, events.simulated)
            realRepeats = sums.repeats.real[1] / max(1e-9, events.real)
            distances = [
                "lengths": sums.lengths.totalVariation, "gaps": sums.gaps.totalVariation,
                "week_parts": sums.weekParts.totalVariation, "types": sums.types.totalVariation,
                "categories": sums.categories.totalVariation,
            ]
        }
    }

    /// The number of customers.
    package let customers: Int
    /// The quality for each horizon, shortest first.
    package let windows: [Window]
    /// Whether the PIT values of the times to the next purchase are uniform.
    package let next: KolmogorovSmirnovTest
    /// The paths compared with outcomes.
    package let realism: Realism

    /// Summarises forecasts.
    ///
    /// - Parameters:
    ///   - forecasts: The forecasts of the test origin.
    ///   - calibration: A calibration that was fitted to other forecasts.
    ///   - seed: The seed of the randomised PIT.
    package init(_ forecasts: [Forecast], calibration: Calibration, seed: UInt64) {
        customers = forecasts.count
        let random = Philox(seed: seed, stream: 0x917)
        windows = (forecasts.first?.windows ?? []).indices.map { index in
            Window(
                forecasts.map { $0.windows[index] }, calibration: calibration,
                count: calibration.horizons.indices.contains(index)
                    ? calibration.horizons[index].count : QuantileCurve([]),
                uniform: { random.uniform(at: UInt64(index + 1) << 32 | UInt64($0)) })
        }
        next = KolmogorovSmirnovTest(
            forecasts.enumerated().map {
                $0.element.next.calibrated(by: calibration.next)
                    .randomizedPIT(random.uniform(at: UInt64($0.offset)))
            })
        var sums = PathStatistics(
            categoryCount: forecasts.first?.realism.categories.real.count ?? 0)
        for forecast in forecasts { sums += forecast.realism }
        realism = Realism(sums, customers: forecasts.count)
    }
}

extension BacktestReport.Window {
    fileprivate init(
        _ windows: [Forecast.Window], calibration: Calibration, count curve: QuantileCurve,
        uniform: (Int) -> Double
    ) {
        let seconds = windows.first?.seconds ?? 0
        days = Double(seconds) / 86_400
        var calibrated: [(probability: Double, happened: Bool)] = []
        var first10: [(probability: Double, happened: Bool)] = []
        var true10: [(probability: Double, truth: Double)] = []
        for window in windows {
            for (rank, chance) in window.chances.enumerated() {
                let probability = calibration.probability(chance, rank: rank, within: seconds)
                calibrated.append((probability, chance.happened))
                guard rank < 10 else { continue }
                first10.append((probability, chance.happened))
                if let truth = chance.truth { true10.append((probability, truth)) }
            }
        }
        let chances = windows.flatMap(\.chances)
        model = Reliability(calibrated)
        top10 = Reliability(first10)
        top10Truth = true10.isEmpty || true10.count < first10.count ? nil : Reliability(true10)
        uncalibrated = Reliability(chances.map { ($0.simulated, $0.happened) })
        frequency = Reliability(chances.map { ($0.frequency, $0.happened) })
        let values = windows.enumerated().map {
            $0.element.count.calibrated(by: curve).randomizedPIT(uniform($0.offset))
        }
        count = KolmogorovSmirnovTest(values)
        coverage90 =
            Double(values.count { (0.05...0.95).contains($0) }) / Double(max(1, values.count))
    }
}
