import Prediction

/// What one path remembers beyond the twin's past: the moments it has added.
struct PathMemory: Sendable {
    /// Time of the newest event, real or simulated.
    private(set) var time: Int64
    /// The number of moments, real and simulated.
    private(set) var basketCount: Int
    /// The newest moments, newest last; as many as transitions look back.
    private(set) var moments: [[Int32]]
    /// The simulated events.
    private(set) var events: [SimulatedEvent] = []
    /// Repetitions of items that the path has touched, in place of those of the past.
    private(set) var repetitions: [Int32: ItemRecurrence] = [:]
    /// Items that the twin had never met before this path.
    private(set) var newItems: [Int32] = []

    init(_ history: History, origin: Int64) {
        time = origin
        basketCount = history.basketCount
        let first = max(0, history.basketCount - Transitions.reach)
        moments = (first..<history.basketCount).map { Array(history.items[history.basket($0)]) }
    }

    /// Whether an item is in the moment that is under way.
    func isInMoment(_ item: Int32) -> Bool { moments.last?.contains(item) ?? false }

    /// Adds an event; one at the time of the newest is of the same moment.
    mutating func append(_ event: SimulatedEvent, sameBasket: Bool, past: ItemRecurrence?) {
        passOver(event, sameBasket: sameBasket)
        let moment = basketCount - 1
        if past == nil, repetitions[event.item] == nil { newItems.append(event.item) }
        var repetition =
            repetitions[event.item] ?? past
            ?? ItemRecurrence(basket: moment, time: event.time, type: event.type)
        repetition.observe(basket: moment, time: event.time, type: event.type)
        repetitions[event.item] = repetition
        events.append(event)
    }

    /// Goes on as if after an event that does not happen: what would have come with it still does,
    /// and its item stays as due as it is.
    mutating func passOver(_ event: SimulatedEvent, sameBasket: Bool) {
        if sameBasket, !moments.isEmpty {
            moments[moments.count - 1].append(event.item)
        } else {
            basketCount += 1
            moments.append([event.item])
            if moments.count > Transitions.reach { moments.removeFirst() }
        }
        time = event.time
    }
}
