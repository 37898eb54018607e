import Foundation
import GraphFixtures
import LMDB
import PropertyGraph
import TestSupport
import Testing
import Time

/// Putting, reading and removing edges, in both directions.
@Suite struct EdgeTests {
    private let one = GraphID(rawValue: 1)

    @Test func anEdgeIsReadAsItWasPut() throws {
        let fixture = try Fixture()
        let ids = try fixture.add(.person, "a", "b")
        let put = Edge(
            source: ids[0], type: .likes, target: ids[1], weight: 2.5, count: 7,
            first: Timestamp(rawValue: -5), last: Timestamp(rawValue: 99),
            properties: ["why": .string("because"), "v": .vector([1, 2])])
        try fixture.put(put, graph: one)
        let store = fixture.store
        let read = { (source: NodeID, type: EdgeType, target: NodeID, graph: GraphID) in
            try store.read {
                try store.edge(from: source, type, to: target, graph: graph, in: $0)
            }
        }
        #expect(try read(ids[0], .likes, ids[1], one) == put)
        // Neither the opposite direction, nor another type, nor another graph has it.
        #expect(try read(ids[1], .likes, ids[0], one) == nil)
        #expect(try read(ids[0], .knows, ids[1], one) == nil)
        #expect(try read(ids[0], .likes, ids[1], .shared) == nil)
    }

    @Test func edgesAreFoundFromBothEnds() throws {
        let fixture = try Fixture()
        let ids = try fixture.add(.person, "a", "b", "c")
        let ab = edge(ids[0], .likes, ids[1], weight: 1)
        let ac = edge(ids[0], .knows, ids[2], weight: 2)
        let cb = edge(ids[2], .likes, ids[1], weight: 3)
        try fixture.put(ab, ac, cb, graph: one)
        #expect(try fixture.edges(from: ids[0], graph: one) == [ab, ac])
        #expect(try fixture.edges(from: ids[0], .knows, graph: one) == [ac])
        #expect(try fixture.edges(from: ids[1], graph: one) == [])
        #expect(try fixture.edges(to: ids[1], graph: one) == [ab, cb])
        #expect(try fixture.edges(to: ids[1], .knows, graph: one) == [])
        #expect(try fixture.edges(to: ids[2], graph: one) == [ac])
        #expect(try fixture.edges(one) == [ab, ac, cb])
    }

    @Test func puttingAgainReplaces() throws {
        let fixture = try Fixture()
        let ids = try fixture.add(.person, "a", "b")
        try fixture.put(edge(ids[0], .likes, ids[1], weight: 1), graph: one)
        let second = edge(ids[0], .likes, ids[1], weight: 9)
        try fixture.put(second, graph: one)
        #expect(try fixture.edges(one) == [second])
        #expect(try fixture.edges(to: ids[1], graph: one) == [second])
    }

    @Test func loopsAreEdgesToo() throws {
        let fixture = try Fixture()
        let a = try fixture.add(.person, "a")[0]
        let loop = edge(a, .knows, a)
        try fixture.put(loop, graph: one)
        #expect(try fixture.edges(from: a, graph: one) == [loop])
        #expect(try fixture.edges(to: a, graph: one) == [loop])
        _ = try fixture.store.write { transaction in
            try fixture.store.removeEdge(from: a, .knows, to: a, graph: one, in: transaction)
        }
        #expect(try fixture.edges(one) == [])
        #expect(try fixture.edges(to: a, graph: one) == [])
    }

    @Test func removingTakesBothDirectionsAndSaysWhetherThereWasOne() throws {
        let fixture = try Fixture()
        let ids = try fixture.add(.person, "a", "b")
        let store = fixture.store
        let stays = edge(ids[0], .knows, ids[1])
        try fixture.put(edge(ids[0], .likes, ids[1]), stays, graph: one)
        for wasThere in [true, false] {
            let removed = try store.write { transaction in
                try store.removeEdge(
                    from: ids[0], .likes, to: ids[1], graph: one, in: transaction)
            }
            #expect(removed == wasThere)
        }
        #expect(try fixture.edges(one) == [stays])
        #expect(try fixture.edges(to: ids[1], graph: one) == [stays])
    }

