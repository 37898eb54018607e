package import Time

/// What is known of the days around all customers: public, and of cities, never of persons.
///
/// Days are days since 1970 in UTC. What nobody has said is missing, and everything that reads a
/// feed is neutral then.
package struct ContextFeeds: Hashable, Sendable {
    /// The weather by city and day, observed or forecast.
    package var weather: [String: [Int: Weather]]
    /// Public holidays and events, in no particular order.
    package var events: [CalendarEvent]
    /// What is in demand, in no particular order.
    package var trends: [Trend]
    /// Prices other than the usual ones, in no particular order.
    package var offers: [Offer]

    /// Makes feeds; nothing is known unless given.
    package init(
        weather: [String: [Int: Weather]] = [:], events: [CalendarEvent] = [],
        trends: [Trend] = [], offers: [Offer] = []
    ) {
        self.weather = weather
        self.events = events
        self.trends = trends
        self.offers = offers
    }

    /// What could be known at a moment: weather and trends until its day, and all events and offers,
    /// which are planned ahead.
    package func known(at moment: Timestamp) -> ContextFeeds {
        let today = Day.number(of: moment)
        return ContextFeeds(
            weather: weather.mapValues { $0.filter { $0.key <= today } }, events: events,
            trends: trends.filter { $0.day <= today }, offers: offers)
    }

    /// The cities that anything is said of.
    package var cities: Set<String> {
        Set(weather.keys).union(events.compactMap(\.city)).union(trends.compactMap(\.city))
    }

    /// Whether nothing is known at all.
    package var isEmpty: Bool {
        weather.isEmpty && events.isEmpty && trends.isEmpty && offers.isEmpty
    }
}
