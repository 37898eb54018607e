import GraphFixtures
import PropertyGraph
import TestSupport
import Testing
import Time

/// Graphs and parameters that make no sense: no query traps, every query ends, and numbers are
/// finite.
@Suite struct HostileTests {
    private static let weights: [Double] = [
        0, -0.0, -1, .nan, .infinity, -.infinity, .leastNonzeroMagnitude,
        .greatestFiniteMagnitude, 1e-300, 1,
    ]
    private static let limits = [
        TraversalLimits(), TraversalLimits(depth: .max, fanOut: .max, visited: .max),
        TraversalLimits(depth: .min, fanOut: .min, visited: .min),
        TraversalLimits(depth: 2, fanOut: 3, visited: 5),
    ]
    private static let decays = [
        Decay.asStored, Decay(at: Timestamp(rawValue: .max), halfLifeSeconds: 0),
        Decay(at: Timestamp(rawValue: .min), halfLifeSeconds: .nan),
        Decay(at: Timestamp(seconds: 200), halfLifeSeconds: -1),
        Decay(at: Timestamp(seconds: 200), halfLifeSeconds: .infinity),
    ]

    /// What is asked of both kinds of graph: ids and finite figures, which can be compared.
    private struct Walks: Question {
        let node: NodeID
        let pattern: EdgePattern
        let limits: TraversalLimits
        let decay: Decay

        struct Reply: Equatable {
            var nodes: [NodeID] = []
            var figures: [Double] = []
            var cuts: [Bool] = []
        }

        func ask(_ graph: borrowing some GraphView & ~Copyable) throws -> Reply {
            var reply = Reply()
            var near = Neighbourhood(of: node, along: pattern, limits: limits)
            while let step = try near.next(in: graph) { reply.nodes.append(step.node) }
            var paths = PathMatches(
                of: PathPattern(pattern, times: 1...2).then(.both(), times: 0...1), from: node,
                limits: limits)
            while reply.nodes.count < 2_000, let match = try paths.next(in: graph) {
                reply.nodes.append(match.path.end)
            }
            var cheap = ShortestPaths(from: node, along: pattern, limits: limits, decay: decay)
            while let step = try cheap.next(in: graph) {
                reply.nodes.append(step.node)
                reply.figures.append(step.cost)
            }
            let top = try graph.topEdges(
                3, at: node, along: pattern, decay: decay, limits: limits)
            reply.nodes += top.elements.map(\.node)
            reply.figures += top.elements.map(\.weight)
            let rank = try graph.personalisedPageRank(
                from: [node: 1], along: pattern, decay: decay, limits: limits)
            reply.nodes += rank.scores.map(\.node)
            reply.figures += rank.scores.map(\.score)
            let sum = rank.scores.reduce(rank.residual) { $0 + $1.score }
            if sum > 1 + 1e-9 || sum < 1 - 1e-9 { reply.figures.append(.nan) }
            let common = try graph.commonNeighbours(
                of: node, node, along: pattern, limits: limits)
            reply.nodes += common.nodes
            reply.figures += [common.jaccard, common.adamicAdar]
            let degrees = try graph.degrees(of: node, pattern.direction, limit: limits.fanOut)
            reply.figures.append(Double(degrees.total))
            reply.cuts = [
                near.isTruncated, paths.isTruncated, cheap.isTruncated, top.isTruncated,
                rank.isTruncated, common.isTruncated,
                degrees.isTruncated,
            ]
            return reply
        }
    }

    @Test(arguments: UInt64(0)..<30)
    func damagedWeightsAndOddQuestionsDoNoHarm(seed: UInt64) throws {
        var random = try RandomGraph(seed: seed, nodes: 6, edges: 26, weights: Self.weights)
        for limits in Self.limits {
            let walks = Walks(
                node: random.node(), pattern: random.pattern(), limits: limits,
                decay: Self.decays[random.generator.below(Self.decays.count)])
            let reply = try random.ask(walks)
            let areFigures = reply.figures.allSatisfy { $0.isFinite && $0 >= 0 }
            #expect(areFigures, "seed \(seed)")
        }
    }

    @Test(arguments: [UInt64.min, 1, .max])
    func anUnknownNodeHasNothing(raw: UInt64) throws {
        let random = try RandomGraph(seed: 1)
        for limits in Self.limits {
            let walks = Walks(
                node: NodeID(rawValue: raw), pattern: .both(), limits: limits, decay: .asStored)
            let reply = try random.ask(walks)
            // All that is found is the seed of the PageRank, and the limits leave it room or not.
            #expect(Set(reply.nodes).subtracting([NodeID(rawValue: raw)]).isEmpty)
        }
        let known = try random.fixture.store.read(graph: random.graph) { view in
            let node = NodeID(rawValue: raw)
            return (
                view.label(of: node), try view.externalID(of: node), try view.properties(of: node)
            )
        }
        #expect(known.0 == nil && known.1 == nil && known.2 == nil)
    }

    @Test func aGraphThatIsNotThereIsEmpty() throws {
        let random = try RandomGraph(seed: 1)
        let graph = GraphID(rawValue: .max)
        let (ids, loaded) = try random.fixture.store.read(graph: graph) { view in
            (try view.nodeIDs(), try InMemoryGraph(view))
        }
        #expect(ids.elements.isEmpty)
        #expect(loaded == InMemoryGraph())
    }

    @Test func weightsThatDifferWidelyStillShareTheWalkers() throws {
        let graph = inMemoryGraph([
            edge(person(0), .likes, person(1), weight: .greatestFiniteMagnitude),
            edge(person(0), .knows, person(1), weight: .greatestFiniteMagnitude),
            edge(person(0), .likes, person(2), weight: .greatestFiniteMagnitude),
            edge(person(0), .likes, person(3), weight: .leastNonzeroMagnitude),
        ])
        let settings = PageRankSettings(restart: 0.5, tolerance: 1e-12)
        let rank = try graph.personalisedPageRank(from: [person(0): 1], settings: settings)
        let scores = rank.byNode
        let (one, two) = (scores[person(1)] ?? 0, scores[person(2)] ?? 0)
        #expect(abs(one - 2 * two) < 1e-9)
        #expect(two > 0.1)
    }

    @Test func aDenseGraphEndsAtItsLimits() throws {
        let count = 30
        let graph = inMemoryGraph(
            (0..<count).flatMap { source in
                (0..<count).map { edge(person(source), .knows, person($0)) }
            })
        // Trails of any length in it are more than could ever be listed.
        let limits = TraversalLimits(depth: .max, visited: 10_000)
        let pattern = PathPattern(.out(), times: 1...Int.max)
        var paths = PathMatches(of: pattern, from: person(0), limits: limits)
        var found = 0
        while try paths.next(in: graph) != nil, found < 500 { found += 1 }
        #expect(found == 500)
        let near = try all(Neighbourhood(of: person(0), limits: limits), in: graph)
        #expect(near.elements.count == count - 1)
    }
}