    @Test func visitsStopWhenToldTo() throws {
        let fixture = try Fixture()
        let ids = try fixture.add(.person, "a", "b", "c", "d")
        for target in ids.dropFirst() {
            try fixture.put(edge(ids[0], .likes, target), edge(target, .likes, ids[0]), graph: one)
        }
        let store = fixture.store
        try store.read { transaction in
            var visited = 0
            let stopAtTwo: (Edge) -> Bool = { _ in
                visited += 1
                return visited < 2
            }
            try store.forEachEdge(graph: one, in: transaction, stopAtTwo)
            #expect(visited == 2)
            visited = 0
            try store.forEachEdge(from: ids[0], graph: one, in: transaction, stopAtTwo)
            #expect(visited == 2)
            visited = 0
            try store.forEachEdge(to: ids[0], graph: one, in: transaction, stopAtTwo)
            #expect(visited == 2)
        }
    }

    @Test func aWriteSeesItsOwnEdges() throws {
        let fixture = try Fixture()
        let ids = try fixture.add(.person, "a", "b")
        let store = fixture.store
        try store.write { transaction in
            let put = edge(ids[0], .likes, ids[1])
            try store.put(put, graph: one, in: transaction)
            var seen: [Edge] = []
            try store.forEachEdge(to: ids[1], graph: one, in: transaction) {
                seen.append($0)
                return true
            }
            #expect(seen == [put])
        }
    }
}

/// Neighbours on disk never leak into one another.
@Suite struct PrefixTests {
    @Test func neighbouringGraphsDoNotMix() throws {
        let fixture = try Fixture()
        let ids = try fixture.add(.person, "a", "b")
        let numbers: [UInt64] = [
            0, 1, 2, 254, 255, 256, 257, 0xFFFF, 0x1_0000, 0xFFFF_FFFF, 1 << 32, .max - 1, .max,
        ]
        for number in numbers {
            let graph = GraphID(rawValue: number)
            try fixture.put(edge(ids[0], .likes, ids[1], weight: Double(number)), graph: graph)
            try fixture.store.write { transaction in
                let node = Node(id: ids[0], properties: ["n": .double(Double(number))])
                try fixture.store.put(node, graph: graph, in: transaction)
            }
        }
        for number in numbers {
            let graph = GraphID(rawValue: number)
            #expect(try fixture.edges(graph).map(\.weight) == [Double(number)])
            #expect(try fixture.edges(from: ids[0], graph: graph).count == 1)
            #expect(try fixture.edges(to: ids[1], graph: graph).count == 1)
            #expect(try fixture.nodes(graph).map { $0.properties["n"]?.double } == [Double(number)])
        }
    }

    @Test func neighbouringNodesDoNotMix() throws {
        let fixture = try Fixture()
        let graph = GraphID(rawValue: 255)
        let store = fixture.store
        let ids = try store.write { transaction in
            try (0..<260).map { try store.addNode(.person, "p\($0)", in: transaction) }
        }
        try store.write { transaction in
            for (index, id) in ids.enumerated() {
                let next = ids[(index + 1) % ids.count]
                try store.put(edge(id, .likes, next), graph: graph, in: transaction)
                try store.put(edge(id, .knows, next), graph: graph, in: transaction)
            }
        }
        for (index, id) in ids.enumerated() {
            let out = try fixture.edges(from: id, graph: graph)
            #expect(out.map(\.type) == [.likes, .knows])
            #expect(out.allSatisfy { $0.source == id && $0.target == ids[(index + 1) % ids.count] })
            let back = try fixture.edges(to: id, .knows, graph: graph)
            #expect(back.map(\.source) == [ids[(index + 259) % ids.count]])
        }
    }

    @Test func typesOfOneNodeDoNotMix() throws {
        let folder = try TemporaryFolder()
        let types = (0..<300).map { EdgeType(rawValue: "T\($0)") }
        let store = try open(folder, edgeTypes: types)
        try store.write { transaction in
            let a = try store.addNode(.person, "a", in: transaction)
            for (index, type) in types.enumerated() {
                try store.put(
                    edge(a, type, a, weight: Double(index)), graph: .shared, in: transaction)
            }
            for (index, type) in types.enumerated() {
                var weights: [Double] = []
                try store.forEachEdge(from: a, type, graph: .shared, in: transaction) {
                    weights.append($0.weight)
                    return true
                }
                #expect(weights == [Double(index)])
            }
        }
    }

