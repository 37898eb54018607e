package import Shop

/// A synthetic web shop for groceries and household goods, with the ground truth of its customers.
///
/// It is the data of the quickstart, and a reference for learned models. Customers have known
/// tastes, rhythms and item sequences, which ``truth`` lists. Weather, holidays, trends and prices
/// change their behaviour by known factors.
///
/// ```swift
/// let shop = try ShopGenerator(.init(customers: 100, days: 30))
/// let purchases = shop.events().filter { $0.type == .purchase }
/// ```
///
/// The same configuration always gives the same shop. A customer's events depend only on the seed,
/// the items, the start and the customer's index. So more customers or more days only add events.
package struct ShopGenerator: Sendable {
    /// The configuration of the shop.
    package let configuration: Configuration
    /// The catalogue: ids from `item-0001`, distinct names, about 15 categories, and prices.
    package let items: [Item]
    /// Weather, calendar events, trends and offers from the shop's first day until more than a year
    /// after its last day.
    ///
    /// As a forecast, it is exact.
    package var context: ContextFeeds { world.contextEffects.feeds }
    /// The ground truth of the customers.
    package let truth: ShopTruth

    let world: ShopWorld
    let customerTraits: [CustomerTraits]

    /// Makes the shop and its customers; ``events()`` makes the events.
    ///
    /// - Complexity: O(customers + items × clusters).
    /// - Throws: ``ShopError`` with the code `setting` if the configuration is out of range.
    package init(_ configuration: Configuration = Configuration()) throws(ShopError) {
        try configuration.check()
        let world = ShopWorld(configuration: configuration)
        let customerTraits = (0..<configuration.customers).map {
            CustomerTraits(
                index: $0, catalogue: world.catalogue, tastes: world.tastes,
                seed: configuration.seed)
        }
        self.configuration = configuration
        self.world = world
        self.customerTraits = customerTraits
        items = world.catalogue.items
        truth = ShopTruth(
            configuration: configuration, tasteShare: Tastes.tasteShare,
            clusters: world.tastes.clusters.map(\.truth), sequences: world.tastes.sequences,
            effects: GroundTruthEffects.truth, launchDays: world.catalogue.laterLaunchDays,
            customers: customerTraits.map { $0.truth(world.catalogue) })
    }

    /// All events in time order; events at one time are in the order of customers.
    ///
    /// Events are made day by day. Memory holds the state of the customers and the events of one
    /// day.
    package func events() -> ShopEvents {
        ShopEvents(world: world, customerTraits: customerTraits)
    }

    /// The context as known on the shop's last day: the past, and a forecast of four weeks.
    package func contextAtEnd() -> ContextFeeds {
        let end = Int(configuration.end / 86_400) + 28
        return ContextFeeds(
            weather: context.weather.mapValues { $0.filter { $0.key < end } },
            events: context.events.filter { $0.firstDay < end },
            trends: context.trends.filter { $0.day < end },
            offers: context.offers.filter { $0.firstDay < end })
    }
}
