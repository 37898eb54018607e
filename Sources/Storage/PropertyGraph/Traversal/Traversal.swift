/// A walk over a graph that is pulled step by step and reads only as far as it is pulled.
///
/// ```swift
/// var friends = Neighbourhood(of: ann, along: .both(knows))
/// while let step = try friends.next(in: graph) {
///     if step.depth > 2 { break }
/// }
/// ```
///
/// A traversal is a plain value: what it has seen and where to go on. It does not hold the graph,
/// which is lent to each call instead. It is no `Sequence` for that reason: the graph of a store
/// lives in a transaction that must end with its closure, so it cannot be copied or kept, and an
/// iterator would have to keep it. Pull a traversal with one graph only; what it answers when the
/// graph changes between two calls is some mixture of both. After an error it must not be pulled
/// further.
///
/// The order of the answers depends on the graph alone.
public protocol Traversal<Element> {
    /// What the traversal finds.
    associatedtype Element

    /// Whether a limit has kept the traversal from looking further, so that there may be more.
    var isTruncated: Bool { get }

    /// The next answer, or nil when there is none left or a limit was reached.
    mutating func next(in graph: borrowing some GraphView & ~Copyable) throws -> Element?
}

extension Traversal {
    /// Pulls up to a number of answers into an array.
    ///
    /// When there are as many as wanted there may be more: call it again for those that follow.
    ///
    /// - Parameters:
    ///   - limit: The most answers wanted; less than 1 gives none.
    ///   - graph: The graph to walk on.
    /// - Returns: The answers, and whether a limit of the traversal itself was reached.
    /// - Throws: What reading throws.
    @specialized(where Self == Neighbourhood, Graph == MemoryGraph)
    public mutating func collect<Graph: GraphView & ~Copyable>(
        _ limit: Int, in graph: borrowing Graph
    ) throws -> Answer<Element> {
        var elements: [Element] = []
        while elements.count < limit, let element = try next(in: graph) {
            elements.append(element)
        }
        return Answer(elements: elements, isTruncated: isTruncated)
    }
}

/// What was found, and whether that is all.
public struct Answer<Element> {
    /// What was found, in order.
    public let elements: [Element]
    /// Whether a limit has kept the search from looking further, so that there may be more.
    public let isTruncated: Bool

    /// Makes an answer.
    public init(elements: [Element], isTruncated: Bool) {
        self.elements = elements
        self.isTruncated = isTruncated
    }
}

extension Answer: Sendable where Element: Sendable {}
extension Answer: Equatable where Element: Equatable {}
extension Answer: Hashable where Element: Hashable {}

/// How far a traversal may go, whatever the graph looks like.
///
/// Limits bound time and memory: without them one hub, or one loop, could be the whole graph.
/// Numbers below 0 count as 0.
public struct TraversalLimits: Hashable, Sendable {
    /// The depth unless another is given: enough for friends of friends' friends.
    public static let depthDefault = 4
    /// The fan-out unless another is given.
    public static let fanOutDefault = 1_000
    /// The number of nodes unless another is given.
    public static let visitedDefault = 100_000

    /// The most edges from the start to a node.
    public var depth: Int
    /// The most edges that are read at a node for a pattern, whether or not they match.
    ///
    /// The first ones are read, in the order of ``GraphView/forEachEdge(at:_:_:_:)``.
    public var fanOut: Int
    /// The most nodes that are visited, the start not counted.
    public var visited: Int

    /// Makes limits.
    public init(
        depth: Int = depthDefault, fanOut: Int = fanOutDefault, visited: Int = visitedDefault
    ) {
        self.depth = depth
        self.fanOut = fanOut
        self.visited = visited
    }
}
