import Foundation
package import Shop

/// Detects the kind of a feed file.
package enum ContextFile {
    /// The kind of a file.
    ///
    /// The content decides: a response of Open-Meteo, a calendar, or the header of a CSV file. If
    /// that fails, the file name extension decides.
    ///
    /// - Throws: ``TwinsError`` if the file cannot be read, or its kind is unknown.
    package static func kind(of path: String) throws(TwinsError) -> ContextKind {
        var lines = try LineReader(path: path)
        let start = try lines.peek(4096)
        let words = start.drop { $0 <= 0x20 || [0xEF, 0xBB, 0xBF].contains($0) }
        let first = words.first
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") { return .weather }
        if String(decoding: words.prefix(15), as: UTF8.self).uppercased() == "BEGIN:VCALENDAR" {
            return .events
        }
        if let kind = kind(ofHeader: words) { return kind }
        switch URL(fileURLWithPath: path).pathExtension.lowercased() {
        case "json": return .weather
        case "ics", "ical": return .events
        default:
            throw TwinsError(
                .format,
                "The kind of the feeds in \(path) is unknown. Kinds are: JSON of Open-Meteo, a "
                    + "calendar (.ics), CSV with \(TrendFile.required.joined(separator: ",")), or "
                    + "CSV with \(OfferFile.required.joined(separator: ",")).",
                remedy: .nameFeedKind)
        }
    }

    private static func kind(ofHeader text: ArraySlice<UInt8>) -> ContextKind? {
        let line = text.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        var fields: [String] = []
        do throws(Rejection) {
            try CSV.fields(
                of: line, separator: CSV.separator(ofHeader: line), into: &fields)
        } catch {
            return nil
        }
        let columns = Set(fields.map(FeedRecords.folded))
        if columns.isSuperset(of: TrendFile.required) { return .trends }
        if columns.isSuperset(of: OfferFile.required) { return .offers }
        return nil
    }
}
