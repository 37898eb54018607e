/// The unfolded lines of a calendar.
///
/// A line that begins with a blank or a tab continues the line before (RFC 5545, 3.1). A fold may
/// be inside a character, so lines are joined as bytes.
struct CalendarLines {
    private let text: [UInt8]
    private var position = 0
    private var number = 0

    init(_ text: [UInt8]) { self.text = text }

    /// The next line, or `nil` at the end.
    mutating func next() -> CalendarLine? {
        guard position < text.count else { return nil }
        var bytes = take()
        let first = number
        while position < text.count, text[position] == 0x20 || text[position] == 0x09 {
            bytes += take().dropFirst()
        }
        return CalendarLine(number: first, bytes: bytes)
    }

    /// One folded line without its line end.
    private mutating func take() -> ArraySlice<UInt8> {
        number += 1
        let end = text[position...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
        var line = text[position..<end]
        position = min(end + 1, text.count)
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return line
    }
}

/// One line of a calendar: a name and a value.
///
/// Its parameters are ignored.
struct CalendarLine {
    /// The beginning or end of a component, with its name.
    enum Mark: Equatable {
        case begin(String)
        case end(String)
    }

    let number: Int
    /// The property's name in capitals; empty if the line is not a property.
    let name: String
    /// The text after the colon.
    let value: ArraySlice<UInt8>

    init(number: Int, name: String, value: ArraySlice<UInt8>) {
        self.number = number
        self.name = name
        self.value = value
    }

    /// Parses a line.
    init(number: Int, bytes: ArraySlice<UInt8>) {
        self.number = number
        var isQuoted = false
        var nameEnd: Int?
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: ";") where !isQuoted: nameEnd = nameEnd ?? index
            case UInt8(ascii: ":") where !isQuoted:
                let end = nameEnd ?? index
                name = String(decoding: bytes[..<end], as: UTF8.self).uppercased()
                value = bytes[(index + 1)...]
                return
            default: break
            }
        }
        name = ""
        value = []
    }

    /// The component that begins or ends here; `nil` for a property.
    var mark: Mark? {
        guard name == "BEGIN" || name == "END" else { return nil }
        let component = String(decoding: value, as: UTF8.self)
            .uppercased().filter { !$0.isWhitespace }
        return name == "BEGIN" ? .begin(component) : .end(component)
    }
}
