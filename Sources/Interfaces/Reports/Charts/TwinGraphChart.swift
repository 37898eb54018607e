import Foundation

/// Draws a twin as a graph: the customer, the items, and what followed what.
///
/// Items stand on an arc, one to a row, with their names outside: so no two names can overlap.
struct TwinGraphChart {
    private let drawing: TwinDrawing
    private let isNarrow: Bool
    private let rowHeight: Double
    private let fontSize: Double
    private let width: Double
    private let height: Double
    private let center: SVG.Point
    private var points: [SVG.Point] = []

    /// Lays a drawing out.
    ///
    /// - Parameters:
    ///   - drawing: What to draw.
    ///   - isNarrow: Whether it is for a phone: one arc at the right, not two.
    init(_ drawing: TwinDrawing, isNarrow: Bool) {
        self.drawing = drawing
        self.isNarrow = isNarrow
        rowHeight = isNarrow ? 23 : 27
        fontSize = isNarrow ? 12.5 : 13
        width = isNarrow ? 360 : 1080
        let count = drawing.nodes.count
        let rows = isNarrow ? count : (count + 1) / 2
        height = max(120, Double(rows) * rowHeight + 24)
        center = SVG.Point(x: isNarrow ? 34 : width / 2, y: height / 2)
        let right = isNarrow ? count : rows
        points = (0..<count).map { index in
            let isRight = index < right
            // Clockwise: down on the right, up on the left.
            let row = isRight ? index : count - 1 - index
            let rowCount = isRight ? right : count - right
            return point(row: row, of: rowCount, isRight: isRight)
        }
    }

    /// The drawing as an element.
    func markup() -> String {
        var svg = SVG(width: width, height: height)
        for (node, point) in zip(drawing.nodes, points) {
            svg.line(
                center, point, "edge s\(node.color)\(node.isRejected ? " dashed" : "")",
                stroke: 0.8 + 7 * node.weight)
        }
        for link in drawing.links.prefix(isNarrow ? 8 : drawing.links.count) { draw(link, &svg) }
        for (node, point) in zip(drawing.nodes, points) { draw(node, at: point, &svg) }
        let radius = isNarrow ? 30.0 : 36.0
        svg.circle(center, radius: radius, "hub")
        svg.text(
            "customer", at: SVG.Point(x: center.x, y: center.y + 4),
            isNarrow ? "hubtext small" : "hubtext", anchor: .middle)
        let label =
            "The customer and the \(drawing.nodes.count) items with the heaviest edges, of "
            + "\(drawing.itemCount)"
        return svg.markup(label: label, style: isNarrow ? "chart narrow" : "chart wide")
    }

    private func point(row: Int, of rows: Int, isRight: Bool) -> SVG.Point {
        let offset = (Double(row) - Double(rows - 1) / 2) * rowHeight
        let reach = max(1, Double(rows) / 2 * rowHeight)
        let bulge = (1 - 0.8 * (offset / reach) * (offset / reach)).squareRoot()
        let y = height / 2 + offset
        if isNarrow { return SVG.Point(x: 72 + 46 * bulge, y: y) }
        let distance = 250 * bulge
        return SVG.Point(x: center.x + (isRight ? distance : -distance), y: y)
    }

    private func draw(_ node: TwinDrawing.Node, at point: SVG.Point, _ svg: inout SVG) {
        let radius = 4.5 + 4 * node.weight.squareRoot()
        svg.circle(
            point, radius: radius,
            node.isBought ? "node f\(node.color)" : "node hollow s\(node.color)")
        let isRight = point.x > center.x
        let gap = radius + 7
        let room = isRight ? width - point.x - gap : point.x - gap
        svg.text(
            Markup.fit(node.name, width: room, fontSize: fontSize),
            at: SVG.Point(x: point.x + (isRight ? gap : -gap), y: point.y + 4.5),
            isNarrow ? "label small" : "label", anchor: isRight ? .start : .end)
    }

    /// A curve from one item to the other that bends towards the customer, with an arrow's head.
    private func draw(_ link: TwinDrawing.Link, _ svg: inout SVG) {
        let start = points[link.from]
        let target = points[link.to]
        let middle = SVG.Point(x: (start.x + target.x) / 2, y: (start.y + target.y) / 2)
        let chord = distance(start, target)
        // Neighbours get a shallow curve, distant items one that nearly reaches the customer.
        let bend = min(0.45 * distance(middle, center), 12 + 0.4 * chord)
        let share = bend / max(1, distance(middle, center))
        let control = SVG.Point(
            x: middle.x + (center.x - middle.x) * share,
            y: middle.y + (center.y - middle.y) * share)
        let dx = target.x - control.x
        let dy = target.y - control.y
        let length = max(1e-6, distance(control, target))
        let unit = SVG.Point(x: dx / length, y: dy / length)
        let node = 5.5 + 4 * drawing.nodes[link.to].weight.squareRoot()
        let tip = SVG.Point(x: target.x - unit.x * node, y: target.y - unit.y * node)
        let size = 5 + 3 * link.weight
        let base = SVG.Point(x: tip.x - unit.x * size, y: tip.y - unit.y * size)
        let half = size * 0.45
        svg.curve(start, control: control, base, "link", stroke: 0.8 + 1.8 * link.weight)
        svg.polygon(
            [
                tip, SVG.Point(x: base.x - unit.y * half, y: base.y + unit.x * half),
                SVG.Point(x: base.x + unit.y * half, y: base.y - unit.x * half),
            ], "head")
    }

    private func distance(_ left: SVG.Point, _ right: SVG.Point) -> Double {
        let dx = left.x - right.x
        let dy = left.y - right.y
        return (dx * dx + dy * dy).squareRoot()
    }
}
