import GraphFixtures
import GraphInterchange
import LMDB
import PropertyGraph
import TestSupport
import Testing
import Time

private let byAge = PropertyIndex(.person, "age")
private let byTitle = PropertyIndex(.book, "title")

/// Sets one property of nodes.
private func put(
    _ name: String, _ values: [(NodeID, Property?)], graph: GraphID, in store: GraphStore
) throws {
    try store.write { transaction in
        for (node, value) in values {
            let properties = value.map { [name: $0, "other": .int(1)] } ?? [:]
            try store.put(Node(id: node, properties: properties), graph: graph, in: transaction)
        }
    }
}

private func find(
    _ store: GraphStore, _ index: PropertyIndex, _ range: PropertyRange,
    graph: GraphID = .shared, limit: Int = .max
) throws -> [NodeID] {
    try store.read { transaction in
        let answer = try store.nodes(
            index.label, where: index.property, in: range, graph: graph, limit: limit,
            in: transaction)
        return answer.elements
    }
}

/// The nodes that an index names, first to last.
private func visit(
    _ store: GraphStore, _ index: PropertyIndex, _ range: PropertyRange, graph: GraphID = .shared
) throws -> [NodeID] {
    try store.read { transaction in
        var nodes: [NodeID] = []
        try store.forEachNode(by: index, in: range, graph: graph, in: transaction) {
            nodes.append($0)
            return true
        }
        return nodes
    }
}

private func equal(_ value: Property) throws -> PropertyRange { try PropertyRange(equalTo: value) }

private func notes(_ store: GraphStore) throws -> (notes: [String], audit: GraphStore.Audit) {
    try store.read { transaction in
        var notes: [String] = []
        let audit = try store.audit(
            in: transaction, note: { notes.append($0) }, progress: { _, _ in })
        return (notes, audit)
    }
}

/// Indexes: what they find, and that they stay right whatever is done.
@Suite struct IndexTests {
    @Test func nodesAreFoundByValueAndByRange() throws {
        let fixture = try Fixture(indexes: [byAge])
        let people = try fixture.add(.person, "a", "b", "c", "d", "e")
        let ages: [Int64] = [40, -3, 40, 7, .max]
        for graph in [GraphID.shared, GraphID(rawValue: 9)] {
            try put(
                "age", zip(people, ages).map { ($0, .int($1)) }, graph: graph, in: fixture.store)
            func found(_ lower: Int64?, _ upper: Int64?) throws -> [NodeID] {
                let range = try PropertyRange(
                    from: lower.map(Property.int), through: upper.map(Property.int))
                let found = try find(fixture.store, byAge, range, graph: graph)
                #expect(try visit(fixture.store, byAge, range, graph: graph) == found)
                return found
            }
            #expect(try found(40, 40) == [people[0], people[2]])
            #expect(try found(7, 40) == [people[3], people[0], people[2]])
            #expect(try found(nil, 7) == [people[1], people[3]])
            #expect(try found(41, nil) == [people[4]])
            #expect(try found(8, 39).isEmpty)
            #expect(try found(40, 7).isEmpty)
        }
        // Neither another graph nor another kind of value.
        let all = try PropertyRange(from: .int(.min), through: nil)
        #expect(try find(fixture.store, byAge, all, graph: GraphID(rawValue: 8)).isEmpty)
        #expect(try find(fixture.store, byAge, try equal(.double(40))).isEmpty)
        #expect(try find(fixture.store, byAge, try equal(.string("40"))).isEmpty)
    }

    @Test func aLimitTakesTheFirstAndSaysSo() throws {
        for indexes in [[byAge], []] {
            let fixture = try Fixture(indexes: indexes)
            let people = try fixture.add(.person, "a", "b", "c")
            try put(
                "age", [(people[0], .int(3)), (people[1], .int(1)), (people[2], .int(2))],
                graph: .shared, in: fixture.store)
            let range = try PropertyRange(from: .int(0), through: nil)
            let answers = try fixture.store.read(graph: .shared) { graph in
                try [0, 2, 3, 4].map { limit in
                    try graph.nodes(.person, where: "age", in: range, limit: limit)
                }
            }
            #expect(answers.map(\.elements.count) == [0, 2, 3, 3])
            #expect(answers.map(\.isTruncated) == [true, true, false, false])
            #expect(answers[1].elements == [people[1], people[2]])
        }
    }

    @Test func aVisitReadsNoFurtherThanItMust() throws {
        let fixture = try Fixture(indexes: [byAge])
        let people = try fixture.add(.person, "a", "b", "c")
        try put("age", people.map { ($0, .int(5)) }, graph: .shared, in: fixture.store)
        var seen = 0
        try fixture.store.read { transaction in
            try fixture.store.forEachNode(
                by: byAge, in: try equal(.int(5)), graph: .shared, in: transaction
            ) { _ in
                seen += 1
                return false
            }
        }
        #expect(seen == 1)
    }

