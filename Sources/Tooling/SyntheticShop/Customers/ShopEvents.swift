package import Shop

/// The events of a synthetic shop in time order, made during iteration.
///
/// A copy continues at the position of the original. ``ShopGenerator/events()`` starts at the first
/// event.
package struct ShopEvents: Sequence, IteratorProtocol, Sendable {
    private let world: ShopWorld
    private var customers: [CustomerSimulation]
    private var log = VisitLog()
    private var day = 0
    /// The indices of the day's events in time order.
    private var order: [Int] = []
    private var position = 0

    init(world: ShopWorld, customerTraits: [CustomerTraits]) {
        self.world = world
        customers = customerTraits.enumerated().map { index, traits in
            CustomerSimulation(
                index: index, traits: traits, seed: world.configuration.seed)
        }
    }

    /// The next event, or `nil` after the last day.
    package mutating func next() -> Event? {
        while position == order.count {
            guard day < world.configuration.days else { return nil }
            simulateDay()
        }
        position += 1
        return log.events[order[position - 1]]
    }

    private mutating func simulateDay() {
        log.events.removeAll(keepingCapacity: true)
        for index in customers.indices {
            customers[index].simulate(day: day, world: world, log: &log)
        }
        let events = log.events
        order = events.indices.sorted {
            (events[$0].timestamp, $0) < (events[$1].timestamp, $1)
        }
        position = 0
        day += 1
    }
}
