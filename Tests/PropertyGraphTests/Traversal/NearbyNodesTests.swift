import GraphFixtures
import PropertyGraph
import TestSupport
import Testing
import Time

private struct Nearby: Question {
    let node: NodeID
    var pattern = EdgePattern.both()
    var decay = Decay.asStored
    var limits = TraversalLimits()

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> BoundedResult<NearbyNode> {
        try graph.nearbyNodes(of: node, along: pattern, decay: decay, limits: limits)
    }
}

private struct Similar: Question {
    let node: NodeID
    var pattern = EdgePattern.both()
    var limits = TraversalLimits()

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> BoundedResult<SimilarNode> {
        try graph.similarNodes(to: node, along: pattern, limits: limits)
    }
}

private struct TopOfAll: Question {
    let count: Int
    var types: [EdgeType]?

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> [WeightedEdge] {
        try graph.topEdges(count, types: types)
    }
}

private struct Summary: Question {
    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> GraphSummary {
        try graph.summary()
    }
}

private struct UsedTypes: Question {
    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> Set<EdgeType> {
        try graph.usedEdgeTypes()
    }
}

private struct Contains: Question {
    let node: NodeID

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> Bool {
        try graph.contains(node)
    }
}

@Suite struct NearbyNodesTests {
    @Test(arguments: UInt64(0)..<40)
    func theHeaviestEdgeOfEachNodeIsFound(seed: UInt64) throws {
        var random = try RandomGraph(seed: seed, nodes: 8, edges: 30)
        for depth in 1...3 {
            let (start, pattern) = (random.node(), random.pattern())
            let limits = TraversalLimits(depth: depth)
            let walk = try random.ask(
                Everything(Neighbourhood(of: start, along: pattern, limits: limits)))
            let answer = try random.ask(Nearby(node: start, pattern: pattern, limits: limits))
            var depths = [start: 0]
            for step in walk.elements { depths[step.node] = step.depth }
            #expect(
                Set(answer.elements.map(\.node)) == Set(walk.elements.map(\.node)), "seed \(seed)")
            for near in answer.elements {
                #expect(near.depth == depths[near.node], "seed \(seed)")
                #expect(near.weight == near.edge.weight, "seed \(seed)")
                let parents = random.nodes.filter { depths[$0] == near.depth - 1 }
                let weights = try parents.flatMap { try random.matches(pattern, at: $0) }
                    .filter { $0.node == near.node }.map(\.edge.weight)
                #expect(near.weight == weights.max(), "seed \(seed)")
            }
            let keys = answer.elements.map { ($0.depth, -$0.weight, $0.node.rawValue) }
            #expect(zip(keys, keys.dropFirst()).allSatisfy { $0 < $1 }, "seed \(seed)")
        }
    }

    @Test func ofEqualEdgesTheFirstByTypeSourceAndTargetIsTaken() throws {
        let graph = inMemoryGraph([
            edge(person(0), .likes, person(1)), edge(person(0), .knows, person(1)),
            edge(person(1), .knows, person(0)),
        ])
        let near = try Nearby(node: person(0)).ask(graph).elements
        #expect(near.map(\.edge.type) == [.knows])
        #expect(near.map(\.edge.source) == [person(0)])
    }

    @Test func aLimitIsReported() throws {
        let answer = try Nearby(node: person(0), limits: TraversalLimits(depth: 1, visited: 3))
            .ask(star(7))
        #expect(answer.elements.count == 3)
        #expect(answer.isTruncated)
    }
}

@Suite struct SimilarNodesTests {
    @Test(arguments: UInt64(0)..<40)
    func theyAreThoseOfComparingAll(seed: UInt64) throws {
        var random = try RandomGraph(seed: seed, nodes: 9, edges: 24)
        let node = random.node()
        let answer = try random.ask(Similar(node: node))
        let label = random.fixture.store.label(of: node)
        var expected: [(NodeID, CommonNeighbours)] = []
        for other in random.nodes
        where other != node && random.fixture.store.label(of: other) == label {
            let common = try random.memory.commonNeighbours(of: node, other)
            if !common.nodes.isEmpty { expected.append((other, common)) }
        }
        expected.sort {
            ($1.1.adamicAdar, $1.1.jaccard, $0.0.rawValue)
                < ($0.1.adamicAdar, $0.1.jaccard, $1.0.rawValue)
        }
        #expect(answer.elements.map(\.node) == expected.map(\.0), "seed \(seed)")
        #expect(answer.elements.map(\.common) == expected.map(\.1), "seed \(seed)")
        #expect(!answer.isTruncated, "seed \(seed)")
    }

