import Prediction

/// What one path adds to the twin's history: the baskets that it has simulated.
struct PathMemory: Sendable {
    /// Time of the newest event, real or simulated.
    private(set) var time: Int64
    /// The number of baskets, real and simulated.
    private(set) var basketCount: Int
    /// The items of the newest baskets, newest last; at most `Transitions.reach` baskets.
    private(set) var newestBaskets: [[Int32]]
    /// The simulated events.
    private(set) var events: [SimulatedEvent] = []
    /// The recurrences of items that the path has touched; they replace those of the history.
    private(set) var recurrences: [Int32: ItemRecurrence] = [:]
    /// Items that were new to the twin when the path first touched them.
    private(set) var newItems: [Int32] = []

    init(_ history: History, origin: Int64) {
        time = origin
        basketCount = history.basketCount
        let first = max(0, history.basketCount - Transitions.reach)
        newestBaskets = (first..<history.basketCount).map {
            Array(history.items[history.basket($0)])
        }
    }

    /// Whether an item is in the newest basket.
    func newestBasketContains(_ item: Int32) -> Bool {
        newestBaskets.last?.contains(item) ?? false
    }

    /// Adds an event.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - sameBasket: Whether it belongs to the newest basket.
    ///   - past: The recurrence of its item in the history; `nil` if the item is new.
    mutating func append(_ event: SimulatedEvent, sameBasket: Bool, past: ItemRecurrence?) {
        skip(event, sameBasket: sameBasket)
        let basket = basketCount - 1
        if past == nil, recurrences[event.item] == nil { newItems.append(event.item) }
        var recurrence =
            recurrences[event.item] ?? past
            ?? ItemRecurrence(basket: basket, time: event.time, type: event.type)
        recurrence.observe(basket: basket, time: event.time, type: event.type)
        recurrences[event.item] = recurrence
        events.append(event)
    }

    /// Moves to an event that was thinned out.
    ///
    /// Time and baskets move on as if it had happened, so that later events do not change. The
    /// recurrence of its item stays, so the item stays due.
    mutating func skip(_ event: SimulatedEvent, sameBasket: Bool) {
        if sameBasket, !newestBaskets.isEmpty {
            newestBaskets[newestBaskets.count - 1].append(event.item)
        } else {
            basketCount += 1
            newestBaskets.append([event.item])
            if newestBaskets.count > Transitions.reach { newestBaskets.removeFirst() }
        }
        time = event.time
    }
}
