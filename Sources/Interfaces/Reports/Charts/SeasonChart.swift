import Prediction

/// Draws how much more or less of a category is bought in each week of the year than in the mean
/// one, in the band of 9 truths of 10.
struct SeasonChart {
    private let season: CategorySeason
    private let axis: Axis
    private let left: Double
    private let right = 296.0
    private let top = 10.0
    private let bottom = 110.0

    /// Lays a chart out.
    ///
    /// - Parameters:
    ///   - season: The season.
    ///   - axis: Indices from 0 on; the same for all charts that stand side by side.
    init(_ season: CategorySeason, axis: Axis) {
        self.season = season
        self.axis = axis
        left = axis.labelWidth + 8
    }

    /// An axis on which some seasons can be compared.
    static func axis(_ seasons: [CategorySeason]) -> Axis {
        Axis(maximum: max(1, seasons.flatMap(\.weeks).map(\.high).max() ?? 1), count: 3)
    }

    /// The chart as an element.
    func markup() -> String {
        var svg = SVG(width: 300, height: 136)
        axis.draw(&svg, left: left, right: right) { y($0) }
        let weeks = season.weeks
        func points(_ value: (CategorySeason.Week) -> Double) -> [SVG.Point] {
            weeks.enumerated().map { SVG.Point(x: x($0), y: y(value($1))) }
        }
        svg.area(upper: points(\.high), lower: points(\.low), "fan")
        svg.line(SVG.Point(x: left, y: y(1)), SVG.Point(x: right, y: y(1)), "today")
        svg.polyline(points(\.index), "median")
        for (quarter, name) in ["Jan", "Apr", "Jul", "Oct"].enumerated() {
            let start = left + (right - left) * Double(quarter) / 4
            svg.line(SVG.Point(x: start, y: bottom), SVG.Point(x: start, y: bottom + 4), "base")
            svg.text(name, at: SVG.Point(x: start, y: bottom + 18), "tick")
        }
        return svg.markup(
            label: "Purchases of \(season.category) by week of the year, "
                + "most about \(season.strongest.middle)", style: "chart")
    }

    private func x(_ week: Int) -> Double {
        left + (right - left) * (Double(week) + 0.5) / Double(max(1, season.weeks.count))
    }

    private func y(_ value: Double) -> Double {
        bottom - (bottom - top) * min(1, max(0, value / axis.end))
    }
}
