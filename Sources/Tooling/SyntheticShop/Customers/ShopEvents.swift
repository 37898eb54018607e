package import Shop

/// The events of a synthetic shop in time order, made while they are read.
///
/// Each iteration of a copy starts where the copied value was; ask the shop for a fresh one.
package struct ShopEvents: Sequence, IteratorProtocol, Sendable {
    private let world: World
    private var customers: [CustomerSimulation]
    private var log = VisitLog()
    private var day = 0
    /// The positions of the day's events in time order.
    private var order: [Int] = []
    private var position = 0

    init(world: World, households: [Household]) {
        self.world = world
        customers = households.enumerated().map { index, household in
            CustomerSimulation(
                index: index, household: household, seed: world.configuration.seed)
        }
    }

    /// The next event, or `nil` after the last day.
    package mutating func next() -> Event? {
        while position == order.count {
            guard day < world.configuration.days else { return nil }
            liveOneDay()
        }
        position += 1
        return log.events[order[position - 1]]
    }

    private mutating func liveOneDay() {
        log.events.removeAll(keepingCapacity: true)
        for index in customers.indices {
            customers[index].live(day: day, world: world, log: &log)
        }
        let events = log.events
        order = events.indices.sorted {
            (events[$0].timestamp, $0) < (events[$1].timestamp, $1)
        }
        position = 0
        day += 1
    }
}
