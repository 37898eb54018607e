/// A pattern that the edges of a node are matched with: type, direction, label of the other node,
/// and a predicate.
///
/// ```swift
/// let bought = EdgePattern.out(purchased, to: item)
/// let often = bought.where { $0.count > 3 }
/// let buyers = EdgePattern.in(purchased, viewed, from: customer)
/// let anything = EdgePattern.both()
/// ```
public struct EdgePattern: Sendable {
    /// A further condition on an edge.
    public typealias Predicate = @Sendable (Edge) throws -> Bool

    /// The types that match, in the order in which edges are visited; nil for any type.
    public let types: [EdgeType]?
    /// The direction of the edge, seen from the node.
    public let direction: Direction
    /// The label of the other node; nil for any.
    public let label: Label?
    /// A further condition on the edge; nil for none.
    public let predicate: Predicate?

    /// Creates a pattern.
    ///
    /// - Parameters:
    ///   - types: The types that match; nil for any type. An empty array matches no edge.
    ///   - direction: The direction of the edge, seen from the node.
    ///   - label: The label of the other node; nil for any.
    ///   - predicate: A further condition on the edge. What it throws ends the traversal.
    public init(
        types: [EdgeType]?, direction: Direction, label: Label? = nil,
        predicate: Predicate? = nil
    ) {
        // Without duplicates, because an edge would match once per occurrence of its type.
        self.types = types.map { types in
            var seen: Set<EdgeType> = []
            return types.filter { seen.insert($0).inserted }
        }
        self.direction = direction
        self.label = label
        self.predicate = predicate
    }

    /// Outgoing edges of the given types, or of any type if none is given.
    public static func out(_ types: EdgeType..., to label: Label? = nil) -> EdgePattern {
        EdgePattern(types: types.isEmpty ? nil : types, direction: .out, label: label)
    }

    /// Incoming edges of the given types, or of any type if none is given.
    public static func `in`(_ types: EdgeType..., from label: Label? = nil) -> EdgePattern {
        EdgePattern(types: types.isEmpty ? nil : types, direction: .in, label: label)
    }

    /// Outgoing and incoming edges of the given types, or of any type if none is given.
    public static func both(_ types: EdgeType..., with label: Label? = nil) -> EdgePattern {
        EdgePattern(types: types.isEmpty ? nil : types, direction: .both, label: label)
    }

    /// The pattern with one more condition on the edge.
    public func `where`(_ condition: @escaping Predicate) -> EdgePattern {
        guard let predicate else { return with(predicate: condition) }
        return with { try predicate($0) && condition($0) }
    }

    private func with(predicate: @escaping Predicate) -> EdgePattern {
        EdgePattern(types: types, direction: direction, label: label, predicate: predicate)
    }

    /// The pattern that matches the same edges from their other nodes, which may have any label.
    var reversed: EdgePattern {
        EdgePattern(types: types, direction: direction.reversed, predicate: predicate)
    }
}

/// A pattern of paths: a sequence of steps, each of which is an edge pattern with a number of
/// repetitions.
///
/// It is like a regular expression over edges. This one matches a purchase of a customer, and one
/// or two items that others bought after that item:
///
/// ```swift
/// let pattern = PathPattern(.out(purchased, to: item))
///     .then(.out(purchasedThenPurchased), times: 1...2)
/// ```
public struct PathPattern: Sendable {
    /// Consecutive edges that match one edge pattern.
    public struct Step: Sendable {
        /// The pattern of each edge.
        public let edge: EdgePattern
        /// The allowed numbers of edges; at least 0.
        public let times: ClosedRange<Int>

        /// Creates a step; negative numbers count as 0.
        public init(_ edge: EdgePattern, times: ClosedRange<Int>) {
            self.edge = edge
            self.times = times.clamped(to: 0...Int.max)
        }
    }

    /// The steps; at least one.
    public private(set) var steps: [Step]

    /// Creates a pattern with one step.
    ///
    /// - Parameters:
    ///   - edge: The pattern of each edge.
    ///   - times: The allowed numbers of edges; from 0 for an optional step.
    public init(_ edge: EdgePattern, times: ClosedRange<Int> = 1...1) {
        steps = [Step(edge, times: times)]
    }

    /// The pattern with one more step.
    ///
    /// - Parameters:
    ///   - edge: The pattern of each further edge.
    ///   - times: The allowed numbers of edges; from 0 for an optional step.
    /// - Returns: The longer pattern.
    public func then(_ edge: EdgePattern, times: ClosedRange<Int> = 1...1) -> PathPattern {
        var longer = self
        longer.steps.append(Step(edge, times: times))
        return longer
    }
}
