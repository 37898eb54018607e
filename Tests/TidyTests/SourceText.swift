/// Swift source taken apart into code, comments and text, line by line.
///
/// All parts keep the lines and columns of the source; what belongs to another part is spaces in
/// code and comments, and zero bytes in texts. Code inside `\(…)` counts as code. Regular expression
/// literals are not known: write one with a quotation mark or a brace as `Regex("…")`.
struct SourceText: Sendable {
    /// Code only: no comments, no text of string literals.
    let codeLines: [String]
    /// Comments only, with their slashes.
    let commentLines: [String]
    /// The contents of string literals only, without what `\(…)` inserts.
    let textLines: [String]

    init(_ source: String) {
        var scanner = Scanner(bytes: Array(source.utf8))
        scanner.scanCode(until: nil)
        codeLines = Self.lines(scanner.code)
        commentLines = Self.lines(scanner.comments)
        textLines = Self.lines(scanner.texts)
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        bytes.split(separator: Scanner.newline, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Walks over Swift source once and sorts its bytes into code and comments.
private struct Scanner {
    static let newline = UInt8(ascii: "\n")
    private static let space = UInt8(ascii: " ")
    private static let slash = UInt8(ascii: "/")
    private static let star = UInt8(ascii: "*")
    private static let quote = UInt8(ascii: "\"")
    private static let hash = UInt8(ascii: "#")
    private static let backslash = UInt8(ascii: "\\")
    private static let open = UInt8(ascii: "(")
    private static let close = UInt8(ascii: ")")

    private enum Kind { case code, comment, text }

    let bytes: [UInt8]
    var code: [UInt8] = []
    var comments: [UInt8] = []
    var texts: [UInt8] = []
    private var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
        code.reserveCapacity(bytes.count)
        comments.reserveCapacity(bytes.count)
        texts.reserveCapacity(bytes.count)
    }

    /// Scans code up to the end, or up to and with the parenthesis that closes the one that was
    /// open on entry.
    mutating func scanCode(until closing: UInt8?) {
        var depth = 1
        while let byte = peek(0) {
            if byte == Self.slash, peek(1) == Self.slash {
                scanLineComment()
            } else if byte == Self.slash, peek(1) == Self.star {
                scanBlockComment()
            } else if let hashes = stringStart() {
                scanString(hashes: hashes)
            } else {
                take(.code)
                if closing != nil, byte == Self.open { depth += 1 }
                if byte == closing {
                    depth -= 1
                    if depth == 0 { return }
                }
            }
        }
    }

    private func peek(_ offset: Int) -> UInt8? {
        position + offset < bytes.count ? bytes[position + offset] : nil
    }

    /// Moves the next bytes to the part they belong to; newlines go to both.
    private mutating func take(_ kind: Kind, _ count: Int = 1) {
        for _ in 0..<count {
            guard let byte = peek(0) else { return }
            let both = byte == Self.newline
            code.append(kind == .code || both ? byte : Self.space)
            comments.append(kind == .comment || both ? byte : Self.space)
            texts.append(kind == .text || both ? byte : 0)
            position += 1
        }
    }

    private mutating func scanLineComment() {
        while let byte = peek(0), byte != Self.newline { take(.comment) }
    }

    private mutating func scanBlockComment() {
        var depth = 0
        repeat {
            if peek(0) == Self.slash, peek(1) == Self.star {
                depth += 1
                take(.comment, 2)
            } else if peek(0) == Self.star, peek(1) == Self.slash {
                depth -= 1
                take(.comment, 2)
            } else {
                take(.comment)
            }
        } while depth > 0 && peek(0) != nil
    }

    /// How many hashes a string literal that begins here has, or nil if none begins here.
    private func stringStart() -> Int? {
        var hashes = 0
        while peek(hashes) == Self.hash { hashes += 1 }
        return peek(hashes) == Self.quote ? hashes : nil
    }

    private mutating func scanString(hashes: Int) {
        let isMultiline =
            peek(hashes + 1) == Self.quote && peek(hashes + 2) == Self.quote
        let quotes = isMultiline ? 3 : 1
        take(.code, hashes + quotes)
        while let byte = peek(0) {
            if byte == Self.newline, !isMultiline {
                return  // A literal that was never closed: go on with the next line.
            }
            if byte == Self.backslash, hasHashes(hashes, at: 1) {
                take(.text, 1 + hashes)
                if peek(0) == Self.open {
                    take(.code)
                    scanCode(until: Self.close)
                } else {
                    take(.text)
                }
            } else if endsString(quotes: quotes, hashes: hashes) {
                take(.code, quotes + hashes)
                return
            } else {
                take(.text)
            }
        }
    }

    private func endsString(quotes: Int, hashes: Int) -> Bool {
        (0..<quotes).allSatisfy { peek($0) == Self.quote } && hasHashes(hashes, at: quotes)
    }

    private func hasHashes(_ count: Int, at offset: Int) -> Bool {
        (0..<count).allSatisfy { peek(offset + $0) == Self.hash }
    }
}

extension String {
    /// Whether the text stands here as a word: where it begins or ends with a letter, digit or
    /// underscore, none stands beside it.
    func contains(word: String) -> Bool {
        !columns(ofWord: word).isEmpty
    }

    /// The offsets in UTF-8 at which the word stands.
    func columns(ofWord word: String) -> [Int] {
        // Nearly every line is without: the library's search is much faster than the loop below.
        guard contains(word) else { return [] }
        let text = Array(utf8)
        let wanted = Array(word.utf8)
        guard let first = wanted.first, let last = wanted.last, wanted.count <= text.count else {
            return []
        }
        return (0...(text.count - wanted.count)).filter { start in
            guard text[start] == first else { return false }
            let end = start + wanted.count
            if isWordByte(first), start > 0, isWordByte(text[start - 1]) { return false }
            if isWordByte(last), end < text.count, isWordByte(text[end]) { return false }
            return text[start..<end].elementsEqual(wanted)
        }
    }
}

/// Whether a byte can be part of an identifier; bytes of letters outside ASCII can.
func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 128...255:
        true
    default: false
    }
}
