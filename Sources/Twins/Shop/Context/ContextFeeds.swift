package import Time

/// Public data about the days around customers: about cities, never about persons.
///
/// Days are days since 1970 in UTC. Missing values are never imputed; readers treat them as
/// neutral.
package struct ContextFeeds: Hashable, Sendable {
    /// The weather by city and day, observed or forecast.
    package var weather: [String: [Int: Weather]]
    /// Public holidays and events, in no particular order.
    package var events: [CalendarEvent]
    /// Demand for categories, in no particular order.
    package var trends: [Trend]
    /// Temporary prices, in no particular order.
    package var offers: [Offer]

    /// Creates feeds; all are empty unless given.
    package init(
        weather: [String: [Int: Weather]] = [:], events: [CalendarEvent] = [],
        trends: [Trend] = [], offers: [Offer] = []
    ) {
        self.weather = weather
        self.events = events
        self.trends = trends
        self.offers = offers
    }

    /// What could be known at a time: weather and trends up to its day, and all events and offers,
    /// because these are planned ahead.
    package func known(at time: Timestamp) -> ContextFeeds {
        let today = Day.number(of: time)
        return ContextFeeds(
            weather: weather.mapValues { $0.filter { $0.key <= today } }, events: events,
            trends: trends.filter { $0.day <= today }, offers: offers)
    }

    /// The cities that occur in any feed.
    package var cities: Set<String> {
        Set(weather.keys).union(events.compactMap(\.city)).union(trends.compactMap(\.city))
    }

    /// Whether all feeds are empty.
    package var isEmpty: Bool {
        weather.isEmpty && events.isEmpty && trends.isEmpty && offers.isEmpty
    }
}
