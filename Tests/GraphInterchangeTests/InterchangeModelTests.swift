import Foundation
import GraphFixtures
import LMDB
import TestSupport
import Testing

@testable import GraphInterchange
@testable import PropertyGraph
@testable import Time

/// Larger stores, changed files, and stores that change meanwhile.
@Suite struct InterchangeModelTests {
    /// Through one format after the other, in any order, nothing is lost.
    @Test(arguments: UInt64(0)..<6) func allFormatsInARowKeepEverything(seed: UInt64) throws {
        let workshop = try Workshop()
        var generator = SeededGenerator(seed: seed)
        var store = try workshop.store("a")
        try generator.fill(store)
        let expected = try Contents(store)
        for format in Interchange.Format.allCases.shuffled(using: &generator) {
            store = try workshop.copy(store, through: format)
        }
        #expect(try Contents(store) == expected, "seed \(seed)")
    }

    /// Files of several chunks, with characters of several bytes across their ends.
    @Test(arguments: Interchange.Format.allCases)
    func storesLargerThanABufferAreTheSameAgain(format: Interchange.Format) throws {
        let workshop = try Workshop()
        let store = try workshop.store("a")
        var generator = SeededGenerator(seed: 77)
        try store.write { transaction in
            let people = try (0..<300).map {
                try store.addNode(.person, "日本\($0) 🛒", in: transaction)
            }
            for index in 0..<2500 {
                let text = String(repeating: "ä🛒\"", count: generator.below(12)) + "\(index)"
                var edge = edge(generator.pick(people), .likes, generator.pick(people))
                edge.properties = ["text": .string(text), "number": .int(Int64(index))]
                try store.put(
                    edge, graph: GraphID(rawValue: UInt64(index / 100)), in: transaction)
            }
        }
        let path = workshop.path("x.out")
        let summary = try Interchange.export(store, to: path, as: format)
        #expect(summary.graphs == 25)
        let copy = try Contents(workshop.load(path, format))
        let expected = try Contents(store)
        #expect(copy == expected)
    }

    /// Very many small graphs, each exported alone and all loaded into one store, are the store.
    @Test(arguments: Interchange.Format.allCases)
    func graphsAloneAddUpToTheStore(format: Interchange.Format) throws {
        let workshop = try Workshop()
        let store = try workshop.store("a")
        try store.write { transaction in
            for index in 0..<40 {
                let ann = try store.addNode(.person, "p\(index)", in: transaction)
                let book = try store.addNode(.book, "b\(index % 7)", in: transaction)
                let graph = GraphID(rawValue: UInt64(index * 1000))
                try store.put(
                    edge(ann, .likes, book, seconds: Int64(index)), graph: graph, in: transaction)
                try store.put(
                    Node(id: book, properties: ["n": .int(Int64(index))]), graph: graph,
                    in: transaction)
            }
        }
        let sum = try workshop.store("b")
        for index in 0..<40 {
            let path = workshop.path("g\(index)")
            let graph = GraphID(rawValue: UInt64(index * 1000))
            let summary = try Interchange.export(store, .graph(graph), to: path, as: format)
            #expect(summary.graphs == 1 && summary.nodes == 1 && summary.edges == 1)
            try Interchange.load(Interchange.File(path: path, format: format), into: sum)
        }
        let expected = try Contents(store)
        let found = try Contents(sum)
        #expect(found.records == expected.records)
        #expect(found.names.sorted() == expected.names.sorted())
    }

