import Time

/// Draws one category's demand: the mean of each day as a line, in the band of 9 futures of 10.
struct FanChart {
    private let days: [FleetReport.Estimate]
    private let origin: Timestamp
    private let color: Int
    private let axis: Axis
    private let isNarrow: Bool
    private let width: Double
    private let top = 12.0
    private let bottom = 152.0
    private let left: Double
    private let right: Double

    /// Lays a chart out.
    ///
    /// - Parameters:
    ///   - days: What is expected on each day.
    ///   - origin: A time within the first day.
    ///   - color: The category's colour.
    ///   - isNarrow: Whether it is for a phone.
    init(_ days: [FleetReport.Estimate], origin: Timestamp, color: Int, isNarrow: Bool) {
        self.isNarrow = isNarrow
        width = isNarrow ? 340 : 500
        right = width - 4
        self.days = days
        self.origin = origin
        self.color = color
        let highest = days.map { max($0.high ?? 0, $0.expected) }.max() ?? 0
        axis = Axis(maximum: max(highest, 0.05), count: 3)
        left = axis.labelWidth + 8
    }

    /// The chart as an element.
    func markup(label: String) -> String {
        var svg = SVG(width: width, height: 180)
        axis.draw(&svg, left: left, right: right) { y($0) }
        func points(_ value: (FleetReport.Estimate) -> Double) -> [SVG.Point] {
            days.enumerated().map { SVG.Point(x: x($0), y: y(value($1))) }
        }
        let low = points { $0.low ?? $0.expected }
        let high = points { $0.high ?? $0.expected }
        svg.area(upper: high, lower: low, "band f\(color)")
        svg.polyline(points(\.expected), "mean s\(color)")
        for day in [0, days.count / 2, days.count - 1] where days.indices.contains(day) {
            let time = Timestamp(seconds: origin.seconds + Int64(day) * 86_400)
            let anchor: SVG.Anchor = day == 0 ? .start : day == days.count - 1 ? .end : .middle
            svg.line(SVG.Point(x: x(day), y: bottom), SVG.Point(x: x(day), y: bottom + 4), "base")
            svg.text(
                TextFormat.day(time), at: SVG.Point(x: x(day), y: bottom + 18), "tick",
                anchor: anchor)
        }
        return svg.markup(label: label, style: isNarrow ? "chart narrow" : "chart wide")
    }

    private func x(_ day: Int) -> Double {
        left + (right - left) * Double(day) / Double(max(1, days.count - 1))
    }

    private func y(_ value: Double) -> Double {
        bottom - (bottom - top) * min(1, max(0, value / axis.end))
    }
}
