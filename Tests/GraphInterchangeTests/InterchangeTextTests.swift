import Foundation
import TestSupport
import Testing

@testable import GraphInterchange
@testable import PropertyGraph
@testable import Time

/// Texts and numbers as files hold them.
@Suite struct InterchangeTextTests {
    @Test(arguments: nastyTexts + [""]) func escapedTextsReadBack(_ text: String) {
        for also in [[], [UInt8(ascii: ":")], [UInt8(ascii: " "), UInt8(ascii: "_")], [0x0A]] {
            let escaped = TextEscape.encoded(text, also: also)
            #expect(exact(TextEscape.decoded(escaped)) == exact(text))
            #expect(!escaped.isEmpty)
            for byte in also where byte != UInt8(ascii: "_") {
                #expect(!escaped.utf8.contains(byte))
            }
            #expect(!escaped.unicodeScalars.contains { $0.value < 0x09 || $0.value == 0xFFFE })
        }
    }

    @Test(arguments: [
        ("", "_x_"), ("a", "a"), ("a\u{0}", "a_x0000_"), ("_x0041_", "_x005F_x0041_"), ("_", "_"),
        ("a_b", "a_b"), ("_x_", "_x005F_x_"), ("\u{FFFE}", "_xFFFE_"), ("é", "é"), ("\n", "\n"),
        ("\u{85}", "_x0085_"),
    ])
    func escapesLookLikeThis(_ text: String, _ expected: String) {
        #expect(TextEscape.encoded(text) == expected)
    }

    @Test(arguments: ["_x", "_x00", "_x0041", "_xZZZZ_", "_xD800_", "__", "x_", "_x00411_"])
    func whatIsNoEscapeStays(_ text: String) {
        #expect(TextEscape.decoded(text) == text)
    }

    @Test(arguments: UInt64(0)..<10) func randomTextsReadBack(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let pieces = ["_", "x", "_x", "0", "A", "\u{0}", ":", "\u{301}", "ä", "005F", "\u{FFFF}"]
        for _ in 0..<500 {
            let text = (0..<generator.below(9)).map { _ in generator.pick(pieces) }.joined()
            let escaped = TextEscape.encoded(text, also: [UInt8(ascii: ":")])
            #expect(exact(TextEscape.decoded(escaped)) == exact(text), "seed \(seed)")
            let node = NodeName(label: text, id: text + ":")
            let again = try? NodeName(text: node.text)
            #expect(again == node, "seed \(seed)")
        }
    }

    @Test func namesAreToldApartByBytes() {
        let composed = NodeName(label: "A", id: "é")
        let decomposed = NodeName(label: "A", id: "e\u{301}")
        #expect(composed != decomposed && composed == NodeName(label: "A", id: "é"))
        #expect(Set([composed, decomposed]).count == 2)
        #expect(NodeName(label: "a", id: "b:c").text != NodeName(label: "a:b", id: "c").text)
    }

    @Test(arguments: [
        (0.0, "0.0"), (-0.0, "-0.0"), (1, "1.0"), (0.1, "0.1"), (1e16, "1e16"), (1e-7, "1e-07"),
        (.infinity, "INF"), (-.infinity, "-INF"), (.nan, "NaN"), (-.nan, "NaN:fff8000000000000"),
        (.leastNonzeroMagnitude, "5e-324"), (.greatestFiniteMagnitude, "1.7976931348623157e308"),
    ])
    func numbersLookLikeThis(_ number: Double, _ expected: String) {
        #expect(NumberText.text(number) == expected)
        #expect(NumberText.double(expected)?.bitPattern == number.bitPattern)
    }

    @Test(arguments: ["inf", "Infinity", "+INF", "nan", "1", "+1", "1E5", ".5"])
    func numbersOfOtherProgramsAreRead(_ text: String) {
        #expect(NumberText.double(text) != nil)
    }

    @Test(arguments: [
        "", " ", "1 ", "x", "1e999", "-1e999", "1,5", "NaN:", "NaN:12", "NaN:0000000000000000",
        "NaN:zzzzzzzzzzzzzzzz", "NaN:7ff0000000000000", "--1",
    ])
    func otherTextsAreNoNumbers(_ text: String) {
        #expect(NumberText.double(text) == nil)
        #expect(NumberText.float(text) == nil)
    }

    @Test func everyKindReadsBackFromItsText() throws {
        let properties: [Property] = [
            .string(""), .string("x"), .int(.min), .double(-.nan), .double(.pi), .bool(false),
            .timestamp(Timestamp(rawValue: .max)), .vector([]), .vector([.nan, -0.0, 1e38]),
        ]
        for property in properties {
            let text = PropertyText.text(property)
            let again = try PropertyText.property(PropertyKind(property), text)
            #expect(exact(["p": again]) == exact(["p": property]))
        }
    }

    @Test(arguments: [
        (PropertyKind.int, "1.0"), (.int, "9223372036854775808"), (.double, "one"), (.bool, "yes"),
        (.timestamp, "2026-01-01"), (.vector, "1,2"), (.vector, "[1,]"), (.vector, "[1;2]"),
        (.vector, "["), (.vector, ""), (.doubleBits, "1.0"), (.doubleBits, "0000000000000000"),
    ])
    func wrongTextsAreRefused(_ kind: PropertyKind, _ text: String) {
        #expect(throws: Fault.self) { try PropertyText.property(kind, text) }
    }

    @Test(arguments: [
        ("id", "id_"), ("id_", "id__"), ("id__", "id___"), ("ident", "ident"), ("_id", "_id"),
        ("", ""), ("_", "_"), ("x_", "x_"),
    ])
    func reservedNamesGetAnUnderscore(_ name: String, _ expected: String) {
        let reserved: Set<String> = ["id"]
        #expect(ReservedName.encoded(name, reserved) == expected)
        #expect(ReservedName.decoded(expected, reserved) == name)
        #expect(ReservedName.decoded("id", reserved) == nil)
    }
}