    @Test(arguments: [UInt64(0), 1, 254, 255, 256, .max - 1, .max])
    func removingAGraphRemovesThatOneOnly(_ number: UInt64) throws {
        let fixture = try Fixture()
        let ids = try fixture.add(.person, "a", "b")
        let numbers = [UInt64(0), 1, 254, 255, 256, 257, .max - 1, .max]
        for number in numbers {
            let graph = GraphID(rawValue: number)
            try fixture.put(
                edge(ids[0], .likes, ids[1]), edge(ids[1], .knows, ids[0]), graph: graph)
            try fixture.store.write {
                try fixture.store.put(Node(id: ids[0]), graph: graph, in: $0)
            }
        }
        let store = fixture.store
        let gone = GraphID(rawValue: number)
        #expect(try store.write { try store.removeGraph(gone, in: $0) } == 5)
        #expect(try store.write { try store.removeGraph(gone, in: $0) } == 0)
        for number in numbers {
            let graph = GraphID(rawValue: number)
            #expect(try fixture.edges(graph).count == (graph == gone ? 0 : 2))
            #expect(try fixture.edges(to: ids[1], graph: graph).count == (graph == gone ? 0 : 1))
            #expect(try fixture.nodes(graph).count == (graph == gone ? 0 : 1))
        }
        // Names are the store's, not the graph's.
        #expect(try fixture.add(.person, "b") == [ids[1]])
    }
}

/// Weights fade by half every half-life, whenever their parts arrive.
@Suite struct DecayTests {
    private let day = 86_400.0

    @Test(arguments: [
        (0.0, 1.0), (-5.0, 1.0), (10.0, 0.5), (20.0, 0.25), (5.0, 0.707_106_781_186_547_5),
    ])
    func weightsHalveEveryHalfLife(_ seconds: Double, _ factor: Double) {
        #expect(abs(Edge.decay(seconds: seconds, halfLifeSeconds: 10) - factor) < 1e-15)
    }

    @Test func aWeightIsReadAtATime() {
        let edge = edge(NodeID(rawValue: 1), .likes, NodeID(rawValue: 2), weight: 8, seconds: 100)
        #expect(edge.weight(at: Timestamp(seconds: 100), halfLifeSeconds: 10) == 8)
        #expect(edge.weight(at: Timestamp(seconds: 110), halfLifeSeconds: 10) == 4)
        #expect(edge.weight(at: Timestamp(seconds: 130), halfLifeSeconds: 10) == 1)
        #expect(edge.weight(at: Timestamp(seconds: 50), halfLifeSeconds: 10) == 8)
        #expect(edge.weight(at: Timestamp(rawValue: .max), halfLifeSeconds: 10) == 0)
    }

    @Test(arguments: UInt64(0)..<150)
    func anyOrderOfTimesGivesTheClosedForm(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let halfLife = Double.random(in: 0.1...90, using: &generator) * day
        let parts = (0...generator.below(40)).map { _ in
            (
                amount: Double.random(in: 0.25...20, using: &generator),
                time: Timestamp(rawValue: Int64.random(in: 0...31_536_000_000, using: &generator))
            )
        }
        let times = parts.map(\.time)
        let last = try #require(times.max())
        let expected = parts.reduce(0) {
            $0 + $1.amount * exp2(-last.secondsSince($1.time) / halfLife)
        }
        for order in 0..<4 {
            let shuffled = parts.shuffled(using: &generator)
            var sum = Edge(
                source: NodeID(rawValue: 1), type: .likes, target: NodeID(rawValue: 2),
                weight: shuffled[0].amount, first: shuffled[0].time, last: shuffled[0].time)
            for part in shuffled.dropFirst() {
                sum.accumulate(part.amount, at: part.time, halfLifeSeconds: halfLife)
            }
            let context = "seed \(seed), order \(order)"
            #expect(abs(sum.weight - expected) <= 1e-12 * expected, "\(context)")
            #expect(sum.count == UInt64(parts.count), "\(context)")
            #expect(sum.last == last, "\(context)")
            #expect(sum.first == times.min(), "\(context)")
        }
    }

    @Test func partsOfOneMomentAddUp() {
        var edge = edge(NodeID(rawValue: 1), .likes, NodeID(rawValue: 2), weight: 1, seconds: 5)
        edge.accumulate(2, at: Timestamp(seconds: 5), halfLifeSeconds: 1)
        #expect(edge.weight == 3)
        #expect(edge.count == 2)
    }
}
