/// Reads tokens from a line of a file, for the JSON and Cypher readers.
struct TextScanner {
    private let bytes: [UInt8]
    private var position = 0
    /// The offset at which the last word or quoted string began.
    private var tokenStart = 0

    init(_ line: [UInt8]) { bytes = line }

    /// The next byte that is not a space, which is not consumed; nil at the end.
    mutating func peek() -> UInt8? {
        while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 {
            position += 1
        }
        return position < bytes.count ? bytes[position] : nil
    }

    /// Consumes a token if it is next, after spaces.
    mutating func accept(_ text: StaticString) -> Bool {
        _ = peek()
        let length = text.utf8CodeUnitCount
        guard bytes.count - position >= length else { return false }
        let isNext = text.withUTF8Buffer { bytes[position..<position + length].elementsEqual($0) }
        if isNext { position += length }
        return isNext
    }

    /// Consumes a character if it is next, after spaces.
    mutating func accept(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    mutating func expect(_ text: StaticString) throws(Fault) {
        guard accept(text) else { throw expected("'\(text)'") }
    }

    /// Consumes tokens in order, with any spaces between them.
    mutating func expect(_ texts: [StaticString]) throws(Fault) {
        for text in texts { try expect(text) }
    }

    mutating func expectEnd() throws(Fault) {
        guard peek() == nil else { throw expected("the end of the line") }
    }

    /// Consumes a number or a word such as `true`: all letters, digits, signs, points and
    /// underscores.
    mutating func word() -> String {
        guard peek() != nil else {
            tokenStart = position
            return ""
        }
        let start = position
        tokenStart = start
        while position < bytes.count, Self.isWordByte(bytes[position]) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    mutating func int64() throws(Fault) -> Int64 {
        guard let value = Int64(word()) else { throw unexpectedToken("a whole number") }
        return value
    }

    mutating func uint64() throws(Fault) -> UInt64 {
        guard let value = UInt64(word()) else {
            throw unexpectedToken("a whole number of 0 or more")
        }
        return value
    }

    /// Consumes a string in quotes, with backslash escapes.
    mutating func quoted(by quote: UInt8) throws(Fault) -> String {
        guard accept(quote) else { throw expected("a text in \(Character(.init(quote)))") }
        tokenStart = position - 1
        var text: [UInt8] = []
        while position < bytes.count {
            let start = position
            while position < bytes.count, bytes[position] != quote,
                bytes[position] != UInt8(ascii: "\\")
            {
                position += 1
            }
            text.append(contentsOf: bytes[start..<position])
            guard position < bytes.count else { break }
            position += 1
            if bytes[position - 1] == quote { return try decodedText(text) }
            text.append(contentsOf: String(try escaped()).utf8)
        }
        throw expected("the end of a text")
    }

    /// Consumes a name in backticks, in which two backticks mean one.
    mutating func backticked() throws(Fault) -> String {
        let tick = UInt8(ascii: "`")
        guard accept(tick) else { throw expected("a name in `") }
        var name: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == tick {
                guard position < bytes.count, bytes[position] == tick else {
                    return TextEscape.decoded(try decodedText(name))
                }
                position += 1
            }
            name.append(byte)
        }
        throw expected("the end of a name")
    }

    /// The error for an unexpected token at the current position.
    func expected(_ what: String) -> Fault {
        Fault(.syntax, "\(what) is expected at column \(position + 1); correct the line.")
    }

    /// The error for the last word or string.
    func unexpectedToken(_ what: String) -> Fault {
        Fault(.syntax, "\(what) is expected at column \(tokenStart + 1); correct the line.")
    }

    private mutating func escaped() throws(Fault) -> Unicode.Scalar {
        guard position < bytes.count else { throw expected("the end of a text") }
        let letter = bytes[position]
        position += 1
        switch letter {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Unicode.Scalar(letter)
        case UInt8(ascii: "u"): return try scalar()
        default: throw expected("one of \" ' \\ / b f n r t u")
        }
    }

    /// Consumes the digits of `\uHHHH`, and of a second escape if the first is half of a surrogate
    /// pair.
    private mutating func scalar() throws(Fault) -> Unicode.Scalar {
        let high = try hexadecimal()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw expected("the other half of a character") }
        position += 2
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        else { throw expected("the other half of a character") }
        return scalar
    }

    private mutating func hexadecimal() throws(Fault) -> UInt32 {
        guard bytes.count - position >= 4,
            let value = NumberText.hexadecimal(bytes[position..<position + 4])
        else { throw expected("a code of four hexadecimal digits") }
        position += 4
        return UInt32(value)
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }
}
