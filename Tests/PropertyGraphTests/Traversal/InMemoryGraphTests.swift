import GraphFixtures
import PropertyGraph
import TestSupport
import Testing

@Suite struct InMemoryGraphTests {
    @Test(arguments: UInt64(0)..<30)
    func aGraphIsTheSameHoweverItCameAbout(seed: UInt64) throws {
        var random = try RandomGraph(seed: seed)
        let loaded = random.memory
        let nodes = loaded.nodes
        var oneByOne = InMemoryGraph(namesOf: random.fixture.store)
        let built = InMemoryGraph(
            labels: [.person, .book], edgeTypes: [.likes, .knows], nodes: nodes,
            edges: random.edges.shuffled(using: &random.generator))
        for edge in random.edges.shuffled(using: &random.generator) {
            // First another weight, so that putting also means replacing.
            var old = edge
            old.weight += 1
            oneByOne.put(old)
            oneByOne.put(edge)
        }
        for node in nodes { oneByOne.put(node) }
        for graph in [loaded, built, oneByOne] { graph.checkInvariants() }
        #expect(loaded == built, "seed \(seed)")
        #expect(loaded == oneByOne, "seed \(seed)")
        #expect(loaded.edges == built.edges && built.edges == oneByOne.edges, "seed \(seed)")
        #expect(loaded.edges == random.edges, "seed \(seed)")
        for node in random.nodes {
            for direction in Direction.allCases {
                let question = EdgesAt(node: node, direction: direction)
                let expected = try question.ask(loaded)
                let (fromList, fromPuts) = (try question.ask(built), try question.ask(oneByOne))
                #expect(fromList == expected, "seed \(seed)")
                #expect(fromPuts == expected, "seed \(seed)")
            }
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func puttingIsWhatADictionaryDoes(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var graph = inMemoryGraph([])
        var edges: [MemoryKey: Edge] = [:]
        var nodes: [NodeID: Node] = [:]
        for round in 0..<60 {
            let some = (0..<(1 + generator.below(4))).map { _ in
                edge(
                    person(generator.below(5)), generator.chance(0.5) ? .likes : .knows,
                    book(generator.below(5)), weight: Double(round))
            }
            for edge in some { edges[MemoryKey(edge)] = edge }
            if generator.chance(0.5) { graph.put(some) } else { some.forEach { graph.put($0) } }
            let node = Node(
                id: person(generator.below(5)), properties: ["round": .int(Int64(round))])
            nodes[node.id] = node
            if generator.chance(0.5) { graph.put(node) } else { graph.put([node]) }
            graph.checkInvariants()
        }
        #expect(
            graph.edges == edges.values.sorted { MemoryKey($0) < MemoryKey($1) }, "seed \(seed)")
        #expect(graph.nodes == nodes.values.sorted { $0.id < $1.id }, "seed \(seed)")
        for index in 0..<5 {
            let got = try EdgesAt(node: book(index), direction: .in).ask(graph)
            let expected = edges.values.filter { $0.target == book(index) }
            #expect(Set(got) == Set(expected), "seed \(seed)")
            #expect(got.count == expected.count, "seed \(seed)")
            #expect(
                graph.properties(of: person(index)) == nodes[person(index)]?.properties,
                "seed \(seed)")
        }
    }

    @Test func theLastOfEqualKeysCounts() {
        let edges = [3.0, 1, 2].map { edge(person(0), .likes, person(1), weight: $0) }
        let nodes = [1, 2].map { Node(id: person(0), properties: ["n": .int($0)]) }
        let graph = InMemoryGraph(nodes: nodes, edges: edges)
        #expect(graph.edges.map(\.weight) == [2])
        #expect(graph.nodes == [nodes[1]])
    }

    @Test func graphsWithOtherNamesAreEqualAndWithOtherEdgesAreNot() {
        let edges = [
            edge(person(0), .likes, person(1)), edge(person(0), .knows, person(1)),
            edge(person(2), .knows, person(0)),
        ]
        let graph = InMemoryGraph(labels: [.person], edgeTypes: [.likes, .knows], edges: edges)
        let other = InMemoryGraph(
            edgeTypes: [.knows, .likes], edges: edges, externalIDs: [person(0): "zero"])
        #expect(graph == other)
        #expect(graph.edges != other.edges)
        var changed = graph
        changed.put(edge(person(0), .likes, person(1), weight: 2))
        #expect(graph != changed)
        changed = graph
        changed.put(edge(person(0), .likes, person(3)))
        #expect(graph != changed)
        changed = graph
        changed.put(Node(id: person(0)))
        #expect(graph != changed)
    }

