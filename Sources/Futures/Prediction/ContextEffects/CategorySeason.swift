import Foundation
import Learning

/// The season of a category in readable form: purchases by week of the year.
package struct CategorySeason: Sendable, Hashable, Encodable {
    /// One of the ``SeasonalModel/parts`` of a year.
    package struct Week: Sendable, Hashable, Encodable {
        /// The number of the part, from 1 on.
        package let week: Int
        /// The day in its middle, such as `9 Dec`.
        package let middle: String
        /// Purchases as a multiple of those of the mean week.
        package let index: Double
        /// The index that is exceeded with probability 0.95.
        package let low: Double
        /// The index that is exceeded with probability 0.05.
        package let high: Double
    }

    /// The category.
    package let category: String
    /// The weeks of a year, in order.
    package let weeks: [Week]
    /// The week with the greatest index.
    package let strongest: Week
    /// The week with the least index.
    package let weakest: Week

    private enum CodingKeys: String, CodingKey { case category, weeks }

    /// Converts a season; `nil` if it has no weeks.
    init?(_ category: String, _ season: SeasonalModel.Season) {
        let count = season.curve.values.count
        let weeks = zip(season.curve.values, season.deviations).enumerated().map { index, value in
            let (mean, deviation) = value
            return Week(
                week: index + 1,
                middle: Self.date(dayOfYear: Int((Double(index) + 0.5) * 365 / Double(count))),
                index: exp(mean), low: exp(mean - Self.quantile * deviation),
                high: exp(mean + Self.quantile * deviation))
        }
        guard let strongest = weeks.max(by: { $0.index < $1.index }),
            let weakest = weeks.min(by: { $0.index < $1.index })
        else { return nil }
        self.category = category
        self.weeks = weeks
        self.strongest = strongest
        self.weakest = weakest
    }

    /// A standard normal value is within ± this with probability 0.9.
    private static let quantile = 1.644_854
    private static let months = [
        ("Jan", 31), ("Feb", 28), ("Mar", 31), ("Apr", 30), ("May", 31), ("Jun", 30), ("Jul", 31),
        ("Aug", 31), ("Sep", 30), ("Oct", 31), ("Nov", 30), ("Dec", 31),
    ]

    /// The date of a day in a year of 365 days; days count from 0.
    private static func date(dayOfYear: Int) -> String {
        var day = dayOfYear
        for (name, length) in months {
            if day < length { return "\(day + 1) \(name)" }
            day -= length
        }
        return "31 Dec"
    }
}

extension DemandResponseModel {
    /// The categories with a season, the strongest one first.
    package var categorySeasons: [CategorySeason] {
        zip(categories, seasons).compactMap { category, season in
            season.flatMap { CategorySeason(category, $0) }
        }.sorted {
            ($1.strongest.index / $1.weakest.index, $0.category)
                < ($0.strongest.index / $0.weakest.index, $1.category)
        }
    }
}
