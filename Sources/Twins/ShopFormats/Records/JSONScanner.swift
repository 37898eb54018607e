/// Reads a JSON text (RFC 8259) strictly, token by token.
///
/// The time is proportional to the bytes, and the memory to the values that the caller keeps.
/// Foundation's decoder would silently take one of several values of a key, accept a comma before a
/// closing bracket, and build all values before their number can be checked.
///
/// ```swift
/// var scanner = JSONScanner(bytes[...])
/// var isFirst = true
/// try scanner.open(UInt8(ascii: "["))
/// while try scanner.nextElement(&isFirst) { try scanner.skipValue() }
/// try scanner.finish()
/// ```
struct JSONScanner {
    /// Why a text as a whole cannot be read.
    enum Flaw: Error, Equatable {
        /// It is not JSON.
        case malformed
        /// It is nested deeper than ``depthMax``.
        case deep
        /// It has more arrays and objects than it may have.
        case manyContainers
    }

    /// A value that is neither an array nor an object.
    enum Scalar: Equatable {
        /// A text, number or boolean, as text.
        case text(String)
        case null
        /// A number out of range, or a text that is not Unicode.
        case unreadable
    }

    /// The deepest nesting that is read.
    static let depthMax = 64
    /// The default limit of arrays and objects in one text.
    static let containerCountMax = 20 * 10_000

    private let text: ArraySlice<UInt8>
    private let containerCountMax: Int
    private var position: Int
    private var depth = 0
    private var containerCount = 0
    /// The number of values that were read or skipped so far.
    private(set) var valueCount = 0

    /// Begins at the start of a text.
    init(_ text: ArraySlice<UInt8>, containerCountMax: Int = JSONScanner.containerCountMax) {
        self.text = text
        self.containerCountMax = containerCountMax
        position = text.startIndex
    }

    /// The first byte of the next token, without consuming it.
    mutating func peek() throws(Flaw) -> UInt8 {
        while position < text.endIndex {
            switch text[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            case let byte: return byte
            }
        }
        throw .malformed
    }

    /// Checks that only white space is left.
    mutating func finish() throws(Flaw) {
        while position < text.endIndex {
            guard Self.isSpace(text[position]) else { throw .malformed }
            position += 1
        }
    }

    // MARK: Containers

    /// Consumes the bracket or brace that opens the next value.
    mutating func open(_ bracket: UInt8) throws(Flaw) {
        guard try peek() == bracket else { throw .malformed }
        position += 1
        depth += 1
        containerCount += 1
        valueCount += 1
        guard depth <= Self.depthMax else { throw .deep }
        guard containerCount <= containerCountMax else { throw .manyContainers }
    }

    /// Moves to the next element of the innermost array; closes the array at its end.
    ///
    /// - Parameter isFirst: Whether the next element is the first; false afterwards.
    /// - Returns: Whether there is another element, which the caller has to consume.
    /// - Throws: ``Flaw`` unless there is an element or the end.
    mutating func nextElement(_ isFirst: inout Bool) throws(Flaw) -> Bool {
        try next(&isFirst, closing: UInt8(ascii: "]"))
    }

    /// Moves to the next key of the innermost object; closes the object at its end.
    ///
    /// - Parameter isFirst: Whether the next key is the first; false afterwards.
    /// - Returns: The key, whose value the caller has to consume; `nil` at the end.
    /// - Throws: ``Flaw`` unless there is a key or the end.
    mutating func nextKey(_ isFirst: inout Bool) throws(Flaw) -> Key? {
        guard try next(&isFirst, closing: UInt8(ascii: "}")) else { return nil }
        let key = try string()
        guard try peek() == UInt8(ascii: ":") else { throw .malformed }
        position += 1
        return Key(quoted: text[key.bytes], hasEscapes: key.hasEscapes)
    }

    private mutating func next(_ isFirst: inout Bool, closing: UInt8) throws(Flaw) -> Bool {
        let byte = try peek()
        if byte == closing {
            position += 1
            depth -= 1
            return false
        }
        if !isFirst {
            guard byte == UInt8(ascii: ",") else { throw .malformed }
            position += 1
            guard try peek() != closing else { throw .malformed }
        }
        isFirst = false
        return true
    }

    // MARK: Values

    /// Skips the next value with its content.
    mutating func skipValue() throws(Flaw) {
        switch try peek() {
        case UInt8(ascii: "["):
            try open(UInt8(ascii: "["))
            var isFirst = true
            while try nextElement(&isFirst) { try skipValue() }
        case UInt8(ascii: "{"):
            try open(UInt8(ascii: "{"))
            var isFirst = true
            while try nextKey(&isFirst) != nil { try skipValue() }
        default: _ = try token()
        }
    }

    /// Reads the next value if it is a text, number, boolean or null; skips it otherwise.
    ///
    /// - Returns: The value; `nil` for an array or object.
    mutating func scalar() throws(Flaw) -> Scalar? {
        let byte = try peek()
        guard byte != UInt8(ascii: "["), byte != UInt8(ascii: "{") else {
            try skipValue()
            return nil
        }
        switch try token() {
        case .literal(let literal): return literal
        case .number(let range):
            return JSONNumber.text(text[range]).map { .text($0) } ?? .unreadable
        case .string(let range, let hasEscapes):
            let string = Key(quoted: text[range], hasEscapes: hasEscapes)
            return string.text.map { .text($0) } ?? .unreadable
        }
    }

