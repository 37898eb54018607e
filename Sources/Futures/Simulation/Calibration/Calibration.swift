import Foundation
import Kernels
package import Learning

/// Turns what a simulator says into what happens: fitted to forecasts of the past.
///
/// The share of paths in which an item is bought is set beside what the item was to the customer
/// before: how often and how lately it was bought, and how due it is by its own rhythm. A logistic
/// regression for each horizon weighs them: each knows what the others do not. What comes of it
/// becomes a probability by a curve for each group of ranks, because the first item of a list is
/// over-estimated more than the tenth. Numbers of purchases and times to the next one keep the order
/// of the paths and get other probabilities.
package struct Calibration: Sendable, Equatable, Codable {
    /// What was fitted for one horizon.
    package struct Horizon: Sendable, Equatable, Codable {
        /// Its length, in seconds.
        package let seconds: Int64
        /// Weighs the share of paths and what the item was to the customer.
        package let regression: LogisticRegression
        /// A curve for each group of ranks, the first items first.
        package let curves: [IsotonicRegression]
        /// What the cumulative share of paths with so many purchases or fewer stands for.
        package let count: QuantileCurve
    }

    /// The horizons, shortest first.
    package let horizons: [Horizon]
    /// What the cumulative share of paths whose next purchase comes by a time stands for.
    package let next: QuantileCurve

    /// Forecasts that share one probability, at least.
    private static let blockSize = 50
    /// No probability is surer than as if one more forecast of its group had been wrong.
    private static let doubt = 1.0

    /// The first rank, from 0, of each group of ranks.
    static let groups = [0, 3, 10]

    /// Fits to forecasts whose outcome is known.
    ///
    /// - Parameters:
    ///   - forecasts: Of many customers, all of the same horizons.
    ///   - seed: Decides among simulated numbers that are equal to the real one.
    package init(_ forecasts: [Forecast], seed: UInt64) {
        let windows = forecasts.first?.windows ?? []
        let random = Philox(seed: seed, stream: 0xCA11)
        func curve(_ kind: Int, _ placement: (Forecast) -> PITInterval) -> QuantileCurve {
            QuantileCurve(
                forecasts.enumerated().map {
                    placement($0.element)
                        .transform(random.uniform(at: UInt64(kind) << 32 | UInt64($0.offset)))
                })
        }
        next = curve(0) { $0.next }
        horizons = windows.indices.map { index in
            let ranked = forecasts.filter { $0.windows.indices.contains(index) }
                .flatMap { $0.windows[index].chances.enumerated() }
            let regression = LogisticRegression(
                ranked.map { Self.numbers($0.element, rank: $0.offset) },
                happened: ranked.map(\.element.happened))
            var pairs = [[(x: Double, y: Double)]](repeating: [], count: Self.groups.count)
            for (rank, chance) in ranked {
                let x = regression.probability(Self.numbers(chance, rank: rank))
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
    /// Between two horizons of the fit, the curves of both are mixed by the logarithm of time.
    ///
    /// - Parameters:
    ///   - chance: The share of paths in which it is, and what it was to the customer.
    ///   - rank: Its place in the list, from 0.
    ///   - seconds: The horizon.
    /// - Returns: A probability; the share of paths if nothing was fitted.
    package func probability(
        _ chance: Forecast.Chance, rank: Int, within seconds: Int64
    ) -> Double {
        let group = Self.group(rank)
        let numbers = Self.numbers(chance, rank: rank)
        func value(_ horizon: Horizon) -> Double {
            guard horizon.curves.indices.contains(group) else { return chance.simulated }
            let curve = horizon.curves[group]
            let count = Double(curve.blocks.last?.count ?? 0)
            let value = curve.value(at: horizon.regression.probability(numbers))
            return value.map { (count * $0 + Self.doubt / 2) / (count + Self.doubt) }
                ?? chance.simulated
        }
        guard let next = horizons.firstIndex(where: { $0.seconds >= seconds }) else {
            return horizons.last.map(value) ?? chance.simulated
        }
        guard next > 0, horizons[next].seconds > seconds else { return value(horizons[next]) }
        let (left, right) = (horizons[next - 1], horizons[next])
        let share =
            log(Double(seconds) / Double(left.seconds))
            / log(Double(right.seconds) / Double(left.seconds))
        return (1 - share) * value(left) + share * value(right)
    }

    /// What the regression sees of a chance.
    private static func numbers(_ chance: Forecast.Chance, rank: Int) -> [Double] {
        func odds(_ share: Double) -> Double {
            let inner = min(0.998, max(0.002, share))
            return log(inner / (1 - inner))
        }
        /// The logarithm of a time, which tells apart no more than a fit sees often enough.
        func size(_ time: Double, _ range: ClosedRange<Double>) -> Double {
            min(range.upperBound, max(range.lowerBound, log(max(time, 1e-6))))
        }
        // Half a window more with it and half a window without: one window proves little.
        let windows = Double(chance.windows)
        let often = (chance.frequency * windows + 0.5) / (windows + 1)
        let due = chance.gap.flatMap { gap in
            chance.since.map { size($0 / max(gap, 1e-6), -2...1.5) }
        }
        return [
            odds(chance.simulated), odds(often), log(1 + Double(rank)),
            chance.since == nil ? 1 : 0, chance.since.map { size($0, -3...2) } ?? 0,
            chance.gap == nil ? 1 : 0, chance.gap.map { size($0, -2...2) } ?? 0,
            due ?? 0, (due ?? 0) * (due ?? 0),
        ]
    }

    /// Whether the numbers are such as a fit has.
    var isWellFormed: Bool {
        let numberCount = 1 + Self.numbers(.none, rank: 0).count
        let curves = [next] + horizons.map(\.count)
        return zip(horizons, horizons.dropFirst()).allSatisfy { $0.seconds < $1.seconds }
            && curves.allSatisfy { $0.shares.count >= 2 && $0.shares.allSatisfy(\.isFinite) }
            && horizons.allSatisfy { horizon in
                horizon.seconds > 0 && horizon.regression.weights.count == numberCount
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