    /// A file shows one state: two edges that are always written together are both in it or
    /// neither.
    @Test(arguments: Interchange.Format.allCases)
    func anExportShowsOneState(format: Interchange.Format) async throws {
        let workshop = try Workshop()
        let store = try workshop.store("a")
        let path = workshop.path("x.out")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try Self.writePairs(to: store) }
            group.addTask { try Self.exportOften(store, to: path, as: format) }
            try await group.waitForAll()
        }
        let last = try Interchange.export(store, to: path, as: format)
        #expect(last.edges == 120)
    }

    private static func writePairs(to store: GraphStore) throws {
        for index in 0..<60 {
            try store.write { transaction in
                let person = try store.addNode(.person, "p\(index)", in: transaction)
                for graph in [GraphID.shared, GraphID(rawValue: .max)] {
                    try store.put(edge(person, .likes, person), graph: graph, in: transaction)
                }
            }
        }
    }

    private static func exportOften(
        _ store: GraphStore, to path: String, as format: Interchange.Format
    ) throws {
        for _ in 0..<5 {
            let summary = try Interchange.export(store, to: path, as: format)
            #expect(summary.edges.isMultiple(of: 2))
            let file = try Interchange.File(path: path, format: format)
            #expect(file.summary == summary)
        }
    }

    /// Lines may be removed from a file, or change their order, and the rest is loaded.
    @Test(arguments: [Interchange.Format.jsonLines, .cypher], UInt64(0)..<4)
    func linesStandAlone(format: Interchange.Format, seed: UInt64) throws {
        let workshop = try Workshop()
        var generator = SeededGenerator(seed: seed)
        let store = try workshop.store("a")
        try generator.fill(store)
        try Interchange.export(store, to: workshop.path("x.out"), as: format)
        let lines = try workshop.read("x.out").utf8.split(separator: UInt8(ascii: "\n"))
            .map { String(decoding: $0, as: UTF8.self) }
        let body = lines.dropFirst()
        try workshop.write(
            ([lines[0]] + body.shuffled(using: &generator)).joined(separator: "\n"), to: "s.out")
        let shuffled = try Contents(workshop.load(workshop.path("s.out"), format))
        let expected = try Contents(store)
        #expect(Set(shuffled.records) == Set(expected.records), "seed \(seed)")
        #expect(shuffled.names.count == expected.names.count, "seed \(seed)")

        let half = body.filter { _ in generator.chance(0.5) }
        try workshop.write(([lines[0]] + half).joined(separator: "\n"), to: "h.out")
        let rest = try Contents(workshop.load(workshop.path("h.out"), format))
        #expect(Set(rest.records).isSubset(of: Set(expected.records)), "seed \(seed)")
    }

    @Test(arguments: UInt64(0)..<4) func rowsOfTablesStandAlone(seed: UInt64) throws {
        let workshop = try Workshop()
        var generator = SeededGenerator(seed: seed)
        let store = try workshop.store("a")
        try store.write { transaction in
            for index in 0..<30 {
                let ann = try store.addNode(.person, "p\(index)", in: transaction)
                let node = Node(id: ann, properties: ["n": .int(Int64(index))])
                try store.put(node, graph: .shared, in: transaction)
                try store.put(edge(ann, .likes, ann), graph: .shared, in: transaction)
            }
        }
        try Interchange.export(store, to: workshop.path("x.csv"), as: .csv)
        for file in ["x.nodes.csv", "x.edges.csv"] {
            let lines = try workshop.read(file).split(separator: "\n").map(String.init)
            let rows = Array(lines.dropFirst()).shuffled(using: &generator)
            try workshop.write(([lines[0]] + rows).joined(separator: "\r\n"), to: file)
        }
        let shuffled = try Contents(workshop.load(workshop.path("x.csv"), .csv))
        let expected = try Contents(store)
        #expect(Set(shuffled.records) == Set(expected.records), "seed \(seed)")
    }

    /// Spoiled pairs of tables are loaded or refused with a line, and never trap.
    @Test(arguments: UInt64(0)..<8) func spoiledTablesNeverTrap(seed: UInt64) throws {
        let workshop = try Workshop()
        var generator = SeededGenerator(seed: seed)
        let store = try GraphMLTests.small(workshop)
        try Interchange.export(store, to: workshop.path("x.csv"), as: .csv)
        let names = ["x.nodes.csv", "x.edges.csv"]
        let good = try names.map { Array(try workshop.read($0).utf8) }
        for _ in 0..<25 {
            for (name, bytes) in zip(names, good) {
                var spoiled = bytes
                for _ in 0..<generator.below(3) {
                    spoiled[generator.below(spoiled.count)] = generator.pick(
                        Array("\",\n\r'=:0a".utf8) + [0xFF, 0x00])
                }
                try Data(spoiled).write(to: URL(filePath: workshop.path(name)))
            }
            let found = workshop.complaint(workshop.path("x.csv"), .csv)
            #expect(
                found.map { $0.contains("s.csv, line ") && $0.hasSuffix(".") } ?? true,
                "seed \(seed): \(found ?? "")")
        }
    }

    /// The same property under one name has one kind in one node and another in the next.
    @Test(arguments: Interchange.Format.allCases)
    func oneNameMayHaveEveryKind(format: Interchange.Format) throws {
        let workshop = try Workshop()
        let store = try workshop.store("a")
        let values: [Property] = [
            .string("1"), .int(1), .double(1), .bool(true), .timestamp(Timestamp(rawValue: 1)),
            .vector([1]), .double(-.nan), .string(""), .vector([]),
        ]
        try store.write { transaction in
            for (index, value) in values.enumerated() {
                let ann = try store.addNode(.person, "\(index)", in: transaction)
                try store.put(
                    Node(id: ann, properties: ["p": value]), graph: .shared, in: transaction)
                var loop = edge(ann, .likes, ann)
                loop.properties = ["p": value]
                try store.put(loop, graph: .shared, in: transaction)
            }
        }
        let expected = try Contents(store)
        let found = try Contents(workshop.copy(store, through: format))
        #expect(found == expected)
    }

    /// The longest ids and the largest numbers of graphs, and many edges between two nodes.
    @Test(arguments: Interchange.Format.allCases)
    func extremesSurvive(format: Interchange.Format) throws {
        let workshop = try Workshop()
        let types = (0..<50).map { EdgeType(rawValue: "T\($0)") }
        let label = Label(rawValue: String(repeating: "L", count: 400))
        let store = try workshop.store("a", labels: [label], edgeTypes: types)
        try store.write { transaction in
            let long = try store.addNode(
                label, String(repeating: "\u{1}", count: 400), in: transaction)
            let short = try store.addNode(label, "x", in: transaction)
            for (index, type) in types.enumerated() {
                let graph = GraphID(rawValue: .max - UInt64(index % 3))
                try store.put(edge(long, type, short), graph: graph, in: transaction)
                try store.put(edge(short, type, long), graph: graph, in: transaction)
            }
        }
        let expected = try Contents(store)
        let found = try Contents(workshop.copy(store, through: format))
        #expect(found == expected)
    }

    /// Types and labels that are declared and not used survive where files list them.
    @Test(arguments: [Interchange.Format.graphML, .jsonLines, .cypher])
    func unusedNamesAreKeptInOrder(format: Interchange.Format) throws {
        let workshop = try Workshop()
        let labels = ["Z", "a b", "A"].map(Label.init(rawValue:))
        let types = ["z", "", "a"].map(EdgeType.init(rawValue:))
        let store = try workshop.store("a", labels: labels, edgeTypes: types)
        let copy = try workshop.copy(store, through: format)
        #expect(copy.labels == labels)
        #expect(copy.edgeTypes == types)
    }

    @Test func tablesDeclareOnlyWhatIsUsed() throws {
        let workshop = try Workshop()
        let store = try workshop.store("a")
        try store.write { transaction in
            let book = try store.addNode(.book, "b", in: transaction)
            try store.put(edge(book, .knows, book), graph: .shared, in: transaction)
        }
        let copy = try workshop.copy(store, through: .csv)
        #expect(copy.labels == [.book])
        #expect(copy.edgeTypes == [.knows])
    }
}
