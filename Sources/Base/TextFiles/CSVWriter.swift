/// Writes fields of comma-separated values (RFC 4180).
package enum CSVField {
    /// Adds a field, in quotes when it holds a comma, a quote or the end of a line.
    ///
    /// - Parameters:
    ///   - text: The field.
    ///   - bytes: The output.
    ///   - quotesBlanks: Whether a field with a blank is in quotes too.
    package static func append(
        _ text: String, to bytes: inout [UInt8], quotesBlanks: Bool = false
    ) {
        let quote = UInt8(ascii: "\"")
        let needsQuotes = text.utf8.contains {
            $0 == UInt8(ascii: ",") || $0 == quote || $0 == 10 || $0 == 13
                || (quotesBlanks && $0 == UInt8(ascii: " "))
        }
        guard needsQuotes else {
            bytes.append(contentsOf: text.utf8)
            return
        }
        bytes.append(quote)
        for byte in text.utf8 {
            if byte == quote { bytes.append(quote) }
            bytes.append(byte)
        }
        bytes.append(quote)
    }
}

/// Writes rows of comma-separated values that people open in spreadsheets.
///
/// ``FormulaGuard`` guards the texts. A row is always one line: line ends in texts become blanks.
package struct CSVWriter: Sendable {
    /// The output so far; a caller may clear it between two rows.
    package var bytes: [UInt8] = []

    /// Creates a writer and writes a header.
    package init(header: [String]) {
        for name in header { add(text: name) }
        endRow()
    }

    /// Adds a text.
    package mutating func add(text: String) {
        let hasLineEnds = text.utf8.contains { $0 == 10 || $0 == 13 }
        CSVField.append(
            FormulaGuard.guarded(hasLineEnds ? Self.oneLine(text) : text), to: &bytes)
        bytes.append(Self.comma)
    }

    /// Adds a number or a time, which cannot be a formula; `nil` adds an empty cell.
    package mutating func add(_ value: (some CustomStringConvertible)?) {
        if let value { bytes.append(contentsOf: value.description.utf8) }
        bytes.append(Self.comma)
    }

    /// Ends a row of at least one field.
    package mutating func endRow() {
        precondition(bytes.last == Self.comma, "a row has at least one field")
        bytes[bytes.count - 1] = 10
    }

    private static let comma = UInt8(ascii: ",")

    private static func oneLine(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0 == "\n" || $0 == "\r" ? " " : $0 }))
    }
}
