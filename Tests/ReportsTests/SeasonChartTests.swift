import Foundation
import Learning
import Testing

@testable import Prediction
@testable import Reports

/// Seasons in words and as drawings.
@Suite struct SeasonChartTests {
    private static func season(_ category: String, height: Double, peak: Double) throws
        -> CategorySeason
    {
        let values = (0..<SeasonalModel.parts).map { part in
            height * cos(2 * Double.pi * ((Double(part) + 0.5) / 52 - peak))
        }
        return try #require(
            CategorySeason(
                category,
                SeasonalModel.Season(
                    curve: YearlyCurve(values), deviations: values.map { _ in 0.1 })))
    }

    @Test func seasonsSayWhenMostAndLeastIsBought() throws {
        let season = try Self.season("Ices", height: log(2), peak: 0.5)
        #expect(season.weeks.count == 52 && season.weeks.map(\.week) == Array(1...52))
        #expect(season.weeks.first?.middle == "4 Jan" && season.weeks.last?.middle == "28 Dec")
        #expect(["28 Jun", "29 Jun", "6 Jul"].contains(season.strongest.middle))
        #expect(abs(season.strongest.index - 2) < 0.02)
        #expect(abs(season.weakest.index - 0.5) < 0.02)
        for week in season.weeks {
            #expect(week.low < week.index && week.index < week.high)
            #expect(abs(log(week.high / week.low) - 2 * 1.644854 * 0.1) < 1e-9)
        }
        let empty = SeasonalModel.Season(curve: YearlyCurve([0]), deviations: [])
        #expect(CategorySeason("Soap", empty) == nil)
    }

    @Test func strongestSeasonsComeFirst() {
        var response = DemandResponseModel.none
        response.categories = ["A", "B", "C", "D"]
        response.seasons = [0.2, nil, 0.9, 0.2].map { height in
            height.map {
                SeasonalModel.Season(curve: YearlyCurve([-$0, $0]), deviations: [0.1, 0.1])
            }
        }
        #expect(response.categorySeasons.map(\.category) == ["C", "A", "D"])
        #expect(DemandResponseModel.none.categorySeasons.isEmpty)
    }

    @Test(arguments: [0.01, 0.7, 3.0]) func drawingStaysInItsFrame(_ height: Double) throws {
        let season = try Self.season("Ices", height: height, peak: 0.2)
        let reader = try expectInFrame(
            SeasonChart(season, axis: SeasonChart.axis([season])).markup())
        #expect(reader.texts.map(\.text).contains("Jan"))
    }

    @Test func pageShowsSeasonsWithTheTraining() throws {
        let world = try World.plain.get()
        var seasons = try (1...14).map {
            try Self.season("Category \($0)", height: 1 / Double($0), peak: 0.9)
        }
        seasons[0] = try Self.season(World.hostile[0], height: 1, peak: 0.9)
        func reader(_ seasons: [CategorySeason]) throws -> PageReader {
            PageReader(
                try ReportPage(
                    title: "T", customers: [], metrics: world.metrics, seasons: seasons
                ).html())
        }
        let page = try reader(seasons)
        let texts = page.texts.map(\.text)
        #expect(texts.contains("172 % more about 23 Nov, 63 % less about 24 May"))
        #expect(texts.contains { $0.contains("And 2 more categories.") })
        #expect(texts.contains { $0.contains(World.hostile[0]) })
        #expect(page.count("svg") == (try reader([])).count("svg") + 12)
        #expect(!(try reader([])).texts.contains { $0.text.contains("When in the year") })
        #expect(
            try reader(Array(seasons.prefix(2))).texts.allSatisfy {
                !$0.text.contains("more categories")
            }
        )
    }
}
