import Testing

@testable import TextFiles

/// Texts that are compared by their bytes.
@Suite struct BytewiseStringTests {
    private let composed = "caf\u{E9}"
    private let decomposed = "cafe\u{301}"

    @Test func textsThatOnlyLookEqualDiffer() {
        #expect(composed == decomposed)
        #expect(BytewiseString(composed) != BytewiseString(decomposed))
        #expect(BytewiseString(composed) == BytewiseString("caf" + "\u{E9}"))
        #expect(BytewiseString("") == BytewiseString(""))
        #expect(BytewiseString("a") != BytewiseString("b"))
    }

    @Test func aSetKeepsBoth() {
        let texts: Set = [
            BytewiseString(composed), BytewiseString(decomposed), BytewiseString(composed),
        ]
        #expect(texts.count == 2)
    }

    @Test func textsAreSortedByBytes() {
        let texts = ["b", composed, "", "a", decomposed, "Z", "\u{1F600}", "\u{FF5E}"]
        let sorted = texts.map { BytewiseString($0) }.sorted().map(\.text)
        // U+FF5E comes before U+1F600 in UTF-8, and after it in UTF-16.
        let expected = ["", "Z", "a", "b", decomposed, composed, "\u{FF5E}", "\u{1F600}"]
        #expect(sorted.map { Array($0.utf8) } == expected.map { Array($0.utf8) })
    }
}
