import PropertyGraph

/// Makes the graph of a twin from its events, in order of time.
///
/// The twin is a fold over the events: the same events give the same graph, whenever and in
/// whatever order they arrived. Each event adds to the edge from the customer to the item, and to
/// an edge from each item of the moment before in the same visit. Events of one time (a basket)
/// do not follow one another.
struct TwinFold {
    /// What tells edges of one graph apart.
    struct Ends: Hashable {
        var source: NodeID
        var type: EdgeType
        var target: NodeID
    }

    /// One event with its nodes.
    struct Step {
        var event: LoggedEvent
        var tieBreak: UInt64
        var item: NodeID?
        var query: NodeID?
        var city: NodeID?
        var daypart: NodeID
    }

    /// Items of a moment that sequence edges start from at most: a stock-up trip of 80 articles
    /// says little about what follows which.
    static let sequenceLimit = 8

    let customer: NodeID
    let settings: TwinSettings
    /// The edges that were touched.
    private(set) var edges: [Ends: Edge] = [:]
    private var previous: [Step] = []
    private var current: [Step] = []

    /// Begins a fold.
    ///
    /// - Parameters:
    ///   - customer: Whose twin it is.
    ///   - settings: How twins are made.
    ///   - tail: The last steps before those to come, at least the newest two moments.
    init(customer: NodeID, settings: TwinSettings, tail: [Step] = []) {
        self.customer = customer
        self.settings = settings
        for step in tail { advance(to: step) }
    }

    /// Takes in the next event.
    ///
    /// - Parameters:
    ///   - step: The event with its nodes.
    ///   - load: Reads an edge as it was before this fold.
    /// - Throws: What `load` throws.
    mutating func apply(_ step: Step, load: (Ends) throws -> Edge?) throws {
        advance(to: step)
        let event = step.event
        let time = event.timestamp
        if let item = step.item {
            let type = EdgeType.interaction(event.type)
            try add(event.weight, customer, type, item, time, load)
        }
        if let query = step.query { try add(1, customer, .searched, query, time, load) }
        if let city = step.city { try add(1, customer, .locatedIn, city, time, load) }
        try add(1, customer, .activeIn, step.daypart, time, load)
        guard let item = step.item, EventType.inSequences.contains(event.type) else { return }
        for before in previous.prefix(Self.sequenceLimit) where follows(step, before) {
            guard let source = before.item, source != item || before.event.type != event.type,
                EventType.inSequences.contains(before.event.type)
            else { continue }
            let type = EdgeType.sequence(before.event.type, event.type)
            try add(1, source, type, item, time, load)
        }
    }

    private mutating func advance(to step: Step) {
        if let last = current.last, last.event.timestamp != step.event.timestamp {
            previous = current
            current = []
        }
        current.append(step)
    }

    /// Whether two steps belong to the same visit.
    private func follows(_ step: Step, _ before: Step) -> Bool {
        if let session = step.event.sessionID, let other = before.event.sessionID {
            return session == other
        }
        let gap = step.event.timestamp.secondsSince(before.event.timestamp)
        return gap <= settings.sessionIdleSeconds
    }

    private mutating func add(
        _ weight: Double, _ source: NodeID, _ type: EdgeType, _ target: NodeID,
        _ time: Timestamp, _ load: (Ends) throws -> Edge?
    ) throws {
        let ends = Ends(source: source, type: type, target: target)
        if edges[ends] == nil, let stored = try load(ends) { edges[ends] = stored }
        if edges[ends] == nil {
            edges[ends] = Edge(
                source: source, type: type, target: target, weight: weight, first: time, last: time)
        } else {
            edges[ends]?.accumulate(
                weight, at: time, halfLifeSeconds: settings.halfLifeSeconds)
        }
    }
}

/// How twins are made from events.
public struct TwinSettings: Hashable, Sendable {
    /// The time in which an edge's weight fades by half, in seconds; 30 days unless set.
    public var halfLifeSeconds: Double
    /// The idle time that ends a visit, in seconds, where the source names no sessions.
    public var sessionIdleSeconds: Double

    /// Makes settings.
    public init(halfLifeSeconds: Double = 30 * 86_400, sessionIdleSeconds: Double = 1800) {
        self.halfLifeSeconds = halfLifeSeconds
        self.sessionIdleSeconds = sessionIdleSeconds
    }
}

/// Parts of the day that a twin is active in, in UTC as logged.
enum Daypart {
    static func name(hour: Int) -> String {
        switch hour {
        case 5..<11: "morning"
        case 11..<14: "noon"
        case 14..<18: "afternoon"
        case 18..<23: "evening"
        default: "night"
        }
    }
}
