import GraphFixtures
import PropertyGraph
import TestSupport
import Testing

/// A query on a graph of either kind.
protocol Question {
    associatedtype Reply: Equatable
    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> Reply
}

/// All results of a traversal.
struct Everything<Walk: Traversal>: Question where Walk.Element: Equatable {
    let walk: Walk

    init(_ walk: Walk) { self.walk = walk }

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> BoundedResult<Walk.Element> {
        var walk = walk
        return try walk.collect(.max, in: graph)
    }
}

/// The path to a node.
struct PathTo: Question {
    let node: NodeID
    let search: ShortestPaths

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> CostedPath? {
        var search = search
        return try search.path(to: node, in: graph)
    }
}

/// The edges of a node in the order of visiting.
struct EdgesAt: Question {
    let node: NodeID
    let direction: Direction
    var type: EdgeType?

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> [Edge] {
        var edges: [Edge] = []
        try graph.forEachEdge(at: node, direction, type) {
            edges.append($0)
            return true
        }
        return edges
    }
}

/// A random graph, in a store between two others and in memory, and as a bare list of edges.
struct RandomGraph {
    let seed: UInt64
    let fixture: Fixture
    let graph = GraphID(rawValue: 7)
    let nodes: [NodeID]
    let edges: [Edge]
    let memory: InMemoryGraph
    /// A generator for further random choices.
    var generator: SeededGenerator

    /// Costs of edges are powers of two, so that sums are exact in any order.
    static let weights = [0.25, 0.5, 1, 2, 4]

    init(
        seed: UInt64, nodes nodeCount: Int = 9, edges edgeCount: Int = 24,
        weights: [Double] = weights
    ) throws {
        var generator = SeededGenerator(seed: seed)
        let fixture = try Fixture()
        let store = fixture.store
        let nodes = try store.write { transaction in
            try (0..<nodeCount).map {
                try store.addNode($0 % 3 == 0 ? .book : .person, "n\($0)", in: transaction)
            }
        }.sorted()
        var edges: [MemoryKey: Edge] = [:]
        for _ in 0..<edgeCount {
            let new = edge(
                nodes[generator.below(nodeCount)], generator.chance(0.5) ? .likes : .knows,
                nodes[generator.below(nodeCount)],
                weight: weights[generator.below(weights.count)],
                seconds: Int64(generator.below(4)) * 100)
            edges[MemoryKey(new)] = new
        }
        let list = edges.values.sorted { MemoryKey($0) < MemoryKey($1) }
        let graph = graph
        try store.write { transaction in
            for edge in list {
                try store.put(edge, graph: graph, in: transaction)
                for other in [6, 8] {
                    let graph = GraphID(rawValue: UInt64(other))
                    try store.put(edge, graph: graph, in: transaction)
                }
            }
            let node = Node(id: nodes[0], properties: ["name": .string("first")])
            try store.put(node, graph: graph, in: transaction)
        }
        self.seed = seed
        self.fixture = fixture
        self.nodes = nodes
        self.edges = list
        self.generator = generator
        memory = try store.read(graph: graph) { try InMemoryGraph($0, externalIDs: true) }
    }

    /// Queries the graph in the store and the one in memory, and expects the same reply.
    func ask<Q: Question>(
        _ question: Q, location: SourceLocation = #_sourceLocation
    ) throws -> Q.Reply {
        let stored = try fixture.store.read(graph: graph) { try question.ask($0) }
        let inMemory = try question.ask(memory)
        #expect(stored == inMemory, "seed \(seed)", sourceLocation: location)
        return stored
    }

    /// The edges of a node that match a pattern, by a scan of all edges, with their other nodes.
    func matches(_ pattern: EdgePattern, at node: NodeID) throws -> [(edge: Edge, node: NodeID)] {
        try edges.compactMap { edge in
            let isOut = edge.source == node && pattern.direction != .in
            let isIn = edge.target == node && pattern.direction != .out
            guard isOut || isIn, pattern.types?.contains(edge.type) ?? true else { return nil }
            let other = edge.source == node ? edge.target : edge.source
            if let label = pattern.label, fixture.store.label(of: other) != label { return nil }
            if let predicate = pattern.predicate, try !predicate(edge) { return nil }
            return (edge, other)
        }
    }

