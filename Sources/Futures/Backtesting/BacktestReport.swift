import Kernels
package import Learning
package import Simulation

/// How well forecasts of the past held.
package struct BacktestReport: Sendable, Equatable {
    /// What is told of the items of customers' lists within one horizon.
    package struct Window: Sendable, Equatable {
        /// The horizon, in days.
        package let days: Double
        /// The calibrated probabilities against what happened.
        package let model: Reliability
        /// The same before calibration.
        package let uncalibrated: Reliability
        /// The customers' own frequencies against what happened.
        package let frequency: Reliability
        /// The calibrated probabilities of the first ten of each list.
        package let top10: Reliability
        /// Those of the first ten against the true probabilities, where all are known.
        package let top10Truth: Reliability?
        /// Whether the numbers of items bought lie evenly among the simulated ones.
        package let count: KolmogorovSmirnovTest
        /// The share of customers whose number of items lies within the interval that is to hold
        /// 90 % of them, the ends counting in part.
        package let coverage90: Double
    }

    /// How simulated paths look beside what customers did.
    package struct Realism: Encodable, Sendable, Equatable {
        /// Events of a customer, on average.
        package let simulatedEvents: Double
        /// The same of what came.
        package let realEvents: Double
        /// The share of events with an item that the customer had met before.
        package let simulatedRepeats: Double
        /// The same of what came.
        package let realRepeats: Double
        /// Total variation distances, 0 to 1, of the distributions of simulated and real lengths,
        /// gaps, parts of the week, types and categories, by name.
        package let distances: [String: Double]

        init(_ sums: PathStatistics, customers: Int) {
            let people = Double(max(1, customers))
            let events = sums.types.totals
            simulatedEvents = events.simulated / people
            realEvents = events.real / people
            simulatedRepeats = sums.repeats.simulated[1] / max(1e-9, events.simulated)
            realRepeats = sums.repeats.real[1] / max(1e-9, events.real)
            distances = [
                "lengths": sums.lengths.totalVariation, "gaps": sums.gaps.totalVariation,
                "week_parts": sums.weekParts.totalVariation, "types": sums.types.totalVariation,
                "categories": sums.categories.totalVariation,
            ]
        }
    }

    /// How many customers were asked about.
    package let customers: Int
    /// What is told of each horizon, the shortest first.
    package let windows: [Window]
    /// Whether the times to the next purchase lie evenly among the simulated ones.
    package let next: KolmogorovSmirnovTest
    /// How the paths look.
    package let realism: Realism

    /// Sums up forecasts.
    ///
    /// - Parameters:
    ///   - forecasts: Of customers whose future nobody has learned from.
    ///   - calibration: Fitted to others, or earlier.
    ///   - seed: Decides among simulated numbers that are equal to the real one.
    package init(_ forecasts: [Forecast], calibration: Calibration, seed: UInt64) {
        customers = forecasts.count
        let random = Philox(seed: seed, stream: 0x917)
        windows = (forecasts.first?.windows ?? []).indices.map { place in
            Window(
                forecasts.map { $0.windows[place] }, calibration: calibration,
                count: calibration.horizons.indices.contains(place)
                    ? calibration.horizons[place].count : QuantileCurve([]),
                uniform: { random.uniform(at: UInt64(place + 1) << 32 | UInt64($0)) })
        }
        next = KolmogorovSmirnovTest(
            forecasts.enumerated().map {
                $0.element.next.calibrated(by: calibration.next)
                    .transform(random.uniform(at: UInt64($0.offset)))
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
        var first: [(probability: Double, happened: Bool)] = []
        var true10: [(probability: Double, truth: Double)] = []
        for window in windows {
            for (rank, chance) in window.chances.enumerated() {
                let probability = calibration.probability(chance, rank: rank, within: seconds)
                calibrated.append((probability, chance.happened))
                guard rank < 10 else { continue }
                first.append((probability, chance.happened))
                if let truth = chance.truth { true10.append((probability, truth)) }
            }
        }
        let chances = windows.flatMap(\.chances)
        model = Reliability(calibrated)
        top10 = Reliability(first)
        top10Truth = true10.isEmpty || true10.count < first.count ? nil : Reliability(true10)
        uncalibrated = Reliability(chances.map { ($0.simulated, $0.happened) })
        frequency = Reliability(chances.map { ($0.frequency, $0.happened) })
        let places = windows.enumerated().map {
            $0.element.count.calibrated(by: curve).transform(uniform($0.offset))
        }
        count = KolmogorovSmirnovTest(places)
        coverage90 =
            Double(places.count { (0.05...0.95).contains($0) }) / Double(max(1, places.count))
    }
}
