import GraphFixtures
import PropertyGraph
import Testing

/// A traversal that can check its own state.
protocol CheckedTraversal: Traversal {
    func checkInvariants()
}

extension Neighbourhood: CheckedTraversal {}
extension ShortestPaths: CheckedTraversal {}
extension PathMatches: CheckedTraversal {}

/// The state of a traversal is consistent after every step, also when a limit is reached.
@Suite struct TraversalInvariantTests {
    /// Limits that random graphs do not reach, and some that they do.
    private static let limits = [
        TraversalLimits(), TraversalLimits(depth: 2), TraversalLimits(fanOut: 2),
        TraversalLimits(visited: 3), TraversalLimits(depth: 3, fanOut: 3, visited: 5),
    ]

    private func checkAllSteps(
        _ traversal: some CheckedTraversal, in graph: InMemoryGraph
    ) throws {
        var traversal = traversal
        traversal.checkInvariants()
        // Patterns with repetitions can match very many paths.
        for _ in 0..<200 {
            guard try traversal.next(in: graph) != nil else { break }
            traversal.checkInvariants()
        }
        traversal.checkInvariants()
    }

    @Test(arguments: UInt64(0)..<40)
    func everyStepKeepsTheInvariants(seed: UInt64) throws {
        var random = try RandomGraph(seed: seed, edges: 8 + Int(seed % 24))
        for limits in Self.limits {
            let (start, pattern) = (random.node(), random.pattern())
            try checkAllSteps(
                Neighbourhood(of: start, along: pattern, limits: limits), in: random.memory)
            try checkAllSteps(
                ShortestPaths(from: start, along: pattern, limits: limits), in: random.memory)
            let path = PathPattern(pattern, times: 0...2).then(random.pattern(), times: 1...2)
            try checkAllSteps(
                PathMatches(of: path, from: start, limits: limits), in: random.memory)
        }
        random.memory.checkInvariants()
    }

    @Test func aSetOfNodesGrows() throws {
        // Enough nodes for the set of visited nodes to grow several times.
        try checkAllSteps(
            Neighbourhood(of: person(0), limits: TraversalLimits(depth: 1)), in: star(900))
    }

    @Test(arguments: UInt64(0)..<20)
    func aStoreOfRandomGraphsIsConsistent(seed: UInt64) throws {
        let random = try RandomGraph(seed: seed)
        try random.fixture.store.checkInvariants()
    }
}