    @Test func everyPutKeepsIt() throws {
        let fixture = try Fixture(indexes: [byAge])
        let store = fixture.store
        let node = try fixture.add(.person, "a")[0]
        let steps: [Property?] = [
            .int(1), .int(2), .int(2), .double(2), .string("two"), .bool(true),
            .timestamp(Timestamp(seconds: 2)), .vector([2]), nil, .int(1),
        ]
        for (number, value) in steps.enumerated() {
            try put("age", [(node, value)], graph: .shared, in: store)
            for other in steps.compactMap(\.self) where other.vector == nil {
                let isThere = value == other
                #expect(
                    try visit(store, byAge, try equal(other)) == (isThere ? [node] : []),
                    "step \(number)")
            }
            #expect(try notes(store).notes.isEmpty)
        }
    }

    @Test func aWriteThatFailsChangesNothing() throws {
        struct Abort: Error {}
        let fixture = try Fixture(indexes: [byAge])
        let node = try fixture.add(.person, "a")[0]
        try put("age", [(node, .int(1))], graph: .shared, in: fixture.store)
        #expect(throws: Abort.self) {
            try fixture.store.write { transaction in
                try fixture.store.put(
                    Node(id: node, properties: ["age": .int(2)]), graph: .shared, in: transaction)
                throw Abort()
            }
        }
        #expect(try find(fixture.store, byAge, try equal(.int(1))) == [node])
        #expect(try find(fixture.store, byAge, try equal(.int(2))).isEmpty)
    }

    @Test func whatRemovesAGraphRemovesItsEntries() throws {
        let fixture = try Fixture(indexes: [byAge])
        let store = fixture.store
        let people = try fixture.add(.person, "a", "b")
        let graphs = [0, 1, 2, 3].map { GraphID(rawValue: $0) }
        for graph in graphs {
            try put("age", people.map { ($0, .int(5)) }, graph: graph, in: store)
        }
        let attachment = GraphStore.attachmentKey(graphs[1], tag: 16).bytes
        let counts = try store.write { transaction in
            try transaction.put([1], for: attachment, in: store.records)
            return [
                try store.clearGraph(graphs[1], in: transaction),
                try store.removeGraph(graphs[2], in: transaction),
            ]
        }
        // Two nodes and two entries each.
        #expect(counts == [4, 4])
        let left = try graphs.map { try visit(store, byAge, try equal(.int(5)), graph: $0).count }
        #expect(left == [2, 0, 0, 2])
        let (findings, audit) = try notes(store)
        #expect(findings.isEmpty && audit.indexEntries == 4 && audit.attachments == 1)
    }

    @Test func onlyNodesOfItsLabelAreInIt() throws {
        let fixture = try Fixture(indexes: [byAge])
        let person = try fixture.add(.person, "a")[0]
        let book = try fixture.add(.book, "a")[0]
        try put("age", [(person, .int(5)), (book, .int(5))], graph: .shared, in: fixture.store)
        #expect(try find(fixture.store, byAge, try equal(.int(5))) == [person])
        #expect(
            try find(fixture.store, PropertyIndex(.book, "age"), try equal(.int(5))) == [book])
        #expect(try notes(fixture.store).audit.indexEntries == 1)
    }

    @Test func importingKeepsIt() throws {
        let plain = try Fixture()
        let people = try plain.add(.person, "a", "b")
        try put("age", people.map { ($0, .int(5)) }, graph: .shared, in: plain.store)
        let file = plain.folder.path + "/graph.jsonl"
        _ = try Interchange.export(plain.store, .store, to: file, as: .jsonLines)
        let indexed = try Fixture(indexes: [byAge])
        let source = try Interchange.File(path: file, format: .jsonLines)
        for _ in 0..<2 { try Interchange.load(source, into: indexed.store) }
        #expect(try find(indexed.store, byAge, try equal(.int(5))).count == 2)
        #expect(try notes(indexed.store).audit.indexEntries == 2)
    }

    // MARK: Declaring

    @Test func anIndexIsBuiltFromWhatThereIs() throws {
        let folder = try TemporaryFolder()
        let graphs = [0, 1, 300].map { GraphID(rawValue: $0) }
        // More than are written in one run.
        let count = 1500
        do {
            let store = try open(folder)
            try store.write { transaction in
                for number in 0..<count {
                    let person = try store.addNode(.person, "p\(number)", in: transaction)
                    let book = try store.addNode(.book, "b\(number)", in: transaction)
                    for graph in graphs {
                        for node in [person, book] {
                            let properties = ["age": Property.int(Int64(number % 10))]
                            try store.put(
                                Node(id: node, properties: properties), graph: graph,
                                in: transaction)
                        }
                    }
                }
            }
            #expect(store.indexes.isEmpty)
            #expect(try notes(store).audit.indexEntries == 0)
            store.environment.close()
        }
        let store = try open(folder, indexes: [byAge, byAge, byTitle])
        #expect(store.indexes == [byAge, byTitle])
        for graph in graphs {
            let found = try visit(store, byAge, try equal(.int(7)), graph: graph)
            #expect(found.count == count / 10 && found == found.sorted())
            #expect(found.allSatisfy { $0.index % 10 == 7 && store.label(of: $0) == .person })
        }
        let (findings, audit) = try notes(store)
        #expect(findings.isEmpty && audit.indexEntries == 3 * count)
    }

    @Test func anIndexStaysWhenItIsNotNamedAgain() throws {
        let folder = try TemporaryFolder()
        let node = try {
            let store = try open(folder, indexes: [byAge])
            defer { store.environment.close() }
            return try store.write { try store.addNode(.person, "a", in: $0) }
        }()
        do {
            let store = try open(folder)
            #expect(store.indexes == [byAge])
            try put("age", [(node, .int(5))], graph: .shared, in: store)
            store.environment.close()
        }
        let store = try open(folder, labels: [], edgeTypes: [], access: .read)
        #expect(store.indexes == [byAge])
        #expect(try visit(store, byAge, try equal(.int(5))) == [node])
        #expect(try notes(store).notes.isEmpty)
    }

    @Test func aStoreWithoutIndexesIsAsItWas() throws {
        let fixture = try Fixture()
        let node = try fixture.add(.person, "a")[0]
        try put("age", [(node, .int(5))], graph: .shared, in: fixture.store)
        let (meta, records) = try fixture.store.read { transaction in
            (
                try transaction.count(fixture.store.environment.table("meta")),
                try transaction.count(fixture.store.records)
            )
        }
        // Format, reverse index, two labels, two types, one count; one node.
        #expect(meta == 7 && records == 1)
    }

    @Test func whatCannotBeIndexedIsAnError() throws {
        let folder = try TemporaryFolder()
        func failure(_ index: PropertyIndex) -> GraphError.Code? {
            code { _ = try open(folder, indexes: [index]) }
        }
        #expect(failure(PropertyIndex(Label(rawValue: "Nobody"), "age")) == .undeclared)
        #expect(failure(PropertyIndex(.person, "")) == .argument)
        #expect(failure(PropertyIndex(.person, String(repeating: "x", count: 401))) == .argument)
        // All or nothing: the store was not made with half of what was asked for.
        let longest = PropertyIndex(.person, String(repeating: "x", count: 400))
        let store = try open(folder, indexes: [longest])
        #expect(store.indexes == [longest])
    }

    @Test func askingForAnIndexThatIsNotThereIsAnError() throws {
        let fixture = try Fixture()
        #expect(code { _ = try visit(fixture.store, byAge, try equal(.int(1))) } == .undeclared)
        let unknown = PropertyIndex(Label(rawValue: "Nobody"), "age")
        #expect(code { _ = try visit(fixture.store, unknown, try equal(.int(1))) } == .undeclared)
        #expect(code { _ = try find(fixture.store, unknown, try equal(.int(1))) } == .undeclared)
    }

    @Test func aBatchCannotSetAnIndexedNode() throws {
        let fixture = try Fixture(indexes: [byAge])
        let person = try fixture.add(.person, "a")[0]
        let book = try fixture.add(.book, "a")[0]
        var batch = WriteBatch()
        #expect(
            code {
                try fixture.store.put(
                    Node(id: person, properties: [:]), [], graph: .shared, into: &batch)
            } == .argument)
        #expect(batch.count == 0)
        try fixture.store.put(Node(id: book, properties: [:]), [], graph: .shared, into: &batch)
        #expect(batch.count == 1)
    }

    // MARK: Damage

    @Test func auditsSeeWhatIsMissingAndWhatIsTooMuch() throws {
        let fixture = try Fixture(indexes: [byAge])
        let store = fixture.store
        let people = try fixture.add(.person, "a", "b")
        try put("age", people.map { ($0, .int(5)) }, graph: .shared, in: store)
        let entries = try store.read { transaction in
            var keys: [[UInt8]] = []
            try transaction.scan(store.records, prefix: [0, 0, 0, 0, 0, 0, 0, 0, 4]) { key, value in
                #expect(value.byteCount == 0)
                keys.append(Array(copying: key))
                return true
            }
            return keys
        }
        #expect(entries.count == 2)
        let other = entries[0].dropLast(9) + [9] + entries[0].suffix(8)
        try store.write { try $0.put([], for: Array(other), in: store.records) }
        #expect(try notes(store).notes == ["1 entries of indexes have no node"])
        try store.write { transaction in
            try transaction.remove(Array(other), in: store.records)
            try transaction.remove(entries[1], in: store.records)
        }
        let (findings, audit) = try notes(store)
        #expect(findings.count == 1 && findings[0].contains("missing in an index"))
        #expect(audit.indexEntries == 1)
        let short = Array(entries[0].prefix(12))
        try store.write { try $0.put([], for: short, in: store.records) }
        #expect(try notes(store).notes.contains { $0.contains("cut short") })
        #expect(
            code {
                let range = try PropertyRange(from: nil, through: .int(0))
                _ = try visit(store, byAge, range)
            } == .corrupt)
    }
}
