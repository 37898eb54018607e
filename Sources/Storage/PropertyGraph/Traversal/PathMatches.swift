/// A path that matches a pattern, and how.
public struct PathMatch: Hashable, Sendable {
    /// The path.
    public let path: Path
    /// How many of its edges matched each step of the pattern.
    public let lengths: [Int]

    /// The node at which each step of the pattern ends; the last is the end of the path.
    public var stepEnds: [NodeID] {
        let nodes = path.nodes
        var count = 0
        return lengths.map { length in
            count += length
            return nodes[count]
        }
    }
}

/// The paths from a node that match a pattern, depth first.
///
/// ```swift
/// var paths = PathMatches(of: pattern, from: customer)
/// while let match = try paths.next(in: graph) { … match.path.end … }
/// ```
///
/// No edge is twice in one path, so that paths end, but a node may be. A path comes before those
/// that begin with it, and paths that part at a node come in the order of its edges, those that
/// repeat a step before those that go on to the next. A path that fits in several ways, such as one
/// of three edges after `1...2` and `1...2` alike, is found once for each way.
///
/// Among the limits, the depth is the most edges of a path, and the visited nodes are counted once
/// for each path that leads to them.
///
/// - Complexity: O(edges read) in time; in memory O(depth · fan-out · steps): the edges of the
///   nodes on the way.
public struct PathMatches: Traversal, Sendable {
    /// How much of the pattern a path has matched.
    private struct Place {
        var step = 0
        var times = 0
    }

    /// A node on the way, with the edges that lead on from it.
    private struct Frame {
        let node: NodeID
        let place: Place
        var ways: [(edge: Edge, node: NodeID, place: Place)] = []
        var given = 0
        var isExpanded = false
    }

    /// Whether a limit has kept the traversal from looking further, so that there may be more.
    public private(set) var isTruncated = false

    private let start: NodeID
    private let steps: [PathPattern.Step]
    private let limits: TraversalLimits
    private var frames: [Frame]
    /// The edges between the frames.
    private var edges: [Edge] = []
    /// How many edges of the path matched each step.
    private var lengths: [Int]
    private var visited = 0
    private var hasBegun = false

    /// Makes a search for paths.
    ///
    /// - Parameters:
    ///   - pattern: What the paths are like.
    ///   - start: The node at which they begin.
    ///   - limits: How far to go at most.
    public init(
        of pattern: PathPattern, from start: NodeID, limits: TraversalLimits = TraversalLimits()
    ) {
        self.start = start
        steps = pattern.steps
        self.limits = limits
        frames = [Frame(node: start, place: Place())]
        lengths = pattern.steps.map { _ in 0 }
    }

    /// The next path, or nil when there is none left or a limit was reached.
    public mutating func next(
        in graph: borrowing some GraphView & ~Copyable
    ) throws -> PathMatch? {
        if !hasBegun {
            hasBegun = true
            // The path without edges, when all steps may be left out.
            if continuations(of: Place()).isEnd { return match() }
        }
        while let top = frames.indices.last {
            if !frames[top].isExpanded { try expandTop(in: graph) }
            guard frames[top].given < frames[top].ways.count else {
                leaveTop()
                continue
            }
            let way = frames[top].ways[frames[top].given]
            frames[top].given += 1
            guard !edges.contains(where: way.edge.hasSameKey) else { continue }
            guard visited < limits.visited else {
                isTruncated = true
                frames = []
                return nil
            }
            visited += 1
            edges.append(way.edge)
            lengths[way.place.step] += 1
            frames.append(Frame(node: way.node, place: way.place))
            if continuations(of: way.place).isEnd { return match() }
        }
        return nil
    }

    private func match() -> PathMatch {
        PathMatch(path: Path(start: start, edges: edges), lengths: lengths)
    }

    /// What may follow a place: edges of which steps, and whether the path may end there.
    private func continuations(of place: Place) -> (places: [Place], isEnd: Bool) {
        var places: [Place] = []
        var place = place
        while place.step < steps.count {
            let times = steps[place.step].times
            if place.times < times.upperBound { places.append(place) }
            guard place.times >= times.lowerBound else { return (places, false) }
            place = Place(step: place.step + 1)
        }
        return (places, true)
    }

    private mutating func expandTop(in graph: borrowing some GraphView & ~Copyable) throws {
        let top = frames.count - 1
        frames[top].isExpanded = true
        let node = frames[top].node
        let places = continuations(of: frames[top].place).places
        guard edges.count < limits.depth else {
            if !places.isEmpty { isTruncated = true }
            return
        }
        for place in places {
            let next = Place(step: place.step, times: place.times + 1)
            let pattern = steps[place.step].edge
            let isCut = try graph.expand(node, along: pattern, limit: limits.fanOut) {
                frames[top].ways.append(($0, $1, next))
                return true
            }
            if isCut { isTruncated = true }
        }
    }

    private mutating func leaveTop() {
        let frame = frames.removeLast()
        guard edges.popLast() != nil else { return }
        lengths[frame.place.step] -= 1
    }
}
