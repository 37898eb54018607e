import GraphFixtures
import PropertyGraph
import TestSupport
import Testing

@Suite struct PathMatchesTests {
    @Test(arguments: UInt64(0)..<60)
    func pathsAreThoseOfTryingEverything(seed: UInt64) throws {
        var random = try RandomGraph(seed: seed, nodes: 6, edges: 6 + Int(seed % 6))
        for _ in 0..<4 {
            var pattern = PathPattern(random.pattern(), times: times(&random.generator))
            for _ in 0..<random.generator.below(3) {
                pattern = pattern.then(random.pattern(), times: times(&random.generator))
            }
            let start = random.node()
            let limits = TraversalLimits(depth: 4)
            let answer = try random.ask(
                Everything(PathMatches(of: pattern, from: start, limits: limits)))
            let expected = try trails(random, from: start, depth: 4).flatMap { path in
                try fits(path.edges[...], at: start, pattern.steps[...], random).map {
                    Fit(edges: path.edges, lengths: $0)
                }
            }
            let got = answer.elements.map { Fit(edges: $0.path.edges, lengths: $0.lengths) }
            #expect(Set(got) == Set(expected), "seed \(seed)")
            #expect(got.count == expected.count, "seed \(seed)")
            for match in answer.elements {
                #expect(match.path.start == start, "seed \(seed)")
                #expect(match.lengths.reduce(0, +) == match.path.edges.count, "seed \(seed)")
                #expect(match.path.nodes.count == match.path.edges.count + 1, "seed \(seed)")
            }
        }
    }

    private struct Fit: Hashable {
        var edges: [Edge]
        var lengths: [Int]
    }

    private func times(_ generator: inout SeededGenerator) -> ClosedRange<Int> {
        let lower = generator.below(3)
        return lower...(lower + generator.below(3))
    }

    /// All walks from a node that use no edge twice.
    private func trails(_ random: RandomGraph, from start: NodeID, depth: Int) -> [Path] {
        var found = [Path(start: start)]
        var last = found
        for _ in 0..<depth {
            last = last.flatMap { path in
                random.edges.filter { !path.edges.contains($0) }
                    .filter { $0.source == path.end || $0.target == path.end }
                    .map { Path(start: start, edges: path.edges + [$0]) }
            }
            found += last
        }
        return found
    }

    /// The ways in which edges fit to steps: how many to each.
    private func fits(
        _ edges: ArraySlice<Edge>, at node: NodeID, _ steps: ArraySlice<PathPattern.Step>,
        _ random: RandomGraph
    ) throws -> [[Int]] {
        guard let step = steps.first else { return edges.isEmpty ? [[]] : [] }
        var found: [[Int]] = []
        var (rest, end) = (edges, node)
        for count in 0...step.times.upperBound {
            if step.times.contains(count) {
                found += try fits(rest, at: end, steps.dropFirst(), random).map { [count] + $0 }
            }
            guard let edge = rest.popFirst(),
                let way = try random.matches(step.edge, at: end).first(where: { $0.edge == edge })
            else { break }
            end = way.node
        }
        return found
    }

    @Test func whatWasBoughtAfterWhatWasBoughtIsFound() throws {
        let graph = inMemoryGraph([
            edge(person(0), .likes, book(0)), edge(person(0), .likes, person(5)),
            edge(book(0), .knows, book(1)), edge(book(1), .knows, book(2)),
            edge(book(2), .knows, book(3)), edge(person(5), .knows, book(9)),
        ])
        let pattern = PathPattern(.out(.likes, to: .book)).then(.out(.knows), times: 1...2)
        let answer = try all(PathMatches(of: pattern, from: person(0)), in: graph)
        #expect(answer.elements.map(\.path.end) == [book(1), book(2)])
        #expect(answer.elements.map(\.lengths) == [[1, 1], [1, 2]])
        #expect(answer.elements.last?.path.nodes == [person(0), book(0), book(1), book(2)])
        #expect(!answer.isTruncated)
    }

    @Test func aPathComesBackByAnotherEdgeOnly() throws {
        let graph = inMemoryGraph([
            edge(person(0), .likes, book(0)), edge(person(1), .likes, book(0)),
            edge(person(0), .knows, book(0)),
        ])
        let alike = PathPattern(.out(.likes)).then(.in(.likes))
        let answer = try all(PathMatches(of: alike, from: person(0)), in: graph)
        #expect(answer.elements.map(\.path.end) == [person(1)])
        let round = PathPattern(.out()).then(.in(.knows))
        let back = try all(PathMatches(of: round, from: person(0)), in: graph)
        #expect(back.elements.map(\.path.end) == [person(0)])
    }

    @Test func aLoopIsWalkedOnce() throws {
        let graph = inMemoryGraph([
            edge(person(0), .likes, person(0)), edge(person(0), .knows, person(0)),
        ])
        for direction in Direction.allCases {
            let around = EdgePattern(types: nil, direction: direction)
            let walk = PathMatches(of: PathPattern(around, times: 1...4), from: person(0))
            let answer = try all(walk, in: graph)
            #expect(answer.elements.map(\.path.edges.count) == [1, 2, 1, 2])
            #expect(answer.elements.allSatisfy { $0.path.end == person(0) })
        }
    }

