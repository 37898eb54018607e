import GraphFixtures
import LMDB
import PropertyGraph
import Testing

private let graph = GraphID(rawValue: 3)

private struct Expansion: Question {
    struct Reply: Equatable {
        var edges: [Edge] = []
        var nodes: [NodeID] = []
        var isTruncated = false
    }

    let node: NodeID
    let pattern: EdgePattern
    var limit = 1_000
    var wanted = Int.max

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> Reply {
        var reply = Reply()
        reply.isTruncated = try graph.expand(node, along: pattern, limit: limit) {
            reply.edges.append($0)
            reply.nodes.append($1)
            return reply.edges.count < wanted
        }
        return reply
    }
}

private struct NodeIDs: Question {
    var limit = 1_000
    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> BoundedResult<NodeID> {
        try graph.nodeIDs(limit: limit)
    }
}

/// Everything that is known of a node and of the pairs that it makes.
private struct Facts: Question {
    struct Reply: Equatable {
        var label: Label?
        var name: String?
        var properties: [String: Property]?
        var edges: [Edge] = []
    }

    let node: NodeID
    let others: [NodeID]

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> Reply {
        var reply = Reply(
            label: graph.label(of: node), name: try graph.externalID(of: node),
            properties: try graph.properties(of: node))
        for other in others {
            for type in [EdgeType.likes, .knows] {
                if let edge = try graph.edge(from: node, type, to: other) {
                    reply.edges.append(edge)
                }
            }
        }
        return reply
    }
}

@Suite struct GraphViewTests {
    @Test(arguments: UInt64(0)..<30)
    func edgesAtANodeAreThoseOfTheGraphInOrder(seed: UInt64) throws {
        let random = try RandomGraph(seed: seed)
        for node in random.nodes {
            for type in [nil, EdgeType.likes, .knows] {
                let ofType = random.edges.filter { type == nil || $0.type == type }
                let out = ofType.filter { $0.source == node }
                let back = ofType.filter { $0.target == node }.sorted {
                    let (a, b) = (MemoryKey($0), MemoryKey($1))
                    return (a.rank, a.source.rawValue) < (b.rank, b.source.rawValue)
                }
                func ask(_ direction: Direction) throws -> [Edge] {
                    try random.ask(EdgesAt(node: node, direction: direction, type: type))
                }
                let (gotOut, gotIn, gotBoth) = (try ask(.out), try ask(.in), try ask(.both))
                #expect(gotOut == out, "seed \(seed)")
                #expect(gotIn == back, "seed \(seed)")
                #expect(gotBoth == out + back.filter { $0.source != node }, "seed \(seed)")
            }
        }
    }

    @Test(arguments: UInt64(0)..<30)
    func expandingKeepsWhatMatches(seed: UInt64) throws {
        var random = try RandomGraph(seed: seed)
        for _ in 0..<20 {
            let (node, pattern) = (random.node(), random.pattern())
            let expected = try random.matches(pattern, at: node)
            let got = try random.ask(Expansion(node: node, pattern: pattern))
            #expect(Set(got.edges) == Set(expected.map(\.edge)), "seed \(seed)")
            #expect(got.edges.count == expected.count, "seed \(seed)")
            #expect(got.nodes == got.edges.map { $0.otherEnd(from: node) }, "seed \(seed)")
            #expect(!got.isTruncated, "seed \(seed)")
            for count in 1...4 {
                // Told to stop, or kept from more: either way, the first ones.
                let some = try random.ask(
                    Expansion(node: node, pattern: pattern, wanted: count))
                #expect(some.edges == Array(got.edges.prefix(count)), "seed \(seed)")
                let bare = EdgePattern(types: pattern.types, direction: pattern.direction)
                let all = try random.ask(Expansion(node: node, pattern: bare)).edges
                let cut = try random.ask(Expansion(node: node, pattern: bare, limit: count))
                #expect(cut.edges == Array(all.prefix(count)), "seed \(seed)")
                #expect(cut.isTruncated == (all.count > count), "seed \(seed)")
            }
        }
    }

