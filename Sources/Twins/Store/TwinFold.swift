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

        init(source: NodeID, type: EdgeType, target: NodeID) {
            self.source = source
            self.type = type
            self.target = target
        }

        init(_ edge: Edge) {
            self.init(source: edge.source, type: edge.type, target: edge.target)
        }
    }

    /// What the fold needs of an event, with its nodes.
    struct Step {
        var moment: Moment
        var type: EventType
        /// What the event adds to the edge from customer to item.
        var weight: Double
        var sessionID: String?
        var item: NodeID?
        var query: NodeID?
        var city: NodeID?
        var daypart: NodeID

        init(
            _ event: LoggedEvent, tieBreak: UInt64, item: NodeID?, query: NodeID?, city: NodeID?,
            daypart: NodeID
        ) {
            moment = Moment(timestamp: event.timestamp, tieBreak: tieBreak)
            type = event.type
            weight = event.weight
            sessionID = event.sessionID
            self.item = item
            self.query = query
            self.city = city
            self.daypart = daypart
        }
    }

    /// The names, besides customer and item, that the fold of an event wants nodes for.
    static func names(of event: LoggedEvent) -> [(Label, String)] {
        var names = [(Label.daypart, daypart(of: event))]
        if let query = queryName(of: event), !query.isEmpty { names.append((.query, query)) }
        if let city = event.city, !city.isEmpty { names.append((.city, city)) }
        return names
    }

    static func daypart(of event: LoggedEvent) -> String {
        Daypart.name(hour: event.timestamp.hour)
    }

    /// What a search is known by: a long one by its beginning, since node names have a limit in
    /// bytes, and a scalar has up to 4 where a character has any number.
    static func queryName(of event: LoggedEvent) -> String? {
        event.query.map { String($0.lowercased().unicodeScalars.prefix(80)) }
    }

    /// Items of a moment that sequence edges start from at most: a stock-up trip of 80 articles
    /// says little about what follows which.
    static let sequenceLimit = 8

    let customer: NodeID
    let settings: TwinSettings
    /// The edges that were touched, and whether they were loaded.
    private(set) var edges: [(edge: Edge, isKnown: Bool)] = []
    /// Where they are.
    private var places: [Ends: Int] = [:]
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
        let time = step.moment.timestamp
        if let item = step.item {
            let type = EdgeType.interaction(step.type)
            try add(step.weight, customer, type, item, time, load)
        }
        if let query = step.query { try add(1, customer, .searched, query, time, load) }
        if let city = step.city { try add(1, customer, .locatedIn, city, time, load) }
        try add(1, customer, .activeIn, step.daypart, time, load)
        guard let item = step.item, EventType.inSequences.contains(step.type) else { return }
        for before in previous.prefix(Self.sequenceLimit) where follows(step, before) {
            guard let source = before.item, source != item || before.type != step.type,
                EventType.inSequences.contains(before.type)
            else { continue }
            let type = EdgeType.sequence(before.type, step.type)
            try add(1, source, type, item, time, load)
        }
    }

    private mutating func advance(to step: Step) {
        if let last = current.last, last.moment.timestamp != step.moment.timestamp {
            previous = current
            current = []
        }
        current.append(step)
    }

    /// Whether two steps belong to the same visit.
    private func follows(_ step: Step, _ before: Step) -> Bool {
        if let session = step.sessionID, let other = before.sessionID {
            return session == other
        }
        let gap = step.moment.timestamp.secondsSince(before.moment.timestamp)
        return gap <= settings.sessionIdleSeconds
    }

    private mutating func add(
        _ weight: Double, _ source: NodeID, _ type: EdgeType, _ target: NodeID,
        _ time: Timestamp, _ load: (Ends) throws -> Edge?
    ) throws {
        let ends = Ends(source: source, type: type, target: target)
        if let place = places[ends] {
            edges[place].edge.accumulate(
                weight, at: time, halfLifeSeconds: settings.halfLifeSeconds)
            return
        }
        places[ends] = edges.count
        if var edge = try load(ends) {
            edge.accumulate(weight, at: time, halfLifeSeconds: settings.halfLifeSeconds)
            edges.append((edge, true))
        } else {
            let edge = Edge(
                source: source, type: type, target: target, weight: weight, first: time, last: time)
            edges.append((edge, false))
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
