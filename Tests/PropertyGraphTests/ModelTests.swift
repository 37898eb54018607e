import GraphFixtures
import LMDB
import PropertyGraph
import TestSupport
import Testing

/// A simple model of the store, made of dictionaries.
private struct Model {
    struct EdgeKey: Hashable {
        var graph: GraphID
        var source: NodeID
        var type: EdgeType
        var target: NodeID
    }

    struct NodeKey: Hashable {
        var graph: GraphID
        var node: NodeID
    }

    struct Name: Hashable {
        var label: Label
        var name: String
    }

    var names: [Name: NodeID] = [:]
    var edges: [EdgeKey: Edge] = [:]
    var nodes: [NodeKey: [String: Property]] = [:]

    func count(_ label: Label) -> Int { names.keys.count { $0.label == label } }

    func edges(where isWanted: (EdgeKey) -> Bool) -> Set<Edge> {
        Set(edges.filter { isWanted($0.key) }.values)
    }

    /// The nodes of a graph that have an indexed property, with it.
    func indexed(
        _ index: PropertyIndex, _ graph: GraphID, of store: GraphStore
    ) -> [NodeID: Property] {
        let there = nodes.filter { $0.key.graph == graph }
            .compactMap { key, properties -> (NodeID, Property)? in
                guard store.label(of: key.node) == index.label,
                    let value = properties[index.property], value.vector == nil
                else { return nil }
                return (key.node, value)
            }
        return Dictionary(uniqueKeysWithValues: there)
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
    private let indexes = [PropertyIndex(.person, "p0"), PropertyIndex(.book, "p1")]

    init(seed: UInt64) throws {
        self.seed = seed
        generator = SeededGenerator(seed: seed)
        fixture = try Fixture(indexes: seed.isMultiple(of: 2) ? indexes : [])
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
            // The model keeps its former state, and so must the store.
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
        let key = Model.EdgeKey(graph: graph, source: source, type: type, target: target)
        switch random.below(10) {
        case 0..<5:
            var put = edge(
                source, type, target, weight: Double(random.below(1000)) / 7,
                seconds: Int64(random.below(1000)))
            put.properties = random.properties()
            try store.put(put, graph: graph, in: transaction)
            model.edges[key] = put
        case 5..<7:
            let removed = try store.removeEdge(
                from: source, type, to: target, graph: graph, in: transaction)
            #expect(removed == (model.edges.removeValue(forKey: key) != nil), "seed \(seed)")
        case 7..<9:
            let node = Node(id: source, properties: random.properties())
            try store.put(node, graph: graph, in: transaction)
            model.nodes[Model.NodeKey(graph: graph, node: source)] = node.properties
        default:
            guard random.chance(0.3) else { return }
            let edges = model.edges.filter { $0.key.graph == graph }
            let nodes = model.nodes.filter { $0.key.graph == graph }
            let removed = try store.removeGraph(graph, in: transaction)
            let entries = store.indexes.reduce(0) {
                $0 + model.indexed($1, graph, of: store).count
            }
            #expect(removed == 2 * edges.count + nodes.count + entries, "seed \(seed)")
            for key in edges.keys { model.edges[key] = nil }
            for key in nodes.keys { model.nodes[key] = nil }
        }
    }

    /// Finds what an index or a scan should find, by a range between two random properties.
    private func checkSearch() throws {
        var random = generator
        for graph in graphs {
            let index = indexes[random.below(2)]
            let one = random.property()
            let (lower, upper) = random.chance(0.3) ? (one, one) : (one, random.property())
            guard let range = try? PropertyRange(from: lower, through: upper) else { continue }
            let wanted = model.indexed(index, graph, of: fixture.store)
                .filter { order(lower, $0.value) ?? 1 <= 0 && order($0.value, upper) ?? 1 <= 0 }
                .sorted { ($0.value, $0.key) < ($1.value, $1.key) }.map(\.key)
            let limit = random.below(8)
            let found = try fixture.store.read { transaction in
                try fixture.store.nodes(
                    index.label, where: index.property, in: range, graph: graph, limit: limit,
                    in: transaction)
            }
            #expect(found.elements == Array(wanted.prefix(limit)), "seed \(seed)")
            #expect(found.isTruncated == (wanted.count > limit), "seed \(seed)")
        }
    }

    func check() throws {
        fixture.store.checkMemoryInvariants()
        try checkSearch()
        for graph in graphs {
            let edges = try fixture.edges(graph)
            #expect(Set(edges) == model.edges(where: { $0.graph == graph }), "seed \(seed)")
            let isSorted = zip(edges, edges.dropFirst()).allSatisfy { $0.source <= $1.source }
            #expect(isSorted, "seed \(seed)")
            let nodes = try fixture.nodes(graph)
            let records = nodes.map { (Model.NodeKey(graph: graph, node: $0.id), $0.properties) }
            #expect(
                Dictionary(uniqueKeysWithValues: records)
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

    /// Closes the store and opens it again; then, if not before, it has indexes.
    mutating func reopen() throws {
        let folder = fixture.folder
        fixture.store.environment.close()
        fixture = try Fixture(folder: folder, indexes: seed % 3 == 0 ? [] : indexes)
    }
}

/// The order of two properties as -1, 0 or 1; nil for those of different kinds.
private func order(_ left: Property, _ right: Property) -> Int? {
    func sign<T: Comparable>(_ left: T, _ right: T) -> Int {
        left < right ? -1 : left == right ? 0 : 1
    }
    return switch (left, right) {
    case (.string(let left), .string(let right)):
        if left.unicodeScalars.elementsEqual(right.unicodeScalars) {
            0
        } else {
            left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars) ? -1 : 1
        }
    case (.int(let left), .int(let right)): sign(left, right)
    case (.double(let left), .double(let right)): sign(left, right)
    case (.bool(let left), .bool(let right)): sign(left ? 1 : 0, right ? 1 : 0)
    case (.timestamp(let left), .timestamp(let right)): sign(left, right)
    default: nil
    }
}

private func < (left: (Property, NodeID), right: (Property, NodeID)) -> Bool {
    let values = order(left.0, right.0) ?? 0
    return values == 0 ? left.1 < right.1 : values < 0
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
        try comparison.fixture.store.checkInvariants()
    }
}
