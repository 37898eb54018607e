import TextFiles

/// Comma-separated values as in RFC 4180: a quoted field can contain commas, doubled quotes and
/// line breaks.
enum CSVRecords {
    /// Reads the next record as an array of its fields; nil at the end of the file.
    ///
    /// Empty lines are skipped.
    static func next(from source: inout ByteSource) throws(Fault) -> [String]? {
        while let byte = try source.peek(), byte == lineFeed || byte == carriageReturn {
            _ = try source.next()
        }
        guard try source.peek() != nil else { return nil }
        var fields: [String] = []
        var byteCount = 0
        while true {
            let field = try field(from: &source)
            byteCount += field.utf8.count + 1
            try Bounds.checkLine(byteCount)
            fields.append(field)
            switch try source.next() {
            case comma: continue
            case nil, lineFeed: return fields
            case carriageReturn:
                guard try source.next() ?? lineFeed == lineFeed else { throw badQuotes }
                return fields
            default: throw badQuotes
            }
        }
    }

    /// Appends a field, with quotes if it needs them.
    static func append(_ text: String, to bytes: inout [UInt8]) {
        CSVField.append(text, to: &bytes, quotesBlanks: true)
    }

    private static let comma = UInt8(ascii: ",")
    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    private static let badQuotes = Fault(
        .syntax, "a field's quotes do not enclose it; put it in quotes and double those inside.")

    private static func field(from source: inout ByteSource) throws(Fault) -> String {
        var bytes: [UInt8] = []
        guard try source.peek() == quote else {
            while let byte = try source.peek(), byte != comma, byte != lineFeed,
                byte != carriageReturn
            {
                bytes.append(byte)
                _ = try source.next()
                try Bounds.checkLine(bytes.count)
            }
            return try decodedText(bytes)
        }
        _ = try source.next()
        while true {
            try source.take(upTo: quote, or: quote, into: &bytes)
            guard try source.next() != nil else {
                throw Fault(.syntax, "a quoted field never ends; close its quotes.")
            }
            guard try source.peek() == quote else { return try decodedText(bytes) }
            _ = try source.next()
            bytes.append(quote)
        }
    }
}

/// The encoding of strings in cells, where an empty cell means that there is no value.
///
/// An empty string is a `'`. Strings that a spreadsheet would read as formulas are guarded by
/// `FormulaGuard`.
enum GuardedText {
    static func encoded(_ text: String) -> String {
        text.isEmpty ? "'" : FormulaGuard.guarded(text)
    }

    static func decoded(_ text: String) -> String { FormulaGuard.unguarded(text) }
}
