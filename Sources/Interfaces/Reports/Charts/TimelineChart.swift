import Time

/// Draws the past by category, flowing into the band of what may come.
struct TimelineChart {
    private let activity: Activity
    private let isNarrow: Bool
    private let width: Double
    private let height: Double
    private let left: Double
    private let right: Double
    private let top = 34.0
    private let bottom: Double
    private let axis: Axis

    /// Lays a chart out, for a phone if it is to be narrow.
    init(_ activity: Activity, isNarrow: Bool) {
        self.activity = activity
        self.isNarrow = isNarrow
        width = isNarrow ? 360 : 1080
        height = isNarrow ? 250 : 310
        left = isNarrow ? 26 : 34
        right = width - (isNarrow ? 50 : 60)
        bottom = height - 28
        let highest = (activity.pastTotals + activity.future.map(\.high)).max() ?? 0
        axis = Axis(maximum: max(highest, 0.5))
    }

    /// The chart as an element.
    func markup() -> String {
        var svg = SVG(width: width, height: height)
        drawScale(&svg)
        drawPast(&svg)
        drawFuture(&svg)
        drawToday(&svg)
        let label =
            "Events a day in the past \(activity.pastTotals.count) days by category, and the "
            + "forecast of the next \(activity.future.count)"
        return svg.markup(label: label, style: isNarrow ? "chart narrow" : "chart wide")
    }

    /// The x coordinate of a day: 0 is the newest past day, 1 the first day to come.
    private func x(_ day: Int) -> Double {
        let past = max(1, activity.pastTotals.count - 1)
        let span = Double(past + activity.future.count)
        return left + (right - left) * Double(day + past) / span
    }

    private func y(_ value: Double) -> Double {
        bottom - (bottom - top) * min(1, max(0, value / axis.end))
    }

    private func drawScale(_ svg: inout SVG) {
        for tick in axis.ticks {
            svg.line(
                SVG.Point(x: left, y: y(tick)), SVG.Point(x: right, y: y(tick)),
                tick == 0 ? "base" : "grid")
            svg.text(
                axis.label(tick), at: SVG.Point(x: left - 6, y: y(tick) + 4), "tick",
                anchor: .end)
        }
        let first = 1 - activity.pastTotals.count
        let last = activity.future.count
        let step = max(1, (last - first) / (isNarrow ? 4 : 9) / 7) * 7
        for day in stride(from: first / step * step, through: last, by: step) {
            let isNearEdge = x(day) < left + 12 || x(day) > right - 4
            guard day != 0, !isNearEdge else { continue }
            let time = Timestamp(seconds: activity.origin.seconds + Int64(day) * 86_400)
            svg.line(
                SVG.Point(x: x(day), y: bottom), SVG.Point(x: x(day), y: bottom + 5), "base")
            svg.text(
                TextFormat.day(time, weekday: false), at: SVG.Point(x: x(day), y: bottom + 19),
                "tick", anchor: .middle)
        }
    }

    private func drawPast(_ svg: inout SVG) {
        let days = activity.pastTotals.count
        var base = [Double](repeating: 0, count: days)
        for (color, layer) in activity.past.enumerated() where layer.contains(where: { $0 > 0 }) {
            let raised = zip(base, layer).map { $0 + $1 }
            svg.area(
                upper: points(raised, from: 1 - days), lower: points(base, from: 1 - days),
                "layer f\(color)")
            base = raised
        }
        svg.polyline(points(activity.pastTotals, from: 1 - days), "outline")
    }

    private func drawFuture(_ svg: inout SVG) {
        let now = activity.pastTotals.last ?? 0
        let low = [now] + activity.future.map(\.low)
        let median = [now] + activity.future.map(\.median)
        let high = [now] + activity.future.map(\.high)
        svg.area(upper: points(high, from: 0), lower: points(low, from: 0), "fan")
        svg.polyline(points(high, from: 0), "fanedge")
        svg.polyline(points(low, from: 0), "fanedge")
        svg.polyline(points(median, from: 0), "median")
        guard let end = activity.future.last else { return }
        var edge = Double.infinity
        for (value, name) in [(end.low, "low"), (end.median, "middle"), (end.high, "high")] {
            let labelY = min(y(value) + 4, edge - 13)
            edge = labelY
            svg.text(
                name, at: SVG.Point(x: right + 6, y: labelY),
                name == "middle" ? "tick strong" : "tick")
        }
    }

    private func drawToday(_ svg: inout SVG) {
        svg.line(SVG.Point(x: x(0), y: top - 14), SVG.Point(x: x(0), y: bottom + 5), "today")
        svg.text(
            TextFormat.day(activity.origin, weekday: false), at: SVG.Point(x: x(0), y: bottom + 19),
            "tick strong", anchor: .middle)
        svg.text(
            "past", at: SVG.Point(x: x(0) - 8, y: top - 6), "tick strong", anchor: .end)
        svg.text("forecast", at: SVG.Point(x: x(0) + 8, y: top - 6), "tick strong")
        if !activity.pastTotals.contains(where: { $0 > 0 }) {
            svg.text(
                "no events in this time", at: SVG.Point(x: (left + x(0)) / 2, y: bottom - 10),
                "tick",
                anchor: .middle)
        }
    }

    private func points(_ values: [Double], from day: Int) -> [SVG.Point] {
        values.enumerated().map { SVG.Point(x: x(day + $0), y: y($1)) }
    }
}
