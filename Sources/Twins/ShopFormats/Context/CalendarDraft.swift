import Foundation
import Shop

/// The lines of one VEVENT, collected until its end.
struct CalendarDraft {
    private static let single: Set<String> = [
        "UID", "SUMMARY", "DTSTART", "DTEND", "DURATION", "STATUS", "RECURRENCE-ID",
    ]
    private static let several: Set<String> = ["CATEGORIES", "RRULE", "RDATE", "EXDATE"]

    /// The number of its first line.
    let line: Int
    /// The number of open components inside it, such as alarms.
    var depth = 0
    private var properties: [String: [CalendarLine]] = [:]

    init(line: Int) { self.line = line }

    /// Adds a line of the event; ignores other properties and lines of inner components.
    mutating func add(_ line: CalendarLine) {
        guard depth <= 0 else { return }
        guard Self.single.contains(line.name) || Self.several.contains(line.name) else { return }
        properties[line.name, default: []].append(line)
    }

    /// The lines of a property that may occur several times.
    func lines(_ name: String) -> [CalendarLine] { properties[name] ?? [] }

    /// The line of a property that may occur once; `nil` if it is missing.
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
    /// Many programs do not escape commas in names, so commas are part of the text.
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
                // The text is kept as one line, without tabs and other control characters.
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