    @Test func aPathThatFitsInTwoWaysIsFoundForEach() throws {
        let pattern = PathPattern(.out(), times: 1...2).then(.out(), times: 1...2)
        let answer = try all(PathMatches(of: pattern, from: person(0)), in: chain(3))
        #expect(answer.elements.map(\.lengths) == [[2, 1], [1, 1], [1, 2]])
    }

    @Test func stepsMayBeLeftOut() throws {
        let pattern = PathPattern(.out(.knows), times: 0...1).then(.out(.likes), times: 0...1)
        let answer = try all(PathMatches(of: pattern, from: person(0)), in: chain(2))
        #expect(answer.elements.map(\.lengths) == [[0, 0], [0, 1]])
        #expect(answer.elements.first?.path == Path(start: person(0)))
        // Numbers that make no sense are as near to sense as can be.
        let odd = PathPattern(.out(), times: -3...(-1)).then(.out(), times: -2...1)
        let few = try all(PathMatches(of: odd, from: person(0)), in: chain(2))
        #expect(few.elements.map(\.lengths) == [[0, 0], [0, 1]])
        let many = PathPattern(.out(), times: 1...Int.max)
        let whole = try all(
            PathMatches(of: many, from: person(0), limits: TraversalLimits(depth: .max)),
            in: chain(20))
        #expect(whole.elements.count == 20)
        #expect(!whole.isTruncated)
    }

    @Test func theDepthCutsAndSaysSo() throws {
        let pattern = PathPattern(.out(), times: 1...9)
        for (depth, count) in [(-1, 0), (0, 0), (4, 4), (5, 5), (6, 5)] {
            let limits = TraversalLimits(depth: depth)
            let walk = PathMatches(of: pattern, from: person(0), limits: limits)
            let answer = try all(walk, in: chain(5))
            #expect(answer.elements.count == count)
            // At the limit, whether there is an edge beyond is not looked at.
            #expect(answer.isTruncated == (depth <= 5))
        }
        // A path that is complete cannot be cut.
        let whole = PathMatches(
            of: PathPattern(.out(), times: 2...2), from: person(0),
            limits: TraversalLimits(depth: 2))
        let answer = try all(whole, in: chain(5))
        #expect(answer.elements.count == 1)
        #expect(!answer.isTruncated)
    }

    @Test func theFanOutCutsAndSaysSo() throws {
        for (fanOut, count) in [(-1, 0), (0, 0), (6, 6), (7, 7), (8, 7)] {
            let limits = TraversalLimits(fanOut: fanOut)
            let walk = PathMatches(of: PathPattern(.out()), from: person(0), limits: limits)
            let answer = try all(walk, in: star(7))
            #expect(answer.elements.map(\.path.end) == (1...7).prefix(count).map(person))
            #expect(answer.isTruncated == (fanOut < 7))
        }
    }

    @Test func theNumberOfNodesCutsAndSaysSo() throws {
        for (visited, count) in [(-1, 0), (0, 0), (6, 6), (7, 7), (8, 7)] {
            let limits = TraversalLimits(visited: visited)
            let walk = PathMatches(of: PathPattern(.out()), from: person(0), limits: limits)
            let answer = try all(walk, in: star(7))
            #expect(answer.elements.count == count)
            #expect(answer.isTruncated == (visited < 7))
        }
    }

    @Test func nodesCountForEachPathToThem() throws {
        // Two ways to node 3, from which one edge goes on: 2 + 2 + 2 nodes.
        let graph = inMemoryGraph([
            edge(person(0), .likes, person(1)), edge(person(0), .likes, person(2)),
            edge(person(1), .likes, person(3)), edge(person(2), .likes, person(3)),
            edge(person(3), .likes, person(4)),
        ])
        let pattern = PathPattern(.out(), times: 3...3)
        for (visited, count) in [(5, 1), (6, 2)] {
            let limits = TraversalLimits(visited: visited)
            let answer = try all(
                PathMatches(of: pattern, from: person(0), limits: limits), in: graph)
            #expect(answer.elements.count == count)
            #expect(answer.isTruncated == (visited == 5))
        }
    }

    @Test func onlyTheEdgesOnTheWayAreRead() throws {
        var edges: [Edge] = []
        for first in 1...10 {
            edges.append(edge(person(0), .likes, person(first)))
            for second in 1...10 {
                edges.append(edge(person(first), .likes, book(first * 10 + second)))
            }
        }
        let graph = CountingGraph(inMemoryGraph(edges))
        var walk = PathMatches(of: PathPattern(.out()).then(.out()), from: person(0))
        let first = try walk.next(in: graph)
        #expect(first?.path.end == book(11))
        #expect(graph.counter.edges == 20)
        let more = try walk.collect(10, in: graph)
        #expect(more.elements.last?.path.end == book(21))
        #expect(graph.counter.edges == 30)
    }
}
