/// A breadth-first search: each node near a start once, with its depth and the edge that led to it.
///
/// ```swift
/// let near = EdgePattern.both(knows)
/// var walk = Neighbourhood(of: ann, along: near, limits: TraversalLimits(depth: 2))
/// while let step = try walk.next(in: graph) { … }
/// ```
///
/// Nodes are ordered by depth, then by the order of the nodes that led to them, then by the order
/// of the edges. The start is not in the result. The depth limit is part of the query, so reaching
/// it does not set ``isTruncated``.
///
/// - Complexity: O(edges read) in time and O(nodes found) in memory.
public struct Neighbourhood: Traversal, Sendable {
    /// A node that was found.
    public struct Step: Hashable, Sendable {
        /// The node.
        public let node: NodeID
        /// The number of edges of a shortest path from the start; at least 1.
        public let depth: Int
        /// The edge that led to the node, from a node whose depth is one less.
        public let edge: Edge
    }

    /// Whether the limit of the fan-out or of the number of nodes was reached.
    public private(set) var isTruncated = false

    private let start: NodeID
    private let pattern: EdgePattern
    private let limits: TraversalLimits
    /// All nodes found so far, in order.
    private var found: [Step] = []
    /// The number of nodes of `found` that were returned.
    private var returnedCount = 0
    /// The number of nodes of `found` that were expanded.
    private var expandedCount = 0
    private var isStartExpanded = false
    private var seen = NodeSet()

    /// Creates a search.
    ///
    /// - Parameters:
    ///   - start: The start.
    ///   - pattern: The pattern of each edge, seen from the node nearer to the start.
    ///   - limits: The depth, and the limits of the search.
    public init(
        of start: NodeID, along pattern: EdgePattern = .both(),
        limits: TraversalLimits = TraversalLimits()
    ) {
        self.start = start
        self.pattern = pattern
        self.limits = limits
        seen.insert(start)
    }

    /// The next nearest node, or nil if there is none left or a limit was reached.
    @specialized(where Graph == InMemoryGraph)
    public mutating func next<Graph: GraphView & ~Copyable>(
        in graph: borrowing Graph
    ) throws -> Step? {
        while returnedCount == found.count {
            if !isStartExpanded {
                isStartExpanded = true
                try expand(start, depth: 0, in: graph)
            } else if expandedCount < found.count {
                let step = found[expandedCount]
                expandedCount += 1
                try expand(step.node, depth: step.depth, in: graph)
            } else {
                return nil
            }
        }
        returnedCount += 1
        return found[returnedCount - 1]
    }

    private mutating func expand(
        _ node: NodeID, depth: Int, in graph: borrowing some GraphView & ~Copyable
    ) throws {
        guard depth < limits.depth else { return }
        var isFull = false
        let wasTruncated = try graph.expand(node, along: pattern, limit: limits.fanOut) {
            edge, other in
            guard found.count < limits.visited || seen.contains(other) else {
                isFull = true
                return false
            }
            guard seen.insert(other) else { return true }
            found.append(Step(node: other, depth: depth + 1, edge: edge))
            return true
        }
        if wasTruncated { isTruncated = true }
        if isFull {
            isTruncated = true
            // No new node can be added, so no further edge need be read.
            expandedCount = found.count
        }
    }

    /// Checks that the nodes found are distinct and ordered by depth.
    ///
    /// - Complexity: O(nodes found).
    package func checkInvariants() {
        precondition(returnedCount <= found.count && expandedCount <= found.count)
        // The set of all nodes seen has the nodes found, and the start.
        precondition(seen.count == found.count + 1, "A node was found twice.")
        precondition(found.allSatisfy { seen.contains($0.node) }, "A node found was not seen.")
        for (one, next) in zip(found, found.dropFirst()) {
            precondition(one.depth <= next.depth, "Nodes are not ordered by depth.")
        }
        seen.checkInvariants()
    }
}
