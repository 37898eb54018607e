/// Bars that fill the width they are given; the text beside them says what they show.
enum Bars {
    private static let width = 1000.0

    /// A probability with its interval, on a scale that ends at `end`.
    static func probability(_ value: Double, interval: [Double], end: Double) -> String {
        var svg = SVG(width: width, height: 20)
        let scale = end > 0 ? width / end : 0
        func x(_ share: Double) -> Double { min(width, max(0, share * scale)) }
        svg.rect(SVG.Point(x: 0, y: 4), width: width, height: 12, "track")
        svg.rect(SVG.Point(x: 0, y: 4), width: x(value), height: 12, "bar")
        if interval.count == 2, interval[0] < interval[1] {
            svg.line(
                SVG.Point(x: x(interval[0]), y: 10), SVG.Point(x: x(interval[1]), y: 10), "halo")
            svg.line(
                SVG.Point(x: x(interval[0]), y: 10), SVG.Point(x: x(interval[1]), y: 10),
                "whisker")
            for end in interval {
                svg.line(
                    SVG.Point(x: x(end), y: 5.5), SVG.Point(x: x(end), y: 14.5), "whisker")
            }
        }
        return svg.markup(label: nil, style: "bars", stretches: true)
    }

    /// A category's share so far as a bar, and its expected share as a mark across it.
    static func preference(_ preference: CategoryPreference, end: Double) -> String {
        var svg = SVG(width: width, height: 16)
        let scale = end > 0 ? width / end : 0
        svg.rect(SVG.Point(x: 0, y: 3), width: width, height: 10, "track")
        svg.rect(
            SVG.Point(x: 0, y: 3), width: min(width, preference.past * scale), height: 10,
            "f\(preference.color)")
        let mark = min(width - 2, max(2, preference.expected * scale))
        svg.line(SVG.Point(x: mark, y: 0), SVG.Point(x: mark, y: 16), "markhalo")
        svg.line(SVG.Point(x: mark, y: 0.5), SVG.Point(x: mark, y: 15.5), "mark")
        return svg.markup(label: nil, style: "bars low", stretches: true)
    }

    /// Shares that make up a whole, side by side.
    static func stack(_ shares: [Double], label: String) -> String {
        var svg = SVG(width: width, height: 22)
        var x = 0.0
        for (index, share) in shares.enumerated() {
            let size = max(0, share) * width
            svg.rect(SVG.Point(x: x, y: 0), width: size, height: 22, "e\(min(index, 5))")
            x += size
            if index + 1 < shares.count {
                svg.line(SVG.Point(x: x, y: 0), SVG.Point(x: x, y: 22), "gap")
            }
        }
        return svg.markup(label: label, style: "bars high", stretches: true)
    }

    /// One value on a scale that ends at `end`.
    static func plain(_ value: Double, end: Double, isStrong: Bool) -> String {
        var svg = SVG(width: width, height: 16)
        svg.rect(SVG.Point(x: 0, y: 3), width: width, height: 10, "track")
        svg.rect(
            SVG.Point(x: 0, y: 3), width: end > 0 ? min(1, max(0, value / end)) * width : 0,
            height: 10, isStrong ? "bar" : "bar pale")
        return svg.markup(label: nil, style: "bars low", stretches: true)
    }

    /// A difference on a scale from `-end` to `end`, with a band of the margin of error.
    static func change(_ value: Double, chance: Double, end: Double) -> String {
        var svg = SVG(width: width, height: 16)
        func x(_ value: Double) -> Double {
            let fraction = end > 0 && value.isFinite ? value / end : 0
            return width / 2 * (1 + min(1, max(-1, fraction)))
        }
        svg.rect(SVG.Point(x: 0, y: 3), width: width, height: 10, "track")
        svg.rect(
            SVG.Point(x: min(width / 2, x(value)), y: 3), width: abs(x(value) - width / 2),
            height: 10, value < 0 ? "fall" : "gain")
        svg.rect(
            SVG.Point(x: x(-chance), y: 0), width: x(chance) - x(-chance), height: 16,
            "chanceband")
        svg.line(SVG.Point(x: width / 2, y: 0), SVG.Point(x: width / 2, y: 16), "zero")
        return svg.markup(label: nil, style: "bars low", stretches: true)
    }
}
