import Foundation

/// The common neighbours of two nodes, and two measures of similarity.
public struct CommonNeighbours: Hashable, Sendable {
    /// The common neighbours by id, without the two nodes themselves.
    public let nodes: [NodeID]
    /// The Jaccard index: common neighbours divided by neighbours of either node, 0 to 1; 0 if
    /// there are none.
    ///
    /// Jaccard, "Étude comparative de la distribution florale…", Bulletin de la Société Vaudoise
    /// des Sciences Naturelles 37, 1901.
    public let jaccard: Double
    /// The Adamic–Adar index: the sum of `1 / ln(degree)` over the common neighbours.
    ///
    /// A common neighbour with few neighbours of its own counts more.
    ///
    /// Adamic and Adar, "Friends and neighbors on the Web", Social Networks 25, 2003, in the form
    /// of Liben-Nowell and Kleinberg, "The link-prediction problem for social networks", JASIST 58,
    /// 2007.
    public let adamicAdar: Double
    /// Whether a limit was reached, so that there may be more common neighbours.
    public let isTruncated: Bool
}

extension GraphView where Self: ~Copyable {
    /// Compares two nodes by their neighbours.
    ///
    /// A neighbour counts once, also over several edges. A node is not a neighbour of itself. For
    /// the Adamic–Adar index, the neighbours of a common neighbour are the nodes from which the
    /// pattern leads to it, with any label.
    ///
    /// - Parameters:
    ///   - first: A node.
    ///   - second: Another node.
    ///   - pattern: The pattern of the edges to their neighbours.
    ///   - limits: Only the fan-out applies: the most edges that are read per node.
    /// - Returns: The common neighbours and the measures.
    /// - Throws: What reading throws.
    /// - Complexity: O(edges of both nodes and of their common neighbours).
    public func commonNeighbours(
        of first: NodeID, _ second: NodeID, along pattern: EdgePattern = .both(),
        limits: TraversalLimits = TraversalLimits()
    ) throws -> CommonNeighbours {
        var isTruncated = false
        func neighbours(of node: NodeID, _ pattern: EdgePattern) throws -> Set<NodeID> {
            var found: Set<NodeID> = []
            let wasTruncated = try expand(node, along: pattern, limit: limits.fanOut) { _, other in
                if other != node { found.insert(other) }
                return true
            }
            if wasTruncated { isTruncated = true }
            return found
        }
        let (ofFirst, ofSecond) = (
            try neighbours(of: first, pattern), try neighbours(of: second, pattern)
        )
        let common = ofFirst.intersection(ofSecond).sorted()
        let all = ofFirst.union(ofSecond).count
        var adamicAdar = 0.0
        for node in common {
            let count = try neighbours(of: node, pattern.reversed).count
            // The count is 1, whose logarithm is 0, only if both nodes are the same, or if the
            // limit was reached.
            if count > 1 { adamicAdar += 1 / log(Double(count)) }
        }
        return CommonNeighbours(
            nodes: common, jaccard: all == 0 ? 0 : Double(common.count) / Double(all),
            adamicAdar: adamicAdar, isTruncated: isTruncated)
    }
}
