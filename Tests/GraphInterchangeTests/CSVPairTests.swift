import Foundation
import GraphFixtures
import TestSupport
import Testing

@testable import GraphInterchange

/// The two CSV files: what other programs see, and what is refused.
@Suite struct CSVPairTests {
    private func fields(_ text: String) throws -> [[String]] {
        let workshop = try Workshop()
        try workshop.write(text, to: "x.csv")
        var source = try ByteSource(path: workshop.path("x.csv"))
        var records: [[String]] = []
        while let record = try CSVRecords.next(from: &source) { records.append(record) }
        return records
    }

    @Test(
        arguments: [
            ("", []), ("\n\r\n", []), ("a", [["a"]]), ("a,b", [["a", "b"]]), (",", [["", ""]]),
            ("a,b\n", [["a", "b"]]), ("a\r\nb\n", [["a"], ["b"]]), ("a\n\n\nb", [["a"], ["b"]]),
            ("\"a,b\",c", [["a,b", "c"]]), ("\"a\nb\",c\nd,e", [["a\nb", "c"], ["d", "e"]]),
            ("\"a\r\nb\"\r\n", [["a\r\nb"]]), ("\"\"\"\"", [["\""]]), ("\"\"", [[""]]),
            ("\"a\"\"b\"", [["a\"b"]]), ("a\"b", [["a\"b"]]), (" a , b ", [[" a ", " b "]]),
            ("\u{FEFF}ä,🛒", [["ä", "🛒"]]), ("a,", [["a", ""]]), ("\"\",\"\"\n", [["", ""]]),
            ("a\u{0}b,c", [["a\u{0}b", "c"]]),
        ] as [(String, [[String]])])
    func recordsAreSplit(_ text: String, _ expected: [[String]]) throws {
        #expect(try fields(text) == expected)
    }

    @Test(arguments: ["\"", "\"a", "a,\"b\n", "\"a\"b", "\"a\" ,b", "\"a\"\rb", "a\rb"])
    func badQuotesAreRefused(_ text: String) throws {
        #expect(throws: Fault.self) { try fields(text) }
    }

    @Test(arguments: nastyTexts) func encodedFieldsAreReadBack(_ text: String) throws {
        let guarded = GuardedText.encoded(text)
        #expect(GuardedText.decoded(guarded).utf8.elementsEqual(text.utf8))
        // A text first in a file may begin with a byte order mark, so the line is not the first.
        var line: [UInt8] = []
        for field in [guarded, "x", guarded] {
            CSVRecords.append(field, to: &line)
            line.append(UInt8(ascii: ","))
        }
        line.removeLast()
        let found = try fields("header\n" + String(decoding: line, as: UTF8.self) + "\n")
        #expect(found.count == 2)
        #expect(found.last.map { $0.map(exact) } == [guarded, "x", guarded].map(exact))
    }

    @Test(arguments: ["=1", "+1", "-1", "@a", "\ta", "\ra", "\na", "\0a", "'a", "", "=", "'"])
    func formulasAreGuarded(_ text: String) {
        #expect(GuardedText.encoded(text) == "'" + text)
    }

