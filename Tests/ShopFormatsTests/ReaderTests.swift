import Foundation
import TestSupport
import Testing
import TwinFixtures

@testable import Shop
@testable import ShopFormats

private let header = "user_id,item_id,type,timestamp"

/// Event files: what is read, and what is said of files that are none.
@Suite struct EventReaderTests {
    @Test func aPlainFileIsRead() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("\(header)\nu1,i1,view,2026-03-01T10:00:00Z\n")
        #expect(
            events(try readAll(path)) == [
                Event(userID: "u1", itemID: "i1", type: .view, timestamp: start)
            ])
    }

    @Test func everyColumnHasItsPlace() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file(
            "Event_ID, USER_ID ,item_id,event_type,timestamp,session_id,basket_id,location,"
                + "quantity,price,dwell,query,Channel\n"
                + "e1,u1,i1,Order Completed,1772359200,s1,b1,Wien,2,9.90,12.5,tea pot,web\n")
        #expect(
            events(try readAll(path)) == [
                Event(
                    eventID: "e1", userID: "u1", itemID: "i1", type: .purchase, timestamp: start,
                    sessionID: "s1", city: "Wien", quantity: 2, price: 9.9, dwellSeconds: 12.5,
                    query: "tea pot", basketID: "b1", properties: ["Channel": "web"])
            ])
    }

    @Test(arguments: [";", "\t", ","])
    func separatorsAreFoundOut(_ separator: String) throws {
        let folder = try TemporaryFolder()
        let text = "\(header)\nu,i,view,1772359200\n".replacingOccurrences(
            of: ",", with: separator)
        #expect(outline(try readAll(try folder.file(text))) == ["2 view"])
    }

    @Test func marksLineEndsAndBlankLinesDoNotMatter() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file(
            "\u{FEFF}\(header)\r\n\r\nu,i,view,1772359200\r\n   \r\n\nu,i,purchase,1772359200")
        #expect(outline(try readAll(path)) == ["3 view", "6 purchase"])
    }

    @Test func aSearchNeedsNoItemAndAnEmptyFieldIsNone() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file(
            "\(header),query,price\nu,,search,1772359200,shoes,\nu,,view,1772359200,,\n")
        let lines = try readAll(path)
        try #require(outline(lines) == ["2 search", "3 required value missing"])
        #expect(events(lines)[0].itemID == nil)
        #expect(events(lines)[0].query == "shoes")
        #expect(events(lines)[0].price == nil)
    }

    @Test func jsonLinesAreReadLikeCSV() throws {
        let folder = try TemporaryFolder()
        let csv = try folder.file(
            "\(header),quantity,query,flag\nu1,i1,view,1772359200,2,,true\n", name: "a.csv")
        let json = try folder.file(
            """
            {"user_id":"u1","item_id":"i1","type":"view","timestamp":1772359200,"quantity":2,
            """ + "\"query\":null,\"flag\":true}\n", name: "a.jsonl")
        #expect(events(try readAll(csv)) == events(try readAll(json)))
        #expect(events(try readAll(json)).count == 1)
    }

    @Test func jsonMayNameOtherKeysOnEveryLine() throws {
        let folder = try TemporaryFolder()
        let lines = try readAll(
            try folder.file(
                """
                \u{FEFF}{"type":"view","user_id":"u","item_id":"a","timestamp":1772359200}

                {"timestamp":"2026-03-01","item_id":"b","new":1.5,"user_id":7,"type":"view"}
                {"z":"","user_id":"u","query":"tea","type":"search","timestamp":1772359200}
                """))
        try #require(outline(lines) == ["1 view", "3 view", "4 search"])
        #expect(events(lines)[1].userID == "7")
        #expect(events(lines)[1].properties == ["new": "1.5"])
        #expect(events(lines)[2].properties == [:])
    }

    @Test(arguments: [
        ("9223372036854775807", "9223372036854775807"),
        ("18446744073709551615", "18446744073709551615"), ("-5", "-5"), ("1.0", "1"),
        ("\"007\"", "007"), ("true", "true"),
    ])
    func idsThatAreNumbersKeepTheirDigits(_ literal: String, _ text: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.file(
            "{\"user_id\":\(literal),\"item_id\":1,\"type\":\"view\",\"timestamp\":1772359200}")
        #expect(events(try readAll(path)).map(\.userID) == [text])
    }

    @Test(arguments: [
        "[]", "{}}", "{\"user_id\":", "nothing", "{\"user_id\":{\"a\":1}}", "{\"a\":[1]}", "null",
        "\"text\"", "5", "{'user_id':'u'}", "{\"quantity\":1e999}",
        String(repeating: "[", count: 5000), String(repeating: "{\"a\":", count: 5000),
    ])
    func otherJSONIsRejectedAndItsNeighboursKept(_ line: String) throws {
        let folder = try TemporaryFolder()
        let good = "{\"user_id\":\"u\",\"item_id\":1,\"type\":\"view\",\"timestamp\":1772359200}"
        let path = try folder.file("\(good)\n\(line)\n\(good)\n")
        #expect(outline(try readAll(path)) == ["1 view", "2 not a JSON object", "3 view"])
    }

    @Test func theFormatCanBeTold() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("\(header)\nu,i,view,1772359200\n")
        let lines = try readAll(path, format: .jsonLines)
        #expect(outline(lines) == ["1 not a JSON object", "2 not a JSON object"])
        #expect(twinsError { _ = try readAll(try folder.file("{}"), format: .csv) } != nil)
    }

    @Test func theBytesOfALineAreAtHand() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("\(header)\nu,i,view,1772359200\nbad,\u{FF}line\r\n")
        var reader = try EventReader(path: path)
        _ = try reader.next()
        #expect(reader.lineBytes == Array("u,i,view,1772359200".utf8))
        _ = try reader.next()
        #expect(reader.lineBytes == Array("bad,\u{FF}line".utf8))
        #expect(try reader.next() == nil)
        #expect(reader.fractionRead == 1)
    }

    @Test func theShareReadIsUnknownForADevice() throws {
        #expect(twinsError { _ = try EventReader(path: "/dev/null") }?.code == .format)
    }
}

