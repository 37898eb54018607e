/// Limits on the length of files and functions.
enum LengthRules {
    static let functionLinesMax = 70
    static let sourceLinesMax = 500
    static let testLinesMax = 800

    static func fileLength(_ file: SourceFile) -> [Finding] {
        guard file.isSwift else { return [] }
        let limit = file.isTest ? testLinesMax : sourceLinesMax
        // The last line ends with a newline, after which there is nothing.
        let count = file.lines.last?.isEmpty == true ? file.lines.count - 1 : file.lines.count
        guard count > limit else { return [] }
        return [
            file.finding(
                line: limit + 1,
                "the file has \(count) lines, more than \(limit); "
                    + "split it by what changes for different reasons")
        ]
    }

    static func functionLength(_ file: SourceFile) -> [Finding] {
        guard file.isSwift else { return [] }
        return FunctionFinder(file.text.codeLines).functions
            .filter { $0.lineCount > functionLinesMax }
            .map {
                file.finding(
                    line: $0.firstLine,
                    "\($0.name) has \($0.lineCount) lines, more than \(functionLinesMax); "
                        + "move its steps into functions of their own")
            }
    }
}

/// A function with a body, found in code.
struct FoundFunction: Equatable {
    let name: String
    /// The line of its keyword, counted from 1.
    let firstLine: Int
    /// From the line of the keyword to that of the closing brace.
    let lineCount: Int
}

/// Finds functions, initialisers, deinitialisers and subscripts by keywords and braces.
struct FunctionFinder {
    private struct Token {
        let text: String
        let line: Int
        let isFirstOnLine: Bool
    }

    private static let keywords: Set<String> = ["func", "init", "deinit", "subscript"]
    /// A requirement of a protocol has no body: the next member begins with one of these.
    private static let memberStarts: Set<String> = [
        "func", "init", "deinit", "subscript", "var", "let", "associatedtype", "static",
        "mutating", "case", "typealias",
    ]

    private let tokens: [Token]

    init(_ codeLines: [String]) {
        tokens = codeLines.enumerated().flatMap { Self.tokens(of: $1, line: $0 + 1) }
    }

    /// All functions with a body, in the order of their first lines.
    var functions: [FoundFunction] {
        tokens.indices.compactMap { index in
            guard isDeclaration(index), let opening = bodyStart(after: index),
                let closing = matchingBrace(opening)
            else { return nil }
            let token = tokens[index]
            let name = token.text == "func" ? tokens[index + 1].text : token.text
            return FoundFunction(
                name: name, firstLine: token.line,
                lineCount: tokens[closing].line - token.line + 1)
        }
    }

    /// Splits a line into identifiers and single other characters; spaces part them.
    private static func tokens(of line: String, line number: Int) -> [Token] {
        var found: [Token] = []
        var word: [UInt8] = []
        func add(_ bytes: [UInt8]) {
            guard !bytes.isEmpty else { return }
            found.append(
                Token(
                    text: String(decoding: bytes, as: UTF8.self), line: number,
                    isFirstOnLine: found.isEmpty))
        }
        for byte in line.utf8 {
            if isWordByte(byte) {
                word.append(byte)
            } else {
                add(word)
                word = []
                if byte != UInt8(ascii: " ") { add([byte]) }
            }
        }
        add(word)
        return found
    }

    /// Whether a keyword declares something here, and is no call such as `self.init(…)`.
    private func isDeclaration(_ index: Int) -> Bool {
        guard Self.keywords.contains(tokens[index].text), index + 1 < tokens.count else {
            return false
        }
        let before = index > 0 ? tokens[index - 1].text : ""
        return before != "." && before != "`" && tokens[index + 1].text != ":"
    }

    /// The brace that opens the body, or nil for a requirement of a protocol.
    private func bodyStart(after declaration: Int) -> Int? {
        var depth = 0
        for index in (declaration + 1)..<tokens.count {
            let token = tokens[index]
            switch token.text {
            case "(", "[": depth += 1
            case ")", "]": depth -= 1
            case "{" where depth == 0: return index
            case "}" where depth == 0: return nil
            default:
                let isNextMember =
                    depth == 0 && token.isFirstOnLine && Self.memberStarts.contains(token.text)
                if isNextMember || depth < 0 { return nil }
            }
        }
        return nil
    }

    private func matchingBrace(_ opening: Int) -> Int? {
        var depth = 0
        for index in opening..<tokens.count {
            switch tokens[index].text {
            case "{": depth += 1
            case "}":
                depth -= 1
                if depth == 0 { return index }
            default: break
            }
        }
        return nil
    }
}
