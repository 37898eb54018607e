import Foundation
import Kernels
public import Learning

/// How the days around customers multiply what they buy, by category, and prices by item.
///
/// A category's purchases in a city have the factor exp(Σ coefficient · (feature − usual)), where
/// what is usual is the mean of the feature there while the model learned. An item's have, besides,
/// (price / usual price) to the power of its elasticity. Each number is an estimate with an error.
public struct ContextResponse: Sendable, Equatable {
    /// What one number is, as far as is known.
    public typealias Estimate = PartialPooling.Estimate

    /// What is usual of a feature, and the range in which it was seen.
    public struct Usual: Sendable, Equatable, Codable {
        /// The mean.
        public var mean: Double
        /// The least value.
        public var least: Double
        /// The greatest value.
        public var most: Double
    }

    /// The features, in the order of the arrays below.
    public var features: [ContextDays.Feature]
    /// What is usual of each feature, by city.
    public var usual: [String: [Usual?]]
    /// What is usual of the trend of each category.
    public var usualTrends: [Double]
    /// The categories of items.
    public var categories: [String]
    /// The coefficients: a row for each feature, with one for each category.
    public var coefficients: [[Estimate]]
    /// The category of each item of the catalogue, by its place in ``categories``.
    public var categoryOfItem: [Int?]
    /// The usual price of each item of the catalogue.
    public var usualPrices: [Double?]
    /// The elasticity of each item of the catalogue; empty if no price ever changed.
    public var elasticities: [Estimate]

    /// Nothing is known, and all factors are 1.
    public static let none = ContextResponse(
        features: [], usual: [:], usualTrends: [], categories: [], coefficients: [],
        categoryOfItem: [], usualPrices: [], elasticities: [])

    /// Whether all factors are 1.
    public var isNeutral: Bool { features.isEmpty && elasticities.isEmpty }

    /// One possible truth about all coefficients.
    ///
    /// Draws come in pairs whose errors are opposite, so that their mean is the likeliest.
    public struct Draw: Sendable {
        /// The coefficients of each feature, by category.
        public let coefficients: [[Double]]
        /// The elasticity of each item.
        public let elasticities: [Double]
    }

    /// The likeliest truth.
    public var likeliest: Draw {
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
    public func draw(_ number: Int, seed: UInt64) -> Draw {
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

extension ContextResponse: Codable {
    /// Numbers beyond it are no response of people; sums of those within it are finite.
    private static let limit = 1e6

    /// Whether the response is of the items of a catalogue, and all its numbers are numbers.
    func fits(_ catalogue: ModelCatalogue) -> Bool {
        let estimates = coefficients.joined() + elasticities
        let sizes = [0, catalogue.count]
        return (isNeutral || categoryOfItem.count == catalogue.count)
            && sizes.contains(elasticities.count) && usualPrices.count == categoryOfItem.count
            && categoryOfItem.allSatisfy { $0.map(categories.indices.contains) ?? true }
            && coefficients.count == features.count && usualTrends.count == categories.count
            && usualTrends.allSatisfy { abs($0) <= Self.limit }
            && coefficients.allSatisfy { $0.count == categories.count }
            && usual.values.allSatisfy { $0.count == features.count }
            && estimates.allSatisfy {
                abs($0.mean) <= Self.limit && abs($0.sharedDeviation) <= Self.limit
                    && (0...Self.limit).contains($0.ownVariance)
            }
            && usual.values.joined().allSatisfy { usual in
                usual.map { [$0.mean, $0.least, $0.most].allSatisfy { abs($0) <= Self.limit } }
                    ?? true
            }
    }
}