    private enum Token {
        case string(Range<Int>, hasEscapes: Bool)
        case number(Range<Int>)
        case literal(Scalar)
    }

    private mutating func token() throws(Flaw) -> Token {
        valueCount += 1
        switch try peek() {
        case UInt8(ascii: "\""):
            let found = try string()
            return .string(found.bytes, hasEscapes: found.hasEscapes)
        case UInt8(ascii: "t"): return .literal(try literal("true", .text("true")))
        case UInt8(ascii: "f"): return .literal(try literal("false", .text("false")))
        case UInt8(ascii: "n"): return .literal(try literal("null", .null))
        default:
            let start = position
            guard let end = JSONNumber.end(in: text, from: start) else { throw .malformed }
            position = end
            return .number(start..<end)
        }
    }

    private mutating func literal(_ word: StaticString, _ value: Scalar) throws(Flaw) -> Scalar {
        for byte in "\(word)".utf8 {
            guard position < text.endIndex, text[position] == byte else { throw .malformed }
            position += 1
        }
        return value
    }

    /// Consumes a string and returns its range without the quotes.
    private mutating func string() throws(Flaw) -> (bytes: Range<Int>, hasEscapes: Bool) {
        guard try peek() == UInt8(ascii: "\"") else { throw .malformed }
        position += 1
        let start = position
        var hasEscapes = false
        while position < text.endIndex {
            let byte = text[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return (start..<(position - 1), hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                position += try escapeLength()
            case 0..<0x20: throw .malformed
            default: position += 1
            }
        }
        throw .malformed
    }

    /// The number of bytes of the escape at the position.
    private func escapeLength() throws(Flaw) -> Int {
        guard position + 1 < text.endIndex else { throw .malformed }
        switch text[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return 2
        case UInt8(ascii: "u"):
            guard position + 6 <= text.endIndex,
                text[(position + 2)..<(position + 6)].allSatisfy({ Key.digit($0) != nil })
            else { throw .malformed }
            return 6
        default: throw .malformed
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}

extension JSONScanner {
    /// A string of the text, which is decoded on demand.
    struct Key {
        private let quoted: ArraySlice<UInt8>
        private let hasEscapes: Bool

        init(quoted: ArraySlice<UInt8>, hasEscapes: Bool) {
            self.quoted = quoted
            self.hasEscapes = hasEscapes
        }

        /// The number of its bytes in the text.
        var byteCount: Int { quoted.count }

        /// The string; `nil` if it is not Unicode.
        var text: String? {
            guard hasEscapes else { return String(validating: quoted, as: UTF8.self) }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(quoted.count)
            var rest = quoted
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "\\") else {
                    bytes.append(byte)
                    continue
                }
                switch rest.popFirst() {
                case UInt8(ascii: "b"): bytes.append(0x08)
                case UInt8(ascii: "f"): bytes.append(0x0C)
                case UInt8(ascii: "n"): bytes.append(0x0A)
                case UInt8(ascii: "r"): bytes.append(0x0D)
                case UInt8(ascii: "t"): bytes.append(0x09)
                case UInt8(ascii: "u"):
                    guard let scalar = Self.scalar(&rest) else { return nil }
                    bytes.append(contentsOf: String(scalar).utf8)
                case let other?: bytes.append(other)
                case nil: return nil
                }
            }
            return String(validating: bytes, as: UTF8.self)
        }

        /// The value of a hexadecimal digit.
        static func digit(_ byte: UInt8) -> UInt32? {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a")) + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A")) + 10
            default: nil
            }
        }

        /// The character of a `\u` escape, or of two of them for a surrogate pair.
        private static func scalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
            guard let unit = unit(&rest) else { return nil }
            guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) }
            guard rest.popFirst() == UInt8(ascii: "\\"), rest.popFirst() == UInt8(ascii: "u"),
                let low = self.unit(&rest), (0xDC00..<0xE000).contains(low)
            else { return nil }
            return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        }

        private static func unit(_ rest: inout ArraySlice<UInt8>) -> UInt32? {
            var value: UInt32 = 0
            for _ in 0..<4 {
                guard let digit = rest.popFirst().flatMap({ digit($0) }) else { return nil }
                value = value << 4 | digit
            }
            return value
        }
    }
}

/// Numbers as JSON writes them (RFC 8259, section 6).
enum JSONNumber {
    /// The end of the number that begins at a position; `nil` if there is none.
    static func end(in text: ArraySlice<UInt8>, from start: Int) -> Int? {
        var position = start
        func digits() -> Bool {
            let first = position
            while position < text.endIndex, isDigit(text[position]) { position += 1 }
            return position > first
        }
        func take(_ bytes: UInt8...) -> Bool {
            guard position < text.endIndex, bytes.contains(text[position]) else { return false }
            position += 1
            return true
        }
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) {
            guard digits() else { return nil }
        }
        if take(UInt8(ascii: ".")) {
            guard digits() else { return nil }
        }
        if take(UInt8(ascii: "e"), UInt8(ascii: "E")) {
            _ = take(UInt8(ascii: "+"), UInt8(ascii: "-"))
            guard digits() else { return nil }
        }
        return position
    }

    /// A number as text, integers without a decimal point; `nil` if it is out of range.
    static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        if let integer = Int64(text) { return String(integer) }
        if let integer = UInt64(text) { return String(integer) }
        guard let number = Double(text), number.isFinite else { return nil }
        if let integer = Int64(exactly: number) { return String(integer) }
        if let integer = UInt64(exactly: number) { return String(integer) }
        return String(number)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}
