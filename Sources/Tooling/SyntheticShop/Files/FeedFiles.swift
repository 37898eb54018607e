import Foundation
import Shop
import TextFiles
import Time

/// Writes the context of a shop, in the formats of common publishers.
struct FeedFiles {
    private let feeds: ContextFeeds

    /// The files of the shop's context and forecast.
    init(_ shop: ShopGenerator) { feeds = shop.contextAtEnd() }

    /// Writes `weather-<city>.json` and `events-<city>.ics` for each city, and for all of them
    /// `events.ics`, `trends.csv` and `offers.csv`.
    func write(to folder: String) throws(ShopError) {
        for (city, weather) in feeds.weather {
            let name = city.lowercased()
            try write(weatherText(weather), to: "\(folder)/weather-\(name).json")
            try write(calendarText(city), to: "\(folder)/events-\(name).ics")
        }
        try write(calendarText(nil), to: "\(folder)/events.ics")
        try CSVFile.write(to: "\(folder)/trends.csv", header: "category,city,day,level") {
            file throws(FileError) in
            for trend in feeds.trends {
                try file.append([
                    trend.category, trend.city, Self.date(trend.day), "\(trend.level)",
                ])
            }
        }
        let header = "item_id,city,first_day,last_day,price"
        try CSVFile.write(to: "\(folder)/offers.csv", header: header) { file throws(FileError) in
            for offer in feeds.offers {
                try file.append([
                    offer.itemID, offer.city, Self.date(offer.firstDay), Self.date(offer.lastDay),
                    "\(offer.price)",
                ])
            }
        }
    }

    private struct WeatherDocument: Encodable {
        struct Units: Encodable {
            var time = "iso8601"
            var temperature_2m_mean = "°C"
            var precipitation_sum = "mm"
        }
        struct Daily: Encodable {
            var time: [String]
            var temperature_2m_mean: [Double]
            var precipitation_sum: [Double]
        }
        var timezone = "UTC"
        var daily_units = Units()
        var daily: Daily
    }

    /// Daily values in the format of Open-Meteo's responses.
    private func weatherText(_ weather: [Int: Weather]) throws(ShopError) -> Data {
        let known = weather.sorted { $0.key < $1.key }.map { (day: $0.key, weather: $0.value) }
        let document = WeatherDocument(
            daily: .init(
                time: known.map { Self.date($0.day) },
                temperature_2m_mean: known.map(\.weather.temperature),
                precipitation_sum: known.map(\.weather.precipitation)))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        do {
            return try encoder.encode(document)
        } catch {
            throw ShopError(.file, "The weather cannot be written: \(error.localizedDescription)")
        }
    }

    /// The calendar of a city, or of events in all cities, by RFC 5545.
    private func calendarText(_ city: String?) -> Data {
        var lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Foretwin//Made-up shop//EN"]
        for event in feeds.events where event.city == city {
            lines += [
                "BEGIN:VEVENT", "UID:\(event.uid)", "SUMMARY:\(event.name)",
                "CATEGORIES:\(event.kind.uppercased())", "DTSTAMP:19700101T000000Z",
                "DTSTART;VALUE=DATE:\(Self.date(event.firstDay).filter { $0 != "-" })",
                "DTEND;VALUE=DATE:\(Self.date(event.lastDay + 1).filter { $0 != "-" })",
            ]
            lines.append("END:VEVENT")
        }
        lines.append("END:VCALENDAR")
        return Data(lines.map { $0 + "\r\n" }.joined().utf8)
    }

    private func write(_ data: Data, to path: String) throws(ShopError) {
        try ShopError.ofFiles { () throws(FileError) in try AtomicFile.write(data, to: path) }
    }

    private static func date(_ day: Int) -> String { Timestamp(seconds: Int64(day) * 86_400).date }
}