    @Test func theNumberOfCandidatesIsLimited() throws {
        let graph = inMemoryGraph((0..<9).map { edge(person($0), .likes, book(0)) })
        let all = try Similar(node: person(0)).ask(graph)
        #expect(all.elements.map(\.node) == (1...8).map(person))
        #expect(!all.isTruncated)
        let some = try Similar(node: person(0), limits: TraversalLimits(visited: 3)).ask(graph)
        #expect(some.elements.count == 3)
        #expect(some.isTruncated)
    }

    @Test func nodesOfAnotherLabelAreLeftOut() throws {
        let graph = inMemoryGraph([
            edge(person(0), .likes, book(0)), edge(book(1), .likes, book(0)),
            edge(person(1), .likes, book(0)),
        ])
        #expect(try Similar(node: person(0)).ask(graph).elements.map(\.node) == [person(1)])
    }
}

@Suite struct WholeGraphTests {
    @Test(arguments: UInt64(0)..<40)
    func theHeaviestEdgesAreThoseOfSortingAll(seed: UInt64) throws {
        let random = try RandomGraph(seed: seed, nodes: 7, edges: 30)
        for types in [nil, [EdgeType.likes], []] as [[EdgeType]?] {
            // A stable sort: equal edges stay in the order of reading.
            let sorted = random.edges.filter { types?.contains($0.type) ?? true }
                .enumerated().sorted {
                    ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset)
                }.map(\.element)
            for count in [0, 1, 3, 100] {
                let top = try random.ask(TopOfAll(count: count, types: types))
                #expect(top.map(\.edge) == Array(sorted.prefix(count)), "seed \(seed)")
                #expect(top.allSatisfy { $0.node == $0.edge.target }, "seed \(seed)")
            }
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func theSummaryCountsAll(seed: UInt64) throws {
        let random = try RandomGraph(seed: seed)
        let summary = try random.ask(Summary())
        #expect(summary.edgeCount == random.edges.count, "seed \(seed)")
        #expect(summary.weight == random.edges.reduce(0) { $0 + $1.weight }, "seed \(seed)")
        var degrees: [NodeID: Int] = [random.nodes[0]: 0]
        for edge in random.edges {
            for end in Set([edge.source, edge.target]) { degrees[end, default: 0] += 1 }
        }
        #expect(summary.nodeCount == degrees.count, "seed \(seed)")
        #expect(summary.degrees?.min == degrees.values.min(), "seed \(seed)")
        #expect(summary.degrees?.max == degrees.values.max(), "seed \(seed)")
        for entry in summary.edges {
            let edges = random.edges.filter { $0.type == entry.type }
            #expect(entry.count == edges.count, "seed \(seed)")
            #expect(entry.times == edges.reduce(0) { $0 + $1.count }, "seed \(seed)")
        }
        let types = try random.ask(UsedTypes())
        #expect(types == Set(random.edges.map(\.type)), "seed \(seed)")
        for node in random.nodes {
            let isThere = try random.ask(Contains(node: node))
            #expect(isThere == (degrees[node] != nil), "seed \(seed)")
        }
    }

    @Test func theMedianIsBetweenTheTwoInTheMiddle() throws {
        let degrees = try Summary().ask(star(3)).degrees
        #expect(degrees?.min == 1)
        #expect(degrees?.median == 1)
        #expect(degrees?.max == 3)
        let pair = try Summary().ask(
            inMemoryGraph([edge(person(0), .likes, person(0)), edge(person(0), .likes, person(1))]))
        #expect(pair.degrees?.median == 1.5)
        #expect(try Summary().ask(inMemoryGraph([])).degrees == nil)
    }
}
