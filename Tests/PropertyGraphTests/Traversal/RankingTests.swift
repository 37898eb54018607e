import Foundation
import GraphFixtures
import PropertyGraph
import TestSupport
import Testing
import Time

private struct Top: Question {
    let count: Int
    let node: NodeID
    let pattern: EdgePattern
    var decay = Decay.asStored
    var limits = TraversalLimits()

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> BoundedResult<WeightedEdge> {
        try graph.topEdges(count, at: node, along: pattern, decay: decay, limits: limits)
    }
}

private struct Common: Question {
    let first: NodeID
    let second: NodeID
    var pattern = EdgePattern.both()
    var limits = TraversalLimits()

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> CommonNeighbours {
        try graph.commonNeighbours(of: first, second, along: pattern, limits: limits)
    }
}

private struct Counts: Question {
    let node: NodeID
    var direction = Direction.both
    var limit = 1_000

    func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> Degrees {
        try graph.degrees(of: node, direction, limit: limit)
    }
}

@Suite struct TopEdgesTests {
    @Test(arguments: UInt64(0)..<40)
    func theyAreThoseOfSortingAll(seed: UInt64) throws {
        var random = try RandomGraph(seed: seed, nodes: 7, edges: 40)
        let decay = Decay(
            at: Timestamp(seconds: Int64(random.generator.below(500))), halfLifeSeconds: 150)
        for count in 0...9 {
            let (node, pattern) = (random.node(), random.pattern())
            let question = Top(count: count, node: node, pattern: pattern, decay: decay)
            let answer = try random.ask(question)
            let weights = try random.matches(pattern, at: node)
                .map { ($0.edge.weight(at: decay.time, halfLifeSeconds: 150), $0.node) }
                .sorted { ($0.0, $1.1.rawValue) > ($1.0, $0.1.rawValue) }.prefix(count)
            #expect(answer.elements.map(\.weight) == weights.map(\.0), "seed \(seed)")
            #expect(answer.elements.map(\.node) == weights.map(\.1), "seed \(seed)")
            let edges = Set(answer.elements.map(\.edge))
            #expect(edges.count == answer.elements.count, "seed \(seed)")
            #expect(!answer.isTruncated, "seed \(seed)")
        }
    }

    @Test func equalWeightsComeByIdThenByType() throws {
        let graph = inMemoryGraph([
            edge(person(0), .knows, person(1)), edge(person(0), .likes, person(2)),
            edge(person(0), .likes, person(1)), edge(person(0), .likes, person(3), weight: 2),
        ])
        let top = try Top(count: 3, node: person(0), pattern: .out()).ask(graph).elements
        #expect(top.map(\.node) == [person(3), person(1), person(1)])
        #expect(top.map(\.edge.type) == [.likes, .likes, .knows])
    }

    @Test func whatFadedFallsBehind() throws {
        let graph = inMemoryGraph([
            edge(person(0), .likes, person(1), weight: 10, seconds: 0),
            edge(person(0), .likes, person(2), weight: 2, seconds: 1_000),
        ])
        func first(at seconds: Int64) throws -> WeightedEdge? {
            let decay = Decay(at: Timestamp(seconds: seconds), halfLifeSeconds: 250)
            return try Top(count: 1, node: person(0), pattern: .out(), decay: decay).ask(graph)
                .elements.first
        }
        let (early, late) = (try first(at: 0), try first(at: 1_000))
        #expect(early?.node == person(1))
        #expect(late?.node == person(2))
        #expect(late?.weight == 2)
    }

    @Test func theFanOutCutsAndSaysSo() throws {
        for (fanOut, count) in [(-1, 0), (0, 0), (6, 6), (7, 7), (8, 7)] {
            let question = Top(
                count: 9, node: person(0), pattern: .out(),
                limits: TraversalLimits(fanOut: fanOut))
            let answer = try question.ask(star(7))
            #expect(answer.elements.count == count)
            #expect(answer.isTruncated == (fanOut < 7))
        }
        let none = try Top(count: -1, node: person(0), pattern: .out()).ask(star(7))
        #expect(none == BoundedResult(elements: [], isTruncated: false))
    }
}

@Suite struct WeighingTests {
    @Test(arguments: [-1, -Double.infinity, Double.infinity, Double.nan, -0.0, 0])
    func aDamagedWeightCountsAsNothing(weight: Double) {
        let damaged = edge(person(0), .likes, person(1), weight: weight)
        #expect(Decay.asStored.weight(of: damaged) == 0)
        let later = Decay(at: Timestamp(seconds: 9), halfLifeSeconds: 3)
        #expect(later.weight(of: damaged) == 0)
    }

    @Test(arguments: [-1, -Double.infinity, Double.infinity, Double.nan, 0])
    func aWrongHalfLifeGivesAUsableWeight(halfLife: Double) {
        let edge = edge(person(0), .likes, person(1), weight: 2)
        for milliseconds in [Int64.min, -1, 0, 1, Int64.max] {
            let decay = Decay(at: Timestamp(rawValue: milliseconds), halfLifeSeconds: halfLife)
            let weight = decay.weight(of: edge)
            #expect(weight >= 0 && weight.isFinite)
        }
    }

    @Test func storedWeightsAreUnchanged() {
        for seconds in [Int64.min / 1000, 0, Int64.max / 1000] {
            let edge = edge(person(0), .likes, person(1), weight: 0.3, seconds: seconds)
            #expect(Decay.asStored.weight(of: edge) == 0.3)
        }
    }

