import LMDB
import PropertyGraph
import Testing

/// Dictionaries that do what the store does, in the simplest way.
private struct Model {
    struct Ends: Hashable {
        var graph: GraphID
        var source: NodeID
        var type: EdgeType
        var target: NodeID
    }

    struct Place: Hashable {
        var graph: GraphID
        var node: NodeID
    }

    struct Name: Hashable {
        var label: Label
        var name: String
    }

    var names: [Name: NodeID] = [:]
    var edges: [Ends: Edge] = [:]
    var nodes: [Place: [String: Property]] = [:]

    func count(_ label: Label) -> Int { names.keys.count { $0.label == label } }

    func edges(where isWanted: (Ends) -> Bool) -> Set<Edge> {
        Set(edges.filter { isWanted($0.key) }.values)
    }
}

/// Random operations on a store and on dictionaries, compared after each write.
private struct Comparison {
    var fixture: Fixture
    var model = Model()
    var generator: SeededGenerator
    let seed: UInt64
    private let graphs = [0, 1, 2, 255, 256].map { GraphID(rawValue: $0) }
    private let types = [EdgeType.likes, .knows]

    init(seed: UInt64) throws {
        self.seed = seed
        generator = SeededGenerator(seed: seed)
        fixture = try Fixture()
    }

    /// One transaction of some operations, sometimes aborted.
    mutating func step(_ count: Int) throws {
        struct Abort: Error {}
        var next = model
        var random = generator
        let store = fixture.store
        do {
            try store.write { transaction in
                for _ in 0..<count {
                    try operate(store, &next, &random, in: transaction)
                }
                if random.chance(0.1) { throw Abort() }
            }
            model = next
        } catch is Abort {
            // The model keeps what it had before, as the store must.
        }
        generator = random
    }

    private func operate(
        _ store: GraphStore, _ model: inout Model, _ random: inout SeededGenerator,
        in transaction: borrowing WriteTransaction
    ) throws {
        let graph = graphs[random.below(graphs.count)]
        let nodes = model.names.values.sorted()
        guard nodes.count > 1, random.chance(0.8) else {
            let label = random.chance(0.5) ? Label.person : .book
            let name = "n\(random.below(12))"
            let key = Model.Name(label: label, name: name)
            let id = try store.addNode(label, name, in: transaction)
            #expect(id.index == model.names[key]?.index ?? model.count(label), "seed \(seed)")
            model.names[key] = id
            return
        }
        let (source, target) = (nodes[random.below(nodes.count)], nodes[random.below(nodes.count)])
        let type = types[random.below(2)]
        let ends = Model.Ends(graph: graph, source: source, type: type, target: target)
        switch random.below(10) {
        case 0..<5:
            var put = edge(
                source, type, target, weight: Double(random.below(1000)) / 7,
                seconds: Int64(random.below(1000)))
            put.properties = random.properties()
            try store.put(put, graph: graph, in: transaction)
            model.edges[ends] = put
        case 5..<7:
            let removed = try store.removeEdge(
                from: source, type, to: target, graph: graph, in: transaction)
            #expect(removed == (model.edges.removeValue(forKey: ends) != nil), "seed \(seed)")
        case 7..<9:
            let node = Node(id: source, properties: random.properties())
            try store.put(node, graph: graph, in: transaction)
            model.nodes[Model.Place(graph: graph, node: source)] = node.properties
        default:
            guard random.chance(0.3) else { return }
            let edges = model.edges.filter { $0.key.graph == graph }
            let nodes = model.nodes.filter { $0.key.graph == graph }
            let removed = try store.removeGraph(graph, in: transaction)
            #expect(removed == 2 * edges.count + nodes.count, "seed \(seed)")
            for key in edges.keys { model.edges[key] = nil }
            for key in nodes.keys { model.nodes[key] = nil }
        }
    }

    func check() throws {
        for graph in graphs {
            let edges = try fixture.edges(graph)
            #expect(Set(edges) == model.edges(where: { $0.graph == graph }), "seed \(seed)")
            let isSorted = zip(edges, edges.dropFirst()).allSatisfy { $0.source <= $1.source }
            #expect(isSorted, "seed \(seed)")
            let nodes = try fixture.nodes(graph)
            let places = nodes.map { (Model.Place(graph: graph, node: $0.id), $0.properties) }
            #expect(
                Dictionary(uniqueKeysWithValues: places)
                    == model.nodes.filter { $0.key.graph == graph }, "seed \(seed)")
        }
        for (name, id) in model.names {
            try fixture.store.read { transaction in
                let found = try fixture.store.node(name.label, name.name, in: transaction)
                #expect(found == id, "seed \(seed)")
                let stored = try fixture.store.externalID(of: id, in: transaction)
                #expect(stored == name.name, "seed \(seed)")
            }
            let graph = graphs[id.index % graphs.count]
            let type = types[id.index % 2]
            let out = try fixture.edges(from: id, type, graph: graph)
            #expect(
                Set(out)
                    == model.edges(where: {
                        $0.graph == graph && $0.source == id && $0.type == type
                    }), "seed \(seed)")
            let back = try fixture.edges(to: id, graph: graph)
            #expect(
                Set(back) == model.edges(where: { $0.graph == graph && $0.target == id }),
                "seed \(seed)")
        }
    }

    /// Closes the store and opens it again.
    mutating func reopen() throws {
        let folder = fixture.folder
        fixture.store.environment.close()
        fixture = try Fixture(folder: folder)
    }
}

@Suite struct ModelTests {
    /// 5,000 operations for each seed, in transactions of 1 to 400.
    @Test(arguments: UInt64(0)..<200)
    func theStoreDoesWhatDictionariesDo(seed: UInt64) throws {
        var comparison = try Comparison(seed: seed)
        var left = 5000
        var round = 0
        while left > 0 {
            let count = min(left, [1, 20, 400][round % 3])
            try comparison.step(count)
            try comparison.check()
            left -= count
            round += 1
            if round == 20 { try comparison.reopen() }
        }
    }
}
