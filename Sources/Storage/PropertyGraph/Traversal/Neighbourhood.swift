/// The nodes around a node, breadth first: each once, with its depth and the edge that led to it.
///
/// ```swift
/// let near = EdgePattern.both(knows)
/// var walk = Neighbourhood(of: ann, along: near, limits: TraversalLimits(depth: 2))
/// while let step = try walk.next(in: graph) { … }
/// ```
///
/// Nodes come by depth, then in the order of the nodes that led to them, then in that of their
/// edges. The node itself is not among them. The depth is part of the question, so that it cuts
/// nothing short.
///
/// - Complexity: O(edges read) in time and O(nodes found) in memory.
public struct Neighbourhood: Traversal, Sendable {
    /// A node that was found.
    public struct Step: Hashable, Sendable {
        /// The node.
        public let node: NodeID
        /// The fewest edges from the start to the node; from 1.
        public let depth: Int
        /// The edge that led to the node, from a node one less deep.
        public let edge: Edge
    }

    /// Whether the fan-out or the number of nodes kept the traversal from looking further.
    public private(set) var isTruncated = false

    private let start: NodeID
    private let pattern: EdgePattern
    private let limits: TraversalLimits
    /// All nodes found: those before `given` were answers, those before `expanded` were expanded.
    private var found: [Step] = []
    private var given = 0
    private var expanded = 0
    private var isStartExpanded = false
    private var seen = NodeSet()

    /// Makes a walk around a node.
    ///
    /// - Parameters:
    ///   - start: The node.
    ///   - pattern: What each edge on the way is like, seen from the node nearer to the start.
    ///   - limits: The depth wanted, and how far to go at most.
    public init(
        of start: NodeID, along pattern: EdgePattern = .both(),
        limits: TraversalLimits = TraversalLimits()
    ) {
        self.start = start
        self.pattern = pattern
        self.limits = limits
        seen.insert(start)
    }

    /// The next nearest node, or nil when there is none left or a limit was reached.
    @specialized(where Graph == MemoryGraph)
    public mutating func next<Graph: GraphView & ~Copyable>(
        in graph: borrowing Graph
    ) throws -> Step? {
        while given == found.count {
            if !isStartExpanded {
                isStartExpanded = true
                try expand(start, depth: 0, in: graph)
            } else if expanded < found.count {
                let step = found[expanded]
                expanded += 1
                try expand(step.node, depth: step.depth, in: graph)
            } else {
                return nil
            }
        }
        given += 1
        return found[given - 1]
    }

    private mutating func expand(
        _ node: NodeID, depth: Int, in graph: borrowing some GraphView & ~Copyable
    ) throws {
        guard depth < limits.depth else { return }
        var isFull = false
        let isCut = try graph.expand(node, along: pattern, limit: limits.fanOut) { edge, other in
            guard found.count < limits.visited || seen.contains(other) else {
                isFull = true
                return false
            }
            guard seen.insert(other) else { return true }
            found.append(Step(node: other, depth: depth + 1, edge: edge))
            return true
        }
        if isCut { isTruncated = true }
        if isFull {
            isTruncated = true
            // Nothing new can be found any more, so that no further edge need be read.
            expanded = found.count
        }
    }
}
