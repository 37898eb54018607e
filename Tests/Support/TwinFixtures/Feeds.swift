package import Shop
import Time

/// The number of a day written as `2026-03-01`.
package func day(_ text: String) -> Int { Day.number(text) ?? .min }

/// Feeds of all kinds.
package let someFeeds = ContextFeeds(
    weather: [
        "Berlin": [
            day("2026-02-28"): Weather(temperature: -0.1, precipitation: 0),
            day("2026-03-01"): Weather(temperature: 1.0 / 3, precipitation: 12.7),
            day("2026-05-01"): Weather(temperature: 20, precipitation: 1e-7),
        ],
        "São Paulo": [day("1969-12-31"): Weather(temperature: 30.5, precipitation: 2000)],
    ],
    events: [
        CalendarEvent(
            uid: "may", name: "May Day", kind: "holiday", firstDay: day("2026-05-01")),
        CalendarEvent(
            uid: "fair", name: "Book fair", kind: "fair", city: "Berlin",
            firstDay: day("2026-05-01"), lastDay: day("2026-05-04")),
    ],
    trends: [
        Trend(category: "Tea", city: "Berlin", day: day("2026-03-01"), level: 1.7),
        Trend(category: "Tea", day: day("2026-03-01"), level: 0.1),
        Trend(category: "Tea", day: day("2026-03-02"), level: 1000),
    ],
    offers: [
        Offer(
            itemID: "i1", city: "Berlin", firstDay: day("2026-03-01"), lastDay: day("2026-03-07"),
            price: 1.99),
        Offer(itemID: "i1", firstDay: day("2026-03-01"), lastDay: day("2026-03-01"), price: 2.49),
    ])

extension ContextFeeds {
    /// The same in the order in which a store tells them.
    package var sorted: ContextFeeds {
        var feeds = self
        feeds.events.sort {
            ($0.firstDay, $0.lastDay, $0.uid, $0.city ?? "")
                < ($1.firstDay, $1.lastDay, $1.uid, $1.city ?? "")
        }
        feeds.trends.sort {
            ($0.category, $0.city ?? "", $0.day) < ($1.category, $1.city ?? "", $1.day)
        }
        feeds.offers.sort {
            ($0.itemID, $0.city ?? "", $0.firstDay) < ($1.itemID, $1.city ?? "", $1.firstDay)
        }
        return feeds
    }
}
