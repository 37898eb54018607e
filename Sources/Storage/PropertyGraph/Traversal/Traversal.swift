/// A lazy search in a graph: each call of `next` reads as far as the next result.
///
/// ```swift
/// var friends = Neighbourhood(of: ann, along: .both(knows))
/// while let step = try friends.next(in: graph) {
///     if step.depth > 2 { break }
/// }
/// ```
///
/// A traversal is a value that contains the state of the search. It does not contain the graph,
/// which is passed to each call. So it is not a `Sequence`: the graph of a store ends with the
/// closure of its transaction, and an iterator would have to store it.
///
/// Pass the same graph to all calls. If the graph changes between two calls, the results are a
/// mixture of both states. Do not use a traversal after it has thrown an error.
///
/// The order of the results depends on the graph only.
public protocol Traversal<Element> {
    /// What the traversal finds.
    associatedtype Element

    /// Whether a limit was reached, so that there may be more results.
    var isTruncated: Bool { get }

    /// The next result, or nil if there is none left or a limit was reached.
    mutating func next(in graph: borrowing some GraphView & ~Copyable) throws -> Element?
}

extension Traversal {
    /// Collects the next results in an array.
    ///
    /// If it returns `limit` results, there may be more: call it again for the next ones.
    ///
    /// - Parameters:
    ///   - limit: The most results to return; less than 1 returns none.
    ///   - graph: The graph to search.
    /// - Returns: The results, and whether a limit of the traversal itself was reached.
    /// - Throws: What reading throws.
    @specialized(where Self == Neighbourhood, Graph == InMemoryGraph)
    public mutating func collect<Graph: GraphView & ~Copyable>(
        _ limit: Int, in graph: borrowing Graph
    ) throws -> BoundedResult<Element> {
        var elements: [Element] = []
        while elements.count < limit, let element = try next(in: graph) {
            elements.append(element)
        }
        return BoundedResult(elements: elements, isTruncated: isTruncated)
    }
}

/// The results of a search with limits, and whether a limit was reached.
public struct BoundedResult<Element> {
    /// The results in order.
    public let elements: [Element]
    /// Whether a limit was reached, so that there may be more results.
    public let isTruncated: Bool

    /// Creates a result.
    public init(elements: [Element], isTruncated: Bool) {
        self.elements = elements
        self.isTruncated = isTruncated
    }
}

extension BoundedResult: Sendable where Element: Sendable {}
extension BoundedResult: Equatable where Element: Equatable {}
extension BoundedResult: Hashable where Element: Hashable {}

/// The limits of a search, which bound its time and memory in any graph.
///
/// Without them, a search near a node with very many edges could read the whole graph. Negative
/// numbers count as 0.
public struct TraversalLimits: Hashable, Sendable {
    /// The default depth.
    public static let depthDefault = 4
    /// The default fan-out.
    public static let fanOutDefault = 1_000
    /// The default number of visited nodes.
    public static let visitedDefault = 100_000

    /// The most edges from the start to a node.
    public var depth: Int
    /// The most edges that are read per node for a pattern, also if they do not match.
    ///
    /// These are the first edges in the order of ``GraphView/forEachEdge(at:_:_:_:)``.
    public var fanOut: Int
    /// The most nodes that are visited, without the start.
    public var visited: Int

    /// Creates limits.
    public init(
        depth: Int = depthDefault, fanOut: Int = fanOutDefault, visited: Int = visitedDefault
    ) {
        self.depth = depth
        self.fanOut = fanOut
        self.visited = visited
    }
}
