import Foundation
import GraphFixtures
import TestSupport
import Testing

@testable import GraphInterchange
@testable import PropertyGraph
@testable import Time

/// What is exported and loaded into an empty store is the same again, in every format.
@Suite struct RoundTripTests {
    private static let oddLabels = ["Person", "A:b", "a b", "`x`", "_x0041_", "é", "'", "\\", "\n"]
        .map(Label.init(rawValue:))
    private static let oddTypes = ["LIKES", "has a", "=x", "`", "<&>", "\u{1}", "'a", "日本"]
        .map(EdgeType.init(rawValue:))

    @Test(arguments: Interchange.Format.allCases, UInt64(0)..<8)
    func randomStoresAreTheSameAgain(format: Interchange.Format, seed: UInt64) throws {
        let workshop = try Workshop()
        var generator = SeededGenerator(seed: seed)
        let store = try workshop.store("a", labels: Self.oddLabels, edgeTypes: Self.oddTypes)
        try generator.fill(store)
        let copy = try workshop.copy(store, through: format)
        let expected = try Contents(store)
        let found = try Contents(copy)
        #expect(found == expected, "seed \(seed)")
    }

    @Test(arguments: Interchange.Format.allCases, UInt64(20)..<23)
    func eachGraphAloneIsTheSameAgain(format: Interchange.Format, seed: UInt64) throws {
        let workshop = try Workshop()
        var generator = SeededGenerator(seed: seed)
        let store = try workshop.store("a", labels: Self.oddLabels, edgeTypes: Self.oddTypes)
        try generator.fill(store)
        let all = try Contents(store)
        for number in [0, 1, 77, UInt64.max] {
            let graph = GraphID(rawValue: number)
            let copy = try Contents(workshop.copy(store, .graph(graph), through: format))
            let expected = all.records.filter { $0.hasPrefix("\(number) ") }
            #expect(copy.records == expected, "seed \(seed), graph \(number)")
            // The names of the copy are those that the graph mentions, in the same order.
            let mentioned = all.names.map(Self.withoutNumber).filter { name in
                expected.contains { " \($0) ".contains(" \(name) ") }
            }
            #expect(copy.names.map(Self.withoutNumber) == mentioned, "seed \(seed)")
        }
    }

    private static func withoutNumber(_ name: String) -> String {
        let parts = name.split(separator: " ")
        return "\(parts[0]) \(parts[2])"
    }

    @Test(arguments: Interchange.Format.allCases)
    func everyNastyTextSurvivesEverywhere(format: Interchange.Format) throws {
        let workshop = try Workshop()
        let store = try workshop.store("a")
        try store.write { transaction in
            for text in nastyTexts {
                let ann = try store.addNode(.person, text, in: transaction)
                let book = try store.addNode(.book, text, in: transaction)
                let properties: [String: Property] = [text: .string(text), "other": .string(text)]
                try store.put(
                    Node(id: ann, properties: properties), graph: .shared, in: transaction)
                try store.put(
                    Edge(
                        source: ann, type: .likes, target: book, weight: 1,
                        first: Timestamp(seconds: 0), last: Timestamp(seconds: 0),
                        properties: properties), graph: .shared, in: transaction)
            }
        }
        let expected = try Contents(store)
        let found = try Contents(workshop.copy(store, through: format))
        #expect(found == expected)
        #expect(expected.names.count == 2 * nastyTexts.count)
    }

