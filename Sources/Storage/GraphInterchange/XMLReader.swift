/// A streaming parser for the subset of XML that GraphML files use.
///
/// It reads elements, attributes, text, CDATA, comments and processing instructions, in UTF-8. A
/// document type is an error, and so are all entities but the five of XML itself. So a file cannot
/// include other files, and cannot expand. Namespace prefixes are dropped: `g:node` is `node`.
///
/// It is not a general parser, because this one bounds depth, attributes and lengths.
struct XMLReader {
    enum Event: Equatable {
        case start(String, [String: String])
        case text(String)
        case end(String)
    }

    private static let depthMax = 32
    private static let attributeCountMax = 64
    private static let nameByteCountMax = 1024

    private var source: ByteSource
    private var open: [String] = []
    /// Whether the next event is the end of an empty element, `<a/>`.
    private var endIsDue = false
    private var hasRoot = false
    /// The line on which the last event begins.
    private(set) var line = 1

    init(path: String) throws(Fault) { source = try ByteSource(path: path) }

    /// The next event; nil after the end of the document.
    mutating func next() throws(Fault) -> Event? {
        if endIsDue {
            endIsDue = false
            return .end(open.removeLast())
        }
        while let byte = try source.peek() {
            line = source.line
            if byte == UInt8(ascii: "<") {
                _ = try source.next()
                if let event = try markup() { return event }
            } else {
                let text = try text()
                if !open.isEmpty { return .text(text) }
                guard Self.isBlank(text) else {
                    throw Fault(.syntax, "there is text outside of all elements; remove it.")
                }
            }
        }
        line = source.line
        guard hasRoot, open.isEmpty else {
            throw Fault(.syntax, "the file ends before its elements do; it was cut off.")
        }
        return nil
    }

    /// Whether a text has only white space.
    static func isBlank(_ text: String) -> Bool { text.utf8.allSatisfy(isSpace) }

    private mutating func text() throws(Fault) -> String {
        var bytes: [UInt8] = []
        try source.take(upTo: UInt8(ascii: "<"), or: UInt8(ascii: "<"), into: &bytes)
        return try Self.unescaped(bytes, isAttribute: false)
    }

    /// Reads what follows `<`; nil for a comment or a processing instruction.
    private mutating func markup() throws(Fault) -> Event? {
        switch try source.peek() {
        case UInt8(ascii: "?"):
            try skip(past: "?>")
            return nil
        case UInt8(ascii: "!"):
            _ = try source.next()
            return try declaration()
        case UInt8(ascii: "/"):
            _ = try source.next()
            let name = try name()
            try skipSpaces()
            try expect(">")
            guard open.last == name else {
                throw Fault(
                    .syntax, "an element is closed that is not the last opened; correct it.")
            }
            return .end(open.removeLast())
        default:
            return try start()
        }
    }

    /// Reads what follows `<!`; nil for a comment.
    private mutating func declaration() throws(Fault) -> Event? {
        switch try source.peek() {
        case UInt8(ascii: "-"):
            try expect("--")
            try skip(past: "-->")
            return nil
        case UInt8(ascii: "["):
            try expect("[CDATA[")
            guard !open.isEmpty else { throw Self.malformed }
            let bytes = try bytes(upTo: "]]>")
            return .text(try decodedText(Self.withPlainLineEnds(bytes)))
        default:
            throw Fault(
                .syntax,
                "the file has a document type or entities, which are refused as unsafe; "
                    + "remove the <!…> declaration.")
        }
    }

    private mutating func start() throws(Fault) -> Event {
        guard !hasRoot || !open.isEmpty else {
            throw Fault(.syntax, "there is a second outermost element; keep one.")
        }
        let name = try name()
        var attributes: [String: String] = [:]
        while true {
            let hadSpace = try skipSpaces()
            switch try source.peek() {
            case UInt8(ascii: ">"):
                _ = try source.next()
                try begin(name)
                return .start(name, attributes)
            case UInt8(ascii: "/"):
                try expect("/>")
                try begin(name)
                endIsDue = true
                return .start(name, attributes)
            default:
                guard hadSpace else { throw Self.malformed }
                try readAttribute(into: &attributes)
            }
        }
    }

    private mutating func begin(_ name: String) throws(Fault) {
        open.append(name)
        hasRoot = true
        guard open.count <= Self.depthMax else {
            throw Fault(
                .limit, "elements are nested more than \(Self.depthMax) deep; no graph needs that.")
        }
    }

