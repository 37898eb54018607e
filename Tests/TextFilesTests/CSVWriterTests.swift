import TestSupport
import Testing

@testable import TextFiles

/// Tables that a spreadsheet may open without running anything.
@Suite struct CSVWriterTests {
    private static let starts = Array("=+-@\t\r\n\0'".unicodeScalars)

    /// Texts with what makes trouble in tables at their beginning, and anything after it.
    private func text(_ random: inout SeededGenerator) -> String {
        let pool =
            Self.starts + Array("\" ,;a1\u{301}é日\u{FEFF}\u{1F6D2}".unicodeScalars)
        var text = String.UnicodeScalarView()
        for _ in 0..<random.below(6) { text.append(pool[random.below(pool.count)]) }
        return String(text)
    }

    @Test(arguments: ["=1", "+1", "-1", "@a", "\ta", "\ra", "\na", "\0a", "'a", "=", "'"])
    func formulasAreGuarded(_ text: String) {
        #expect(FormulaGuard.guarded(text) == "'" + text)
    }

    @Test(arguments: ["", "a", "1", "a=1", " =1", "é", "\u{301}"])
    func otherTextsStayAsTheyAre(_ text: String) {
        #expect(FormulaGuard.guarded(text).utf8.elementsEqual(text.utf8))
        #expect(FormulaGuard.unguarded(text).utf8.elementsEqual(text.utf8))
    }

    @Test func guardedTextsAreReadBack() {
        let seed: UInt64 = 11
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20_000 {
            let text = text(&random)
            let guarded = FormulaGuard.guarded(text)
            let isLive = Self.starts.dropLast().contains { guarded.unicodeScalars.first == $0 }
            #expect(!isLive, "seed \(seed): \(text.debugDescription)")
            #expect(
                FormulaGuard.unguarded(guarded).utf8.elementsEqual(text.utf8),
                "seed \(seed): \(text.debugDescription)")
        }
    }

    @Test(
        arguments: [
            ("plain", "plain"), ("a,b", "\"a,b\""), ("6\" plate", "\"6\"\" plate\""),
            ("two\nlines", "\"two\nlines\""), ("a b", "a b"), ("", ""),
        ])
    func onlyWhatNeedsQuotesGetsThem(_ text: String, _ expected: String) {
        var bytes: [UInt8] = []
        CSVField.append(text, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test func blanksAreQuotedIfAskedFor() {
        var bytes: [UInt8] = []
        CSVField.append("a b", to: &bytes, quotesBlanks: true)
        CSVField.append("ab", to: &bytes, quotesBlanks: true)
        #expect(String(decoding: bytes, as: UTF8.self) == "\"a b\"ab")
    }

    @Test func rowsAreLines() {
        var table = CSVWriter(header: ["name", "count", "share"])
        table.add(text: "=1+1")
        table.add(-5)
        table.add(-0.5)
        table.endRow()
        table.add(text: "two\r\nlines, \"both\"")
        table.add(Int?.none)
        table.add(1e-7)
        table.endRow()
        #expect(
            String(decoding: table.bytes, as: UTF8.self) == """
                name,count,share
                '=1+1,-5,-0.5
                "two  lines, ""both""\",,1e-07

                """)
    }
}
