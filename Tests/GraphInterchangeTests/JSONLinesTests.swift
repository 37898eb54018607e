import Foundation
import GraphFixtures
import TestSupport
import Testing

@testable import GraphInterchange

/// JSON Lines: what other programs see, and what is refused.
@Suite struct JSONLinesTests {
    private static let header = "{\"foretwin\":\"property graph\",\"version\":1}\n"

    @Test func aSmallStoreIsTheseLines() throws {
        let workshop = try Workshop()
        let store = try GraphMLTests.small(workshop)
        try Interchange.export(store, to: workshop.path("a.jsonl"), as: .jsonLines)
        let lines = try workshop.read("a.jsonl").split(separator: "\n").map(String.init)
        #expect(
            lines.prefix(4) == [
                """
                {"foretwin":"property graph","version":1,"labels":["Person","Book"],\
                "edgeTypes":["LIKES","KNOWS"]}
                """,
                """
                {"node":["Person","ann"],"graph":0,"properties":{"age":41,"height":{"double":1.75},\
                "label":"a label","member":true,"note":"one\\ntwo\\t= _x0041_ 日本",\
                "since":{"timestamp":1767225600123},"taste":{"vector":[0.5,-1.0,"INF"]}}}
                """,
                """
                {"node":["Person","Bob <b&b> \\"x\\""],"graph":0,"properties":{}}
                """,
                """
                {"node":["Book","1: nul\\u0000"]}
                """,
            ])
        #expect(
            lines.dropFirst(4).contains(
                """
                {"edge":"LIKES","from":["Person","ann"],"to":["Book","1: nul\\u0000"],"graph":0,\
                "weight":2.5,"count":3,"first":0,"last":1767225600123,\
                "properties":{"weight":{"double":"INF"},"why":""}}
                """))
        #expect(lines.count == 8)
    }

    @Test func everyLineIsJSON() throws {
        let workshop = try Workshop()
        var generator = SeededGenerator(seed: 3)
        let store = try workshop.store("a")
        try generator.fill(store)
        try Interchange.export(store, to: workshop.path("a.jsonl"), as: .jsonLines)
        for line in try workshop.read("a.jsonl").utf8.split(separator: UInt8(ascii: "\n")) {
            let object = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
            #expect(object != nil)
        }
    }

    @Test func membersMayHaveAnyOrderAndSpaces() throws {
        let workshop = try Workshop()
        try workshop.write(
            Self.header
                + "\r\n { \"properties\" : { \"p\" : { \"double\" : 1e2 } } , \"graph\" : 5 , "
                + " \"node\" : [ \"A\" , \"\\ud83d\\uded2\\/\" ] } \r\n", to: "a.jsonl")
        let contents = try Contents(workshop.load(workshop.path("a.jsonl"), .jsonLines))
        #expect(contents.names == ["A 0 f0.9f.9b.92.2f"])
        #expect(contents.records == ["5 node A f0.9f.9b.92.2f p=d\(100.0.bitPattern)"])
    }

    @Test(arguments: [
        ("{\"node\":[\"A\",\"1\"]", "',' is expected at column 18; correct the line."),
        ("{\"node\":[\"A\"]}", "',' is expected at column 13; correct the line."),
        ("{\"node\":[\"A\",\"1\",\"2\"]}", "']' is expected at column 17; correct the line."),
        ("{\"node\":[\"A\",1]}", "a text in \" is expected at column 14; correct the line."),
        ("{\"node\":[\"A\",\"1]}", "the end of a text is expected at column 18; correct the line."),
        (
            "{\"node\":[\"A\",\"\\x\"]}",
            "one of \" ' \\ / b f n r t u is expected at column 17; correct the line."
        ),
        (
            "{\"node\":[\"A\",\"\\ud800\"]}",
            "the other half of a character is expected at column 21; correct the line."
        ),
        (
            "{\"node\":[\"A\",\"\\u12\"]}",
            "a code of four hexadecimal digits is expected at column 17; correct the line."
        ),
        (
            "{\"node\":[\"A\",\"1\"]} x",
            "the end of the line is expected at column 20; correct the line."
        ),
        ("[1]", "'{' is expected at column 1; correct the line."),
        ("null", "'{' is expected at column 1; correct the line."),
        (
            "{\"node\":[\"A\",\"1\"],\"graph\":0}",
            "a node has one of 'graph' and 'properties'; give both or none."
        ),
        (
            "{\"node\":[\"A\",\"1\"],\"graph\":-1,\"properties\":{}}",
            "a whole number of 0 or more is expected at column 27; correct the line."
        ),
        ("{\"node\":[\"A\",\"\"]}", "a node's id has 0 bytes; use 1 to 400."),
        ("{}", "the line is neither a node nor an edge; it has 'node' or 'edge', and not both."),
        (
            "{\"node\":[\"A\",\"1\"],\"edge\":\"T\"}",
            "the line is neither a node nor an edge; it has 'node' or 'edge', and not both."
        ),
        ("{\"nodes\":1}", "the line has a member that no record has; remove it."),
        (
            "{\"edge\":\"T\",\"from\":[\"A\",\"1\"],\"to\":[\"A\",\"2\"]}",
            "an edge lacks one of 'from', 'to', 'graph', 'weight', 'count', 'first', 'last' "
                + "and 'properties'; add it."
        ),
        (
            "{\"node\":[\"A\",\"1\"],\"graph\":0,\"properties\":{\"p\":1.5}}",
            "a text, a whole number, true, false or {\"double\": …} is expected at column 47; "
                + "correct the line."
        ),
        (
            "{\"node\":[\"A\",\"1\"],\"graph\":0,\"properties\":{\"p\":null}}",
            "a text, a whole number, true, false or {\"double\": …} is expected at column 47; "
                + "correct the line."
        ),
        (
            "{\"node\":[\"A\",\"1\"],\"graph\":0,\"properties\":{\"p\":{\"date\":1}}}",
            "\"double\", \"timestamp\" or \"vector\" is expected at column 48; correct the line."
        ),
        (
            "{\"node\":[\"A\",\"1\"],\"graph\":0,\"properties\":{\"p\":{\"vector\":[1,x]}}}",
            "a number, \"INF\", \"-INF\" or \"NaN\" is expected at column 60; correct the line."
        ),
        (
            "{\"node\":[\"A\",\"1\"],\"graph\":0,\"properties\":{\"p\":1,\"p\":2}}",
            "a property is given twice; keep one of them."
        ),
    ])
    func badLinesAreRefused(_ line: String, _ expected: String) throws {
        let good = "{\"node\":[\"A\",\"0\"]}\n"
        let found = try Workshop().complaint(about: Self.header + good + line + "\n", .jsonLines)
        #expect(found == "FILE, line 3: " + expected)
    }

    @Test(arguments: [
        "", "\n\n", "{\"node\":[\"A\",\"1\"]}", "{\"foretwin\":\"x\",\"version\":1}",
        "{\"foretwin\":\"property graph\"}",
    ])
    func aFileNeedsItsHeader(_ text: String) throws {
        let found = try Workshop().complaint(about: text, .jsonLines)
        #expect(found?.contains("the first line is not the header") == true)
    }

    @Test func aNewerVersionIsRefused() throws {
        let found = try Workshop().complaint(
            about: "{\"foretwin\":\"property graph\",\"version\":2}", .jsonLines)
        #expect(
            found == "FILE, line 1: the file has version 2, and this program reads 1; use a newer.")
    }

    @Test func bytesThatAreNotUTF8AreRefused() throws {
        let bytes = Array(Self.header.utf8) + Array("{\"node\":[\"A\",\"".utf8) + [0xC3, 0x28]
        let found = try Workshop().complaint(aboutBytes: bytes + Array("\"]}".utf8), .jsonLines)
        #expect(
            found == "FILE, line 2: there are bytes that are not UTF-8; save the file as UTF-8.")
    }

    @Test func deepBracketsAreRefusedAtOnce() throws {
        let deep = String(repeating: "{\"node\":[", count: 1000)
        #expect(try Workshop().complaint(about: Self.header + deep, .jsonLines) != nil)
        let nested = String(repeating: "[", count: 1_000_000)
        #expect(try Workshop().complaint(about: Self.header + nested, .jsonLines) != nil)
    }

    @Test func sizesAreBounded() throws {
        let workshop = try Workshop()
        let long = String(repeating: "x", count: Interchange.lineByteCountMax + 1)
        #expect(
            try workshop.complaint(about: Self.header + long, .jsonLines)
                == "FILE, line 2: a record has more than 16777216 bytes; shorten it.")
        let start = Self.header + "{\"node\":[\"A\",\"1\"],\"graph\":0,\"properties\":{"
        let many = (0...Interchange.propertyCountMax).map { "\"\($0)\":1" }.joined(separator: ",")
        #expect(
            try workshop.complaint(about: start + many + "}}", .jsonLines)
                == "FILE, line 2: a record has more than 4096 properties; split it.")
        let numbers = String(repeating: "1,", count: Interchange.vectorCountMax)
        #expect(
            try workshop.complaint(about: start + "\"v\":{\"vector\":[\(numbers)1]}}}", .jsonLines)
                == "FILE, line 2: a vector has more than 1048576 numbers; shorten it.")
    }
}
