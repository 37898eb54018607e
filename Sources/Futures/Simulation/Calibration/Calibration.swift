import Foundation
import Kernels
package import Learning

/// Turns path probabilities into calibrated probabilities.
///
/// It is fitted to forecasts of the past.
///
/// For each horizon, a logistic regression combines the path probability of an item with the
/// customer's past purchases of it: frequency, recency, and the time since the last purchase
/// relative to the mean gap. An isotonic regression for each group of ranks turns the result into a
/// probability, because the first item of a list is over-estimated more than the tenth. Numbers of
/// purchases and times to the next one keep the order of the paths and get calibrated cumulative
/// probabilities.
package struct Calibration: Sendable, Equatable, Codable {
    /// The fit for one horizon.
    package struct Horizon: Sendable, Equatable, Codable {
        /// The length of the horizon, in seconds.
        package let seconds: Int64
        /// Combines the path probability and the past purchases.
        package let regression: LogisticRegression
        /// The curve of each group of ranks, in order of rank.
        package let curves: [IsotonicRegression]
        /// Calibrates the cumulative probabilities of the number of purchases.
        package let count: QuantileCurve
    }

    /// The horizons, shortest first.
    package let horizons: [Horizon]
    /// Calibrates the cumulative probabilities of the time to the next purchase.
    package let next: QuantileCurve

    /// The fewest forecasts in one level of a curve.
    private static let blockSize = 50
    /// Forecasts of probability ½ that are added to each level, so that none is 0 or 1.
    private static let pseudoCount = 1.0

    /// The first rank, from 0, of each group of ranks.
    static let groups = [0, 3, 10]

    /// Fits a calibration to forecasts with outcomes.
    ///
    /// - Parameters:
    ///   - forecasts: Forecasts of many customers, all for the same horizons.
    ///   - seed: The seed of the randomised PIT.
    package init(_ forecasts: [Forecast], seed: UInt64) {
        let windows = forecasts.first?.windows ?? []
        let random = Philox(seed: seed, stream: 0xCA11)
        func curve(_ kind: Int, _ interval: (Forecast) -> PITInterval) -> QuantileCurve {
            QuantileCurve(
                forecasts.enumerated().map {
                    interval($0.element)
                        .randomizedPIT(random.uniform(at: UInt64(kind) << 32 | UInt64($0.offset)))
                })
        }
        next = curve(0) { $0.next }
        horizons = windows.indices.map { index in
            let ranked = forecasts.filter { $0.windows.indices.contains(index) }
                .flatMap { $0.windows[index].chances.enumerated() }
            let regression = LogisticRegression(
                ranked.map { Self.features($0.element, rank: $0.offset) },
                happened: ranked.map(\.element.happened))
            var pairs = [[(x: Double, y: Double)]](repeating: [], count: Self.groups.count)
            for (rank, chance) in ranked {
                let x = regression.probability(Self.features(chance, rank: rank))
                pairs[Self.group(rank)].append((x: x, y: chance.happened ? 1 : 0))
            }
            return Horizon(
                seconds: windows[index].seconds, regression: regression,
                curves: pairs.map { IsotonicRegression($0, blockSize: Self.blockSize) },
                count: curve(index + 1) { $0.windows[index].count })
        }
    }

    /// The probability that an item is bought within a horizon.
    ///
    /// Between two horizons of the fit, both values are interpolated by the logarithm of time.
    ///
    /// - Parameters:
    ///   - chance: The path probability and the past purchases.
    ///   - rank: The item's position in the list, from 0.
    ///   - seconds: The horizon, in seconds.
    /// - Returns: The calibrated probability; the path probability without a fit for this rank.
    package func probability(
        _ chance: Forecast.Chance, rank: Int, within seconds: Int64
    ) -> Double {
        let group = Self.group(rank)
        let features = Self.features(chance, rank: rank)
        func value(_ horizon: Horizon) -> Double {
            guard horizon.curves.indices.contains(group) else { return chance.simulated }
            let curve = horizon.curves[group]
            let count = Double(curve.blocks.last?.count ?? 0)
            let value = curve.value(at: horizon.regression.probability(features))
            return value.map { (count * $0 + Self.pseudoCount / 2) / (count + Self.pseudoCount) }
                ?? chance.simulated
        }
        guard let next = horizons.firstIndex(where: { $0.seconds >= seconds }) else {
            return horizons.last.map(value) ?? chance.simulated
        }
        guard next > 0, horizons[next].seconds > seconds else { return value(horizons[next]) }
        let (left, right) = (horizons[next - 1], horizons[next])
        let weight =
            log(Double(seconds) / Double(left.seconds))
            / log(Double(right.seconds) / Double(left.seconds))
        return (1 - weight) * value(left) + weight * value(right)
    }

    /// The features of the regression.
    private static func features(_ chance: Forecast.Chance, rank: Int) -> [Double] {
        func logit(_ probability: Double) -> Double {
            let clipped = min(0.998, max(0.002, probability))
            return log(clipped / (1 - clipped))
        }
        /// The logarithm of a time, clipped to a range in which forecasts are frequent.
        func logTime(_ time: Double, _ range: ClosedRange<Double>) -> Double {
            min(range.upperBound, max(range.lowerBound, log(max(time, 1e-6))))
        }
        // Half a window with a purchase and half a window without one are added.
        let windows = Double(chance.windows)
        let smoothed = (chance.frequency * windows + 0.5) / (windows + 1)
        let due = chance.gap.flatMap { gap in
            chance.since.map { logTime($0 / max(gap, 1e-6), -2...1.5) }
        }
        return [
            logit(chance.simulated), logit(smoothed), log(1 + Double(rank)),
            chance.since == nil ? 1 : 0, chance.since.map { logTime($0, -3...2) } ?? 0,
            chance.gap == nil ? 1 : 0, chance.gap.map { logTime($0, -2...2) } ?? 0,
            due ?? 0, (due ?? 0) * (due ?? 0),
        ]
    }

    /// Whether all numbers are in the range that a fit gives.
    var isWellFormed: Bool {
        let weightCount = 1 + Self.features(.none, rank: 0).count
        let curves = [next] + horizons.map(\.count)
        return zip(horizons, horizons.dropFirst()).allSatisfy { $0.seconds < $1.seconds }
            && curves.allSatisfy { $0.shares.count >= 2 && $0.shares.allSatisfy(\.isFinite) }
            && horizons.allSatisfy { horizon in
                horizon.seconds > 0 && horizon.regression.weights.count == weightCount
                    && horizon.regression.weights.allSatisfy(\.isFinite)
                    && horizon.curves.allSatisfy { curve in
                        curve.blocks.allSatisfy {
                            $0.x.isFinite && (0...1).contains($0.y) && $0.count >= 1
                        }
                            && zip(curve.blocks, curve.blocks.dropFirst()).allSatisfy {
                                $0.x < $1.x
                            }
                    }
            }
    }

    private static func group(_ rank: Int) -> Int { groups.count { $0 <= rank } - 1 }
}
