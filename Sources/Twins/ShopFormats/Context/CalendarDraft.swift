import Foundation
import Shop

/// The lines of one VEVENT, before it is known whether they are an event.
struct CalendarDraft {
    private static let single: Set<String> = [
        "UID", "SUMMARY", "DTSTART", "DTEND", "DURATION", "STATUS", "RECURRENCE-ID",
    ]
    private static let several: Set<String> = ["CATEGORIES", "RRULE", "RDATE", "EXDATE"]

    /// Where it begins.
    let line: Int
    /// How many components inside it, such as an alarm, are open.
    var depth = 0
    private var properties: [String: [CalendarLine]] = [:]

    init(line: Int) { self.line = line }

    /// Takes a line of the event; what no event needs, and lines of components inside, are left.
    mutating func add(_ line: CalendarLine) {
        guard depth <= 0 else { return }
        guard Self.single.contains(line.name) || Self.several.contains(line.name) else { return }
        properties[line.name, default: []].append(line)
    }

    /// The lines of a property that may be there several times.
    func lines(_ name: String) -> [CalendarLine] { properties[name] ?? [] }

    /// The line of a property that may be there once.
    func line(_ name: String) throws(Rejection) -> CalendarLine? {
        let lines = lines(name)
        guard lines.count <= 1 else {
            throw Rejection(.twice, "give \(name) once", at: .line(lines[1].number))
        }
        return lines.first
    }

    /// The text of a property; `nil` if it is missing or blank.
    func text(_ name: String) throws(Rejection) -> String? {
        guard let line = try line(name) else { return nil }
        return try CalendarText.whole(line)
    }
}

/// Values of the type TEXT (RFC 5545, 3.3.11).
enum CalendarText {
    /// The text of a line; `nil` if it is blank.
    ///
    /// Many programs write commas of names as they are, so these count as part of it.
    static func whole(_ line: CalendarLine) throws(Rejection) -> String? {
        try text(line, endsAtComma: false)
    }

    /// The text of a line up to the first comma that is not escaped; `nil` if it is blank.
    static func first(_ line: CalendarLine) throws(Rejection) -> String? {
        try text(line, endsAtComma: true)
    }

    private static func text(
        _ line: CalendarLine, endsAtComma: Bool
    ) throws(Rejection) -> String? {
        var bytes: [UInt8] = []
        var isEscaped = false
        for byte in line.value {
            if isEscaped {
                isEscaped = false
                let isLineEnd = byte == UInt8(ascii: "n") || byte == UInt8(ascii: "N")
                bytes.append(isLineEnd ? 0x20 : byte)
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: ","), endsAtComma {
                break
            } else {
                // What is kept is one line of text, without tabs and the like.
                bytes.append(byte < 0x20 || byte == 0x7F ? 0x20 : byte)
            }
            // The control characters U+0080 to U+009F.
            if bytes.suffix(2).first == 0xC2, let last = bytes.last, last >= 0x80, last < 0xA0 {
                bytes.replaceSubrange((bytes.count - 2)..., with: [0x20])
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Rejection(.encoding, "save the file as UTF-8", at: .line(line.number))
        }
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        return trimmed.isEmpty ? nil : trimmed
    }
}
