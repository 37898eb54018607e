import Foundation
import GraphFixtures
import Testing

@testable import GraphInterchange
@testable import PropertyGraph
@testable import Time

/// GraphML: what other programs see, and what is refused.
@Suite struct GraphMLTests {
    /// A small store that shows every feature of the format.
    static func small(_ workshop: Workshop) throws -> GraphStore {
        let store = try workshop.store("small")
        try store.write { transaction in
            let ann = try store.addNode(.person, "ann", in: transaction)
            let bob = try store.addNode(.person, "Bob <b&b> \"x\"", in: transaction)
            let book = try store.addNode(.book, "1: nul\u{0}", in: transaction)
            let start = Timestamp(rawValue: 1_767_225_600_123)
            try store.put(
                Node(
                    id: ann,
                    properties: [
                        "age": .int(41), "height": .double(1.75), "member": .bool(true),
                        "note": .string("one\ntwo\t= _x0041_ 日本"), "since": .timestamp(start),
                        "taste": .vector([0.5, -1, .infinity]), "label": .string("a label"),
                    ]), graph: .shared, in: transaction)
            try store.put(Node(id: bob), graph: .shared, in: transaction)
            try store.put(
                Node(id: bob, properties: ["age": .string("old"), "nan": .double(-.nan)]),
                graph: GraphID(rawValue: 7), in: transaction)
            try store.put(
                Edge(
                    source: ann, type: .likes, target: book, weight: 2.5, count: 3,
                    first: Timestamp(rawValue: 0), last: start,
                    properties: ["weight": .double(.infinity), "why": .string("")]),
                graph: .shared, in: transaction)
            try store.put(edge(ann, .knows, book, weight: 1), graph: .shared, in: transaction)
            try store.put(
                edge(bob, .knows, ann, weight: -.nan), graph: GraphID(rawValue: 7), in: transaction)
        }
        return store
    }

    private func fixture(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/" + name).path
    }

    @Test func exportWritesTheFixture() throws {
        let workshop = try Workshop()
        let store = try Self.small(workshop)
        try Interchange.export(store, to: workshop.path("small.graphml"), as: .graphML)
        let written = try workshop.read("small.graphml")
        let expected = String(
            decoding: try Data(contentsOf: URL(filePath: fixture("small.graphml"))), as: UTF8.self)
        #expect(written == expected, "a change of the format needs a new fixture")
    }

    @Test func theFixtureIsReadBack() throws {
        let workshop = try Workshop()
        let expected = try Contents(Self.small(workshop))
        let found = try Contents(workshop.load(fixture("small.graphml"), .graphML))
        #expect(found == expected)
    }

    /// The fixture after `networkx.write_graphml(networkx.read_graphml(…))` of networkx 3.6: its
    /// first graph, under other keys, which say no more that a time is none but a number.
    @Test func whatNetworkxWritesIsRead() throws {
        let workshop = try Workshop()
        let expected = try Contents(Self.small(workshop))
        let found = try Contents(workshop.load(fixture("networkx.graphml"), .graphML))
        #expect(found.names == expected.names)
        let shared = expected.records.filter { $0.hasPrefix("0 ") }.map { record in
            record.replacingOccurrences(of: "since=t", with: "since=i").replacingOccurrences(
                of: "taste=v\([Float(0.5), -1, .infinity].map(\.bitPattern))",
                with: "taste=s[0.5,-1.0,INF]")
        }
        #expect(found.records == shared)
    }

    private static let head = """
        <?xml version="1.0"?>
        <graphml>
        <key id="t" for="edge" attr.name="type" attr.type="string"/>
        <key id="w" for="edge" attr.name="weight" attr.type="double"/>
        <key id="c" for="edge" attr.name="count" attr.type="int"/>
        <key id="f" for="edge" attr.name="first" attr.type="long"/>
        <key id="l" for="edge" attr.name="last" attr.type="long"/>
        <key id="p" for="node" attr.name="price" attr.type="float"/>
        <key id="n" for="all" attr.name="note" attr.type="string"/>

        """

    /// An edge on one line, with what is given in place of its weight.
    private static func edgeElement(_ weight: String) -> String {
        "<edge source=\"A:1\" target=\"A:2\"><data key=\"t\">T</data>\(weight)"
            + "<data key=\"c\">1</data><data key=\"f\">0</data><data key=\"l\">0</data></edge>\n"
    }

