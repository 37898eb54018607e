import GraphFixtures
import TestSupport
import Testing

@testable import GraphInterchange

/// Tokens of one line.
@Suite struct TextScannerTests {
    private func scanner(_ text: String) -> TextScanner { TextScanner(Array(text.utf8)) }

    private func fault<T>(_ text: String, _ body: (inout TextScanner) throws -> T) -> String? {
        var scanner = scanner(text)
        do {
            _ = try body(&scanner)
            return nil
        } catch {
            return (error as? Fault)?.text
        }
    }

    @Test func tokensStandBetweenSpaces() throws {
        var scanner = scanner(" \tMERGE ( n:`A`)  12 ")
        let other = scanner.accept("MATCH")
        #expect(!other)
        try scanner.expect(["MERGE", "(", "n", ":"])
        #expect(try scanner.backticked() == "A")
        let (opening, closing) = (scanner.accept(0x28), scanner.accept(0x29))
        #expect(!opening && closing)
        #expect(try scanner.int64() == 12)
        try scanner.expectEnd()
        #expect(scanner.peek() == nil && scanner.word().isEmpty)
    }

    @Test(
        arguments: [
            ("\"\"", ""), ("\"a\"", "a"), (" \"a b\"", "a b"), ("\"'\"", "'"), ("\"\\\"\"", "\""),
            ("\"\\\\\"", "\\"), ("\"\\/\\b\\f\\n\\r\\t\"", "/\u{8}\u{C}\n\r\t"),
            ("\"\\u0041\\u00e4\\u65E5\"", "Aä日"), ("\"\\u0000\"", "\u{0}"),
            ("\"\\ud83d\\uded2\"", "🛒"), ("\"\\uD800\\uDC00\"", "\u{10000}"),
            ("\"\\uDBFF\\uDFFF\"", "\u{10FFFF}"), ("\"\\ufffe\"", "\u{FFFE}"), ("\"ä日🛒\"", "ä日🛒"),
            ("\"e\\u0301\"", "e\u{301}"),
        ])
    func quotedTextsAreRead(_ text: String, _ expected: String) throws {
        var scanner = scanner(text)
        let found = try scanner.quoted(by: UInt8(ascii: "\""))
        #expect(exact(found) == exact(expected))
        try scanner.expectEnd()
    }

    @Test(arguments: [
        ("", "a text in \" is expected at column 1; correct the line."),
        ("x", "a text in \" is expected at column 1; correct the line."),
        ("\"", "the end of a text is expected at column 2; correct the line."),
        ("\"a", "the end of a text is expected at column 3; correct the line."),
        ("\"\\", "the end of a text is expected at column 3; correct the line."),
        ("\"\\u", "a code of four hexadecimal digits is expected at column 4; correct the line."),
        (
            "\"\\u00g0\"",
            "a code of four hexadecimal digits is expected at column 4; correct the line."
        ),
        ("\"\\ud800\"", "the other half of a character is expected at column 8; correct the line."),
        (
            "\"\\ud800x\"",
            "the other half of a character is expected at column 8; correct the line."
        ),
        (
            "\"\\ud800\\n\"",
            "the other half of a character is expected at column 8; correct the line."
        ),
        (
            "\"\\udc00\\ud800\"",
            "the other half of a character is expected at column 8; correct the line."
        ),
        (
            "\"\\ud800\\ud800\"",
            "the other half of a character is expected at column 14; correct the line."
        ),
        ("\"\\q\"", "one of \" ' \\ / b f n r t u is expected at column 4; correct the line."),
    ])
    func otherTextsAreRefused(_ text: String, _ expected: String) {
        let found = fault(text) { try $0.quoted(by: UInt8(ascii: "\"")) }
        #expect(found == expected)
    }

    @Test(
        arguments: [
            ("``", ""), ("`a`", "a"), ("````", "`"), ("`a``b`", "a`b"), ("`_x_`", ""),
            ("`a_x0000_`", "a\u{0}"), ("` `", " "), ("`ä`", "ä"), ("```\u{301}`", "`\u{301}"),
        ])
    func backtickedNamesAreRead(_ text: String, _ expected: String) throws {
        var scanner = scanner(text)
        let found = try scanner.backticked()
        #expect(exact(found) == exact(expected))
    }

    @Test(arguments: [
        ("", "a name in ` is expected at column 1; correct the line."),
        ("a", "a name in ` is expected at column 1; correct the line."),
        ("`a", "the end of a name is expected at column 3; correct the line."),
        ("`a``", "the end of a name is expected at column 5; correct the line."),
    ])
    func otherNamesAreRefused(_ text: String, _ expected: String) {
        let found = fault(text) { try $0.backticked() }
        #expect(found == expected)
    }

    @Test(
        arguments: [
            ("1", "1"), ("-1.5e-07,", "-1.5e-07"), ("true}", "true"), ("+INF ]", "+INF"),
            ("a_b c", "a_b"), (",", ""), ("", ""), ("  x", "x"), ("ä", ""),
        ])
    func wordsEndBeforeOtherCharacters(_ text: String, _ expected: String) {
        var scanner = scanner(text)
        #expect(scanner.word() == expected)
    }

    @Test func numbersHaveTheirRanges() throws {
        var whole = scanner("-9223372036854775808 9223372036854775807 18446744073709551615 0")
        #expect(try whole.int64() == .min)
        #expect(try whole.int64() == .max)
        #expect(try whole.uint64() == .max)
        #expect(try whole.uint64() == 0)
        for text in ["9223372036854775808", "1.0", "x", "", "1e3"] {
            let found = fault(" " + text) { try $0.int64() }
            #expect(found == "a whole number is expected at column 2; correct the line.")
        }
        for text in ["18446744073709551616", "-1", "1.0", ""] {
            let found = fault(text) { try $0.uint64() }
            #expect(
                found == "a whole number of 0 or more is expected at column 1; correct the line.")
        }
    }

    @Test func whatIsLeftIsNotTheEnd() {
        let rest = fault("a b") { scanner in
            try scanner.expect("a")
            try scanner.expectEnd()
        }
        #expect(rest == "the end of the line is expected at column 3; correct the line.")
        let short = fault("ab") { try $0.expect("abc") }
        #expect(short == "'abc' is expected at column 1; correct the line.")
    }

    @Test(arguments: UInt64(0)..<10) func randomLinesNeverTrap(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let bytes = (0..<generator.below(24)).map { _ in
                generator.pick(Array("\"\\u0dD8`'{}[]:,. ae19-+".utf8) + [0xFF, 0xC3, 0x00])
            }
            var scanner = TextScanner(bytes)
            for _ in 0..<8 {
                switch generator.below(6) {
                case 0: _ = scanner.word()
                case 1: _ = try? scanner.quoted(by: generator.pick([0x22, 0x27]))
                case 2: _ = try? scanner.backticked()
                case 3: _ = try? scanner.int64()
                case 4: _ = scanner.accept("{\"")
                default: _ = scanner.accept(UInt8(generator.below(256)))
                }
            }
        }
    }
}
