import Foundation
import Kernels
public import Learning

/// Turns what a simulator says into what happens: fitted to forecasts of the past.
///
/// Shares of paths become probabilities by a curve for each horizon and group of ranks, because
/// the first item of a list is over-estimated more than the tenth. Numbers of purchases and times
/// to the next one keep the order of the paths and get other probabilities.
public struct Calibration: Codable, Sendable, Equatable {
    /// What was fitted for one horizon.
    public struct Horizon: Codable, Sendable, Equatable {
        /// Its length, in seconds.
        public let seconds: Int64
        /// A curve for each group of ranks, the first items first.
        public let curves: [IsotonicRegression]
        /// What the cumulative share of paths with so many purchases or fewer stands for.
        public let count: QuantileCurve
    }

    /// The horizons, shortest first.
    public let horizons: [Horizon]
    /// What the cumulative share of paths whose next purchase comes by a time stands for.
    public let next: QuantileCurve

    /// The first rank, from 0, of each group of ranks.
    static let groups = [0, 3, 10]

    /// Fits to forecasts whose outcome is known.
    ///
    /// - Parameters:
    ///   - forecasts: Of many customers, all of the same horizons.
    ///   - seed: Decides among simulated numbers that are equal to the real one.
    public init(_ forecasts: [Forecast], seed: UInt64) {
        let windows = forecasts.first?.windows ?? []
        let random = Philox(seed: seed, stream: 0xCA11)
        func curve(_ kind: Int, _ placement: (Forecast) -> Placement) -> QuantileCurve {
            QuantileCurve(
                forecasts.enumerated().map {
                    placement($0.element)
                        .transform(random.uniform(at: UInt64(kind) << 32 | UInt64($0.offset)))
                })
        }
        next = curve(0) { $0.next }
        horizons = windows.indices.map { index in
            var pairs = [[(x: Double, y: Double)]](repeating: [], count: Self.groups.count)
            for forecast in forecasts where forecast.windows.indices.contains(index) {
                for (rank, chance) in forecast.windows[index].chances.enumerated() {
                    pairs[Self.group(rank)].append(
                        (x: chance.simulated, y: chance.happened ? 1 : 0))
                }
            }
            return Horizon(
                seconds: windows[index].seconds, curves: pairs.map { IsotonicRegression($0) },
                count: curve(index + 1) { $0.windows[index].count })
        }
    }

    /// The probability that an item is bought within a horizon.
    ///
    /// Between two horizons of the fit, the curves of both are mixed by the logarithm of time.
    ///
    /// - Parameters:
    ///   - simulated: The share of paths in which it is.
    ///   - rank: Its place in the list, from 0.
    ///   - seconds: The horizon.
    /// - Returns: A probability; `simulated` if nothing was fitted.
    public func probability(_ simulated: Double, rank: Int, within seconds: Int64) -> Double {
        let group = Self.group(rank)
        func value(_ horizon: Horizon) -> Double {
            guard horizon.curves.indices.contains(group) else { return simulated }
            return horizon.curves[group].value(at: simulated) ?? simulated
        }
        guard let next = horizons.firstIndex(where: { $0.seconds >= seconds }) else {
            return horizons.last.map(value) ?? simulated
        }
        guard next > 0, horizons[next].seconds > seconds else { return value(horizons[next]) }
        let (left, right) = (horizons[next - 1], horizons[next])
        let share =
            log(Double(seconds) / Double(left.seconds))
            / log(Double(right.seconds) / Double(left.seconds))
        return (1 - share) * value(left) + share * value(right)
    }

    private static func group(_ rank: Int) -> Int { groups.count { $0 <= rank } - 1 }
}
