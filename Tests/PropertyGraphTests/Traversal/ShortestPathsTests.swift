import GraphFixtures
import PropertyGraph
import Testing
import Time

private let everywhere = TraversalLimits(depth: .max)

@Suite struct ShortestPathsTests {
    /// The cost of the cheapest paths of at most `rounds` edges from a node to all others (Bellman
    /// and Ford).
    private func costs(
        _ random: RandomGraph, _ pattern: EdgePattern, from start: NodeID, rounds: Int
    ) throws -> [NodeID: Double] {
        var costs = [start: 0.0]
        for _ in 0..<rounds {
            let before = costs
            for (node, cost) in before {
                for way in try random.matches(pattern, at: node) {
                    let total = cost + 1 / way.edge.weight
                    costs[way.node] = min(costs[way.node] ?? .infinity, total)
                }
            }
        }
        return costs
    }

    @Test(arguments: UInt64(0)..<60)
    func costsAreThoseOfFloydAndWarshall(seed: UInt64) throws {
        var random = try RandomGraph(seed: seed, edges: 8 + Int(seed % 24))
        let pattern = random.pattern()
        var costs: [NodeID: [NodeID: Double]] = [:]
        for node in random.nodes {
            for way in try random.matches(pattern, at: node) {
                let cost = min(costs[node]?[way.node] ?? .infinity, 1 / way.edge.weight)
                costs[node, default: [:]][way.node] = cost
            }
        }
        for middle in random.nodes {
            for from in random.nodes {
                for to in random.nodes {
                    guard let one = costs[from]?[middle], let two = costs[middle]?[to] else {
                        continue
                    }
                    costs[from, default: [:]][to] = min(costs[from]?[to] ?? .infinity, one + two)
                }
            }
        }
        for start in random.nodes {
            let answer = try random.ask(
                Everything(ShortestPaths(from: start, along: pattern, limits: everywhere)))
            var expected = costs[start] ?? [:]
            expected[start] = nil
            let got = Dictionary(
                uniqueKeysWithValues: answer.elements.map { ($0.node, $0.cost) })
            #expect(got == expected, "seed \(seed)")
            #expect(!answer.isTruncated, "seed \(seed)")
            let order = answer.elements.map { ($0.cost, $0.node.rawValue) }
            let isSorted = zip(order, order.dropFirst()).allSatisfy { $0 < $1 }
            #expect(isSorted, "seed \(seed)")
        }
    }

    @Test(arguments: UInt64(0)..<60)
    func aLimitOnEdgesGivesTheCheapestOfThatManyEdges(seed: UInt64) throws {
        var random = try RandomGraph(seed: seed, edges: 8 + Int(seed % 24))
        for depth in 0...5 {
            let (start, pattern) = (random.node(), random.pattern())
            let limits = TraversalLimits(depth: depth)
            let search = ShortestPaths(from: start, along: pattern, limits: limits)
            let answer = try random.ask(Everything(search))
            var expected = try costs(random, pattern, from: start, rounds: depth)
            expected[start] = nil
            let got = Dictionary(
                uniqueKeysWithValues: answer.elements.map { ($0.node, $0.cost) })
            #expect(got == expected, "seed \(seed)")
            for step in answer.elements {
                let route = try #require(try random.ask(PathTo(node: step.node, search: search)))
                #expect(route.cost == step.cost, "seed \(seed)")
                #expect(route.path.start == start, "seed \(seed)")
                #expect(route.path.end == step.node, "seed \(seed)")
                #expect(route.path.edges.count == step.depth, "seed \(seed)")
                #expect(step.depth <= depth, "seed \(seed)")
                #expect(route.path.edges.last == step.edge, "seed \(seed)")
                let sum = route.path.edges.reduce(0) { $0 + 1 / $1.weight }
                #expect(sum == route.cost, "seed \(seed)")
                for (node, edge) in zip(route.path.nodes, route.path.edges) {
                    let ways = try random.matches(pattern, at: node)
                    #expect(ways.contains { $0.edge == edge }, "seed \(seed)")
                }
            }
        }
    }

    /// The cheap way to node 2 is too long to lead on to node 3.
    @Test func aDearWayOfFewEdgesIsNotForgotten() throws {
        let graph = inMemoryGraph([
            edge(person(0), .likes, person(1), weight: 4),
            edge(person(1), .likes, person(2), weight: 4),
            edge(person(0), .likes, person(2), weight: 0.1),
            edge(person(2), .likes, person(3)),
        ])
        var short = ShortestPaths(from: person(0), limits: TraversalLimits(depth: 2))
        let dear = try #require(try short.path(to: person(3), in: graph))
        #expect(dear.path.nodes == [person(0), person(2), person(3)])
        #expect(dear.cost == 11)
        let cheap = try #require(try short.path(to: person(2), in: graph))
        #expect(cheap.path.nodes == [person(0), person(1), person(2)])
        #expect(cheap.cost == 0.5)
        var long = ShortestPaths(from: person(0), limits: TraversalLimits(depth: 3))
        let best = try #require(try long.path(to: person(3), in: graph))
        #expect(best.cost == 1.5)
        #expect(!long.isTruncated)
    }

