import Foundation
import Kernels
package import Learning

/// How the days around customers multiply what they buy, by category, and prices by item.
///
/// A category's purchases in a city have the factor exp(season − recent season + Σ coefficient ·
/// (feature − usual)), where what is usual is the mean of the feature there while the model learned;
/// for categories with a season, the mean of the time of the year, as the season holds the rest. An
/// item's have, besides, (price / usual price) to the power of its elasticity. Each number is an
/// estimate with an error.
package struct DemandResponseModel: Sendable, Equatable {
    /// What one number is, as far as is known.
    package typealias Estimate = PartialPooling.Estimate

    /// What is usual of a feature.
    package struct Baseline: Sendable, Equatable, Codable {
        /// The mean.
        package var mean: Double
        /// The mean at each time of the year; `nil` unless all of them have been seen.
        package var year: YearlyCurve?

        /// Makes a mean.
        package init(mean: Double, year: YearlyCurve? = nil) {
            self.mean = mean
            self.year = year
        }

        /// What a value on a day differs from.
        ///
        /// - Parameters:
        ///   - day: In days since 1970.
        ///   - isSeasonal: Whether it is for a category with a season.
        /// - Returns: What is usual; `nil` if nobody knows how much of it the season holds.
        package func value(on day: Int, isSeasonal: Bool) -> Double? {
            isSeasonal ? year?.value(on: Double(day) + 0.5) : mean
        }
    }

    /// What is usual of a feature, and the range in which it was seen.
    package struct BaselineRange: Sendable, Equatable, Codable {
        /// What is usual.
        package var normal: Baseline
        /// The least value.
        package var least: Double
        /// The greatest value.
        package var most: Double
    }

    /// The features, in the order of the arrays below.
    package var features: [ContextFeatures.Feature]
    /// What is usual of each feature, by city.
    package var usual: [String: [BaselineRange?]]
    /// What is usual of the trend of each category.
    package var trendBaselines: [Baseline]
    /// The categories of items.
    package var categories: [String]
    /// The coefficients: a row for each feature, with one for each category.
    package var coefficients: [[Estimate]]
    /// The category of each item of the catalogue, by its place in ``categories``.
    package var categoryOfItem: [Int?]
    /// The usual price of each item of the catalogue.
    package var regularPrices: [Double?]
    /// The elasticity of each item of the catalogue; empty if no price ever changed.
    package var elasticities: [Estimate]
    /// How the time of the year moves the logarithm of each category's purchases.
    ///
    /// `nil` for categories that it does not move; empty if none is known, which takes two years of
    /// events.
    package var seasons: [SeasonalModel.Season?] = []

    /// Nothing is known, and all factors are 1.
    package static let none = DemandResponseModel(
        features: [], usual: [:], trendBaselines: [], categories: [], coefficients: [],
        categoryOfItem: [], regularPrices: [], elasticities: [])

    /// Whether all factors are 1.
    package var isNeutral: Bool { features.isEmpty && elasticities.isEmpty && seasons.isEmpty }

    /// How far seasons move the purchases of each category on each of some days.
    ///
    /// The model has seen what customers did lately, and has learned that much of the season from
    /// them; what counts is the difference from the season of the days before the forecast.
    ///
    /// - Parameter days: In days since 1970; the forecast looks from the first of them.
    /// - Returns: Logarithms of factors by day, then by category; 0 without a season.
    package func seasons(on days: ClosedRange<Int>) -> [[Double]] {
        var result = days.map { _ in [Double](repeating: 0, count: categories.count) }
        for (category, season) in seasons.enumerated() {
            guard let curve = season?.curve else { continue }
            let recent = Self.recent(curve, on: days.lowerBound)
            for (place, day) in days.enumerated() {
                result[place][category] = curve.value(on: Double(day) + 0.5) - recent
            }
        }
        return result
    }

    /// The logarithm of the mean factor of a day and those before it, which fade.
    private static func recent(_ curve: YearlyCurve, on day: Int) -> Double {
        var sum = 0.0
        var weights = 0.0
        // What lies further back than a year has the same place in it, and counts for it.
        for age in 0..<Int(YearlyCurve.yearDays) {
            let weight = exp2(-Double(age) / memoryDays)
            sum += weight * exp(curve.value(on: Double(day - age) + 0.5))
            weights += weight
        }
        return log(sum / weights)
    }

    /// Half of what the model knows of customers' levels is as old as that.
    ///
    /// Chosen with made-up shops, whose demand by category four weeks ahead it missed least, of 14 to
    /// 112 days.
    private static let memoryDays = 56.0

    /// One possible truth about all coefficients.
    ///
    /// Draws come in pairs whose errors are opposite, so that their mean is the likeliest.
    package struct Draw: Sendable {
        /// The coefficients of each feature, by category.
        package let coefficients: [[Double]]
        /// The elasticity of each item.
        package let elasticities: [Double]
    }

    /// The likeliest truth.
    package var likeliest: Draw {
        Draw(
            coefficients: coefficients.map { $0.map(\.mean) },
            elasticities: elasticities.map(\.mean))
    }

    /// Draws a possible truth.
    ///
    /// - Parameters:
    ///   - number: Which draw.
    ///   - seed: Decides all draws.
    /// - Returns: Coefficients that differ from the likeliest as their errors have it.
    package func draw(_ number: Int, seed: UInt64) -> Draw {
        let sign: Double = number.isMultiple(of: 2) ? 1 : -1
        var generator = PhiloxGenerator(seed: seed, stream: 0xC0EF << 32 | UInt64(number / 2))
        func drawn(_ estimates: [Estimate]) -> [Double] {
            let shared = generator.normal()
            return estimates.map {
                $0.mean + sign
                    * ($0.sharedDeviation * shared
                        + $0.ownVariance.squareRoot() * generator.normal())
            }
        }
        return Draw(coefficients: coefficients.map(drawn), elasticities: drawn(elasticities))
    }
}

extension DemandResponseModel: Codable {
    /// Numbers beyond it are no response of people; sums of those within it are finite.
    private static let limit = 1e6

    /// Whether the response is of the items of a catalogue, and all its numbers are numbers.
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
            && usual.values.allSatisfy { $0.count == features.count }
            && estimates.allSatisfy {
                abs($0.mean) <= Self.limit && abs($0.sharedDeviation) <= Self.limit
                    && (0...Self.limit).contains($0.ownVariance)
            }
            && usual.values.joined().allSatisfy { usual in
                usual.map {
                    Self.isSound($0.normal)
                        && [$0.least, $0.most].allSatisfy { abs($0) <= Self.limit }
                } ?? true
            }
    }

    private static func isSound(_ normal: Baseline) -> Bool {
        abs(normal.mean) <= limit
            && (normal.year.map { !$0.values.isEmpty && $0.values.allSatisfy { abs($0) <= limit } }
                ?? true)
    }

    /// Logarithms of factors beyond it are of no purchases of people.
    private static let seasonLimit = 20.0

    private static func isSound(_ season: SeasonalModel.Season) -> Bool {
        season.curve.values.count == SeasonalModel.parts
            && season.deviations.count == SeasonalModel.parts
            && season.curve.values.allSatisfy { abs($0) <= seasonLimit }
            && season.deviations.allSatisfy { (0...seasonLimit).contains($0) }
    }
}
