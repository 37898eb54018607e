import GraphFixtures
import LMDB
import TestSupport
import Testing

@testable import PropertyGraph

/// Finding out what a store holds without knowing anything of it.
@Suite struct ContentsTests {
    private func graphs(_ store: GraphStore, first count: Int = .max) throws -> [UInt64] {
        try store.read { transaction in
            var graphs: [UInt64] = []
            try store.forEachGraph(in: transaction) {
                graphs.append($0.rawValue)
                return graphs.count < count
            }
            return graphs
        }
    }

    private func members(_ store: GraphStore, _ graph: GraphID) throws -> [NodeID] {
        try store.read { transaction in
            var members: [NodeID] = []
            try store.forEachMember(of: graph, in: transaction) {
                members.append($0)
                return true
            }
            return members
        }
    }

    @Test func labelsAndTypesComeInTheOrderOfTheirDeclaration() throws {
        let folder = try TemporaryFolder()
        do {
            let store = try open(folder, labels: [.book], edgeTypes: [.knows, .likes])
            #expect(store.labels == [.book])
            #expect(store.edgeTypes == [.knows, .likes])
            store.environment.close()
        }
        let again = try open(folder, labels: [.person, .book], edgeTypes: [.likes])
        #expect(again.labels == [.book, .person])
        #expect(again.edgeTypes == [.knows, .likes])
    }

    @Test func everyGraphIsFoundOnce() throws {
        let fixture = try Fixture()
        #expect(try graphs(fixture.store).isEmpty)
        let ann = try fixture.add(.person, "ann")[0]
        #expect(try graphs(fixture.store).isEmpty)
        let numbers: [UInt64] = [0, 1, 255, 256, 1 << 40, .max - 1, .max]
        for number in numbers.reversed() {
            for type in [EdgeType.likes, .knows] {
                try fixture.put(edge(ann, type, ann), graph: GraphID(rawValue: number))
            }
        }
        #expect(try graphs(fixture.store) == numbers)
        #expect(try graphs(fixture.store, first: 2) == [0, 1])
    }

    @Test func aGraphOfNodesOnlyIsFound() throws {
        let fixture = try Fixture()
        let ann = try fixture.add(.person, "ann")[0]
        let graph = GraphID(rawValue: 12)
        try fixture.store.write { transaction in
            try fixture.store.put(Node(id: ann), graph: graph, in: transaction)
        }
        #expect(try graphs(fixture.store) == [12])
        try fixture.store.write { transaction in
            _ = try fixture.store.removeGraph(graph, in: transaction)
        }
        #expect(try graphs(fixture.store).isEmpty)
    }

    @Test(arguments: UInt64(0)..<20) func membersAreThoseOfRecordsAndEnds(seed: UInt64) throws {
        let fixture = try Fixture()
        var generator = SeededGenerator(seed: seed)
        let people = try fixture.add(.person, "a", "b", "c", "d", "e")
        let books = try fixture.add(.book, "a", "b", "c", "d", "e")
        let nodes = people + books
        var expected: [GraphID: Set<NodeID>] = [:]
        for _ in 0..<generator.below(12) {
            let graph = GraphID(rawValue: UInt64(generator.below(3)))
            let source = generator.pick(nodes)
            let target = generator.pick(nodes)
            expected[graph, default: []].insert(source)
            if generator.chance(0.5) {
                expected[graph, default: []].insert(target)
                try fixture.put(edge(source, .likes, target), graph: graph)
            } else {
                try fixture.store.write { transaction in
                    try fixture.store.put(Node(id: source), graph: graph, in: transaction)
                }
            }
        }
        for number in UInt64(0)..<4 {
            let graph = GraphID(rawValue: number)
            let found = try members(fixture.store, graph)
            #expect(found == (expected[graph] ?? []).sorted(), "seed \(seed), graph \(number)")
        }
    }

    @Test func visitsStopWhenTold() throws {
        let fixture = try Fixture()
        let people = try fixture.add(.person, "a", "b", "c")
        try fixture.put(edge(people[0], .likes, people[1]), graph: .shared)
        try fixture.put(edge(people[1], .likes, people[2]), graph: .shared)
        var visited: [NodeID] = []
        try fixture.store.read { transaction in
            try fixture.store.forEachMember(of: .shared, in: transaction) {
                visited.append($0)
                return visited.count < 2
            }
        }
        #expect(visited == [people[0], people[1]])
    }
}
