import ArgumentParser
import Foundation
import Learning
import Prediction

extension ModelsCommand {
    /// `foretwin models seasons`.
    struct Seasons: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "seasons",
            abstract: "Show at what time of the year categories are bought more, or less.",
            discussion: """
                An index of 1.2 is a fifth more purchases than in the mean week of a year. It is \
                learned from two years of purchases or more, and moves forecasts from the season \
                of the days before them to that of the days ahead. Intervals hold 9 of 10 truths.
                """)

        @Flag(help: "Print the index of each week as JSON.")
        var json = false

        @OptionGroup var modelOptions: ModelOptions

        private struct Category: Encodable {
            /// One of the 52 parts of a year.
            struct Week: Encodable {
                var week: Int
                /// The day in its middle, in a year that is no leap year.
                var middle: String
                var index: Double
                var low: Double
                var high: Double
            }

            var category: String
            var weeks: [Week]
        }

        func run() throws {
            let (model, name) = try modelOptions.registry.load(version: modelOptions.modelVersion)
            let response = model.response
            let categories = zip(response.categories, response.seasons).compactMap {
                category, season in season.map { Self.category(category, $0) }
            }
            guard !json else { return try printJSON(categories) }
            guard !categories.isEmpty else {
                print(
                    "Model \(name) knows no seasons. They are learned from two years of purchases "
                        + "or more, of items with categories.")
                return
            }
            var table = Table("category", Self.months, "strongest", "#index", "weakest", "#index")
            let all = categories.flatMap(\.weeks).map { log($0.index) }
            let range = (all.min() ?? 0)...(all.max() ?? 0)
            for category in categories {
                let sorted = category.weeks.sorted { $0.index < $1.index }
                guard let weakest = sorted.first, let strongest = sorted.last else { continue }
                table.add(
                    shortened(category.category, to: 32),
                    Self.line(category.weeks.map { log($0.index) }, in: range),
                    strongest.middle, decimals(strongest.index, 2),
                    weakest.middle, decimals(weakest.index, 2))
            }
            printLines(table.lines())
            let count = response.categories.count - categories.count
            if count > 0 {
                print(
                    "\n\(grouped(count)) other \(count == 1 ? "category has" : "categories have") no season."
                )
            }
        }

        private static func category(_ name: String, _ season: SeasonalModel.Season) -> Category {
            let values = season.curve.values
            return Category(
                category: name,
                weeks: zip(values, season.deviations).enumerated().map { place, week in
                    let (value, deviation) = week
                    let day = Int((Double(place) + 0.5) * 365 / Double(values.count))
                    return Category.Week(
                        week: place + 1, middle: Self.date(dayOfYear: day), index: exp(value),
                        low: exp(value - Self.quantile * deviation),
                        high: exp(value + Self.quantile * deviation))
                })
        }

        /// The standard normal distribution lies within plus and minus this with probability 0.9.
        private static let quantile = 1.644_854

        private static let names = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        private static let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

        /// The title of a picture of 52 weeks.
        private static let months = ["Jan", "Apr", "Jul", "Oct"].map {
            $0.padding(toLength: 13, withPad: " ", startingAt: 0)
        }.joined()

        /// A day of the year, from 0 on, as `9 Dec`.
        private static func date(dayOfYear: Int) -> String {
            var day = dayOfYear
            for (name, length) in zip(names, lengths) {
                if day < length { return "\(day + 1) \(name)" }
                day -= length
            }
            return "31 Dec"
        }

        /// Values as columns of eight heights.
        private static func line(_ values: [Double], in range: ClosedRange<Double>) -> String {
            let columns = Array("▁▂▃▄▅▆▇█")
            let length = max(1e-9, range.upperBound - range.lowerBound)
            return String(
                values.map { columns[min(7, max(0, Int(8 * ($0 - range.lowerBound) / length)))] })
        }
    }
}
