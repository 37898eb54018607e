import Foundation
import GraphFixtures
import PropertyGraph
import TestSupport
import Testing

@testable import GraphInterchange

/// Bounds of what is exchanged, and the errors of going beyond them.
@Suite struct BoundsTests {
    private func text(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return (error as? Fault)?.text
        }
    }

    @Test func propertiesAreCounted() {
        let most = Interchange.propertyCountMax
        #expect(text { try Bounds.checkProperties(most) } == nil)
        #expect(
            text { try Bounds.checkProperties(most + 1) }
                == "a record has more than 4096 properties; split it.")
    }

    @Test func vectorsAreMeasured() {
        let most = Interchange.vectorCountMax
        #expect(text { try Bounds.checkVector(most) } == nil)
        #expect(
            text { try Bounds.check(["v": .vector(Array(repeating: 0, count: most + 1))]) }
                == "a vector has more than 1048576 numbers; shorten it.")
    }

    @Test func linesAndColumnsAreMeasured() {
        #expect(text { try Bounds.checkLine(Interchange.lineByteCountMax) } == nil)
        #expect(
            text { try Bounds.checkLine(Interchange.lineByteCountMax + 1) }
                == "a record has more than 16777216 bytes; shorten it.")
        #expect(text { try Bounds.checkColumns(Interchange.columnCountMax) } == nil)
        #expect(
            text { try Bounds.checkColumns(Interchange.columnCountMax + 1) }
                == "there are more than 4096 different properties; use JSON Lines, which needs no "
                + "list of them.")
    }

    @Test func namesAreMeasured() {
        for (count, fits) in [(0, false), (1, true), (400, true), (401, false)] {
            let name = NodeName(label: "A", id: String(repeating: "x", count: count))
            let found = text { try Bounds.check(name) }
            #expect(found == (fits ? nil : "a node's id has \(count) bytes; use 1 to 400."))
        }
        // Bytes and not characters count.
        let wide = NodeName(label: "A", id: String(repeating: "日", count: 134))
        #expect(text { try Bounds.check(wide) } == "a node's id has 402 bytes; use 1 to 400.")
    }

    @Test func vocabulariesAreMeasured() {
        let most = Interchange.vocabularyCountMax
        #expect(text { try Bounds.checkVocabulary(most, byteCount: 400) } == nil)
        #expect(
            text { try Bounds.checkVocabulary(most + 1, byteCount: 1) }
                == "there are more than 10000 labels or edge types; use fewer.")
        #expect(
            text { try Bounds.checkVocabulary(1, byteCount: 401) }
                == "a label or edge type has more than 400 bytes; shorten it.")
    }

    @Test func errorsNameTheirPlace() {
        let fault = Fault(.value, "this is wrong; correct it.")
        let placed = InterchangeError(fault, file: "a.csv", line: 7)
        #expect(placed.description == "a.csv, line 7: this is wrong; correct it.")
        #expect(placed.file == "a.csv" && placed.line == 7 && placed.code == .value)
        let unplaced = InterchangeError(fault, file: "a.csv", line: nil)
        #expect("\(unplaced)" == "a.csv: this is wrong; correct it.")
        #expect(placed != unplaced)
        for code in [InterchangeError.Code.syntax, .value, .limit] {
            #expect(Fault(code, "").hasLine)
        }
        for code in [InterchangeError.Code.file, .store] { #expect(!Fault(code, "").hasLine) }
    }

    /// A file with one thing beyond each bound is refused with the same words in every format.
    @Test(arguments: Interchange.Format.allCases)
    func longIdsAndLabelsAreRefusedInFiles(format: Interchange.Format) throws {
        let workshop = try Workshop()
        let long = String(repeating: "x", count: 401)
        for (label, id, expected) in [
            ("A", long, "a node's id has 401 bytes; use 1 to 400."),
            (long, "1", "a label or edge type has more than 400 bytes; shorten it."),
        ] {
            let found: String?
            switch format {
            case .graphML:
                found = try workshop.complaint(
                    about: "<graphml><graph edgedefault='directed'>\n<node id='\(label):\(id)'/>"
                        + "</graph></graphml>", format)
            case .csv:
                try workshop.write("id,graph\n\(label):\(id),\n", to: "x.nodes.csv")
                try workshop.write(
                    CSVPair.edgeColumns.joined(separator: ",") + "\n", to: "x.edges.csv")
                found = workshop.complaint(workshop.path("x.csv"), format)
            case .jsonLines:
                found = try workshop.complaint(
                    about: "{\"foretwin\":\"property graph\",\"version\":1}\n"
                        + "{\"node\":[\"\(label)\",\"\(id)\"]}", format)
            case .cypher:
                found = try workshop.complaint(
                    about: "// foretwin property graph 1\n"
                        + "MERGE (n:`\(label)` {graph: 0, id: '\(id)'});", format)
            }
            #expect(found?.hasSuffix(", line 2: " + expected) == true, "\(found ?? "")")
        }
    }

    /// The one document in other words: what XML lets a program choose changes nothing.
    @Test(arguments: [
        ("'", "\n", ""), ("\"", "\r\n", "<!-- c -->"), ("'", "  ", "<?pi?>"), ("\"", "\t", "\n"),
    ])
    func graphMLMayBeWrittenInOtherWays(_ quote: String, _ space: String, _ extra: String) throws {
        let workshop = try Workshop()
        let q = quote
        let text = """
            \(extra)<graphml>\(extra)
            <key\(space)id=\(q)k\(q) for=\(q)node\(q)\(space)attr.name=\(q)p\(q) attr.type=\(q)string\(q)>\
            </key>\(extra)<graph id = \(q)5\(q) edgedefault=\(q)directed\(q)\(space)>\(space)
            <node id=\(q)A&#58;&#x31;\(q)>\(extra)<data key=\(q)k\(q)>a&amp;<![CDATA[<b>]]>&#99;</data>\
            \(space)</node\(space)></graph>\(extra)</graphml>\(extra)
            """
        try workshop.write(text, to: "x.graphml")
        let contents = try Contents(workshop.load(workshop.path("x.graphml"), .graphML))
        #expect(contents.names == ["A 0 1"])
        #expect(contents.records == ["5 node A 1 p=sa&<b>c"])
    }

    @Test(arguments: [("true", true), ("True", true), ("1", true), ("false", false), ("0", false)])
    func recordedIsATruthValue(_ value: String, _ isRecorded: Bool) throws {
        let workshop = try Workshop()
        try workshop.write(
            """
            <graphml><key id="r" for="node" attr.name="recorded" attr.type="boolean"/>
            <graph edgedefault="directed"><node id="A:1"><data key="r">\(value)</data></node></graph>
            </graphml>
            """, to: "x.graphml")
        let contents = try Contents(workshop.load(workshop.path("x.graphml"), .graphML))
        #expect(contents.names == ["A 0 1"])
        #expect(contents.records == (isRecorded ? ["0 node A 1 "] : []))
    }

    /// The members of a JSON object may have every order.
    @Test(arguments: UInt64(0)..<20) func jsonMembersMayHaveAnyOrder(seed: UInt64) throws {
        let workshop = try Workshop()
        var generator = SeededGenerator(seed: seed)
        let members = [
            "\"edge\":\"T\"", "\"from\":[\"A\",\"1\"]", "\"to\":[\"A\",\"2\"]", "\"graph\":3",
            "\"weight\":\"-INF\"", "\"count\":18446744073709551615", "\"first\":-5", "\"last\":6",
            "\"properties\":{\"a\":1}",
        ]
        let line = "{" + members.shuffled(using: &generator).joined(separator: " , ") + "}"
        try workshop.write(
            "{\"version\":1,\"foretwin\":\"property graph\"}\n" + line, to: "x.jsonl")
        let contents = try Contents(workshop.load(workshop.path("x.jsonl"), .jsonLines))
        let bits = (-Double.infinity).bitPattern
        #expect(
            contents.records == ["3 edge A 1 T A 2 \(bits) \(UInt64.max) -5 6 a=i1"], "seed \(seed)"
        )
        for missing in members.indices.dropFirst() {
            var fewer = members
            fewer.remove(at: missing)
            let found = try workshop.complaint(
                about: "{\"version\":1,\"foretwin\":\"property graph\"}\n{"
                    + fewer.joined(separator: ",") + "}", .jsonLines)
            #expect(found?.contains("line 2: an edge lacks one of 'from', 'to', 'graph'") == true)
        }
    }
}
