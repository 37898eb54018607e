/// What an edge is like, seen from one of its ends: type, direction, other end, and more.
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

    /// The types that match, each once, in the order in which edges are visited; nil for any type.
    public let types: [EdgeType]?
    /// Which way the edge goes.
    public let direction: Direction
    /// The label of the other end; nil for any.
    public let label: Label?
    /// A further condition on the edge; nil for none.
    public let predicate: Predicate?

    /// Makes a pattern.
    ///
    /// - Parameters:
    ///   - types: The types that match; nil for any type, and none for an empty array.
    ///   - direction: Which way the edge goes.
    ///   - label: The label of the other end; nil for any.
    ///   - predicate: A further condition on the edge. What it throws ends the traversal.
    public init(
        types: [EdgeType]?, direction: Direction, label: Label? = nil,
        predicate: Predicate? = nil
    ) {
        // An edge would match twice if a type stood there twice.
        self.types = types.map { types in
            var seen: Set<EdgeType> = []
            return types.filter { seen.insert($0).inserted }
        }
        self.direction = direction
        self.label = label
        self.predicate = predicate
    }

    /// Edges that leave, of any of some types; of all types when none is named.
    public static func out(_ types: EdgeType..., to label: Label? = nil) -> EdgePattern {
        EdgePattern(types: types.isEmpty ? nil : types, direction: .out, label: label)
    }

    /// Edges that enter, of any of some types; of all types when none is named.
    public static func `in`(_ types: EdgeType..., from label: Label? = nil) -> EdgePattern {
        EdgePattern(types: types.isEmpty ? nil : types, direction: .in, label: label)
    }

    /// Edges that leave or enter, of any of some types; of all types when none is named.
    public static func both(_ types: EdgeType..., with label: Label? = nil) -> EdgePattern {
        EdgePattern(types: types.isEmpty ? nil : types, direction: .both, label: label)
    }

    /// The same pattern with one more condition on the edge.
    public func `where`(_ condition: @escaping Predicate) -> EdgePattern {
        guard let predicate else { return with(predicate: condition) }
        return with { try predicate($0) && condition($0) }
    }

    private func with(predicate: @escaping Predicate) -> EdgePattern {
        EdgePattern(types: types, direction: direction, label: label, predicate: predicate)
    }

    /// The pattern of the same edges seen from their other ends, which may have any label.
    var reversed: EdgePattern {
        EdgePattern(types: types, direction: direction.reversed, predicate: predicate)
    }
}

/// What a path is like: edges of one pattern after those of another, each some times.
///
/// What somebody may want next who bought something, two purchases ahead at most:
///
/// ```swift
/// let pattern = PathPattern(.out(purchased, to: item))
///     .then(.out(purchasedThenPurchased), times: 1...2)
/// ```
public struct PathPattern: Sendable {
    /// Some edges in a row that are alike.
    public struct Step: Sendable {
        /// What each of the edges is like.
        public let edge: EdgePattern
        /// How many edges there may be; from 0.
        public let times: ClosedRange<Int>

        /// Makes a step; numbers below 0 count as 0.
        public init(_ edge: EdgePattern, times: ClosedRange<Int>) {
            self.edge = edge
            self.times = times.clamped(to: 0...Int.max)
        }
    }

    /// The steps, at least one.
    public private(set) var steps: [Step]

    /// Makes a pattern of one step.
    ///
    /// - Parameters:
    ///   - edge: What each edge is like.
    ///   - times: How many edges there may be; 0 for a step that may be left out.
    public init(_ edge: EdgePattern, times: ClosedRange<Int> = 1...1) {
        steps = [Step(edge, times: times)]
    }

    /// The same pattern with one more step.
    ///
    /// - Parameters:
    ///   - edge: What each further edge is like.
    ///   - times: How many edges there may be; 0 for a step that may be left out.
    /// - Returns: The longer pattern.
    public func then(_ edge: EdgePattern, times: ClosedRange<Int> = 1...1) -> PathPattern {
        var longer = self
        longer.steps.append(Step(edge, times: times))
        return longer
    }
}