    @Test func aSmallStoreIsTheseFiles() throws {
        let workshop = try Workshop()
        let store = try GraphMLTests.small(workshop)
        try Interchange.export(store, to: workshop.path("a.csv"), as: .csv)
        #expect(
            try workshop.read("a.nodes.csv") == """
                id,graph,age:int,age:string,height:double,label:string,member:bool,nan:double-bits,\
                note:string,since:timestamp,taste:vector
                Person:ann,0,41,,1.75,"a label",true,,"one
                two\t= _x0041_ 日本",1767225600123,"[0.5,-1.0,INF]"
                "Person:Bob <b&b> ""x""\",0,,,,,,,,,
                "Book:1: nul_x0000_",,,,,,,,,,
                "Person:Bob <b&b> ""x""\",7,,old,,,,fff8000000000000,,,

                """)
        let edges = try workshop.read("a.edges.csv").split(separator: "\n").map(String.init)
        #expect(
            edges[0] == "source,type,target,graph,weight,count,first,last,weight:double,why:string")
        #expect(
            edges.contains(
                "Person:ann,LIKES,\"Book:1: nul_x0000_\",0,2.5,3,0,1767225600123,INF,'"))
        #expect(edges.count == 4)
        #expect(!FileManager.default.fileExists(atPath: workshop.path("a.csv")))
    }

    @Test(arguments: ["a.csv", "a.nodes.csv", "a.edges.csv", "a"])
    func eitherFileStandsForBoth(_ name: String) {
        #expect(CSVPair.paths(of: name).nodes == "a.nodes.csv")
        #expect(CSVPair.paths(of: name).edges == "a.edges.csv")
    }

    private static let edgeHeader = "source,type,target,graph,weight,count,first,last\n"

    private func complaint(nodes: String, edges: String = edgeHeader) throws -> String? {
        let workshop = try Workshop()
        try workshop.write(nodes, to: "x.nodes.csv")
        try workshop.write(edges, to: "x.edges.csv")
        return workshop.complaint(workshop.path("x.csv"), .csv)?
            .replacingOccurrences(of: workshop.folder.path + "/", with: "")
    }

    @Test func columnsMayHaveAnyOrder() throws {
        let workshop = try Workshop()
        try workshop.write("p:int,graph,id\n1,2,A:1\n,,A:0\r\n", to: "x.nodes.csv")
        try workshop.write(
            "last,first,count,weight,graph,target,type,source\n4,3,2,1,9,A:1,T,B:1",
            to: "x.edges.csv")
        let contents = try Contents(workshop.load(workshop.path("x.edges.csv"), .csv))
        #expect(contents.names == ["A 0 1", "A 1 0", "B 0 1"])
        #expect(
            contents.records == [
                "2 node A 1 p=i1", "9 edge B 1 T A 1 \(1.0.bitPattern) 2 3 4 ",
            ])
    }

    @Test(arguments: [
        ("", "1: the file is empty; its first line names the columns."),
        ("id\n", "1: the header has no column 'graph'; add it."),
        ("id,graph,id\n", "1: the header names a column twice; keep one of them."),
        (
            "id,graph,price\n",
            "1: a column is neither one of id, graph nor a property with its kind, such as "
                + "price:double; rename it."
        ),
        (
            "id,graph,price:money\n",
            "1: a column is neither one of id, graph nor a property with its kind, such as "
                + "price:double; rename it."
        ),
        (
            "id,graph\nA:1,0\nA:2\n",
            "3: there are 1 fields under a header of 2; add or remove some."
        ),
        ("id,graph\nA:1,0,5\n", "2: there are 3 fields under a header of 2; add or remove some."),
        ("id,graph\nA,0\n", "2: a node's id has no label; write it as Label:id."),
        ("id,graph\nA:1,x\n", "2: a graph is not a whole number of 0 or more; correct it."),
        (
            "id,graph,p:int\nA:1,,5\n",
            "2: a node has properties and no graph; name their graph, or 0."
        ),
        (
            "id,graph,p:int\nA:1,0,five\n",
            "2: a property is not the int it should be; correct it."
        ),
        (
            "id,graph,p:double\nA:1,0,1e999\n",
            "2: a property is not the double it should be; correct it."
        ),
        ("id,graph,p:bool\nA:1,0,yes\n", "2: a property is not the bool it should be; correct it."),
        (
            "id,graph,p:vector\nA:1,0,1 2\n",
            "2: a property is not the vector it should be; correct it."
        ),
        ("id,graph\n\"A\n:1\",0\nB,1\n", "4: a node's id has no label; write it as Label:id."),
        ("id,graph\n\"A:1,0\n", "2: a quoted field never ends; close its quotes."),
        (
            "id,graph\n\"A:1\"x,0\n",
            "2: a field's quotes do not enclose it; put it in quotes and double those inside."
        ),
    ])
    func badNodesAreRefused(_ text: String, _ expected: String) throws {
        #expect(try complaint(nodes: text) == "x.nodes.csv, line " + expected)
    }

    @Test(arguments: [
        ("source,type\n", "1: the header has no column 'target'; add it."),
        (
            edgeHeader + "A:1,T,A:2,0,x,1,0,0\n",
            "2: an edge's weight, count, first or last is not a number; correct it."
        ),
        (
            edgeHeader + "A:1,T,A:2,0,1,-1,0,0\n",
            "2: an edge's weight, count, first or last is not a number; correct it."
        ),
        (edgeHeader + "A:1,T,2,0,1,1,0,0\n", "2: a node's id has no label; write it as Label:id."),
        (
            edgeHeader + "A:1,T,A:2,,1,1,0,0\n",
            "2: a graph is not a whole number of 0 or more; correct it."
        ),
    ])
    func badEdgesAreRefused(_ text: String, _ expected: String) throws {
        let found = try complaint(nodes: "id,graph\n", edges: text)
        #expect(found == "x.edges.csv, line " + expected)
    }

    @Test func bothFilesAreNeeded() throws {
        let workshop = try Workshop()
        try workshop.write("id,graph\n", to: "x.nodes.csv")
        let found = workshop.complaint(workshop.path("x.csv"), .csv) ?? ""
        #expect(
            found.hasPrefix("FILE: ") && found.contains("x.edges.csv is one of two files: there "))
    }

    @Test func tooManyColumnsAreRefused() throws {
        let columns = (0...Interchange.columnCountMax).map { "p\($0):int" }.joined(separator: ",")
        #expect(
            try complaint(nodes: "id,graph," + columns) == "x.nodes.csv, line 1: there are more "
                + "than 4096 different properties; use JSON Lines, which needs no list of them.")
    }
}
