import Foundation
import GraphFixtures
import TestSupport
import Testing
import Time

@testable import GraphInterchange
@testable import PropertyGraph

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Files as readers see them that know nothing of ours: Foundation's XML and JSON, and a second
/// CSV.
@Suite struct OtherReaderTests {
    /// A store of odd texts, and what must be found in its files.
    private func store(_ workshop: Workshop, seed: UInt64) throws -> GraphStore {
        var generator = SeededGenerator(seed: seed)
        let store = try workshop.store("a")
        try generator.fill(store, nodes: 40, edges: 80)
        return store
    }

    private func counts(_ store: GraphStore) throws -> (nodes: Int, edges: Int) {
        let records = try Contents(store).records
        let edges = records.count { $0.split(separator: " ")[1] == "edge" }
        return (records.count - edges, edges)
    }

    // MARK: GraphML

    @Test(arguments: UInt64(0)..<6) func foundationReadsTheSameXML(seed: UInt64) throws {
        let workshop = try Workshop()
        let store = try store(workshop, seed: seed)
        let path = workshop.path("x.graphml")
        let summary = try Interchange.export(store, to: path, as: .graphML)
        let other = EventRecorder()
        let parser = XMLParser(data: try Data(contentsOf: URL(filePath: path)))
        parser.delegate = other
        #expect(parser.parse(), "seed \(seed): \(parser.parserError.map { "\($0)" } ?? "")")
        let own = try Self.events(path)
        #expect(other.events == own, "seed \(seed)")
        #expect(own.count { $0.hasPrefix("<edge ") } == summary.edges, "seed \(seed)")
    }

