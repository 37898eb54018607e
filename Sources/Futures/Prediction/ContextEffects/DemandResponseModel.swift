import Foundation
import Kernels
package import Learning

/// How weather, events, trends, prices and seasons multiply purchases.
///
/// The purchases of a category in a city have the factor exp(season − recent season + Σ coefficient
/// · (feature − baseline)). The baseline is the mean of the feature there in the training time. For
/// a category with a season it is the mean at the time of the year, because the season holds the
/// rest. An item has the further factor (price / regular price) ^ elasticity. Each coefficient and
/// elasticity is an estimate with an error. See <doc:DemandResponse> and <doc:Seasons>.
package struct DemandResponseModel: Sendable, Equatable {
    /// An estimate with its error.
    package typealias Estimate = PartialPooling.Estimate

    /// The baseline of a feature.
    package struct Baseline: Sendable, Equatable, Codable {
        /// The mean.
        package var mean: Double
        /// The mean at each time of the year; `nil` unless there are data for the whole year.
        package var year: YearlyCurve?

        /// Makes a baseline.
        package init(mean: Double, year: YearlyCurve? = nil) {
            self.mean = mean
            self.year = year
        }

        /// The baseline on a day.
        ///
        /// - Parameters:
        ///   - day: The day, in days since 1970.
        ///   - isSeasonal: Whether it is for a category with a season.
        /// - Returns: The baseline; `nil` for a category with a season if ``year`` is `nil`.
        package func value(on day: Int, isSeasonal: Bool) -> Double? {
            isSeasonal ? year?.value(on: Double(day) + 0.5) : mean
        }
    }

    /// The baseline of a feature, and the range of its values in training.
    package struct BaselineRange: Sendable, Equatable, Codable {
        /// The baseline.
        package var baseline: Baseline
        /// The least value in training.
        package var lowest: Double
        /// The greatest value in training.
        package var highest: Double
    }

    /// The features, in the order of the arrays below.
    package var features: [ContextFeatures.Feature]
    /// The baseline of each feature, by city; `""` for customers without a city.
    package var baselines: [String: [BaselineRange?]]
    /// The baseline of the trend of each category.
    package var trendBaselines: [Baseline]
    /// The categories of items.
    package var categories: [String]
    /// The coefficients, features × categories.
    package var coefficients: [[Estimate]]
    /// The category of each item of the catalogue, as an index of ``categories``.
    package var categoryOfItem: [Int?]
    /// The regular price of each item of the catalogue.
    package var regularPrices: [Double?]
    /// The elasticity of each item of the catalogue; empty if no price ever changed.
    package var elasticities: [Estimate]
    /// The season of each category: what the time of the year adds to the logarithm of purchases.
    ///
    /// `nil` for categories without a season. Empty if no category has one; seasons need about two
    /// years of events.
    package var seasons: [SeasonalModel.Season?] = []

    /// A neutral model: all factors are 1.
    package static let none = DemandResponseModel(
        features: [], baselines: [:], trendBaselines: [], categories: [], coefficients: [],
        categoryOfItem: [], regularPrices: [], elasticities: [])

    /// Whether all factors are 1.
    package var isNeutral: Bool { features.isEmpty && elasticities.isEmpty && seasons.isEmpty }

    /// The seasonal factors of each category on some days.
    ///
    /// The experts have already seen the season of the days before the forecast. So only the
    /// difference to it counts.
    ///
    /// - Parameter days: The days, in days since 1970; the first one is the origin of the forecast.
    /// - Returns: Logarithms of factors, days × categories; 0 without a season.
    package func seasons(on days: ClosedRange<Int>) -> [[Double]] {
        var result = days.map { _ in [Double](repeating: 0, count: categories.count) }
        for (category, season) in seasons.enumerated() {
            guard let curve = season?.curve else { continue }
            let recent = Self.recent(curve, on: days.lowerBound)
            for (index, day) in days.enumerated() {
                result[index][category] = curve.value(on: Double(day) + 0.5) - recent
            }
        }
        return result
    }

    /// The logarithm of the mean factor of the last year, weighted by recency.
    private static func recent(_ curve: YearlyCurve, on day: Int) -> Double {
        var sum = 0.0
        var weights = 0.0
        // Older days have the same time of the year, and hardly any weight.
        for age in 0..<Int(YearlyCurve.yearDays) {
            let weight = exp2(-Double(age) / memoryDays)
            sum += weight * exp(curve.value(on: Double(day - age) + 0.5))
            weights += weight
        }
        return log(sum / weights)
    }

    /// The half-life of the season that the experts have already seen, in days.
    ///
    /// Of 14 to 112 days it had the least error of demand by category four weeks ahead, on
    /// synthetic shops.
    private static let memoryDays = 56.0

    /// One possible set of true coefficients.
    ///
    /// Samples come in pairs with opposite errors, so that their mean is the point estimate.
    package struct PosteriorSample: Sendable {
        /// The coefficients of each feature, by category.
        package let coefficients: [[Double]]
        /// The elasticity of each item.
        package let elasticities: [Double]
    }

    /// The point estimates.
    package var pointEstimate: PosteriorSample {
        PosteriorSample(
            coefficients: coefficients.map { $0.map(\.mean) },
            elasticities: elasticities.map(\.mean))
    }

    /// A posterior sample: coefficients sampled from the errors of the estimates.
    ///
    /// - Parameters:
    ///   - number: The number of the sample; 2n and 2n + 1 are a pair.
    ///   - seed: The seed of all samples.
    /// - Returns: The coefficients and elasticities.
    package func posteriorSample(_ number: Int, seed: UInt64) -> PosteriorSample {
        let sign: Double = number.isMultiple(of: 2) ? 1 : -1
        var generator = PhiloxGenerator(seed: seed, stream: 0xC0EF << 32 | UInt64(number / 2))
        func sampled(_ estimates: [Estimate]) -> [Double] {
            let shared = generator.normal()
            return estimates.map {
                $0.mean + sign
                    * ($0.sharedDeviation * shared
                        + $0.ownVariance.squareRoot() * generator.normal())
            }
        }
        return PosteriorSample(
            coefficients: coefficients.map(sampled), elasticities: sampled(elasticities))
    }
}