/// Files that cannot be used: one clear sentence each.
@Suite struct UnusableFileTests {
    private func message(_ bytes: [UInt8]) throws -> String? {
        let folder = try TemporaryFolder()
        let path = try folder.file(bytes)
        let error = twinsError { _ = try EventReader(path: path) }
        #expect(error?.code == .format)
        return error?.description.replacingOccurrences(of: path, with: "FILE")
    }

    @Test(arguments: [
        ("", "FILE is empty. There is nothing to read."),
        (
            "user_id,item_id,type\nu,i,view\n",
            "The header of FILE lacks timestamp. An event file needs "
                + "user_id,item_id,type,timestamp."
        ),
        (
            "id;what\n1;2\n",
            "The header of FILE lacks user_id, item_id, type, timestamp. An event file needs "
                + "user_id,item_id,type,timestamp."
        ),
        (
            "\n\(header)\n",
            "The header of FILE lacks user_id, item_id, type, timestamp. An event file needs "
                + "user_id,item_id,type,timestamp."
        ),
        (
            "\(header),Price,price\n",
            "The header of FILE names 'price' twice. Keep one."
        ),
        ("\"user_id,item_id\n", "FILE has no readable header: unclosed quote."),
        ("a\u{0}b", "FILE is not a text file. Give a CSV or JSON Lines file."),
    ])
    func oneSentenceSaysWhatIsWrong(_ text: String, _ expected: String) throws {
        #expect(try message(Array(text.utf8)) == expected)
    }

    @Test func binaryFilesAreNotText() throws {
        let expected = "FILE is not a text file. Give a CSV or JSON Lines file."
        let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]
        #expect(try message(png) == expected)
        // UTF-16, as some programs save it.
        #expect(try message([0xFF, 0xFE] + Array(header.utf8).flatMap { [$0, 0] }) == expected)
    }

    @Test func headersInOtherEncodingsSaySo() throws {
        let latin = Array("\(header),gr".utf8) + [0xF6, 0xDF] + Array("e\n".utf8)
        #expect(try message(latin) == "FILE has no readable header: not UTF-8 text.")
    }

    @Test func aHeaderWithoutEndIsNone() throws {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: Limits.lineByteCountMax + 1)
        #expect(try message(long) == "FILE has no readable header line.")
    }

    @Test func aHeaderAloneIsAnEmptyFileOfEvents() throws {
        let folder = try TemporaryFolder()
        #expect(try readAll(try folder.file(header)).isEmpty)
        #expect(try readAll(try folder.file("\(header)\r\n\r\n")).isEmpty)
    }

    @Test func missingFilesAndFoldersAreNamed() throws {
        let folder = try TemporaryFolder()
        let missing = twinsError { _ = try EventReader(path: folder("no.csv")) }
        #expect(missing?.description == "There is no file \(folder("no.csv")). Check the path.")
        let isFolder = twinsError { _ = try EventReader(path: folder.path) }
        #expect(
            isFolder?.description
                == "\(folder.path) is a folder. Name a CSV or JSON Lines file in it.")
    }
}
