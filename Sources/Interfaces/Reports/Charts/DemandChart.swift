import Time

/// A bar chart of the expected number on each day, stacked by colour, with 90 % intervals of the
/// sums.
struct DemandChart {
    /// The values of one colour.
    struct Layer {
        var style: String
        var days: [Double]
    }

    private let layers: [Layer]
    private let totals: [FleetReport.Estimate]
    private let origin: Timestamp
    private let isNarrow: Bool
    private let size: SVG.Point
    private let axis: Axis
    private let left: Double
    private let right: Double
    private let top = 12.0
    private let bottom: Double

    /// Lays a chart out.
    ///
    /// - Parameters:
    ///   - layers: From the ground up.
    ///   - totals: The sums of all layers, with their intervals if there are any.
    ///   - origin: A time within the first day.
    ///   - isNarrow: Whether it is for a phone.
    init(
        _ layers: [Layer], totals: [FleetReport.Estimate], origin: Timestamp, isNarrow: Bool
    ) {
        self.layers = layers
        self.totals = totals
        self.origin = origin
        self.isNarrow = isNarrow
        size = isNarrow ? SVG.Point(x: 360, y: 230) : SVG.Point(x: 1080, y: 290)
        let highest = totals.map { max($0.high ?? 0, $0.expected) }.max() ?? 0
        axis = Axis(maximum: max(highest, 0.05))
        left = axis.labelWidth + 8
        right = size.x - 4
        bottom = size.y - 28
    }

    /// The chart as an element.
    func markup(label: String) -> String {
        var svg = SVG(width: size.x, height: size.y)
        axis.draw(&svg, left: left, right: right) { y($0) }
        let step = (right - left) / Double(max(1, totals.count))
        let width = min(46, step * 0.74)
        for (day, total) in totals.enumerated() {
            let middle = left + (Double(day) + 0.5) * step
            var sum = 0.0
            for layer in layers where layer.days.indices.contains(day) {
                let value = max(0, layer.days[day])
                svg.rect(
                    SVG.Point(x: middle - width / 2, y: y(sum + value)), width: width,
                    height: y(sum) - y(sum + value), layer.style)
                sum += value
            }
            if let low = total.low, let high = total.high {
                svg.line(
                    SVG.Point(x: middle, y: y(low)), SVG.Point(x: middle, y: y(high)), "halo")
                svg.line(
                    SVG.Point(x: middle, y: y(low)), SVG.Point(x: middle, y: y(high)), "whisker")
            }
        }
        drawDays(&svg, step: step)
        return svg.markup(label: label, style: isNarrow ? "chart narrow" : "chart wide")
    }

    private func y(_ value: Double) -> Double {
        bottom - (bottom - top) * min(1, max(0, value / axis.end))
    }

    private func drawDays(_ svg: inout SVG, step: Double) {
        // A label needs about 76 units; weeks are easier to read than other steps.
        let room = Int((76 / step).rounded(.up))
        let stride = room <= 1 ? 1 : room <= 7 ? 7 : (room + 6) / 7 * 7
        var newest = -Double.infinity
        for day in Swift.stride(from: 0, to: totals.count, by: stride) {
            let middle = left + (Double(day) + 0.5) * step
            let labelX = max(36, middle)
            guard middle < right - 30 || day == 0, labelX - newest >= 70 else { continue }
            newest = labelX
            let time = Timestamp(seconds: origin.seconds + Int64(day) * 86_400)
            svg.line(SVG.Point(x: middle, y: bottom), SVG.Point(x: middle, y: bottom + 5), "base")
            svg.text(
                TextFormat.day(time), at: SVG.Point(x: labelX, y: bottom + 19),
                "tick", anchor: .middle)
        }
    }
}

extension Axis {
    /// A mark in words, with its thousands set apart.
    func amount(_ tick: Double) -> String {
        abs(tick) >= 1_000 ? TextFormat.count(Int(tick.rounded())) : label(tick)
    }

    /// The room that the marks need, in units of a drawing with marks of 12 units' height.
    var labelWidth: Double { Double(ticks.map { amount($0).count }.max() ?? 1) * 7 + 4 }

    /// Draws the marks of an upright axis with lines across.
    ///
    /// - Parameters:
    ///   - svg: The drawing.
    ///   - left: Where the lines begin; the marks are left of it.
    ///   - right: Where the lines end.
    ///   - y: The height of a value.
    func draw(_ svg: inout SVG, left: Double, right: Double, y: (Double) -> Double) {
        for tick in ticks {
            svg.line(
                SVG.Point(x: left, y: y(tick)), SVG.Point(x: right, y: y(tick)),
                tick == start ? "base" : "grid")
            svg.text(
                amount(tick), at: SVG.Point(x: left - 6, y: y(tick) + 4), "tick", anchor: .end)
        }
    }
}