extension DemandResponseModel: Codable {
    private enum CodingKeys: String, CodingKey {
        case features
        case baselines = "usual"
        case trendBaselines, categories, coefficients, categoryOfItem, regularPrices
        case elasticities, seasons
    }

    /// The greatest absolute value of a number in a file, so that all sums are finite.
    private static let limit = 1e6

    /// Whether the model fits a catalogue, and all its numbers are in range.
    func fits(_ catalogue: ModelCatalogue) -> Bool {
        let estimates = coefficients.joined() + elasticities
        let sizes = [0, catalogue.count]
        return (isNeutral || categoryOfItem.count == catalogue.count)
            && sizes.contains(elasticities.count) && regularPrices.count == categoryOfItem.count
            && categoryOfItem.allSatisfy { $0.map(categories.indices.contains) ?? true }
            && coefficients.count == features.count && trendBaselines.count == categories.count
            && trendBaselines.allSatisfy(Self.isSound)
            && [0, categories.count].contains(seasons.count)
            && seasons.allSatisfy { $0.map(Self.isSound) ?? true }
            && coefficients.allSatisfy { $0.count == categories.count }
            && baselines.values.allSatisfy { $0.count == features.count }
            && estimates.allSatisfy {
                abs($0.mean) <= Self.limit && abs($0.sharedDeviation) <= Self.limit
                    && (0...Self.limit).contains($0.ownVariance)
            }
            && baselines.values.joined().allSatisfy { baselines in
                baselines.map {
                    Self.isSound($0.baseline)
                        && [$0.lowest, $0.highest].allSatisfy { abs($0) <= Self.limit }
                } ?? true
            }
    }

    private static func isSound(_ baseline: Baseline) -> Bool {
        abs(baseline.mean) <= limit
            && (baseline.year.map {
                !$0.values.isEmpty && $0.values.allSatisfy { abs($0) <= limit }
            }
                ?? true)
    }

    /// The greatest absolute value of the logarithm of a seasonal factor in a file.
    private static let seasonLimit = 20.0

    private static func isSound(_ season: SeasonalModel.Season) -> Bool {
        season.curve.values.count == SeasonalModel.parts
            && season.deviations.count == SeasonalModel.parts
            && season.curve.values.allSatisfy { abs($0) <= seasonLimit }
            && season.deviations.allSatisfy { (0...seasonLimit).contains($0) }
    }
}