    @Test(arguments: UInt64(0)..<10)
    func bothKindsKnowTheSameOfNodes(seed: UInt64) throws {
        let random = try RandomGraph(seed: seed)
        for node in random.nodes {
            let facts = try random.ask(Facts(node: node, others: random.nodes))
            #expect(
                facts.edges
                    == random.edges.filter { $0.source == node }.sorted {
                        (MemoryKey($0).target.rawValue, MemoryKey($0).rank)
                            < (MemoryKey($1).target.rawValue, MemoryKey($1).rank)
                    }, "seed \(seed)")
            #expect(facts.label == random.fixture.store.label(of: node), "seed \(seed)")
            #expect((facts.properties != nil) == (node == random.nodes[0]), "seed \(seed)")
        }
        let ids = try random.ask(NodeIDs()).elements
        let ends = Set(random.edges.flatMap { [$0.source, $0.target] } + [random.nodes[0]])
        #expect(ids == ends.sorted(), "seed \(seed)")
    }

    @Test func expandingStopsAtItsLimitAndSaysSo() throws {
        let graph = star(5)
        let pattern = EdgePattern.out()
        let whole = try Expansion(node: person(0), pattern: pattern, limit: 5).ask(graph)
        let short = try Expansion(node: person(0), pattern: pattern, limit: 4).ask(graph)
        #expect(whole.nodes == (1...5).map(person))
        #expect(!whole.isTruncated)
        #expect(short.nodes == (1...4).map(person))
        #expect(short.isTruncated)
    }

    @Test func theLimitCountsEdgesThatAreReadAndNotOnlyThoseThatMatch() throws {
        let pattern = EdgePattern.out().where { $0.target == person(5) }
        let whole = try Expansion(node: person(0), pattern: pattern, limit: 5).ask(star(5))
        let short = try Expansion(node: person(0), pattern: pattern, limit: 4).ask(star(5))
        #expect(whole.nodes == [person(5)])
        #expect(short.nodes.isEmpty)
        #expect(short.isTruncated)
    }

    @Test func theLimitIsOfAllTypesOfThePatternTogether() throws {
        let edges = (1...3).flatMap {
            [edge(person(0), .likes, person($0)), edge(person(0), .knows, person($0))]
        }
        let graph = inMemoryGraph(edges)
        let pattern = EdgePattern.out(.knows, .likes)
        let counts = try [5, 6].map {
            try Expansion(node: person(0), pattern: pattern, limit: $0).ask(graph)
        }
        #expect(counts.map(\.edges.count) == [5, 6])
        #expect(counts.map(\.isTruncated) == [true, false])
        // Types come in the order of the pattern.
        #expect(counts[1].edges.map(\.type) == [.knows, .knows, .knows, .likes, .likes, .likes])
    }

    @Test func stoppingIsNotBeingCut() throws {
        for type in [EdgePattern.out(), .out(.likes, .knows), .both(.knows, .likes)] {
            let got = try Expansion(node: person(0), pattern: type, wanted: 2).ask(star(5))
            #expect(got.nodes == [person(1), person(2)])
            #expect(!got.isTruncated)
        }
    }

    @Test func aTypeThatIsNamedTwiceMatchesOnce() throws {
        let got = try Expansion(node: person(0), pattern: .out(.likes, .likes)).ask(star(3))
        #expect(got.nodes.count == 3)
        let none = EdgePattern(types: [], direction: .both)
        let nothing = try Expansion(node: person(0), pattern: none).ask(star(3))
        #expect(nothing.nodes.isEmpty)
    }

    @Test func conditionsAddUp() throws {
        let pattern = EdgePattern.out().where { $0.target > person(1) }
            .where { $0.target < person(4) }
        let got = try Expansion(node: person(0), pattern: pattern).ask(star(5))
        #expect(got.nodes == [person(2), person(3)])
    }

    @Test func nodeIDsStopAtTheirLimit() throws {
        let whole = try star(5).nodeIDs(limit: 6)
        let short = try star(5).nodeIDs(limit: 5)
        #expect(whole.elements == (0...5).map(person))
        #expect(!whole.isTruncated)
        #expect(short.elements.count == 5)
        #expect(short.isTruncated)
        let none = try star(5).nodeIDs(limit: -1)
        #expect(none.elements.isEmpty && none.isTruncated)
    }

    @Test func directionsAreReversed() {
        #expect(Direction.allCases.map(\.reversed) == [.in, .out, .both])
    }
}

@Suite struct StoredGraphTests {
    @Test func aGraphInAWriteTransactionShowsItsChanges() throws {
        let fixture = try Fixture()
        let nodes = try fixture.add(.person, "a", "b", "c")
        try fixture.put(edge(nodes[0], .likes, nodes[1]), graph: graph)
        let store = fixture.store
        let seen = try store.write { transaction in
            let new = edge(nodes[0], .likes, nodes[2])
            try store.put(new, graph: graph, in: transaction)
            return try store.view(graph: graph, in: transaction) { view in
                try EdgesAt(node: nodes[0], direction: .out).ask(view).map(\.target)
            }
        }
        #expect(seen == [nodes[1], nodes[2]])
    }

