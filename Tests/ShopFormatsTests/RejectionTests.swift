import Foundation
import TestSupport
import Testing
import TwinFixtures

@testable import Shop
@testable import ShopFormats

private let header = "user_id,item_id,type,timestamp,price,query,session_id"
private let good = "u,i,view,1772359200,,,"

/// Bad lines are counted by reason, with their numbers, and never affect their neighbours.
@Suite struct RejectionTests {
    private static let longID = String(repeating: "x", count: 257)
    private static let longText = String(repeating: "x", count: 4097)

    static let cases: [(String, Rejection.Reason, String)] = [
        ("u,i,view,1772359200,,", .fieldCount, "6, the header has 7"),
        ("u,i,view,1772359200,,,,", .fieldCount, "8, the header has 7"),
        ("u", .fieldCount, "1, the header has 7"),
        ("u,i,view,1772359200,,\"open,", .quote, "close the quoted field"),
        ("u,i,view,1772359200,,\"a\"b,", .quote, "close the quoted field"),
        (",i,view,1772359200,,,", .missing, "user_id"),
        ("u,,view,1772359200,,,", .missing, "item_id"),
        ("u,i,,1772359200,,,", .missing, "type"),
        ("u,i,view,,,,", .missing, "timestamp"),
        ("u,,impression,1772359200,,,", .missing, "item_id"),
        ("u,,suggestion_accepted,1772359200,,,", .missing, "item_id"),
        ("u,i,stare,1772359200,,,", .type, "'stare'; use one of view, search, cart_add"),
        ("u,i,view,tomorrow,,,", .timestamp, "'tomorrow'; use ISO 8601"),
        ("u,i,view,2025-02-29,,,", .timestamp, "'2025-02-29'"),
        ("u,i,view,1899-12-31T23:59:59.999Z,,,", .timestamp, "'1899-12-31T23:59:59.999Z'"),
        ("u,i,view,2200-01-01T00:00:00.001Z,,,", .timestamp, "'2200-01-01T00:00:00.001Z'"),
        ("u,i,view,1772359200,cheap,,", .number, "price is 'cheap'"),
        ("u,i,view,1772359200,-1,,", .number, "price is '-1'"),
        ("u,i,view,1772359200,nan,,", .number, "use a number from 0 to 1e9"),
        ("u,i,view,1772359200,inf,,", .number, "use a number from 0 to 1e9"),
        ("u,i,view,1772359200,1000000001,,", .number, "price is '1000000001'"),
        ("u,i,view,1772359200,1 000,,", .number, "price is '1 000'"),
        ("\(longID),i,view,1772359200,,,", .value, "user_id is longer than 256 bytes"),
        ("u,\(longID),view,1772359200,,,", .value, "item_id is longer than 256 bytes"),
        ("u,i,view,1772359200,,,\(longID)", .value, "session_id is longer than 256 bytes"),
        ("u,i,view,1772359200,,\(longText),", .value, "query is longer than 4096 bytes"),
        ("u\u{0},i,view,1772359200,,,", .value, "user_id holds a control character"),
        ("u,i\u{7F},view,1772359200,,,", .value, "item_id holds a control character"),
        ("u,i,view,1772359200,,a\tb,", .value, "query holds a control character"),
        ("u,i,view,1772359200,,a\rb,", .value, "query holds a control character"),
    ]

    @Test(arguments: cases)
    func eachReasonHasItsLine(
        _ line: String, _ reason: Rejection.Reason, _ detail: String
    ) throws {
        let folder = try TemporaryFolder()
        let lines = try readAll(try folder.file("\(header)\n\(good)\n\(line)\n\(good)\n"))
        #expect(outline(lines) == ["2 view", "3 \(reason.rawValue)", "4 view"])
        #expect(rejections(lines).first?.detail.contains(detail) == true)
    }

    @Test(arguments: EventType.allCases) func everyTypeIsReadFromEachFormat(
        _ type: EventType
    ) throws {
        let folder = try TemporaryFolder()
        let item = type.needsItem ? "i" : ""
        let csv = try readAll(
            try folder.file("\(header)\nu,\(item),\(type.name),1772359200,,,\n", name: "events.csv")
        )
        let object = #"{"user_id":"u","item_id":"\#(item)","type":"\#(type.name)","#
        let json = try readAll(
            try folder.file(object + "\"timestamp\":1772359200}\n", name: "events.jsonl"))
        for lines in [csv, json] {
            #expect(rejections(lines) == [])
            #expect(events(lines).map(\.type) == [type])
            #expect(events(lines).map(\.itemID) == [type.needsItem ? "i" : nil])
        }
    }

    @Test func valuesAtTheLimitAreAccepted() throws {
        let folder = try TemporaryFolder()
        let id = String(repeating: "x", count: Limits.idByteCountMax)
        let text = String(repeating: "ä", count: Limits.textByteCountMax / 2)
        let lines = try readAll(
            try folder.file(
                """
                \(header)
                \(id),\(id),search,1900-01-01T00:00:00Z,0,\(text),\(id)
                u,i,view,2200-01-01T00:00:00Z,1e9,"a ""b"", c",
                """))
        try #require(outline(lines) == ["2 search", "3 view"])
        #expect(events(lines)[0].query == text)
        #expect(events(lines)[1].price == 1e9)
        #expect(events(lines)[1].query == "a \"b\", c")
    }