    @Test func aCopyStaysAsItWas() {
        let graph = star(3)
        var copy = graph
        copy.put(edge(person(0), .likes, person(9)))
        #expect(graph.edges.count == 3)
        #expect(copy.edges.count == 4)
    }

    @Test func typesThatWereNotDeclaredComeAfterwardsByName() throws {
        let names = ["Z", "A", "M", "B"]
        let types = names.map { EdgeType(rawValue: $0) }
        var graph = InMemoryGraph(edgeTypes: [types[0], types[2]])
        for type in types { graph.put(edge(person(0), type, person(1))) }
        let out = try EdgesAt(node: person(0), direction: .out).ask(graph)
        let back = try EdgesAt(node: person(1), direction: .in).ask(graph)
        #expect(out.map(\.type.rawValue) == ["Z", "M", "A", "B"])
        #expect(back == out)
        for type in types {
            #expect(graph.edge(from: person(0), type, to: person(1))?.type == type)
        }
    }

    @Test func whatIsNotThereIsNil() throws {
        let graph = star(2)
        #expect(graph.edge(from: person(0), .knows, to: person(1)) == nil)
        #expect(graph.edge(from: person(9), .likes, to: person(1)) == nil)
        #expect(graph.edge(from: person(0), EdgeType(rawValue: "NEW"), to: person(1)) == nil)
        #expect(graph.properties(of: person(0)) == nil)
        #expect(graph.externalID(of: person(0)) == nil)
        #expect(graph.node(.person, "zero") == nil)
        #expect(graph.label(of: NodeID(rawValue: .max)) == nil)
        let edges = try EdgesAt(node: NodeID(rawValue: .max), direction: .both).ask(graph)
        #expect(edges.isEmpty)
    }

    @Test func anEmptyGraphIsAnswered() throws {
        let graph = InMemoryGraph()
        let ids = try graph.nodeIDs()
        #expect(ids == BoundedResult(elements: [], isTruncated: false))
        let walk = try all(Neighbourhood(of: person(0)), in: graph)
        #expect(walk.elements.isEmpty && !walk.isTruncated)
        #expect(graph == InMemoryGraph())
    }

    @Test func namesAreKnownWhenTheyAreGivenOrRead() throws {
        let graph = InMemoryGraph(
            labels: [.person, .book], externalIDs: [person(0): "ann", book(0): "ann"])
        #expect(graph.externalID(of: person(0)) == "ann")
        #expect(graph.node(.person, "ann") == person(0))
        #expect(graph.node(.book, "ann") == book(0))
        #expect(graph.label(of: book(7)) == .book)
        let random = try RandomGraph(seed: 5)
        let without = try random.fixture.store.read(graph: random.graph) { try InMemoryGraph($0) }
        #expect(without == random.memory)
        #expect(without.externalID(of: random.nodes[0]) == nil)
        #expect(without.label(of: random.nodes[0]) == random.memory.label(of: random.nodes[0]))
        #expect(random.memory.externalID(of: random.nodes[0]) != nil)
    }

    @Test func aGraphWithPropertiesComesBackWhole() throws {
        let fixture = try Fixture()
        let nodes = try fixture.add(.person, "a", "b")
        var generator = SeededGenerator(seed: 11)
        let graph = GraphID(rawValue: 1)
        var edge = edge(nodes[0], .likes, nodes[1], weight: 2, seconds: 9)
        edge.properties = generator.properties()
        edge.count = 3
        let node = Node(id: nodes[1], properties: generator.properties())
        try fixture.store.write { [edge] transaction in
            try fixture.store.put(edge, graph: graph, in: transaction)
            try fixture.store.put(node, graph: graph, in: transaction)
        }
        let loaded = try fixture.store.read(graph: graph) { try InMemoryGraph($0) }
        #expect(loaded == InMemoryGraph(nodes: [node], edges: [edge]))
    }
}