    @Test func filesOfOtherProgramsWithTheSameNamesAreRead() throws {
        let workshop = try Workshop()
        let text =
            Self.head + """
                <!-- a comment --><graph edgedefault="directed">
                <desc>words <b>and</b> elements</desc>
                <g:node xmlns:g="urn:x" id='A:1'><data key="p">1.5</data><data key='n'><![CDATA[<&>]]>\
                 b<!-- c -->c</data></g:node><?pi x?>
                <node id="A:2"/>

                """
            + Self.edgeElement(
                "<data key=\"w\"> 2</data>".replacingOccurrences(of: " 2", with: "2"))
            + "</graph>\n</graphml>\n"
        try workshop.write(text, to: "x.graphml")
        let contents = try Contents(workshop.load(workshop.path("x.graphml"), .graphML))
        #expect(contents.names == ["A 0 1", "A 1 2"])
        #expect(
            contents.records == [
                "0 node A 1 note=s3c.26.3e.20.62.63,price=d\(1.5.bitPattern)",
                "0 edge A 1 T A 2 \(2.0.bitPattern) 1 0 0 ",
            ])
    }

    @Test(arguments: [
        (
            "<graph edgedefault=\"directed\"><node id=\"x\"/></graph>",
            "10: a node's id has no label; write it as Label:id."
        ),
        (
            "<graph edgedefault=\"directed\"><node id=\"A:\"/></graph>",
            "10: a node's id has 0 bytes; use 1 to 400."
        ),
        (
            "<graph edgedefault=\"directed\"><node/></graph>",
            "10: a node has no id; write it as Label:id."
        ),
        (
            "<graph edgedefault=\"undirected\"/>",
            "10: a graph is not directed; set edgedefault to directed."
        ),
        (
            "<graph id=\"G\" edgedefault=\"directed\"/>",
            "10: a graph's id is not a whole number of 0 or more; correct it."
        ),
        (
            "\n<graph edgedefault=\"directed\">\n\n<edge source=\"A:1\"/></graph>",
            "13: an edge has no source or no target; add it."
        ),
        (
            "<graph edgedefault=\"directed\"><edge source=\"A:1\" target=\"A:2\"\n directed=\"false\"/>",
            "10: an edge is not directed; remove directed=\"false\"."
        ),
        (
            "<graph edgedefault=\"directed\"><node id=\"A:1\"><data key=\"p\">x</data></node></graph>",
            "10: a property is not the double it should be; correct it."
        ),
        (
            "<graph edgedefault=\"directed\"><node id=\"A:1\"><data key=\"t\">x</data></node></graph>",
            "10: data has no key for a node; declare it before the graph."
        ),
        (
            "<graph edgedefault=\"directed\"><node id=\"A:1\"><data key=\"p\">1</data>"
                + "<data key=\"p\">1</data></node></graph>",
            "10: a property is given twice; keep one of them."
        ),
        (
            "<graph edgedefault=\"directed\"><node id=\"A:1\"><graph/></node></graph>",
            "10: a node holds something else than data; remove it."
        ),
        (
            "<graph edgedefault=\"directed\"><node id=\"A:1\">hello</node></graph>",
            "10: there is text outside of data; remove it."
        ),
        (
            "<graph edgedefault=\"directed\"><hyperedge/></graph>",
            "10: an element stands where no graph of this kind has it; remove it."
        ),
        (
            "<node id=\"A:1\"/>",
            "10: an element stands where no graph of this kind has it; remove it."
        ),
        (
            "<key id=\"q\" for=\"node\" attr.name=\"q\"/>",
            "10: a key's attr.type is none of boolean, int, long, float, double and string; "
                + "correct it."
        ),
        ("<key id=\"q\" for=\"node\"/>", "10: a key lacks its id or attr.name; add it."),
        (
            "<key id=\"p\" for=\"node\" attr.name=\"q\" attr.type=\"int\"/>",
            "10: two keys have the same id; rename one."
        ),
        (
            "<key id=\"q\" for=\"node\" attr.name=\"q\" attr.type=\"int\"><default>1</default></key>",
            "10: a key has a default, which is not read; write it to each element."
        ),
        (
            "<graph edgedefault=\"directed\"><node id=\"A:1\"><data key=\"p\"><b/></data></node></graph>",
            "10: data holds elements; only text is read."
        ),
    ])
    func badFilesAreRefusedWithTheirLine(_ body: String, _ expected: String) throws {
        let found = try Workshop().complaint(
            about: Self.head + body + "</graphml>", .graphML)
        #expect(found == "FILE, line " + expected)
    }

    @Test(arguments: ["", "<data key=\"w\"></data>", "<data key=\"w\">heavy</data>"])
    func edgesNeedTheirWeight(_ weight: String) throws {
        let body =
            "<graph edgedefault=\"directed\">\n" + Self.edgeElement(weight) + "</graph></graphml>"
        let found = try Workshop().complaint(about: Self.head + body, .graphML)
        #expect(
            found == "FILE, line 11: an edge lacks its type, weight, count, first or last, or one "
                + "is no number; correct it.")
    }

    @Test func anotherXMLFileIsRefused() throws {
        let found = try Workshop().complaint(about: "<html><body/></html>", .graphML)
        #expect(
            found == "FILE, line 1: the outermost element is not graphml; name a GraphML file.")
    }

    @Test func tooManyKeysAreRefused() throws {
        let keys = (0..<Interchange.columnCountMax + 3).map {
            "<key id=\"k\($0)\" for=\"node\" attr.name=\"k\($0)\" attr.type=\"int\"/>\n"
        }
        let found = try Workshop().complaint(
            about: "<graphml>" + keys.joined() + "</graphml>", .graphML)
        #expect(found?.contains("more than 4096 different properties") == true)
    }
}
