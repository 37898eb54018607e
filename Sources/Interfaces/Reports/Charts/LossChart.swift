import Prediction

/// Draws the loss of a training run over its epochs.
struct LossChart {
    private let epochs: [TrainingMetrics.Epoch]
    private let left = 36.0
    private let right = 412.0
    private let top = 16.0
    private let bottom = 190.0
    private let axis: Axis

    /// Lays the chart out.
    init(_ epochs: [TrainingMetrics.Epoch]) {
        self.epochs = epochs
        let values = (epochs.map(\.training) + epochs.compactMap(\.validation)).filter(\.isFinite)
        axis = Axis(minimum: values.min() ?? 0, maximum: values.max() ?? 1)
    }

    /// The chart as an element.
    func markup() -> String {
        var svg = SVG(width: 480, height: 220)
        for tick in axis.ticks {
            svg.line(
                SVG.Point(x: left, y: y(tick)), SVG.Point(x: right, y: y(tick)),
                tick == axis.start ? "base" : "grid")
            svg.text(
                axis.label(tick), at: SVG.Point(x: left - 6, y: y(tick) + 4), "tick",
                anchor: .end)
        }
        let step = max(1, epochs.count / 8)
        for epoch in stride(from: 0, to: epochs.count, by: step) {
            svg.text(
                String(epoch + 1), at: SVG.Point(x: x(epoch), y: bottom + 18), "tick",
                anchor: .middle)
        }
        svg.text("epoch", at: SVG.Point(x: right + 8, y: bottom + 18), "tick")
        let ends = [
            draw(epochs.map(\.training), "training", &svg),
            draw(epochs.map { $0.validation ?? .nan }, "heldout", &svg),
        ]
        label(ends, &svg)
        return svg.markup(label: "Loss after each epoch", style: "chart loss")
    }

    private func x(_ epoch: Int) -> Double {
        guard epochs.count > 1 else { return (left + right) / 2 }
        return left + 12 + (right - left - 24) * Double(epoch) / Double(epochs.count - 1)
    }

    private func y(_ value: Double) -> Double {
        bottom - (bottom - top) * (value - axis.start) / max(1e-9, axis.end - axis.start)
    }

    /// Draws a line and returns the height at which it ends.
    private func draw(_ values: [Double], _ style: String, _ svg: inout SVG) -> Double? {
        let points = values.enumerated().filter { $0.element.isFinite }
            .map { SVG.Point(x: x($0.offset), y: y($0.element)) }
        svg.polyline(points, style)
        for point in points { svg.circle(point, radius: 3, style + "dot") }
        return points.last?.y
    }

    private func label(_ ends: [Double?], _ svg: inout SVG) {
        var heights = ends
        if let training = ends[0], let heldOut = ends[1], abs(training - heldOut) < 15 {
            let middle = (training + heldOut) / 2
            let isAbove = training <= heldOut
            heights = [middle + (isAbove ? -7.5 : 7.5), middle + (isAbove ? 7.5 : -7.5)]
        }
        for (height, name) in zip(heights, ["training", "held out"]) {
            guard let height else { continue }
            svg.text(name, at: SVG.Point(x: right - 2, y: height + 4), "tick strong")
        }
    }
}
