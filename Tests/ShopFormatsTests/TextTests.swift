import Foundation
import TestSupport
import Testing
import TwinFixtures

@testable import Shop
@testable import ShopFormats

/// Texts and numbers from outside.
@Suite struct TextTests {
    @Test(arguments: [
        ("5", 5.0), ("-0.25", -0.25), (".5", 0.5), ("5.", 5), ("+5", 5), ("1e3", 1000),
        ("1E-2", 0.01), ("007", 7), ("1e9", 1e9),
    ])
    func decimalNumbersAreRead(_ text: String, _ value: Double) {
        #expect(DecimalText.parse(text) == value)
    }

    @Test(arguments: [
        "", " ", " 5", "5 ", "5\u{0}abc", "5\u{0}", "0x1F", "0x1p3", "inf", "nan", "-", ".", "e3",
        "1e", "1e+", "1e999", "1,5", "1_000", "5€", "٥", "1.2.3", "--1", "+-1",
        String(repeating: "1", count: 600),
    ])
    func otherNumbersAreRefused(_ text: String) {
        #expect(DecimalText.parse(text) == nil)
    }

    @Test func numbersOfEventsItemsAndFeedsAreDecimal() throws {
        let folder = try TemporaryFolder()
        let lines = try readAll(
            try folder.file(
                """
                {"user_id":"u","item_id":"i","type":"view","timestamp":1772359200,"price":"5\\u0000a"}
                {"user_id":"u","item_id":"i","type":"view","timestamp":1772359200,"price":"0x1F"}
                {"user_id":"u","item_id":"i","type":"view","timestamp":1772359200,"price":"5"}
                """))
        #expect(rejections(lines).map(\.reason) == [.number, .number])
        var items = try ItemReader(path: try folder.file("item_id,price\na,0x1F\n", name: "items"))
        guard case .failure(let rejection) = try items.next() else {
            Issue.record("the price was taken")
            return
        }
        #expect(rejection.reason == .number && rejection.line == 2)
        let offers = try OfferFile.read(
            try folder.file("item_id,first_day,price\na,2026-03-01,0x1F\n", name: "offers"))
        #expect(offers.rejections.map(\.reason) == [.number])
    }

    @Test func quotedTextsAreCutByScalarsAndBytes() {
        #expect(Rejection.quoted("tea") == "'tea'")
        let accents = "a" + String(repeating: "\u{301}", count: 500_000)
        #expect(accents.count == 1)
        #expect(Rejection.quoted(accents).utf8.count <= 162)
        #expect(Rejection.quoted(accents).unicodeScalars.count == 42)
        let wide = String(repeating: "😀", count: 100)
        #expect(Rejection.quoted(wide) == "'\(String(repeating: "😀", count: 40))'")
    }

    @Test func rejectionsAreShortWhateverTheLine() throws {
        let folder = try TemporaryFolder()
        let accents = "a" + String(repeating: "\u{301}", count: 100_000)
        let fields = ["type", "timestamp", "price", "city", "user_id", "query", "shelf"]
        let good = ["user_id": "u", "item_id": "i", "type": "view", "timestamp": "1772359200"]
        let rows = fields.map { field in
            let pairs = good.merging([field: accents]) { $1 }.map { "\"\($0)\":\"\($1)\"" }
            return "{\(pairs.joined(separator: ","))}"
        }
        let lines = try readAll(try folder.file(rows.joined(separator: "\n")))
        #expect(rejections(lines).count == fields.count)
        #expect(rejections(lines).allSatisfy { $0.detail.utf8.count < 400 })
    }

    @Test func whatControlsATerminalIsReplaced() {
        for value in Array(0..<0x20) + Array(0x7F..<0xA0) + [0x61C, 0x200E, 0x200F]
            + Array(0x202A...0x202E) + Array(0x2066...0x2069)
        {
            let text = Unicode.Scalar(UInt32(value)).map { "a\($0)b" } ?? ""
            #expect(PlainText.printable(text) == "a\u{FFFD}b", "\(value)")
            let isLineEnd = value == 0x0A
            #expect(PlainText.printableLines(text) == (isLineEnd ? text : "a\u{FFFD}b"), "\(value)")
        }
        for text in ["", "Wien", "é", "e\u{301}", "👩‍👩‍👧", "שלום", "\u{A0}", "\u{200B}", "日本"] {
            #expect(PlainText.printable(text) == text)
            #expect(PlainText.printableLines(text) == text)
            #expect(PlainText.printableJSON(text) == text)
        }
        #expect(PlainText.printableLines("a\r\nb\n\nc\u{1B}") == "a\u{FFFD}\nb\n\nc\u{FFFD}")
        #expect(
            PlainText.printableJSON("{\n  \"a\": \"\u{9B}\u{202E}\u{7F}\"\n}")
                == "{\n  \"a\": \"\\u009b\\u202e\\u007f\"\n}")
    }

    @Test(arguments: ["a\u{1B}b", "a\u{9B}b", "a\u{85}", "\u{80}", "a\tb", "a\nb", "\u{7F}"])
    func controlCharactersAreRefusedInEventsAndItems(_ text: String) throws {
        #expect(PlainText.hasControls(text))
        let escaped = text.unicodeScalars.map { scalar in
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
        let folder = try TemporaryFolder()
        for field in ["user_id", "query", "shelf", "city"] {
            let user = field == "user_id" ? "" : "\"user_id\":\"u\","
            let event = "{\(user)\"item_id\":\"i\",\"type\":\"view\",\"timestamp\":1772359200,"
            let lines = try readAll(
                try folder.file("\(event)\"\(field)\":\"\(escaped)\"}", name: field))
            #expect(rejections(lines).map(\.reason) == [.value], "\(field)")
        }
        for field in ["item_id", "name", "category", "brand", "description", "image_url"] {
            let id = field == "item_id" ? "" : "\"item_id\":\"i\","
            var items = try ItemReader(
                path: try folder.file("{\(id)\"\(field)\":\"\(escaped)\"}", name: "items-\(field)"))
            guard case .failure(let rejection) = try items.next() else {
                Issue.record("\(field) was taken")
                continue
            }
            #expect(rejection.reason == .value, "\(field)")
        }
    }

    @Test(arguments: ["ab", "ä", "\u{200F}שלום", "a\u{202E}b", "\u{A0}", "Â"])
    func otherCharactersAreTaken(_ text: String) {
        #expect(!PlainText.hasControls(text))
    }

    @Test func namesThatComeOnceAreNotKept() {
        var names = EventFieldNames()
        for number in 0..<10_000 {
            let field = names["k\(number)"]
            #expect(field == .property("k\(number)"))
        }
        #expect(names.count <= 1024)
        let field = names["User-ID"]
        #expect(field == .userID)
    }

    @Test func oneFieldInTwoColumnsIsRefused() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("user_id,User ID,item_id,type,timestamp\n")
        let error = twinsError { _ = try EventReader(path: path) }
        #expect(error?.code == .format)
        #expect(
            error?.description
                == "The header of \(path) names one field twice: 'user_id' and 'User ID'. Keep one."
        )
    }
}