    /// A pattern of any kind.
    mutating func pattern() -> EdgePattern {
        let types: [[EdgeType]?] = [nil, [.likes], [.knows], [.knows, .likes], []]
        let labels: [Label?] = [nil, nil, nil, .person, .book]
        let pattern = EdgePattern(
            types: types[generator.below(generator.chance(0.9) ? 4 : 5)],
            direction: Direction.allCases[generator.below(3)], label: labels[generator.below(5)])
        return generator.chance(0.2) ? pattern.where { $0.weight >= 0.5 } : pattern
    }

    mutating func node() -> NodeID { nodes[generator.below(nodes.count)] }
}

/// The order of edges, with types by declaration.
struct MemoryKey: Hashable, Comparable {
    let source: NodeID
    let rank: Int
    let target: NodeID

    init(_ edge: Edge) {
        source = edge.source
        rank = edge.type == .likes ? 0 : 1
        target = edge.target
    }

    static func < (left: MemoryKey, right: MemoryKey) -> Bool {
        (left.source.rawValue, left.rank, left.target.rawValue)
            < (right.source.rawValue, right.rank, right.target.rawValue)
    }
}

/// A graph in memory that counts the edges that are read of it.
///
/// It also shows that other modules can implement `GraphView`.
struct CountingGraph: GraphView, ~Copyable {
    final class Counter {
        var edges = 0
    }

    let graph: InMemoryGraph
    let counter = Counter()

    init(_ graph: InMemoryGraph) { self.graph = graph }

    func forEachEdge(
        at node: NodeID, _ direction: Direction, _ type: EdgeType?,
        _ body: (Edge) throws -> Bool
    ) throws {
        try graph.forEachEdge(at: node, direction, type) {
            counter.edges += 1
            return try body($0)
        }
    }

    func forEachEdge(_ body: (Edge) throws -> Bool) throws { try graph.forEachEdge(body) }
    func forEachNode(_ body: (Node) throws -> Bool) throws { try graph.forEachNode(body) }
    func edge(from source: NodeID, _ type: EdgeType, to target: NodeID) throws -> Edge? {
        graph.edge(from: source, type, to: target)
    }
    func properties(of node: NodeID) throws -> [String: Property]? { graph.properties(of: node) }
    func label(of node: NodeID) -> Label? { graph.label(of: node) }
    func externalID(of node: NodeID) throws -> String? { graph.externalID(of: node) }
    func node(_ label: Label, _ externalID: String) throws -> NodeID? {
        graph.node(label, externalID)
    }
}

/// The id of a node of the first label, for graphs that are in no store.
func person(_ index: Int) -> NodeID { NodeID(rawValue: 1 << 48 | UInt64(index)) }

/// The id of a node of the second label.
func book(_ index: Int) -> NodeID { NodeID(rawValue: 2 << 48 | UInt64(index)) }

/// A graph in memory with the labels and types of the tests.
func inMemoryGraph(_ edges: [Edge]) -> InMemoryGraph {
    InMemoryGraph(labels: [.person, .book], edgeTypes: [.likes, .knows], edges: edges)
}

/// Nodes in a row, each liking the next.
func chain(_ count: Int) -> InMemoryGraph {
    inMemoryGraph((0..<count).map { edge(person($0), .likes, person($0 + 1)) })
}

/// A node that likes others, numbered from 1.
func star(_ count: Int) -> InMemoryGraph {
    inMemoryGraph((1...count).map { edge(person(0), .likes, person($0)) })
}

/// All results of a traversal on a graph in memory.
func all<Walk: Traversal>(_ walk: Walk, in graph: InMemoryGraph) throws -> BoundedResult<
    Walk.Element
> {
    var walk = walk
    return try walk.collect(.max, in: graph)
}