    @Test(arguments: Interchange.Format.allCases)
    func everyLabelAndTypeSurvives(format: Interchange.Format) throws {
        let workshop = try Workshop()
        // A label or type that looks the same as another is the same; the rest are all different.
        let names = nastyTexts.filter { $0 != "e\u{301}" && $0 != "a\u{308}" }
        let labels = names.map(Label.init(rawValue:))
        let store = try workshop.store(
            "a", labels: labels, edgeTypes: names.map(EdgeType.init(rawValue:)))
        try store.write { transaction in
            for (label, type) in zip(store.labels, store.edgeTypes) {
                let node = try store.addNode(label, "x", in: transaction)
                try store.put(edge(node, type, node), graph: .shared, in: transaction)
            }
        }
        let copy = try workshop.copy(store, through: format)
        #expect(copy.labels.map { exact($0.rawValue) } == store.labels.map { exact($0.rawValue) })
        #expect(
            Set(copy.edgeTypes.map { exact($0.rawValue) })
                == Set(store.edgeTypes.map { exact($0.rawValue) }))
        let expected = try Contents(store)
        let found = try Contents(copy)
        #expect(found == expected)
    }

    @Test(arguments: Interchange.Format.allCases)
    func everyNumberKeepsItsBits(format: Interchange.Format) throws {
        let workshop = try Workshop()
        let store = try workshop.store("a")
        try store.write { transaction in
            for (index, number) in nastyNumbers.enumerated() {
                let ann = try store.addNode(.person, "\(index)", in: transaction)
                let floats = [Float(number), Float(bitPattern: 0x7F80_0001 + UInt32(index))]
                try store.put(
                    Edge(
                        source: ann, type: .likes, target: ann, weight: number, count: .max,
                        first: Timestamp(rawValue: .min), last: Timestamp(rawValue: .max),
                        properties: ["d": .double(number), "v": .vector(floats)]),
                    graph: .shared, in: transaction)
            }
        }
        let expected = try Contents(store)
        let found = try Contents(workshop.copy(store, through: format))
        #expect(found == expected)
    }

    @Test(arguments: Interchange.Format.allCases, UInt64(30)..<33)
    func randomBitsOfNumbersSurvive(format: Interchange.Format, seed: UInt64) throws {
        let workshop = try Workshop()
        var generator = SeededGenerator(seed: seed)
        let store = try workshop.store("a")
        try store.write { transaction in
            for index in 0..<300 {
                let ann = try store.addNode(.person, "\(index)", in: transaction)
                let number = Double(bitPattern: generator.next())
                let floats = (0..<3).map { _ in
                    Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
                }
                let record: [String: Property] = ["d": .double(number), "v": .vector(floats)]
                try store.put(Node(id: ann, properties: record), graph: .shared, in: transaction)
            }
        }
        let expected = try Contents(store)
        let found = try Contents(workshop.copy(store, through: format))
        #expect(found == expected, "seed \(seed)")
    }

    @Test(arguments: Interchange.Format.allCases)
    func anEmptyStoreAndAnEmptyGraphAreFiles(format: Interchange.Format) throws {
        let workshop = try Workshop()
        let store = try workshop.store("a")
        for scope in [Interchange.Scope.store, .graph(GraphID(rawValue: 9))] {
            let copy = try Contents(workshop.copy(store, scope, through: format))
            #expect(copy.names.isEmpty && copy.records.isEmpty)
        }
    }

    @Test(arguments: Interchange.Format.allCases)
    func aRecordWithoutPropertiesIsNotTheSameAsNone(format: Interchange.Format) throws {
        let workshop = try Workshop()
        let store = try workshop.store("a")
        try store.write { transaction in
            _ = try store.addNode(.person, "only named", in: transaction)
            let empty = try store.addNode(.person, "empty", in: transaction)
            try store.put(Node(id: empty), graph: .shared, in: transaction)
            try store.put(Node(id: empty), graph: GraphID(rawValue: 3), in: transaction)
        }
        let copy = try Contents(workshop.copy(store, through: format))
        #expect(copy.names == ["Person 0 6f.6e.6c.79.20.6e.61.6d.65.64", "Person 1 empty"])
        #expect(copy.records == ["0 node Person empty ", "3 node Person empty "])
    }

    @Test(arguments: Interchange.Format.allCases)
    func exportingTheCopyWritesTheSameFile(format: Interchange.Format) throws {
        let workshop = try Workshop()
        var generator = SeededGenerator(seed: 5)
        let store = try workshop.store("a")
        try generator.fill(store)
        let copy = try workshop.copy(store, through: format)
        try Interchange.export(store, to: workshop.path("1.csv"), as: format)
        try Interchange.export(copy, to: workshop.path("2.csv"), as: format)
        let endings = format == .csv ? [".nodes.csv", ".edges.csv"] : [".csv"]
        for ending in endings {
            let first = try workshop.read("1" + ending).split(separator: "\n")
            let second = try workshop.read("2" + ending).split(separator: "\n")
            // CSV declares no types: edges come in the order of the types' first use.
            #expect(first.sorted() == second.sorted())
            if format != .csv { #expect(first == second) }
        }
    }

    @Test(arguments: Interchange.Format.allCases)
    func largeRecordsSurvive(format: Interchange.Format) throws {
        let workshop = try Workshop()
        let store = try workshop.store("a")
        var generator = SeededGenerator(seed: 8)
        let vector = (0..<5000).map { _ in Float(generator.below(1000)) / 7 }
        let text = String(repeating: "long \"text\", with <&> and\n", count: 2000)
        var many: [String: Property] = [:]
        for index in 0..<1000 { many["p\(index)"] = .int(Int64(index)) }
        try store.write { transaction in
            let ann = try store.addNode(
                .person, String(repeating: "ä", count: 200), in: transaction)
            let bob = try store.addNode(.person, "bob", in: transaction)
            let large: [String: Property] = ["v": .vector(vector), "t": .string(text)]
            try store.put(Node(id: ann, properties: large), graph: .shared, in: transaction)
            try store.put(Node(id: bob, properties: many), graph: .shared, in: transaction)
        }
        let expected = try Contents(store)
        let found = try Contents(workshop.copy(store, through: format))
        #expect(found == expected)
    }
}
