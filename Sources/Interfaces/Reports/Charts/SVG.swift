/// A drawing that is made element by element and becomes inline SVG.
///
/// Colours are classes, so that they follow the page's light and dark schemes.
struct SVG {
    /// A point in the drawing's own units.
    struct Point {
        var x: Double
        var y: Double
    }

    /// Where a text stands relative to its point.
    enum Anchor: String {
        case start, middle, end
    }

    /// The drawing's width in its own units.
    let width: Double
    /// The drawing's height in its own units.
    let height: Double
    private var body = ""

    /// Makes an empty drawing.
    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    /// A coordinate with few decimal places; what is not a number becomes 0.
    static func number(_ value: Double, places: Int = 1) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "0" }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let rounded = Int((value * scale).rounded())
        let sign = rounded < 0 ? "-" : ""
        let whole = rounded.magnitude / UInt(scale)
        let rest = String(rounded.magnitude % UInt(scale))
        guard places > 0, rest != "0" else { return sign + String(whole) }
        var fraction = String(repeating: "0", count: places - rest.count) + rest
        while fraction.last == "0" { fraction.removeLast() }
        return "\(sign)\(whole).\(fraction)"
    }

    /// Adds a rectangle.
    mutating func rect(_ origin: Point, width: Double, height: Double, _ style: String) {
        body += "<rect x=\"\(Self.number(origin.x))\" y=\"\(Self.number(origin.y))\""
        body += " width=\"\(Self.number(max(0, width)))\" height=\"\(Self.number(max(0, height)))\""
        body += " class=\"\(style)\"/>"
    }

    /// Adds a straight line.
    mutating func line(_ start: Point, _ end: Point, _ style: String, stroke: Double? = nil) {
        path("M\(Self.pair(start))L\(Self.pair(end))", style, stroke: stroke)
    }

    /// Adds a line through points.
    mutating func polyline(_ points: [Point], _ style: String) {
        guard points.count > 1 else { return }
        path("M" + points.map(Self.pair).joined(separator: "L"), style)
    }

    /// Adds the area between two lines of the same x coordinates.
    mutating func area(upper: [Point], lower: [Point], _ style: String) {
        guard upper.count > 1, lower.count > 1 else { return }
        let points = upper + lower.reversed()
        path("M" + points.map(Self.pair).joined(separator: "L") + "Z", style)
    }

    /// Adds a curve with one control point.
    mutating func curve(
        _ start: Point, control: Point, _ end: Point, _ style: String, stroke: Double
    ) {
        path("M\(Self.pair(start))Q\(Self.pair(control)) \(Self.pair(end))", style, stroke: stroke)
    }

    /// Adds a filled polygon.
    mutating func polygon(_ points: [Point], _ style: String) {
        path("M" + points.map(Self.pair).joined(separator: "L") + "Z", style)
    }

    /// Adds a circle.
    mutating func circle(_ center: Point, radius: Double, _ style: String) {
        body += "<circle cx=\"\(Self.number(center.x))\" cy=\"\(Self.number(center.y))\""
        body += " r=\"\(Self.number(radius))\" class=\"\(style)\"/>"
    }

    /// Adds a text; it is escaped here.
    mutating func text(
        _ text: String, at point: Point, _ style: String, anchor: Anchor = .start
    ) {
        body += "<text x=\"\(Self.number(point.x))\" y=\"\(Self.number(point.y))\""
        body += " class=\"\(style)\" text-anchor=\"\(anchor.rawValue)\">"
        body += Markup.escape(text) + "</text>"
    }

    /// The drawing as an element.
    ///
    /// - Parameters:
    ///   - label: What it shows, for those who cannot see it; `nil` if the text beside says it.
    ///   - style: Classes of the element.
    ///   - stretches: Whether width and height scale each on its own, as in a bar.
    /// - Returns: An `svg` element, without scripts and without references to anything outside.
    func markup(label: String?, style: String, stretches: Bool = false) -> String {
        var tag = "<svg class=\"\(style)\" viewBox=\"0 0 \(Self.number(width)) "
        tag += "\(Self.number(height))\""
        if stretches { tag += " preserveAspectRatio=\"none\"" }
        if let label {
            tag += " role=\"img\" aria-label=\"\(Markup.escape(label))\""
        } else {
            tag += " aria-hidden=\"true\""
        }
        return tag + ">" + body + "</svg>"
    }

    private mutating func path(_ data: String, _ style: String, stroke: Double? = nil) {
        body += "<path d=\"\(data)\" class=\"\(style)\""
        if let stroke { body += " stroke-width=\"\(Self.number(stroke))\"" }
        body += "/>"
    }

    private static func pair(_ point: Point) -> String { "\(number(point.x)) \(number(point.y))" }
}
