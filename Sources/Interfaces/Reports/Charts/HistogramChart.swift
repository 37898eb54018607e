/// A PIT histogram: the positions of outcomes among simulated values.
///
/// Bars of equal height mean calibrated forecasts. A hump means that they are too wide, a bowl too
/// narrow, a slope too high or too low.
struct HistogramChart {
    private let counts: [Int]
    private let isNarrow: Bool
    private let width: Double
    private let left: Double
    private let right: Double
    private let top = 12.0
    private let bottom = 172.0
    private let axis: Axis

    /// Lays a chart out.
    ///
    /// - Parameters:
    ///   - counts: The number of outcomes in each tenth.
    ///   - isNarrow: Whether it is for a phone.
    init(_ counts: [Int], isNarrow: Bool) {
        self.counts = counts
        self.isNarrow = isNarrow
        width = isNarrow ? 340 : 500
        axis = Axis(maximum: Double(max(1, counts.max() ?? 0)), count: 3)
        left = axis.labelWidth + 8
        right = width - 4
    }

    /// The chart as an element.
    func markup(label: String) -> String {
        var svg = SVG(width: width, height: 212)
        axis.draw(&svg, left: left, right: right) { y($0) }
        let step = (right - left) / Double(max(1, counts.count))
        for (index, count) in counts.enumerated() {
            svg.rect(
                SVG.Point(x: left + Double(index) * step + 2, y: y(Double(count))),
                width: step - 4, height: bottom - y(Double(count)), "bar")
        }
        let mean = Double(counts.reduce(0, +)) / Double(max(1, counts.count))
        svg.line(SVG.Point(x: left, y: y(mean)), SVG.Point(x: right, y: y(mean)), "diagonal")
        let ends: [(Double, String, SVG.Anchor)] = [
            (left, "below all simulated", .start), (right, "above all", .end),
        ]
        for (x, text, anchor) in ends {
            svg.text(text, at: SVG.Point(x: x, y: bottom + 20), "tick", anchor: anchor)
        }
        return svg.markup(label: label, style: isNarrow ? "chart narrow" : "chart wide")
    }

    private func y(_ value: Double) -> Double {
        bottom - (bottom - top) * min(1, max(0, value / axis.end))
    }
}
