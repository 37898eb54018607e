/// A path that matches a pattern, and how it matches.
public struct PathMatch: Hashable, Sendable {
    /// The path.
    public let path: Path
    /// The number of edges that matched each step of the pattern.
    public let lengths: [Int]
}

/// A depth-first search for the paths from a node that match a pattern.
///
/// ```swift
/// var paths = PathMatches(of: pattern, from: customer)
/// while let match = try paths.next(in: graph) { … match.path.end … }
/// ```
///
/// An edge occurs at most once in a path, so that paths are finite; a node can occur several times.
///
/// A path precedes its extensions. Where paths branch, those that repeat a step precede those that
/// continue with the next step, and then the order is that of the edges. A path that matches in
/// several ways is returned once for each: three edges match the steps `1...2`, `1...2` in two
/// ways.
///
/// The depth limit is the most edges of a path. The limit of visited nodes counts a node once for
/// each path to it.
///
/// - Complexity: O(edges read) in time; in memory O(depth · fan-out · steps): the edges of the
///   nodes on the way.
public struct PathMatches: Traversal, Sendable {
    /// The state of matching: the current step, and how often it has matched.
    private struct MatchState {
        var step = 0
        var times = 0
    }

    /// A node of the current path, with the edges that continue the path.
    private struct Frame {
        let node: NodeID
        let state: MatchState
        var branches: [(edge: Edge, node: NodeID, state: MatchState)] = []
        /// The number of branches that were followed.
        var followedCount = 0
        var isExpanded = false
    }

    /// Whether a limit was reached, so that there may be more paths.
    public private(set) var isTruncated = false

    private let start: NodeID
    private let steps: [PathPattern.Step]
    private let limits: TraversalLimits
    private var frames: [Frame]
    /// The edges of the current path, between the frames.
    private var edges: [Edge] = []
    /// The number of edges of the current path that matched each step.
    private var lengths: [Int]
    private var visited = 0
    private var hasBegun = false

    /// Creates a search.
    ///
    /// - Parameters:
    ///   - pattern: The pattern of the paths.
    ///   - start: The first node of all paths.
    ///   - limits: The limits of the search.
    public init(
        of pattern: PathPattern, from start: NodeID, limits: TraversalLimits = TraversalLimits()
    ) {
        self.start = start
        steps = pattern.steps
        self.limits = limits
        frames = [Frame(node: start, state: MatchState())]
        lengths = pattern.steps.map { _ in 0 }
    }

    /// The next path, or nil if there is none left or a limit was reached.
    public mutating func next(
        in graph: borrowing some GraphView & ~Copyable
    ) throws -> PathMatch? {
        if !hasBegun {
            hasBegun = true
            // The path without edges matches if all steps are optional.
            if continuations(of: MatchState()).isEnd { return match() }
        }
        while let top = frames.indices.last {
            if !frames[top].isExpanded { try expandTop(in: graph) }
            guard frames[top].followedCount < frames[top].branches.count else {
                leaveTop()
                continue
            }
            let branch = frames[top].branches[frames[top].followedCount]
            frames[top].followedCount += 1
            guard !edges.contains(where: branch.edge.hasSameKey) else { continue }
            guard visited < limits.visited else {
                isTruncated = true
                frames = []
                return nil
            }
            visited += 1
            edges.append(branch.edge)
            lengths[branch.state.step] += 1
            frames.append(Frame(node: branch.node, state: branch.state))
            if continuations(of: branch.state).isEnd { return match() }
        }
        return nil
    }

    private func match() -> PathMatch {
        PathMatch(path: Path(start: start, edges: edges), lengths: lengths)
    }

    /// The states in which another edge can match, and whether the path can end here.
    private func continuations(of state: MatchState) -> (states: [MatchState], isEnd: Bool) {
        var states: [MatchState] = []
        var state = state
        while state.step < steps.count {
            let times = steps[state.step].times
            if state.times < times.upperBound { states.append(state) }
            guard state.times >= times.lowerBound else { return (states, false) }
            state = MatchState(step: state.step + 1)
        }
        return (states, true)
    }

    private mutating func expandTop(in graph: borrowing some GraphView & ~Copyable) throws {
        let top = frames.count - 1
        frames[top].isExpanded = true
        let node = frames[top].node
        let states = continuations(of: frames[top].state).states
        guard edges.count < limits.depth else {
            if !states.isEmpty { isTruncated = true }
            return
        }
        for state in states {
            let next = MatchState(step: state.step, times: state.times + 1)
            let pattern = steps[state.step].edge
            let wasTruncated = try graph.expand(node, along: pattern, limit: limits.fanOut) {
                frames[top].branches.append(($0, $1, next))
                return true
            }
            if wasTruncated { isTruncated = true }
        }
    }

    private mutating func leaveTop() {
        let frame = frames.removeLast()
        guard edges.popLast() != nil else { return }
        lengths[frame.state.step] -= 1
    }

    /// Checks that frames, edges and lengths describe one path.
    ///
    /// - Complexity: O(length of the current path).
    package func checkInvariants() {
        // There are no frames once the search has ended.
        precondition(
            frames.isEmpty || frames.count == edges.count + 1, "A node of the path is missing.")
        precondition(lengths.reduce(0, +) == edges.count, "An edge matched no step, or two.")
        precondition(
            frames.allSatisfy { $0.followedCount <= $0.branches.count },
            "More branches were followed than there are.")
        for (frame, edge) in zip(frames, edges) {
            precondition(edge.source == frame.node || edge.target == frame.node)
        }
    }
}
