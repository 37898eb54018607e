import Foundation
import Learning
import Prediction
import Testing
import Time

@testable import Backtesting
@testable import Reports
@testable import Simulation

@Suite struct BacktestPageTests {
    private static let day: Int64 = 86_400

    /// Forecasts of one item each, which happen as often as is said.
    private func forecasts(_ count: Int) -> [Forecast] {
        (0..<count).map { index in
            let share = Double(index % 10) / 10 + 0.05
            let chance = Forecast.Chance(
                item: 0, simulated: share, frequency: 0.5, windows: 4,
                happened: Double((index / 10) % 20) / 20 < share, truth: nil)
            let simulated = (0..<10).map(Double.init)
            return Forecast(
                windows: [7, 28].map {
                    Forecast.Window(
                        seconds: $0 * Self.day, chances: [chance],
                        count: PITInterval(Double(index % 10), among: simulated))
                }, next: PITInterval(Double(index % 7), among: simulated),
                realism: PathStatistics(categoryCount: 0))
        }
    }

    private func page(_ count: Int) throws -> String {
        let forecasts = forecasts(count)
        let report = BacktestReport(
            forecasts, calibration: Calibration(forecasts, seed: 1), seed: 1)
        return try BacktestPage(report, origin: Timestamp(seconds: 1_767_571_200)).html()
    }

    @Test func saysWhetherForecastsHeld() throws {
        let html = try page(400)
        let reader = PageReader(html)
        #expect(reader.text(in: "h1").contains("Did the forecasts hold?"))
        #expect(reader.text(in: "header").contains("400\u{A0}customers, forecasts from 5\u{A0}Jan"))
        for heading in [
            "Bought within 7\u{A0}days", "Bought within 28\u{A0}days", "By horizon",
            "Time to the next purchase", "Simulated and real customers",
        ] {
            #expect(reader.text(in: "h3").contains(heading), "\(heading)")
        }
        #expect(reader.text(in: "table").contains("Brier score"))
        // Two reliability diagrams, three histograms in two widths, distances of five distributions.
        #expect(reader.count("svg") == 13)
    }

    @Test(arguments: [0, 1, 400]) func loadsNothingAndIsWhole(count: Int) throws {
        let html = try page(count)
        for banned in [
            "http:", "https:", "//", "<script", "<link", "<img", "@import", "url(", " src=",
            " style=", "{{", "Optional(",
        ] {
            #expect(!html.lowercased().contains(banned.lowercased()), "\(banned)")
        }
        #expect(!html.contains(#/\b(?i:nan)\b/#), "Some figure is not a number.")
        #expect(PageReader(html).count("h1") == 1)
        #expect(html == (try page(count)))
    }
}
