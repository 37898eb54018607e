import Foundation
import Testing

@testable import Twins

/// The number of a day written as `2026-03-01`.
func day(_ text: String) -> Int { Day.number(text) ?? .min }

/// An answer of Open-Meteo with these members of `daily` and `daily_units`.
func weatherJSON(
    _ daily: String,
    units: String = #""temperature_2m_mean": "°C", "precipitation_sum": "mm""#
) -> Data {
    Data(
        """
        {"latitude": 52.52, "longitude": 13.419998, "utc_offset_seconds": 0,
        "daily_units": {"time": "iso8601", \(units)},
        "daily": {\(daily)}}
        """.utf8)
}

/// The text of a calendar around some lines, with the ends of lines that the standard wants.
func calendarText(_ lines: String, end: String = "\r\n") -> [UInt8] {
    let all = "BEGIN:VCALENDAR\nVERSION:2.0\n\(lines)\nEND:VCALENDAR\n"
    return Array(all.replacingOccurrences(of: "\n", with: end).utf8)
}

/// Reads a calendar for the years 2025 to 2028.
func readCalendar(
    _ lines: String, city: String? = nil, kind: String = "holiday",
    years: ClosedRange<Int> = 2025...2028
) throws -> ContextReading {
    try CalendarFile.read(
        calendarText(lines), named: "days.ics",
        CalendarFile.Options(city: city, kind: kind, years: years))
}

/// Feeds of all kinds.
let someFeeds = ContextFeeds(
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
    var sorted: ContextFeeds {
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
