package import PropertyGraph
import Shop
import Time

/// Makes the graph of a twin from its events, in order of time.
///
/// The twin is a fold over the events: the same events give the same graph, whenever and in
/// whatever order they arrived. Each event adds to the edge from the customer to the item, and to
/// an edge from each item of the moment before in the same visit. Events of one time (a basket)
/// do not follow one another. A return reverses the latest earlier purchase of its item: the edge
/// `PURCHASED` is made as if that purchase had not been. Operational events add nothing.
package struct TwinFold {
    /// What tells edges of one graph apart.
    package struct Ends: Hashable {
        var source: NodeID
        var type: EdgeType
        var target: NodeID

        init(source: NodeID, type: EdgeType, target: NodeID) {
            self.source = source
            self.type = type
            self.target = target
        }

        package init(_ edge: Edge) {
            self.init(source: edge.source, type: edge.type, target: edge.target)
        }
    }

    /// What the fold needs of an event, with its nodes.
    package struct Step {
        package var moment: LogPosition
        var type: EventType
        /// What the event adds to the edge from customer to item.
        var weight: Double
        var sessionID: String?
        var item: NodeID?
        var query: NodeID?
        var city: NodeID?
        var daypart: NodeID
        /// Whether this is a purchase that a later return reverses.
        var isReversed = false

        /// Whether this is a return of an item.
        var isReturn: Bool { type == .return && item != nil }

        package init(
            _ event: EventOutline, at moment: LogPosition, item: NodeID?, query: NodeID?,
            city: NodeID?, daypart: NodeID
        ) {
            self.moment = moment
            type = event.type
            weight = event.weight
            sessionID = event.sessionID
            self.item = item
            self.query = query
            self.city = city
            self.daypart = daypart
        }
    }

    /// What a search is known by: a long one by its beginning, since node names have a limit in
    /// bytes, and a scalar has up to 4 where a character has any number.
    package static func queryName(_ query: String) -> String {
        String(query.lowercased().unicodeScalars.prefix(80))
    }

    /// Items of a moment that sequence edges start from at most: a stock-up trip of 80 articles
    /// says little about what follows which.
    static let sequenceLimit = 8

    let customer: NodeID
    let settings: TwinSettings
    /// The edges that were loaded or touched, in that order.
    package private(set) var edges: [FoldedEdge] = []
    private var places = EdgePlaces()
    private var previous: [Step] = []
    private var current: [Step] = []

    /// Begins a fold.
    ///
    /// - Parameters:
    ///   - customer: Whose twin it is.
    ///   - settings: How twins are made.
    ///   - tail: The last steps before those to come, at least the newest two moments.
    package init(customer: NodeID, settings: TwinSettings, tail: [Step] = []) {
        self.customer = customer
        self.settings = settings
        for step in tail where step.type.role != .operational { advance(to: step) }
    }

    /// Folds all events of a twin.
    ///
    /// - Parameters:
    ///   - steps: All events up to the time as of which the twin is wanted, in order.
    ///   - customer: Whose twin it is.
    ///   - settings: How twins are made.
    ///   - reversesReturns: Whether returns reverse purchases; stores of earlier versions hold
    ///     twins in which they do not.
    package init(
        all steps: [Step], customer: NodeID, settings: TwinSettings, reversesReturns: Bool = true
    ) {
        self.init(customer: customer, settings: settings)
        for step in reversesReturns ? Self.reversed(steps) : steps { apply(step) }
    }

    /// Marks the purchases that later returns reverse: each return takes the latest earlier
    /// purchase of its item that no return has taken yet.
    ///
    /// Events of one time have no order, so a return reverses no purchase of its own time.
    ///
    /// - Complexity: O(steps).
    static func reversed(_ steps: [Step]) -> [Step] {
        guard steps.contains(where: \.isReturn) else { return steps }
        var steps = steps
        var purchases: [NodeID: [Int]] = [:]
        var start = 0
        while start < steps.count {
            let time = steps[start].moment.timestamp
            var end = start + 1
            while end < steps.count, steps[end].moment.timestamp == time { end += 1 }
            for index in start..<end where steps[index].isReturn {
                guard let item = steps[index].item,
                    let purchase = purchases[item]?.popLast()
                else { continue }
                steps[purchase].isReversed = true
            }
            for index in start..<end where steps[index].type == .purchase {
                if let item = steps[index].item { purchases[item, default: []].append(index) }
            }
            start = end
        }
        return steps
    }

    /// Takes in an edge as it was before this fold.
    ///
    /// - Parameter edge: An edge that was neither loaded nor touched yet.
    mutating func load(_ edge: Edge) {
        edges.append(FoldedEdge(edge: edge, isKnown: true, isTouched: false))
    }

    /// Takes in the next event; edges that were not loaded are new.
    package mutating func apply(_ step: Step) { apply(step) { _ in nil } }

    /// Takes in the next event.
    ///
    /// - Parameters:
    ///   - step: The event with its nodes.
    ///   - find: Reads an edge that was not loaded, as it was before this fold.
    /// - Throws: What `find` throws.
    mutating func apply(_ step: Step, find: (Ends) throws -> Edge?) rethrows {
        guard step.type.role != .operational else { return }
        advance(to: step)
        let time = step.moment.timestamp
        if let item = step.item, let type = EdgeType.interaction(step.type), !step.isReversed {
            try add(step.weight, customer, type, item, time, find)
        }
        if let query = step.query { try add(1, customer, .searched, query, time, find) }
        if let city = step.city { try add(1, customer, .locatedIn, city, time, find) }
        try add(1, customer, .activeIn, step.daypart, time, find)
        guard let item = step.item, EventType.inSequences.contains(step.type) else { return }
        for before in previous.prefix(Self.sequenceLimit) where follows(step, before) {
            guard let source = before.item, source != item || before.type != step.type,
                EventType.inSequences.contains(before.type)
            else { continue }
            let type = EdgeType.sequence(before.type, step.type)
            try add(1, source, type, item, time, find)
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
        _ time: Timestamp, _ find: (Ends) throws -> Edge?
    ) rethrows {
        let ends = Ends(source: source, type: type, target: target)
        if let place = places.place(of: ends, in: edges) {
            edges[place].isTouched = true
            edges[place].edge.accumulate(
                weight, at: time, halfLifeSeconds: settings.halfLifeSeconds)
            return
        }
        if var edge = try find(ends) {
            edge.accumulate(weight, at: time, halfLifeSeconds: settings.halfLifeSeconds)
            edges.append(FoldedEdge(edge: edge, isKnown: true, isTouched: true))
        } else {
            let edge = Edge(
                source: source, type: type, target: target, weight: weight, first: time, last: time)
            edges.append(FoldedEdge(edge: edge, isKnown: false, isTouched: true))
        }
    }
}

/// An edge in a fold.
package struct FoldedEdge {
    package var edge: Edge
    /// Whether it was there before the fold.
    var isKnown: Bool
    /// Whether the fold changed it.
    var isTouched: Bool
}

/// Finds edges in a list by their ends.
///
/// The fold of every event asks several times, so this is a hash table of places whose hash is two
/// multiplications. Node numbers are the store's own, so nobody can choose them to collide.
struct EdgePlaces {
    /// Places plus one, 0 for none; their number is a power of two, at most half are taken.
    private var slots: [UInt32] = []
    /// How many edges of the list are in the table.
    ///
    /// The rest enter when one is looked for, so that a twin that is only read costs no table.
    private var known = 0

    /// The place of the edge with some ends; `nil` if it is not in the list.
    ///
    /// - Parameters:
    ///   - ends: The ends.
    ///   - edges: The list, no two with the same ends; between two questions it may only grow.
    /// - Returns: The place.
    mutating func place(of ends: TwinFold.Ends, in edges: [FoldedEdge]) -> Int? {
        guard !edges.isEmpty else { return nil }
        enter(edges)
        var slot = start(ends)
        while slots[slot] > 0 {
            let place = Int(slots[slot]) - 1
            if TwinFold.Ends(edges[place].edge) == ends { return place }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private mutating func enter(_ edges: [FoldedEdge]) {
        if edges.count * 2 > slots.count {
            var size = max(64, slots.count)
            while edges.count * 2 > size { size *= 2 }
            slots = Array(repeating: 0, count: size)
            known = 0
        }
        while known < edges.count {
            var slot = start(TwinFold.Ends(edges[known].edge))
            while slots[slot] > 0 { slot = (slot + 1) & (slots.count - 1) }
            known += 1
            slots[slot] = UInt32(known)
        }
    }

    private func start(_ ends: TwinFold.Ends) -> Int {
        // Fibonacci hashing: the upper bits of a product with 2^64 over the golden ratio.
        let factor: UInt64 = 0x9E37_79B9_7F4A_7C15
        let mixed =
            (ends.source.rawValue &* factor ^ ends.target.rawValue) &+ UInt64(ends.type.number)
        return Int(truncatingIfNeeded: (mixed &* factor) >> 32) & (slots.count - 1)
    }
}
