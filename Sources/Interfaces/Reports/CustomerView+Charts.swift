import Recommendations

extension CustomerView {
    static func timelineWords(_ report: TwinReport, span: String) -> String {
        let activity = report.activity
        let ahead = activity.countAfter
        func whole(_ value: Double) -> String { TextFormat.count(Int(value.rounded())) }
        let forecast =
            "The next \(span) will probably bring \(whole(ahead.median)) "
            + "\(ahead.median.rounded() == 1 ? "event" : "events"); in 8 futures of 10 "
            + "between \(whole(ahead.low)) and \(whole(ahead.high))."
        guard !report.recommendations.isColdStart else { return forecast }
        let before = TextFormat.count(activity.countBefore, "event")
        return forecast + " The last \(span) brought \(before)."
    }

    static func timelineKeys(_ report: TwinReport) -> [Key] {
        var keys: [Key] = []
        for (color, layer) in report.activity.past.enumerated()
        where layer.contains(where: { $0 > 0 }) {
            let names = report.colors.names
            keys.append(
                Key(
                    swatch: "f\(color)",
                    term: names.indices.contains(color) ? names[color] : CategoryColors.other))
        }
        keys.append(Key(swatch: "medianswatch", term: "Forecast, middle of all futures"))
        keys.append(Key(swatch: "fanswatch", term: "Low to high: 8 futures of 10"))
        return keys
    }

    static func graphWords(_ drawing: TwinDrawing) -> String {
        let count = drawing.nodes.count
        guard count > 0 else { return "The twin has no items yet." }
        let what =
            count < drawing.itemCount
            ? "The \(count) items that weigh most, of \(TextFormat.count(drawing.itemCount))."
            : "All \(TextFormat.count(count, "item")) of the twin."
        return what + " The thicker a line, the more often and the more lately."
    }

    static func graphKeys(_ drawing: TwinDrawing) -> [Key] {
        var keys: [Key] = []
        for color in Set(drawing.nodes.map(\.color)).sorted() {
            let category = drawing.nodes.first { $0.color == color }?.category ?? ""
            keys.append(
                Key(
                    swatch: "f\(color)",
                    term: color < CategoryColors.count ? category : CategoryColors.other))
        }
        keys.append(Key(swatch: "dotswatch", term: "Bought"))
        keys.append(Key(swatch: "ringswatch", term: "Looked at or put in the cart only"))
        if drawing.nodes.contains(where: \.isRejected) {
            keys.append(Key(swatch: "dashswatch", term: "Rejected or returned"))
        }
        if !drawing.links.isEmpty {
            keys.append(Key(swatch: "arrowswatch", term: "Often followed by"))
        }
        return keys
    }
}
