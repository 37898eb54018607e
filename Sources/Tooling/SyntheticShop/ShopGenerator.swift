package import Shop

/// A grocery and household web shop that is made up, with the truth about its customers.
///
/// The data of the quickstart, and what learned models can be held against: its customers have
/// known tastes, rhythms and habits, which ``truth`` names, and weather, holidays, trends and prices
/// move them by known factors.
///
/// ```swift
/// let shop = try SyntheticShop(.init(customers: 100, days: 30))
/// let purchases = shop.events().filter { $0.type == .purchase }
/// ```
///
/// The same configuration always gives the same shop. What a customer does depends on the seed, the
/// items, the start and the customer's index alone: more customers or more days only add events.
package struct ShopGenerator: Sendable {
    /// What the shop was made from.
    package let configuration: Configuration
    /// The catalogue: ids `item-0001` and up, distinct names, about 15 categories, and prices.
    package let items: [Item]
    /// What the days around the customers are like, from the shop's first day on until more than a
    /// year after its last: what is ahead of somebody who asks is a forecast that comes true.
    package var context: ContextFeeds { world.surroundings.feeds }
    /// What is true of the customers by construction.
    package let truth: ShopTruth

    let world: World
    let households: [Household]

    /// Makes the shop and its customers; events are made when they are asked for.
    ///
    /// - Complexity: O(customers + items × clusters).
    /// - Throws: ``ShopError`` with the code `setting` for an impossible configuration.
    package init(_ configuration: Configuration = Configuration()) throws(ShopError) {
        try configuration.check()
        let world = World(configuration: configuration)
        let households = (0..<configuration.customers).map {
            Household(
                index: $0, catalogue: world.catalogue, tastes: world.tastes,
                seed: configuration.seed)
        }
        self.configuration = configuration
        self.world = world
        self.households = households
        items = world.catalogue.items
        truth = ShopTruth(
            configuration: configuration, tasteShare: Tastes.tasteShare,
            clusters: world.tastes.clusters.map(\.truth), sequences: world.tastes.sequences,
            couplings: Couplings.truth, launchDays: world.catalogue.laterLaunchDays,
            customers: households.map { $0.truth(world.catalogue) })
    }

    /// All events in time order; those of one moment are ordered by customer.
    ///
    /// They are made day by day: memory holds the state of the customers and the events of one day.
    package func events() -> ShopEvents {
        ShopEvents(world: world, households: households)
    }

    /// What is known of the days on the shop's last one: those that were, and a forecast of four
    /// weeks.
    package func contextAtEnd() -> ContextFeeds {
        let end = Int(configuration.end / 86_400) + 28
        return ContextFeeds(
            weather: context.weather.mapValues { $0.filter { $0.key < end } },
            events: context.events.filter { $0.firstDay < end },
            trends: context.trends.filter { $0.day < end },
            offers: context.offers.filter { $0.firstDay < end })
    }
}