    @Test func anOpenQuoteNeverSwallowsTheNextLine() throws {
        let folder = try TemporaryFolder()
        let open = "u,i,view,1772359200,,\"never closed,"
        let lines = try readAll(
            try folder.file(
                "\(header)\n\(open)\n\(good)\n\(open)\r\n\(open)\n\(good)\n\(open)"))
        #expect(
            outline(lines) == [
                "2 unclosed quote", "3 view", "4 unclosed quote", "5 unclosed quote", "6 view",
                "7 unclosed quote",
            ])
    }

    @Test func otherEncodingsAreRejectedLineByLine() throws {
        let folder = try TemporaryFolder()
        let latin = Array("u,K".utf8) + [0xE4] + Array("se,view,1772359200,,,\n".utf8)
        let bytes = Array("\(header)\n\(good)\n".utf8) + latin + Array("\(good)\n".utf8)
        let lines = try readAll(try folder.file(bytes))
        #expect(outline(lines) == ["2 view", "3 not UTF-8 text", "4 view"])
        let json =
            "{\"user_id\":\"u\",\"item_id\":\"i\",\"type\":\"view\",\"timestamp\":1772359200}\n"
        let bad = Array("{\"user_id\":\"".utf8) + [0xE4] + Array("\"}\n".utf8)
        let jsonLines = try readAll(try folder.file(Array(json.utf8) + bad + Array(json.utf8)))
        #expect(outline(jsonLines) == ["1 view", "2 not UTF-8 text", "3 view"])
    }

    @Test(arguments: [1, 1 << 20, 5 << 20])
    func endlessLinesAreRejectedWithoutTheirBytes(_ over: Int) throws {
        let folder = try TemporaryFolder()
        let long = String(repeating: "x", count: Limits.lineByteCountMax + over)
        let path = try folder.file("\(header)\n\(good)\n\(long)\n\(good)\n")
        let lines = try readAll(path)
        #expect(outline(lines) == ["2 view", "3 \(Rejection.Reason.value.rawValue)", "4 view"])
        #expect(
            rejections(lines).map(\.detail) == ["the line is longer than 1048576 bytes"])
        var reader = try EventReader(path: path)
        _ = try reader.next()
        _ = try reader.next()
        #expect(reader.lineBytes.isEmpty)
    }

    @Test func aWrongFileDoesNotFillTheStoreWithColumns() throws {
        let folder = try TemporaryFolder()
        let names = (0..<65).map { "c\($0)" }
        let required = "user_id,item_id,type,timestamp,"
        let values = names.map { _ in "1" }
        let lines = try readAll(
            try folder.file(
                "\(required)\(names.joined(separator: ","))\n"
                    + "u,i,view,1772359200,\(values.joined(separator: ","))\n"
                    + "u,i,view,1772359200,\(values.dropLast().joined(separator: ",")),\n"))
        #expect(outline(lines) == ["2 \(Rejection.Reason.value.rawValue)", "3 view"])
        #expect(rejections(lines).first?.detail == "more than 64 extra columns")
        #expect(events(lines).first?.properties.count == 64)
    }

    @Test(arguments: [
        String(repeating: "k", count: 257), "new\\nline", "\\u0000",
    ])
    func namesOfExtraColumnsHaveTheLimitsOfIDs(_ name: String) throws {
        let folder = try TemporaryFolder()
        let lines = try readAll(
            try folder.file(
                "{\"user_id\":\"u\",\"item_id\":\"i\",\"type\":\"view\",\"timestamp\":1772359200,"
                    + "\"\(name)\":\"x\"}"))
        #expect(outline(lines) == ["1 \(Rejection.Reason.value.rawValue)"])
        #expect(rejections(lines).first?.detail.hasPrefix("a column name") == true)
    }

    @Test(arguments: UInt64(0)..<30) func damagedFilesLoseOnlyDamagedLines(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        var text = "\(header)\n"
        var expected: [String] = []
        for number in 2..<202 {
            if generator.chance(0.5) {
                text += good + "\n"
                expected.append("\(number) view")
            } else {
                let (line, reason, _) = Self.cases[generator.below(Self.cases.count)]
                text += line + "\n"
                expected.append("\(number) \(reason.rawValue)")
            }
        }
        #expect(outline(try readAll(try folder.file(text))) == expected, "seed \(seed)")
    }

    @Test(arguments: UInt64(0)..<30) func randomBytesNeverTrap(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        let likely = Array("u,i\"{}[]:\n\r;view1772359200".utf8)
        let noise = (0..<4000).map { _ in
            generator.chance(0.95)
                ? likely[generator.below(likely.count)]
                : UInt8.random(in: 1...255, using: &generator)
        }
        for text in ["\(header)\n", "{}\n"] {
            let path = try folder.file(Array(text.utf8) + noise + Array("\n\(good)\n".utf8))
            let lines = try readAll(path)
            let numbers = outline(lines).compactMap { Int($0.prefix { $0 != " " }) }
            #expect(numbers == numbers.sorted() && !numbers.isEmpty, "seed \(seed)")
        }
    }

    @Test func everyReasonHasAWordingOfItsOwn() {
        let texts = Rejection.Reason.allCases.map(\.rawValue)
        #expect(Set(texts).count == texts.count)
        #expect(texts.allSatisfy { !$0.isEmpty && !$0.hasSuffix(".") })
    }
}