    @Test func foundationReadsTheFixture() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        for name in ["small.graphml", "networkx.graphml"] {
            let path = folder.appendingPathComponent("Fixtures/" + name).path
            let other = EventRecorder()
            let parser = XMLParser(data: try Data(contentsOf: URL(filePath: path)))
            parser.delegate = other
            #expect(parser.parse())
            #expect(try other.events == Self.events(path))
        }
    }

    /// The events of our reader, texts that touch made one, attributes that are namespaces left
    /// out.
    private static func events(_ path: String) throws -> [String] {
        var reader = try XMLReader(path: path)
        let recorder = EventRecorder()
        while let event = try reader.next() {
            switch event {
            case .start(let name, let attributes): recorder.start(name, attributes)
            case .text(let text): recorder.text(text)
            case .end(let name): recorder.end(name)
            }
        }
        return recorder.events
    }

    // MARK: JSON Lines

    @Test(arguments: UInt64(0)..<6) func foundationReadsTheSameJSON(seed: UInt64) throws {
        let workshop = try Workshop()
        let store = try store(workshop, seed: seed)
        let path = workshop.path("x.jsonl")
        try Interchange.export(store, to: path, as: .jsonLines)
        var reader = try JSONLinesReader(path: path)
        var own: [String] = []
        while let record = try reader.next() {
            switch record {
            case .label, .edgeType: continue
            case .node(let name, let graph, let properties):
                let graphText = graph.map { "\($0.rawValue)" } ?? "-"
                own.append(
                    "\(exact(name.label)) \(exact(name.id)) \(graphText) \(properties.count)")
            case .edge(let edge, let graph):
                own.append(
                    "\(exact(edge.type)) \(exact(edge.source.id)) \(exact(edge.target.id)) "
                        + "\(graph.rawValue) \(edge.count) \(edge.first.rawValue) "
                        + "\(edge.properties.count)")
            }
        }
        let lines = try Data(contentsOf: URL(filePath: path)).split(separator: UInt8(ascii: "\n"))
        let other = try lines.dropFirst().map { try Self.summary(ofLine: Data($0)) }
        #expect(other == own, "seed \(seed)")
    }

    /// A line as Foundation reads it, its whole numbers exact.
    private static func summary(ofLine line: Data) throws -> String {
        struct Line: Decodable {
            struct Anything: Decodable {
                init(from decoder: any Decoder) throws {}
            }
            var node: [String]?
            var edge: String?
            var from: [String]?
            var to: [String]?
            var graph: UInt64?
            var count: UInt64?
            var first: Int64?
            var properties: [String: Anything]?
        }
        let object = try JSONDecoder().decode(Line.self, from: line)
        if let node = object.node {
            let graphText = object.graph.map(String.init) ?? "-"
            return
                "\(exact(node[0])) \(exact(node[1])) \(graphText) \(object.properties?.count ?? 0)"
        }
        return "\(exact(object.edge ?? "?")) \(exact(object.from?.last ?? "?")) "
            + "\(exact(object.to?.last ?? "?")) \(object.graph ?? 0) \(object.count ?? 0) "
            + "\(object.first ?? 0) \(object.properties?.count ?? 0)"
    }

    // MARK: CSV

    @Test(arguments: UInt64(0)..<6) func aPlainParserReadsTheSameTables(seed: UInt64) throws {
        let workshop = try Workshop()
        let store = try store(workshop, seed: seed)
        try Interchange.export(store, to: workshop.path("x.csv"), as: .csv)
        let expected = try counts(store)
        var rowCounts: [Int] = []
        for name in ["x.nodes.csv", "x.edges.csv"] {
            let bytes = Array(try Data(contentsOf: URL(filePath: workshop.path(name))))
            let rows = Self.rows(bytes)
            var source = try ByteSource(path: workshop.path(name))
            var own: [[String]] = []
            while let record = try CSVRecords.next(from: &source) { own.append(record) }
            #expect(own.map { $0.map(exact) } == rows.map { $0.map(exact) }, "seed \(seed)")
            #expect(Set(rows.map(\.count)).count == 1, "seed \(seed)")
            // No cell of text begins like a formula; a number may be negative.
            for cell in rows.joined() where NumberText.double(cell) == nil {
                let first = cell.utf8.first.map { Character(Unicode.Scalar($0)) }
                #expect(first.map { !"=+-@\t\r\n".contains($0) } ?? true, "seed \(seed): \(cell)")
            }
            rowCounts.append(rows.count - 1)
        }
        #expect(rowCounts[0] >= expected.nodes && rowCounts[1] == expected.edges, "seed \(seed)")
    }

    /// RFC 4180 in one loop over all bytes in memory.
    private static func rows(_ bytes: [UInt8]) -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch (byte, isQuoted) {
            case (0x22, true):
                if index < bytes.count, bytes[index] == 0x22 {
                    field.append(0x22)
                    index += 1
                } else {
                    isQuoted = false
                }
            case (0x22, false) where field.isEmpty: isQuoted = true
            case (0x2C, false), (0x0A, false):
                row.append(String(decoding: field, as: UTF8.self))
                field = []
                if byte == 0x0A {
                    rows.append(row)
                    row = []
                }
            default: field.append(byte)
            }
        }
        return rows
    }

    // MARK: Cypher

    /// Outside of quotes, every statement is one of the two forms and nothing else.
    @Test(arguments: UInt64(0)..<6) func scriptsHoldOnlyTwoForms(seed: UInt64) throws {
        let workshop = try Workshop()
        let store = try store(workshop, seed: seed)
        try Interchange.export(store, to: workshop.path("x.cypher"), as: .cypher)
        let expected = try counts(store)
        var edges = 0
        var nodes = 0
        let text = Array(try workshop.read("x.cypher").utf8)
        for line in text.split(separator: UInt8(ascii: "\n")) where !line.starts(with: "//".utf8) {
            let bare = CypherTests.outsideOfQuotes(Array(line))
            #expect(bare.hasSuffix(";") && bare.count { $0 == ";" } == 1, "seed \(seed): \(bare)")
            #expect(bare.utf8.allSatisfy { $0 < 0x7F && $0 >= 0x20 }, "seed \(seed): \(bare)")
            if bare.hasPrefix("MATCH (a: {graph: ") {
                edges += 1
                #expect(bare.contains(" MERGE (a)-[e:]->(b) SET e += {weight: "), "seed \(seed)")
            } else {
                #expect(bare.hasPrefix("MERGE (n: {graph: "), "seed \(seed): \(bare)")
                nodes += bare.contains(" SET n += {") ? 1 : 0
            }
        }
        #expect(nodes == expected.nodes && edges == expected.edges, "seed \(seed)")
    }
}

/// Writes down what an XML parser tells, in one form for every parser.
private final class EventRecorder: NSObject, XMLParserDelegate {
    private(set) var events: [String] = []
    private var pending = ""

    func start(_ name: String, _ attributes: [String: String]) {
        flush()
        let list =
            attributes
            .map { ($0.key.split(separator: ":").last.map(String.init) ?? "", $0) }
            .filter { !$0.1.key.hasPrefix("xmlns") }
            .map { "\($0.0)=\(exact($0.1.value))" }
        events.append("<\(name) \(list.sorted().joined(separator: " "))")
    }

    func text(_ text: String) { pending += text }

    func end(_ name: String) {
        flush()
        events.append("</\(name)")
    }

    private func flush() {
        if !pending.isEmpty { events.append("'" + exact(pending)) }
        pending = ""
    }

    func parser(
        _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String]
    ) { start(elementName, attributes) }

    func parser(
        _ parser: XMLParser, didEndElement elementName: String, namespaceURI: String?,
        qualifiedName: String?
    ) { end(elementName) }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text(string) }
}
