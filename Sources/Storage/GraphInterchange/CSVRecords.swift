/// Comma-separated values as RFC 4180 has them: a field in quotes may hold commas, quotes (doubled)
/// and ends of lines.
enum CSVRecords {
    /// Takes the next record, as the texts of its fields; nil at the end.
    ///
    /// Lines with nothing on them are passed over.
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

    /// A field as it is written: in quotes if it must be.
    static func encoded(_ text: String) -> String {
        let needsQuotes = text.utf8.contains { byte in
            byte == comma || byte == quote || byte == lineFeed || byte == carriageReturn
                || byte == UInt8(ascii: " ")
        }
        guard needsQuotes else { return text }
        var bytes = [quote]
        for byte in text.utf8 {
            if byte == quote { bytes.append(quote) }
            bytes.append(byte)
        }
        bytes.append(quote)
        return String(decoding: bytes, as: UTF8.self)
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

/// Texts in cells of a table, made safe for programs that compute what begins like a formula.
///
/// A text that begins with `=`, `+`, `-`, `@`, a tab or an end of line would be computed by a
/// spreadsheet (CWE-1236); it gets a `'` before it. So do a text that begins with `'`, to be told
/// apart, and an empty text, since an empty cell has no value.
enum GuardedText {
    static func encoded(_ text: String) -> String {
        switch text.utf8.first {
        case nil, 0x3D, 0x2B, 0x2D, 0x40, 0x09, 0x0A, 0x0D, 0x27: "'" + text
        default: text
        }
    }

    static func decoded(_ text: String) -> String {
        guard text.utf8.first == 0x27 else { return text }
        return String(text[text.utf8.index(after: text.startIndex)...])
    }
}
