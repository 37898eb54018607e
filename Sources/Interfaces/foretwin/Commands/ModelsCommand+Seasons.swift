import ArgumentParser
import Foundation
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
                of the days before them to that of the days ahead. In JSON each week also has an \
                interval, which holds 9 of 10 truths.
                """)

        @Flag(help: "Print the index of each week as JSON.")
        var json = false

        @OptionGroup var modelOptions: ModelOptions

        func run() throws {
            let stored = try modelOptions.registry.read(version: modelOptions.modelVersion)
            let name = stored.version
            let seasons = stored.model.response.categorySeasons
            guard !json else { return try printJSON(seasons) }
            guard !seasons.isEmpty else {
                print(
                    "Model \(name) knows no seasons. They are learned from two years of purchases "
                        + "or more, of items with categories.")
                return
            }
            var table = Table("category", Self.quarters, "strongest", "#index", "weakest", "#index")
            let all = seasons.flatMap(\.weeks).map { log($0.index) }
            let range = (all.min() ?? 0)...(all.max() ?? 0)
            for season in seasons {
                table.add(
                    shortened(season.category, to: 32),
                    Self.columns(season.weeks.map { log($0.index) }, in: range),
                    season.strongest.middle, decimals(season.strongest.index, 2),
                    season.weakest.middle, decimals(season.weakest.index, 2))
            }
            printLines(table.lines())
            let others = stored.model.response.categories.count - seasons.count
            if others > 0 {
                print(
                    "\n\(grouped(others)) other "
                        + "\(others == 1 ? "category has" : "categories have") no season.")
            }
        }

        /// The title of a picture of 52 weeks.
        private static let quarters = ["Jan", "Apr", "Jul", "Oct"].map {
            $0.padding(toLength: 13, withPad: " ", startingAt: 0)
        }.joined()

        /// Values as columns of eight heights.
        private static func columns(_ values: [Double], in range: ClosedRange<Double>) -> String {
            let columns = Array("▁▂▃▄▅▆▇█")
            let length = max(1e-9, range.upperBound - range.lowerBound)
            return String(
                values.map { columns[min(7, max(0, Int(8 * ($0 - range.lowerBound) / length)))] })
        }
    }
}