    @Test func aWeightHalvesInAHalfLife() {
        let edge = edge(person(0), .likes, person(1), weight: 8, seconds: 100)
        let weights = [0, 100, 110, 120].map {
            Decay(at: Timestamp(seconds: $0), halfLifeSeconds: 10).weight(of: edge)
        }
        #expect(weights == [8, 8, 4, 2])
    }
}

@Suite struct CommonNeighboursTests {
    @Test(arguments: UInt64(0)..<40)
    func theyAreThoseOfSetOperations(seed: UInt64) throws {
        var random = try RandomGraph(seed: seed, edges: 30)
        func neighbours(_ node: NodeID, _ pattern: EdgePattern) throws -> Set<NodeID> {
            Set(try random.matches(pattern, at: node).map(\.node)).subtracting([node])
        }
        for _ in 0..<10 {
            let (first, second, pattern) = (random.node(), random.node(), random.pattern())
            let answer = try random.ask(Common(first: first, second: second, pattern: pattern))
            let (one, two) = (try neighbours(first, pattern), try neighbours(second, pattern))
            #expect(answer.nodes == one.intersection(two).sorted(), "seed \(seed)")
            let union = one.union(two).count
            let jaccard = union == 0 ? 0 : Double(answer.nodes.count) / Double(union)
            #expect(answer.jaccard == jaccard, "seed \(seed)")
            let back = EdgePattern(
                types: pattern.types, direction: pattern.direction.reversed,
                predicate: pattern.predicate)
            let score = try answer.nodes.reduce(0.0) {
                let count = try neighbours($1, back).count
                return $0 + (count > 1 ? 1 / log(Double(count)) : 0)
            }
            #expect(answer.adamicAdar == score, "seed \(seed)")
            let mirrored = try random.ask(
                Common(first: second, second: first, pattern: pattern))
            #expect(mirrored == answer, "seed \(seed)")
        }
    }

    @Test func whatFewLikeCountsMore() throws {
        // Book 0 is liked by two, book 1 by four.
        let readers = [0: [0, 1, 9], 1: [0, 1, 8], 2: [1], 3: [1]]
        let graph = inMemoryGraph(
            readers.flatMap { reader, books in
                books.map { edge(person(reader), .likes, book($0)) }
            })
        let pattern = EdgePattern.out(.likes, to: .book)
        let answer = try Common(first: person(0), second: person(1), pattern: pattern).ask(graph)
        #expect(answer.nodes == [book(0), book(1)])
        #expect(answer.jaccard == 0.5)
        #expect(answer.adamicAdar == 1 / log(2.0) + 1 / log(4.0))
        #expect(!answer.isTruncated)
    }

    @Test func nothingInCommonIsNothing() throws {
        let strangers = try Common(first: person(1), second: person(99)).ask(star(3))
        #expect(strangers.nodes.isEmpty && strangers.jaccard == 0 && strangers.adamicAdar == 0)
        let nobody = try Common(first: person(98), second: person(99)).ask(star(3))
        #expect(nobody.nodes.isEmpty && nobody.jaccard == 0)
        // A node is wholly like itself.
        let itself = try Common(first: person(1), second: person(1)).ask(star(3))
        #expect(itself.jaccard == 1)
        // Nodes that know each other have nothing in common by that.
        let two = try Common(first: person(0), second: person(1)).ask(star(1))
        #expect(two.nodes.isEmpty)
    }

    @Test func theFanOutCutsAndSaysSo() throws {
        let graph = inMemoryGraph(
            (0..<6).flatMap { index in
                [0, 1].map { edge(person($0), .likes, book(index)) }
            })
        let pattern = EdgePattern.out(.likes)
        for (fanOut, count) in [(-1, 0), (5, 5), (6, 6), (7, 6)] {
            let question = Common(
                first: person(0), second: person(1), pattern: pattern,
                limits: TraversalLimits(fanOut: fanOut))
            let answer = try question.ask(graph)
            #expect(answer.nodes.count == count)
            #expect(answer.isTruncated == (fanOut < 6))
            #expect(answer.adamicAdar.isFinite)
        }
    }
}

@Suite struct DegreesTests {
    @Test(arguments: UInt64(0)..<20)
    func theyAreThoseOfCounting(seed: UInt64) throws {
        let random = try RandomGraph(seed: seed)
        for node in random.nodes {
            for direction in Direction.allCases {
                let pattern = EdgePattern(types: nil, direction: direction)
                let edges = try random.matches(pattern, at: node).map(\.edge)
                let degrees = try random.ask(Counts(node: node, direction: direction))
                #expect(degrees.total == edges.count, "seed \(seed)")
                let byType = Dictionary(grouping: edges, by: \.type).mapValues(\.count)
                #expect(degrees.byType == byType, "seed \(seed)")
                #expect(!degrees.isTruncated, "seed \(seed)")
            }
        }
    }

    @Test func theLimitCutsAndSaysSo() throws {
        for (limit, count) in [(-1, 0), (0, 0), (6, 6), (7, 7), (8, 7)] {
            let degrees = try Counts(node: person(0), limit: limit).ask(star(7))
            #expect(degrees.total == count)
            #expect(degrees.isTruncated == (limit < 7))
        }
    }

    @Test func aLoopCountsOnce() throws {
        let graph = inMemoryGraph([edge(person(0), .likes, person(0))])
        for direction in Direction.allCases {
            let degrees = try Counts(node: person(0), direction: direction).ask(graph)
            #expect(degrees.byType == [.likes: 1])
        }
    }
}
