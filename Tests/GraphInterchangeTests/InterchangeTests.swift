import Foundation
import GraphFixtures
import LMDB
import TestSupport
import Testing

@testable import GraphInterchange
@testable import PropertyGraph

/// Exporting and loading, whatever the format.
@Suite struct InterchangeTests {
    @Test(arguments: Interchange.Format.allCases)
    func loadingTwiceIsTheSameAsOnce(format: Interchange.Format) throws {
        let workshop = try Workshop()
        var generator = SeededGenerator(seed: 11)
        let store = try workshop.store("a")
        try generator.fill(store)
        let path = workshop.path("x.out")
        try Interchange.export(store, to: path, as: format)
        let file = try Interchange.File(path: path, format: format)
        let copy = try workshop.store("b", labels: file.labels, edgeTypes: file.edgeTypes)
        try Interchange.load(file, into: copy)
        let once = try Contents(copy)
        try Interchange.load(file, into: copy)
        #expect(try Contents(copy) == once)
        // And into the store that it came from.
        let before = try Contents(store)
        try Interchange.load(file, into: store)
        #expect(try Contents(store) == before)
    }

    @Test(arguments: Interchange.Format.allCases)
    func loadingReplacesRecordsAndKeepsOthers(format: Interchange.Format) throws {
        let workshop = try Workshop()
        let store = try workshop.store("a")
        let other = try workshop.store("b")
        for (store, weight) in [(store, 1.0), (other, 2.0)] {
            try store.write { transaction in
                let name = weight == 1 ? "first" : "second"
                let own = try store.addNode(.person, name, in: transaction)
                let ann = try store.addNode(.person, "ann", in: transaction)
                try store.put(
                    Node(id: ann, properties: [name: .int(1)]), graph: .shared, in: transaction)
                try store.put(
                    edge(ann, .likes, ann, weight: weight), graph: .shared, in: transaction)
                try store.put(
                    edge(own, .likes, ann, weight: weight), graph: .shared, in: transaction)
            }
        }
        let path = workshop.path("x.out")
        try Interchange.export(store, to: path, as: format)
        try Interchange.load(Interchange.File(path: path, format: format), into: other)
        let contents = try Contents(other)
        #expect(contents.names == ["Person 0 second", "Person 1 ann", "Person 2 first"])
        let one = (1.0).bitPattern
        #expect(
            contents.records == [
                "0 node Person ann first=i1", "0 edge Person ann LIKES Person ann \(one) 1 0 0 ",
                "0 edge Person first LIKES Person ann \(one) 1 0 0 ",
                "0 edge Person second LIKES Person ann \((2.0).bitPattern) 1 0 0 ",
            ])
    }

    @Test(arguments: Interchange.Format.allCases)
    func theFileSaysWhatItHolds(format: Interchange.Format) throws {
        let workshop = try Workshop()
        let store = try GraphMLTests.small(workshop)
        let path = workshop.path("x.out")
        let written = try Interchange.export(store, to: path, as: format)
        let file = try Interchange.File(path: path, format: format)
        #expect(file.labels == [.person, .book])
        #expect(Set(file.edgeTypes) == [.likes, .knows])
        #expect(file.path == path && file.format == format)
        for summary in [written, file.summary] {
            #expect(summary.graphs == 2 && summary.nodes == 3 && summary.edges == 3)
        }
        #expect(file.summary == written)
    }

    @Test(arguments: Interchange.Format.allCases)
    func aFileWithABadLineChangesNothing(format: Interchange.Format) throws {
        let workshop = try Workshop()
        let store = try GraphMLTests.small(workshop)
        let path = workshop.path("x.out")
        try Interchange.export(store, to: path, as: format)
        let file = try Interchange.File(path: path, format: format)
        let spoiled = format == .csv ? "x.out.edges.csv" : "x.out"
        try workshop.write(
            try workshop.read(spoiled).replacingOccurrences(of: "</graphml>", with: "")
                + "\nspoiled\n", to: spoiled)
        #expect(throws: InterchangeError.self) {
            try Interchange.File(path: path, format: format)
        }
        // Even when the file was good at first, the batch of the bad line is not written.
        let copy = try workshop.store("b")
        #expect(throws: InterchangeError.self) { try Interchange.load(file, into: copy) }
        let contents = try Contents(copy)
        #expect(contents.names.isEmpty && contents.records.isEmpty)
    }

    @Test func labelsAndTypesMustBeDeclared() throws {
        let workshop = try Workshop()
        let store = try GraphMLTests.small(workshop)
        let path = workshop.path("x.jsonl")
        try Interchange.export(store, to: path, as: .jsonLines)
        let file = try Interchange.File(path: path, format: .jsonLines)
        let noBooks = try workshop.store("b", labels: [.person])
        #expect(code { try Interchange.load(file, into: noBooks) } == .undeclared)
        let noTypes = try workshop.store("c", edgeTypes: [.likes])
        #expect(code { try Interchange.load(file, into: noTypes) } == .undeclared)
        #expect(try Contents(noBooks).names.isEmpty)
    }

    @Test func progressIsReportedToTheEnd() throws {
        let workshop = try Workshop()
        let store = try workshop.store("a")
        try store.write { transaction in
            for index in 0..<25_000 {
                _ = try store.addNode(.person, "\(index)", in: transaction)
            }
        }
        let path = workshop.path("x.jsonl")
        var reports: [Int] = []
        try Interchange.export(store, to: path, as: .jsonLines) { reports.append($0) }
        #expect(reports == [10_000, 20_000, 25_000])
        reports = []
        let file = try Interchange.File(path: path, format: .jsonLines) { reports.append($0) }
        #expect(reports == [10_000, 20_000, 25_000])
        reports = []
        let copy = try workshop.store("b")
        try Interchange.load(file, into: copy) { reports.append($0) }
        #expect(reports.last == 25_000 && reports.count >= 3)
        #expect(try Contents(copy).names.count == 25_000)
    }

    @Test(arguments: Interchange.Format.allCases)
    func filesArePrivateAndAppearWhole(format: Interchange.Format) throws {
        let workshop = try Workshop()
        let store = try GraphMLTests.small(workshop)
        let names = format == .csv ? ["x.nodes.csv", "x.edges.csv"] : ["x.csv"]
        for name in names { try workshop.write("old", to: name) }
        try Interchange.export(store, to: workshop.path("x.csv"), as: format)
        for name in names {
            let attributes = try FileManager.default.attributesOfItem(atPath: workshop.path(name))
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            #expect(try workshop.read(name) != "old")
            #expect(!FileManager.default.fileExists(atPath: workshop.path(name + ".partial")))
        }
    }

    @Test(arguments: Interchange.Format.allCases)
    func aFailedExportLeavesTheOldFile(format: Interchange.Format) throws {
        let workshop = try Workshop()
        let store = try workshop.store("a")
        let names = format == .csv ? ["x.nodes.csv", "x.edges.csv"] : ["x.csv"]
        for name in names { try workshop.write("old", to: name) }
        try store.write { transaction in
            let ann = try store.addNode(.person, "ann", in: transaction)
            let nobody = try store.nodeID(.person, index: 5)
            try store.put(edge(ann, .likes, nobody), graph: .shared, in: transaction)
        }
        let path = workshop.path("x.csv")
        let error = try #require(throws: InterchangeError.self) {
            try Interchange.export(store, to: path, as: format)
        }
        #expect(error.code == .store && error.line == nil)
        #expect(
            error.description == "\(path): a graph of the store has a node without a name; "
                + "add the node first.")
        for name in names {
            #expect(try workshop.read(name) == "old")
            #expect(!FileManager.default.fileExists(atPath: workshop.path(name + ".partial")))
        }
    }

    @Test func whatCannotBeLoadedIsNotExported() throws {
        let workshop = try Workshop()
        let store = try workshop.store("a")
        let ann = try store.write { try store.addNode(.person, "ann", in: $0) }
        func put(_ properties: [String: Property]) throws {
            try store.write {
                try store.put(Node(id: ann, properties: properties), graph: .shared, in: $0)
            }
        }
        func complaint(_ format: Interchange.Format) -> String? {
            do {
                try Interchange.export(store, to: workshop.path("x.out"), as: format)
                return nil
            } catch {
                return (error as? InterchangeError)?.description
            }
        }
        try put(["v": .vector(Array(repeating: 0, count: Interchange.vectorCountMax + 1))])
        for format in Interchange.Format.allCases {
            #expect(complaint(format)?.contains("more than 1048576 numbers") == true)
        }
        try put(["t": .string(String(repeating: "x", count: Interchange.lineByteCountMax))])
        #expect(complaint(.jsonLines)?.contains("more than 16777216 bytes") == true)
        var many: [String: Property] = [:]
        for index in 0...Interchange.propertyCountMax { many["p\(index)"] = .bool(true) }
        try put(many)
        #expect(complaint(.jsonLines)?.contains("more than 4096 properties") == true)
        #expect(complaint(.csv)?.contains("more than 4096 different properties") == true)
    }

    @Test func pathsThatAreNoFilesAreRefused() throws {
        let workshop = try Workshop()
        let store = try workshop.store("a")
        for format in Interchange.Format.allCases where format != .csv {
            let missing = workshop.complaint(workshop.path("none"), format)
            #expect(missing == "FILE: there is no such file; check the path.")
            let isFolder = workshop.complaint(workshop.folder.path, format)
            #expect(isFolder == "FILE: this is a folder; name a file in it.")
            #expect(throws: InterchangeError.self) {
                try Interchange.export(store, to: workshop.folder.path, as: format)
            }
            #expect(throws: InterchangeError.self) {
                try Interchange.export(store, to: workshop.path("no/such/folder"), as: format)
            }
        }
    }

    @Test(
        arguments: [
            ("a.graphml", .graphML), ("a.XML", .graphML), ("/x.y/a.csv", .csv),
            ("a.nodes.csv", .csv),
            ("a.jsonl", .jsonLines), ("a.ndjson", .jsonLines), ("a.cypher", .cypher),
            ("a.cql", .cypher),
            ("a", nil), ("a.txt", nil), ("", nil), ("x.csv/a", nil), ("a.json", nil),
        ] as [(String, Interchange.Format?)])
    func theExtensionNamesTheFormat(_ path: String, _ expected: Interchange.Format?) {
        #expect(Interchange.Format(path: path) == expected)
    }

    @Test(arguments: Interchange.Format.allCases)
    func tooManyLabelsAreRefused(format: Interchange.Format) throws {
        let workshop = try Workshop()
        let count = Interchange.vocabularyCountMax + 1
        let labels = (0..<count).map { "L\($0)" }
        let text: String
        switch format {
        case .graphML:
            text =
                "<graphml><graph edgedefault=\"directed\">"
                + labels.map { "<node id=\"\($0):1\"/>" }.joined() + "</graph></graphml>"
        case .csv:
            text = "id,graph\n" + labels.map { "\($0):1,\n" }.joined()
            try workshop.write(text, to: "x.nodes.csv")
            try workshop.write(CSVPair.edgeColumns.joined(separator: ","), to: "x.edges.csv")
        case .jsonLines:
            text =
                "{\"foretwin\":\"property graph\",\"version\":1}\n"
                + labels.map { "{\"node\":[\"\($0)\",\"1\"]}\n" }.joined()
        case .cypher:
            text =
                "// foretwin property graph 1\n" + labels.map { "// label `\($0)`\n" }.joined()
        }
        let found =
            format == .csv
            ? workshop.complaint(workshop.path("x.csv"), format)
            : try workshop.complaint(about: text, format)
        #expect(
            found?.contains("there are more than 10000 labels or edge types; use fewer.") == true)
    }
}
