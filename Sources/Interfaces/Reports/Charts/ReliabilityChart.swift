import Simulation

/// A reliability diagram: observed frequency against forecast probability.
///
/// Each dot is some forecasts of about one probability, the larger the more there are; the line
/// through it is where chance would let it lie, 95 times of 100, if what happened is its true
/// share. Dots on the diagonal are right.
struct ReliabilityChart {
    /// Forecasts of about one probability.
    struct Bin: Sendable, Hashable {
        /// Their mean.
        var forecast: Double
        /// The share of them that happened.
        var happened: Double
        var count: Int
    }

    private let bins: [Bin]
    private let left = 46.0
    private let right = 350.0
    private let top = 12.0
    private let bottom = 316.0

    /// Lays a chart out.
    ///
    /// - Parameter bins: The forecasts, in ascending order; what is no share is left out.
    init(_ bins: [Bin]) {
        self.bins = bins.filter {
            (0...1).contains($0.forecast) && (0...1).contains($0.happened) && $0.count > 0
        }
    }

    /// Lays a chart out for what a back-test has found.
    init(_ reliability: Reliability) {
        self.init(
            reliability.bins.map {
                Bin(forecast: $0.forecast, happened: $0.happened, count: $0.count)
            })
    }

    /// The chart as an element.
    func markup(label: String) -> String {
        var svg = SVG(width: 360, height: 364)
        for tick in stride(from: 0.0, through: 1, by: 0.2) {
            let isEdge = tick == 0
            svg.line(point(0, tick), point(1, tick), isEdge ? "base" : "grid")
            svg.line(point(tick, 0), point(tick, 1), isEdge ? "base" : "grid")
            let text = "\(Int((tick * 100).rounded()))\(TextFormat.blank)%"
            svg.text(text, at: SVG.Point(x: left - 6, y: y(tick) + 4), "tick", anchor: .end)
            svg.text(
                text, at: SVG.Point(x: min(right - 8, x(tick)), y: bottom + 18), "tick",
                anchor: .middle)
        }
        svg.text(
            "forecast", at: SVG.Point(x: right, y: bottom + 38), "tick strong", anchor: .end)
        svg.text("observed", at: SVG.Point(x: left + 8, y: top + 12), "tick strong")
        svg.line(point(0, 0), point(1, 1), "diagonal")
        for bin in bins {
            let hits = Int((bin.happened * Double(bin.count)).rounded())
            let interval = wilsonInterval(hits: hits, trials: bin.count)
            svg.line(
                point(bin.forecast, interval.lowerBound),
                point(bin.forecast, interval.upperBound), "whisker")
        }
        let most = Double(bins.map(\.count).max() ?? 1)
        for bin in bins {
            svg.circle(
                point(bin.forecast, bin.happened),
                radius: 3 + 7 * (Double(bin.count) / most).squareRoot(), "reliabledot")
        }
        return svg.markup(label: label, style: "chart square")
    }

    private func x(_ share: Double) -> Double { left + (right - left) * share }

    private func y(_ share: Double) -> Double { bottom - (bottom - top) * share }

    private func point(_ forecast: Double, _ happened: Double) -> SVG.Point {
        SVG.Point(x: x(forecast), y: y(happened))
    }
}
