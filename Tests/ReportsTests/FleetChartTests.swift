import Foundation
import Testing
import Time

@testable import Reports

@Suite struct FleetChartTests {
    private static let values = [0, 0.3, 1, 12_345, 1e300, -1, Double.nan, .infinity]

    private func estimates(_ value: Double, _ count: Int) -> [FleetReport.Estimate] {
        (0..<count).map {
            FleetReport.Estimate(
                expected: value * Double($0), low: value / 2, high: value * Double($0 + 1))
        }
    }

    @Test(arguments: [0, 1, 7, 28, 366], [false, true])
    func daysStayInTheirFrame(count: Int, isNarrow: Bool) throws {
        for value in Self.values {
            let days = estimates(value, count)
            let layers = (0..<3).map { color in
                DemandChart.Layer(style: "f\(color)", days: days.map { $0.expected / 3 })
            }
            let chart = DemandChart(
                layers, totals: days, origin: Timestamp(seconds: 0), isNarrow: isNarrow)
            let reader = try expectInFrame(chart.markup(label: "a < b"))
            #expect(reader.count("rect") == 3 * count)
            #expect(reader.elements.first?.attributes["aria-label"] == "a < b")
        }
    }

    @Test func labelsOfDaysDoNotOverlap() throws {
        for count in [1, 5, 8, 14, 28, 31, 90, 366] {
            for isNarrow in [false, true] {
                let chart = DemandChart(
                    [], totals: estimates(2, count), origin: Timestamp(seconds: 0),
                    isNarrow: isNarrow)
                let reader = PageReader(chart.markup(label: ""))
                let places = zip(
                    reader.elements.filter { $0.name == "text" },
                    reader.texts.filter { $0.path.last == "text" }.map(\.text)
                ).filter { $1.contains("\u{A0}") }
                    .compactMap { Double($0.0.attributes["x"] ?? "") }
                #expect(!places.isEmpty)
                for (left, right) in zip(places, places.dropFirst()) {
                    #expect(right - left >= 70, "\(count)")
                }
                #expect((places.last ?? 0) + 30 <= (isNarrow ? 360 : 1080))
            }
        }
    }

    @Test func fansStayInTheirFrame() throws {
        for value in Self.values {
            for count in [0, 1, 2, 28] {
                for isNarrow in [false, true] {
                    let chart = FanChart(
                        estimates(value, count), origin: Timestamp(seconds: 0), color: 2,
                        isNarrow: isNarrow)
                    _ = try expectInFrame(chart.markup(label: "fan"))
                }
            }
        }
    }

    @Test func changesStayInTheirFrame() throws {
        for value in Self.values {
            for chance in Self.values {
                _ = try expectInFrame(Bars.change(value, chance: abs(chance), end: 1))
                _ = try expectInFrame(Bars.change(-value, chance: 0, end: value))
            }
        }
        let fall = PageReader(Bars.change(-1, chance: 0.5, end: 2))
        #expect(fall.elements.map { $0.attributes["class"] }.contains("fall"))
        #expect(fall.elements.first { $0.attributes["class"] == "fall" }?.attributes["x"] == "250")
    }

    @Test func reliabilityLeavesOutWhatIsNoShare() throws {
        let good = ReliabilityChart.Bin(forecast: 0.2, happened: 0.3, count: 10)
        let bad = [
            ReliabilityChart.Bin(forecast: .nan, happened: 0.3, count: 10),
            ReliabilityChart.Bin(forecast: 0.2, happened: 2, count: 10),
            ReliabilityChart.Bin(forecast: 0.2, happened: 0.3, count: 0),
        ]
        let reader = try expectInFrame(
            ReliabilityChart([good] + bad).markup(label: "reliability"))
        #expect(reader.count("circle") == 1)
        #expect(
            PageReader(ReliabilityChart([ReliabilityChart.Bin]()).markup(label: "")).count("circle")
                == 0)
        let ends = [0.0, 1].map { ReliabilityChart.Bin(forecast: $0, happened: $0, count: 1_000) }
        #expect(try expectInFrame(ReliabilityChart(ends).markup(label: "")).count("circle") == 2)
    }

    @Test func moreForecastsAreLargerDots() throws {
        let bins = [(0.1, 5), (0.5, 500)].map {
            ReliabilityChart.Bin(forecast: $0.0, happened: $0.0, count: $0.1)
        }
        let radii = PageReader(ReliabilityChart(bins).markup(label: "")).elements
            .filter { $0.name == "circle" }.compactMap { Double($0.attributes["r"] ?? "") }
        #expect(radii.count == 2 && radii[0] < radii[1])
    }

    @Test func histogramsStayInTheirFrame() throws {
        for counts in [[], [0], [5, 0, 12_345], Array(repeating: 7, count: 10)] {
            for isNarrow in [false, true] {
                let chart = HistogramChart(counts, isNarrow: isNarrow)
                let reader = try expectInFrame(chart.markup(label: "PIT"))
                #expect(reader.count("rect") == counts.count)
            }
        }
    }

    @Test func amountsAreShort() {
        let cases: [(Double, String)] = [
            (0, "0.0"), (0.04, "0.0"), (9.94, "9.9"), (9.96, "10"), (12_345.6, "12,346"),
            (.nan, "–"), (1e300, "–"), (-3.25, "−3.3"),
        ]
        for (value, text) in cases { #expect(TextFormat.amount(value) == text, "\(value)") }
        #expect(TextFormat.difference(3) == "+3.0" && TextFormat.difference(-3) == "−3.0")
        #expect(TextFormat.difference(0.01) == "0.0")
    }
}

/// Parses a drawing and checks that every coordinate is a number within its frame.
@discardableResult
func expectInFrame(
    _ markup: String, sourceLocation: SourceLocation = #_sourceLocation
) throws -> PageReader {
    let reader = PageReader(markup, sourceLocation: sourceLocation)
    let svg = try #require(reader.elements.first { $0.name == "svg" })
    let frame = try #require(svg.attributes["viewBox"]).split(separator: " ")
        .compactMap { Double($0) }
    #expect(frame.count == 4, sourceLocation: sourceLocation)
    for element in reader.elements {
        for name in ["x", "y", "cx", "cy", "r", "width", "height", "stroke-width"] {
            guard let text = element.attributes[name] else { continue }
            let value = try #require(Double(text), "\(name)=\(text)")
            #expect(
                value.isFinite && value >= 0 && value <= max(frame[2], frame[3]),
                "\(name)=\(text)", sourceLocation: sourceLocation)
        }
        guard let data = element.attributes["d"] else { continue }
        let numbers = data.split(whereSeparator: { "MLQZ ".contains($0) })
        #expect(numbers.count.isMultiple(of: 2), sourceLocation: sourceLocation)
        for (place, text) in numbers.enumerated() {
            let value = try #require(Double(text), "\(data)")
            let limit = frame[place.isMultiple(of: 2) ? 2 : 3]
            #expect(
                value >= -0.1 && value <= limit + 0.1, "\(data)", sourceLocation: sourceLocation)
        }
    }
    return reader
}
