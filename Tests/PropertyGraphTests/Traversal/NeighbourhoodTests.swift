import PropertyGraph
import Testing

@Suite struct NeighbourhoodTests {
    @Test(arguments: UInt64(0)..<60)
    func depthsAreThoseOfFloydAndWarshall(seed: UInt64) throws {
        var random = try RandomGraph(seed: seed, edges: 8 + Int(seed % 20))
        for depth in 0...5 {
            let (start, pattern) = (random.node(), random.pattern())
            let limits = TraversalLimits(depth: depth)
            let answer = try random.ask(
                Everything(Neighbourhood(of: start, along: pattern, limits: limits)))
            let distances = try hops(random, pattern)
            let expected = random.nodes.filter {
                let distance = distances[start]?[$0] ?? .max
                return $0 != start && distance <= depth
            }
            #expect(answer.elements.map(\.node).sorted() == expected, "seed \(seed)")
            #expect(!answer.isTruncated, "seed \(seed)")
            var before = [start: 0]
            for step in answer.elements {
                #expect(step.depth == distances[start]?[step.node], "seed \(seed)")
                let parent = step.edge.otherEnd(from: step.node)
                #expect(before[parent] == step.depth - 1, "seed \(seed)")
                let ways = try random.matches(pattern, at: parent)
                #expect(
                    ways.contains { $0.edge == step.edge && $0.node == step.node }, "seed \(seed)")
                before[step.node] = step.depth
            }
            let depths = answer.elements.map(\.depth)
            #expect(depths == depths.sorted(), "seed \(seed)")
        }
    }

    /// The number of edges between all pairs of nodes.
    private func hops(
        _ random: RandomGraph, _ pattern: EdgePattern
    ) throws -> [NodeID: [NodeID: Int]] {
        var hops: [NodeID: [NodeID: Int]] = [:]
        for node in random.nodes {
            for way in try random.matches(pattern, at: node) where way.node != node {
                hops[node, default: [:]][way.node] = 1
            }
        }
        for middle in random.nodes {
            for from in random.nodes {
                for to in random.nodes where from != to {
                    guard let one = hops[from]?[middle], let two = hops[middle]?[to] else {
                        continue
                    }
                    hops[from, default: [:]][to] = min(hops[from]?[to] ?? .max, one + two)
                }
            }
        }
        return hops
    }

    @Test func theDepthIsThatOfTheLimitAndNoCut() throws {
        for depth in [-1, 0, 1, 4, 9, 10, 11] {
            let limits = TraversalLimits(depth: depth)
            let answer = try all(Neighbourhood(of: person(0), limits: limits), in: chain(10))
            #expect(answer.elements.count == min(10, max(0, depth)))
            #expect(!answer.isTruncated)
        }
    }

    @Test func theFanOutCutsAndSaysSo() throws {
        for (fanOut, count) in [(-1, 0), (0, 0), (6, 6), (7, 7), (8, 7)] {
            let limits = TraversalLimits(fanOut: fanOut)
            let walk = Neighbourhood(of: person(0), along: .out(), limits: limits)
            let answer = try all(walk, in: star(7))
            #expect(answer.elements.map(\.node) == (1...7).prefix(count).map(person))
            #expect(answer.isTruncated == (fanOut < 7))
        }
    }

    @Test func theNumberOfNodesCutsAndSaysSo() throws {
        for graph in [star(7), chain(7)] {
            for (visited, count) in [(-1, 0), (0, 0), (6, 6), (7, 7), (8, 7)] {
                let limits = TraversalLimits(depth: 9, visited: visited)
                let answer = try all(Neighbourhood(of: person(0), limits: limits), in: graph)
                #expect(answer.elements.map(\.node) == (1...7).prefix(count).map(person))
                #expect(answer.isTruncated == (visited < 7))
            }
        }
    }

    @Test func onlyTheEdgesThatAreNeededAreRead() throws {
        let graph = CountingGraph(chain(100))
        var walk = Neighbourhood(
            of: person(0), along: .out(), limits: TraversalLimits(depth: 100))
        let nothing = try walk.collect(0, in: graph)
        #expect(nothing.elements.isEmpty)
        #expect(graph.counter.edges == 0)
        let three = try walk.collect(3, in: graph)
        #expect(three.elements.map(\.node) == (1...3).map(person))
        #expect(graph.counter.edges == 3)
        let rest = try walk.collect(.max, in: graph)
        #expect(rest.elements.map(\.depth) == Array(4...100))
        #expect(graph.counter.edges == 100)
        let over = try walk.next(in: graph)
        #expect(over == nil)
    }

    @Test func aFullWalkReadsNoFurther() throws {
        let graph = CountingGraph(star(50))
        var walk = Neighbourhood(of: person(0), limits: TraversalLimits(visited: 10))
        let answer = try walk.collect(.max, in: graph)
        #expect(answer.elements.count == 10)
        #expect(graph.counter.edges == 11)
    }

    @Test func aCopyGoesItsOwnWay() throws {
        let graph = star(3)
        var walk = Neighbourhood(of: person(0))
        _ = try walk.next(in: graph)
        var copy = walk
        let (rest, restOfCopy) = (
            try walk.collect(.max, in: graph), try copy.collect(.max, in: graph)
        )
        #expect(rest == restOfCopy)
        #expect(rest.elements.count == 2)
    }
}