    @Test func thePathToTheStartHasNoEdges() throws {
        var search = ShortestPaths(from: person(0))
        let route = try search.path(to: person(0), in: chain(3))
        #expect(route?.path == Path(start: person(0)))
        #expect(route?.cost == 0)
        let nowhere = try search.path(to: person(9), in: chain(3))
        #expect(nowhere == nil)
        #expect(!search.isTruncated)
        // Also after the search is over, what it found is known.
        let end = try search.path(to: person(3), in: chain(3))
        #expect(end?.cost == 3)
    }

    @Test func tiesAreBrokenById() throws {
        let graph = inMemoryGraph([
            edge(person(0), .likes, person(2)), edge(person(0), .likes, person(1)),
            edge(person(1), .likes, person(3)), edge(person(2), .likes, person(3)),
            edge(person(0), .knows, person(3), weight: 0.5),
        ])
        var search = ShortestPaths(from: person(0))
        let route = try #require(try search.path(to: person(3), in: graph))
        // Of cost 2 are two ways over two edges and one over one edge.
        #expect(route.path.edges.map(\.type) == [.knows])
        var likes = ShortestPaths(from: person(0), along: .out(.likes))
        let other = try #require(try likes.path(to: person(3), in: graph))
        #expect(other.path.nodes == [person(0), person(1), person(3)])
    }

    @Test func ofEqualCostThePathOfFewerEdgesIsTaken() throws {
        // That over three edges is found first, since its last node but one is nearer.
        let graph = inMemoryGraph([
            edge(person(0), .likes, person(1), weight: 4),
            edge(person(1), .likes, person(2), weight: 4),
            edge(person(2), .likes, person(3), weight: 2),
            edge(person(0), .likes, person(4), weight: 4 / 3),
            edge(person(4), .likes, person(3), weight: 4),
        ])
        var search = ShortestPaths(from: person(0))
        let route = try search.path(to: person(3), in: graph)
        #expect(route?.cost == 1)
        #expect(route?.path.nodes == [person(0), person(4), person(3)])
    }

    @Test func costsMayBeAnything() throws {
        let graph = chain(3)
        var free = ShortestPaths(from: person(0), along: .out()) { _ in 0 }
        let answer = try free.collect(.max, in: graph)
        #expect(answer.elements.map(\.cost) == [0, 0, 0])
        var closed = ShortestPaths(from: person(0), along: .out()) {
            $0.source == person(1) ? .infinity : 1
        }
        let reached = try closed.collect(.max, in: graph)
        #expect(reached.elements.map(\.node) == [person(1)])
        // Sums that are too great to be told from infinity are no way either.
        var huge = ShortestPaths(from: person(0), along: .out()) { _ in .greatestFiniteMagnitude }
        let near = try huge.collect(.max, in: graph)
        #expect(near.elements.map(\.node) == [person(1)])
    }

    @Test(arguments: [-1, -Double.leastNonzeroMagnitude, -Double.infinity, Double.nan])
    func aCostBelowZeroIsRefused(cost: Double) throws {
        let failure = code {
            var search = ShortestPaths(from: person(0), along: .out()) { _ in cost }
            _ = try search.next(in: chain(3))
        }
        #expect(failure == .argument)
    }

    @Test func errorsOfTheCostComeThrough() {
        struct Mine: Error {}
        #expect(throws: Mine.self) {
            var search = ShortestPaths(from: person(0), along: .out()) { _ in throw Mine() }
            _ = try search.next(in: chain(3))
        }
    }

    @Test func weightsDecayUntilTheGivenTime() throws {
        // After one half-life of the old edge, and none of the new one.
        let graph = inMemoryGraph([
            edge(person(0), .likes, person(1), weight: 4, seconds: 0),
            edge(person(0), .likes, person(2), weight: 3, seconds: 100),
        ])
        let decay = Decay(at: Timestamp(seconds: 100), halfLifeSeconds: 100)
        let stored = try all(ShortestPaths(from: person(0)), in: graph)
        let faded = try all(ShortestPaths(from: person(0), decay: decay), in: graph)
        #expect(stored.elements.map(\.cost) == [1 / 4, 1 / 3])
        #expect(faded.elements.map(\.node) == [person(2), person(1)])
        #expect(faded.elements.map(\.cost) == [1 / 3, 1 / 2])
    }

    @Test func limitsCutAndSaySo() throws {
        for (depth, count) in [(-1, 0), (0, 0), (4, 4), (5, 5), (6, 5)] {
            let limits = TraversalLimits(depth: depth)
            let answer = try all(ShortestPaths(from: person(0), limits: limits), in: chain(5))
            #expect(answer.elements.count == count)
            #expect(answer.isTruncated == (depth <= 5))
        }
        for (limit, count) in [(-1, 0), (0, 0), (6, 6), (7, 7), (8, 7)] {
            for limits in [TraversalLimits(fanOut: limit), TraversalLimits(visited: limit)] {
                let answer = try all(ShortestPaths(from: person(0), limits: limits), in: star(7))
                #expect(answer.elements.map(\.node) == (1...7).prefix(count).map(person))
                #expect(answer.isTruncated == (limit < 7))
            }
        }
    }

    @Test func theSearchEndsWhereThePathDoes() throws {
        let graph = CountingGraph(chain(100))
        var search = ShortestPaths(from: person(0), limits: everywhere)
        let route = try search.path(to: person(10), in: graph)
        #expect(route?.cost == 10)
        #expect(graph.counter.edges == 10)
        let again = try search.path(to: person(5), in: graph)
        #expect(again?.cost == 5)
        #expect(graph.counter.edges == 10)
    }
}
