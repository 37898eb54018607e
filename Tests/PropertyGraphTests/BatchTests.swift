import GraphFixtures
import LMDB
import PropertyGraph
import TestSupport
import Testing

/// Changes made ready beforehand do what changes on the spot do.
@Suite struct BatchTests {
    private func edges(_ generator: inout SeededGenerator, _ nodes: [NodeID]) -> [Edge] {
        var edges: [Edge] = []
        for source in nodes {
            for target in nodes where generator.chance(0.4) {
                let type: EdgeType = generator.chance(0.5) ? .likes : .knows
                var edge = edge(source, type, target, weight: Double(generator.below(9)))
                edge.properties = generator.properties()
                edges.append(edge)
            }
        }
        return edges
    }

    @Test(arguments: UInt64(0)..<20) func aBatchIsAsGoodAsPuts(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for reverseIndex in [GraphStore.ReverseIndex.everyGraph, .sharedGraph] {
            let folder = try TemporaryFolder()
            let store = try open(folder, reverseIndex: reverseIndex)
            let nodes = try store.write { transaction in
                try (0..<6).map { try store.addNode(.person, "\($0)", in: transaction) }
            }
            let node = Node(id: nodes[0], properties: generator.properties())
            let edges = edges(&generator, nodes)
            for (graph, isBatch) in [(GraphID(rawValue: 1), true), (GraphID(rawValue: 2), false)] {
                var batch = WriteBatch()
                let known = edges.prefix(3)
                try store.put(
                    node, edges.map { ($0, known.contains($0)) }.shuffled(using: &generator),
                    graph: graph, into: &batch)
                let ready = batch
                try store.write { transaction in
                    for edge in known { try store.put(edge, graph: graph, in: transaction) }
                    if isBatch {
                        try transaction.apply(ready)
                    } else {
                        try store.put(node, graph: graph, in: transaction)
                        for edge in edges {
                            try store.put(edge, graph: graph, in: transaction)
                        }
                    }
                }
            }
            let (one, two) = (
                try store.loadGraph(GraphID(rawValue: 1)),
                try store.loadGraph(GraphID(rawValue: 2))
            )
            #expect(one == two && one.edges.count == edges.count, "seed \(seed)")
            // Incoming edges are the same with and without a reverse index.
            for target in nodes {
                let entering = try (UInt64(1)...2).map { graph in
                    try store.read { transaction in
                        var found: [Edge] = []
                        try store.forEachEdge(
                            to: target, graph: GraphID(rawValue: graph), in: transaction
                        ) {
                            found.append($0)
                            return true
                        }
                        return found
                    }
                }
                #expect(entering[0] == entering[1], "seed \(seed)")
                #expect(Set(entering[0]) == Set(edges.filter { $0.target == target }))
            }
        }
    }

    @Test func waysBackBelongToTheStore() throws {
        let folder = try TemporaryFolder()
        do {
            let store = try open(folder, reverseIndex: .sharedGraph)
            store.environment.close()
        }
        let store = try open(folder, reverseIndex: .everyGraph)
        let ids = try store.write { transaction in
            try ["a", "b"].map { try store.addNode(.person, $0, in: transaction) }
        }
        try store.write { transaction in
            let edge = edge(ids[0], .likes, ids[1])
            try store.put(edge, graph: .shared, in: transaction)
            try store.put(edge, graph: GraphID(rawValue: 5), in: transaction)
        }
        // One record per edge, and one entry in the reverse index.
        #expect(try store.read { try $0.count(store.records) } == 3)
    }

    @Test func aLoadedGraphEqualsWhatWasPut() throws {
        let fixture = try Fixture()
        var generator = SeededGenerator(seed: 1)
        let ids = try fixture.add(.person, "a", "b", "c")
        let node = Node(id: ids[1], properties: generator.properties())
        var edges = edges(&generator, ids)
        // Every form of a record: counts of one byte and more, with and without properties.
        for (index, count) in [UInt64(0), 127, 128, .max].enumerated() where index < edges.count {
            edges[index].count = count
            edges[index].properties = [:]
        }
        let graph = GraphID(rawValue: 3)
        try fixture.store.write { [store = fixture.store, edges] transaction in
            try store.put(node, graph: graph, in: transaction)
            for edge in edges { try store.put(edge, graph: graph, in: transaction) }
        }
        let loaded = try fixture.store.loadGraph(graph)
        #expect(loaded.nodes == [node])
        #expect(Set(loaded.edges) == Set(edges) && loaded.edges.count == edges.count)
        #expect(try fixture.store.loadGraph(GraphID(rawValue: 4)).edges.isEmpty)
    }

    @Test func aBatchWithABadKeyIsAnError() throws {
        let fixture = try Fixture()
        for length in [0, 512] {
            var batch = WriteBatch()
            let key = [UInt8](repeating: 1, count: length)
            batch.put(in: fixture.store.records, key: { $0.appendRaw(key) }, value: { _ in })
            let ready = batch
            let error = #expect(throws: LMDBError.self) {
                try fixture.store.write { try $0.apply(ready) }
            }
            #expect(error?.code == .keySize)
        }
    }

    @Test func onlyIfAbsentKeepsWhatIsThere() throws {
        let fixture = try Fixture()
        let table = fixture.store.records
        var batch = WriteBatch()
        batch.put(in: table, key: { $0.appendUInt8(200) }, value: { $0.appendUInt8(1) })
        batch.put(
            in: table, onlyIfAbsent: true, key: { $0.appendUInt8(200) },
            value: { $0.appendUInt8(2) })
        batch.put(
            in: table, onlyIfAbsent: true, key: { $0.appendUInt8(201) },
            value: { $0.appendUInt8(3) })
        #expect(batch.count == 3)
        let ready = batch
        try fixture.store.write { try $0.apply(ready) }
        let values = try fixture.store.read { transaction in
            [
                try transaction.bytes(for: [200], in: table),
                try transaction.bytes(for: [201], in: table),
            ]
        }
        #expect(values == [[1], [3]])
    }
}