    @Test func aReadKeepsSeeingTheStateInWhichItBegan() throws {
        let fixture = try Fixture()
        let nodes = try fixture.add(.person, "a", "b", "c")
        try fixture.put(edge(nodes[0], .likes, nodes[1]), graph: graph)
        var walk = Neighbourhood(of: nodes[0])
        let found = try fixture.store.read(graph: graph) { view in
            let first = try walk.next(in: view)?.node
            try fixture.put(edge(nodes[1], .likes, nodes[2]), graph: graph)
            let second = try walk.next(in: view)?.node
            return [first, second]
        }
        #expect(found == [nodes[1], nil])
    }

    @Test func changingWhileEdgesAreVisitedIsRefused() throws {
        let fixture = try Fixture()
        let nodes = try fixture.add(.person, "a", "b")
        try fixture.put(edge(nodes[0], .likes, nodes[1]), graph: graph)
        let store = fixture.store
        #expect(throws: LMDBError.self) {
            try store.write { transaction in
                try store.view(graph: graph, in: transaction) { view in
                    try view.forEachEdge { edge in
                        try store.put(edge, graph: graph, in: transaction)
                        return true
                    }
                }
            }
        }
        // And nothing is left broken.
        let edges = try fixture.edges(graph)
        #expect(edges.count == 1)
    }

    @Test func errorsOfTheBodyComeThrough() throws {
        struct Mine: Error {}
        let fixture = try Fixture()
        let node = try fixture.add(.person, "a")[0]
        try fixture.put(edge(node, .likes, node), graph: graph)
        #expect(throws: Mine.self) {
            try fixture.store.read(graph: graph) { _ in throw Mine() }
        }
        #expect(throws: Mine.self) {
            try fixture.store.read(graph: graph) { view in
                try view.forEachEdge(at: node, .both, nil) { _ in throw Mine() }
            }
        }
        let pattern = EdgePattern.out().where { _ in throw Mine() }
        #expect(throws: Mine.self) {
            try fixture.store.read(graph: graph) { view in
                var walk = Neighbourhood(of: node, along: pattern)
                _ = try walk.next(in: view)
            }
        }
    }

    @Test func visitsStopWhenTheyAreTold() throws {
        let random = try RandomGraph(seed: 1)
        let store = random.fixture.store
        try store.write { transaction in
            for node in random.nodes {
                try store.put(Node(id: node), graph: random.graph, in: transaction)
            }
        }
        let counts = try store.read(graph: random.graph) { view in
            var (nodes, edges) = (0, 0)
            try view.forEachNode { _ in
                nodes += 1
                return nodes < 3
            }
            try view.forEachEdge { _ in
                edges += 1
                return edges < 4
            }
            return [nodes, edges]
        }
        #expect(counts == [3, 4])
    }

    @Test func twoGraphsAreReadAtOnce() throws {
        let random = try RandomGraph(seed: 2)
        let store = random.fixture.store
        let counts = try store.read { transaction in
            try store.view(graph: random.graph, in: transaction) { one in
                try store.view(graph: GraphID(rawValue: 8), in: transaction) { other in
                    #expect(one.graph != other.graph)
                    return [try InMemoryGraph(one).edges, try InMemoryGraph(other).edges]
                }
            }
        }
        #expect(counts == [random.edges, random.edges])
    }

    @Test func namesLeadToNodesAndBack() throws {
        let random = try RandomGraph(seed: 3)
        let names = try random.fixture.store.read(graph: random.graph) { view in
            try random.nodes.map { node in
                let known = (try view.externalID(of: node), view.label(of: node))
                let name = try #require(known.0)
                let found = try view.node(#require(known.1), name)
                #expect(found == node)
                return name
            }
        }
        #expect(Set(names).count == random.nodes.count)
        let nobody = try random.fixture.store.read(graph: random.graph) { view in
            try view.node(.person, "nobody")
        }
        #expect(nobody == nil)
    }

    @Test func aTypeThatTheStoreDoesNotKnowIsAnError() throws {
        let random = try RandomGraph(seed: 4)
        let pattern = EdgePattern.out(EdgeType(rawValue: "NEVER_DECLARED"))
        let failure = code {
            _ = try random.fixture.store.read(graph: random.graph) { view in
                try view.expand(random.nodes[0], along: pattern) { _, _ in true }
            }
        }
        #expect(failure == .undeclared)
    }
}