    private mutating func readAttribute(into attributes: inout [String: String]) throws(Fault) {
        let name = try name()
        try skipSpaces()
        try expect("=")
        try skipSpaces()
        guard let quote = try source.next(), quote == 0x22 || quote == 0x27 else {
            throw Self.malformed
        }
        var bytes: [UInt8] = []
        try source.take(upTo: quote, or: UInt8(ascii: "<"), into: &bytes)
        guard try source.next() == quote else { throw Self.malformed }
        let value = try Self.unescaped(bytes, isAttribute: true)
        guard attributes.updateValue(value, forKey: name) == nil else {
            throw Fault(.syntax, "an element has an attribute twice; keep one of them.")
        }
        guard attributes.count <= Self.attributeCountMax else {
            throw Fault(
                .limit,
                "an element has more than \(Self.attributeCountMax) attributes; remove some.")
        }
    }

    /// Reads a name, and drops its namespace prefix.
    private mutating func name() throws(Fault) -> String {
        var bytes: [UInt8] = []
        var localStart = 0
        while let byte = try source.peek(), Self.isNameByte(byte) {
            bytes.append(byte)
            if byte == UInt8(ascii: ":") { localStart = bytes.count }
            _ = try source.next()
            guard bytes.count <= Self.nameByteCountMax else { throw Self.malformed }
        }
        guard !bytes.isEmpty else { throw Self.malformed }
        // `xmlns:a` keeps its prefix, because `a` is a different attribute.
        if localStart > 0, !bytes.starts(with: "xmlns".utf8) { bytes.removeFirst(localStart) }
        return try decodedText(bytes)
    }

    private mutating func expect(_ text: String) throws(Fault) {
        for byte in text.utf8 {
            guard try source.next() == byte else { throw Self.malformed }
        }
    }

    @discardableResult
    private mutating func skipSpaces() throws(Fault) -> Bool {
        var found = false
        while let byte = try source.peek(), Self.isSpace(byte) {
            _ = try source.next()
            found = true
        }
        return found
    }

    private mutating func skip(past end: String) throws(Fault) { _ = try bytes(upTo: end) }

    private mutating func bytes(upTo end: String) throws(Fault) -> [UInt8] {
        let end = Array(end.utf8)
        var bytes: [UInt8] = []
        let last = end[end.count - 1]
        while true {
            try source.take(upTo: last, or: last, into: &bytes)
            guard let byte = try source.next() else { break }
            bytes.append(byte)
            if bytes.suffix(end.count).elementsEqual(end) { return bytes.dropLast(end.count) }
        }
        throw Fault(.syntax, "the file ends before its elements do; it was cut off.")
    }

    private static let malformed = Fault(
        .syntax, "this is not well-formed XML; export the file again or correct it.")

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x20, 0x21, 0x22, 0x26, 0x27, 0x2F, 0x3C, 0x3D, 0x3E, 0x3F: false
        default: true
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}

extension XMLReader {
    /// A text with its references resolved, and with its line breaks as LF.
    private static func unescaped(_ bytes: [UInt8], isAttribute: Bool) throws(Fault) -> String {
        guard isAttribute || bytes.contains(0x26) || bytes.contains(0x0D) else {
            return try decodedText(bytes)
        }
        var rest = withPlainLineEnds(bytes)[...]
        if isAttribute {
            rest = rest.map { isSpace($0) ? UInt8(ascii: " ") : $0 }[...]
        }
        var result: [UInt8] = []
        while let ampersand = rest.firstIndex(of: UInt8(ascii: "&")) {
            result.append(contentsOf: rest[..<ampersand])
            // The longest reference is &#x10FFFF; with some leading zeros.
            guard let end = rest[ampersand...].prefix(16).firstIndex(of: UInt8(ascii: ";")) else {
                throw malformed
            }
            result.append(contentsOf: String(try character(rest[(ampersand + 1)..<end])).utf8)
            rest = rest[(end + 1)...]
        }
        result.append(contentsOf: rest)
        return try decodedText(result)
    }

    private static func character(_ name: ArraySlice<UInt8>) throws(Fault) -> Unicode.Scalar {
        switch String(decoding: name, as: UTF8.self) {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        case let reference where reference.hasPrefix("#"):
            let isHexadecimal = reference.hasPrefix("#x")
            let digits = reference.dropFirst(isHexadecimal ? 2 : 1)
            guard let value = UInt32(digits, radix: isHexadecimal ? 16 : 10),
                let scalar = Unicode.Scalar(value), isCharacter(scalar)
            else { throw malformed }
            return scalar
        default:
            throw Fault(.syntax, "there is an entity that XML itself does not have; replace it.")
        }
    }

    private static func isCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: true
        case 0..<0x20, 0xFFFE, 0xFFFF: false
        default: true
        }
    }

    private static func withPlainLineEnds(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(0x0D) else { return bytes }
        var result: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if byte == 0x0A, index > 0, bytes[index - 1] == 0x0D { continue }
            result.append(byte == 0x0D ? 0x0A : byte)
        }
        return result
    }
}
