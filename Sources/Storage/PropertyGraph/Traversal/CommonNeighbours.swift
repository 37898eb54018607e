import Foundation

/// What two nodes have in common, and how alike that makes them.
public struct CommonNeighbours: Hashable, Sendable {
    /// The neighbours of both, by id; neither of the two is among them.
    public let nodes: [NodeID]
    /// The share of the common ones among all neighbours of either, 0 to 1; 0 if there are none.
    ///
    /// Jaccard, "Étude comparative de la distribution florale…", Bulletin de la Société Vaudoise des
    /// Sciences Naturelles 37, 1901.
    public let jaccard: Double
    /// The sum of `1 / ln(neighbours)` over the common ones: rare things in common count more.
    ///
    /// Adamic and Adar, "Friends and neighbors on the Web", Social Networks 25, 2003, in the form of
    /// Liben-Nowell and Kleinberg, "The link-prediction problem for social networks", JASIST 58,
    /// 2007.
    public let adamicAdar: Double
    /// Whether a limit left edges unread, so that there may be more.
    public let isTruncated: Bool
}

extension GraphView where Self: ~Copyable {
    /// Compares two nodes by their neighbours.
    ///
    /// A node is a neighbour once, over however many edges, and never of itself. For the score of
    /// Adamic and Adar, the neighbours of a common one are those that lead to it by the pattern,
    /// whatever their label.
    ///
    /// - Parameters:
    ///   - first: A node.
    ///   - second: Another node.
    ///   - pattern: What the edges to their neighbours are like.
    ///   - limits: Of these the fan-out counts: the most edges that are read at a node.
    /// - Returns: The common neighbours and scores.
    /// - Throws: What reading throws.
    /// - Complexity: O(edges of both nodes and of their common neighbours).
    public func commonNeighbours(
        of first: NodeID, _ second: NodeID, along pattern: EdgePattern = .both(),
        limits: TraversalLimits = TraversalLimits()
    ) throws -> CommonNeighbours {
        var isTruncated = false
        func neighbours(of node: NodeID, _ pattern: EdgePattern) throws -> Set<NodeID> {
            var found: Set<NodeID> = []
            let isCut = try expand(node, along: pattern, limit: limits.fanOut) { _, other in
                if other != node { found.insert(other) }
                return true
            }
            if isCut { isTruncated = true }
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
            // A single neighbour, whose logarithm is 0, only occurs when both nodes are the same
            // one, or when the limit hides the others.
            if count > 1 { adamicAdar += 1 / log(Double(count)) }
        }
        return CommonNeighbours(
            nodes: common, jaccard: all == 0 ? 0 : Double(common.count) / Double(all),
            adamicAdar: adamicAdar, isTruncated: isTruncated)
    }
}
