import Foundation
import PropertyGraph
import Twins

/// Writes what the days around customers are like, in the forms in which others publish it.
struct FeedFiles {
    /// How many days after the shop's last one are written, as a forecast.
    static let forecastDays = 28

    private let feeds: ContextFeeds
    private let days: Range<Int>

    /// Takes the days of a shop and the forecast.
    init(_ shop: SyntheticShop) {
        let first = Int(shop.configuration.start.seconds / 86_400)
        feeds = shop.context
        days = first..<first + shop.configuration.days + Self.forecastDays
    }

    /// Writes `weather-<city>.json` for each city, `events.ics`, `trends.csv` and `offers.csv`.
    func write(to folder: String) throws(ShopError) {
        for (city, weather) in feeds.weather {
            try write(weatherText(weather), to: "\(folder)/weather-\(city.lowercased()).json")
        }
        try write(calendarText(), to: "\(folder)/events.ics")
        try CSVFile.write(to: "\(folder)/trends.csv", header: "category,city,day,level") { file in
            for trend in feeds.trends where days.contains(trend.day) {
                try file.append([
                    trend.category, trend.city, Self.date(trend.day), "\(trend.level)",
                ])
            }
        }
        let header = "item_id,city,first_day,last_day,price"
        try CSVFile.write(to: "\(folder)/offers.csv", header: header) { file in
            for offer in feeds.offers where days.contains(offer.firstDay) {
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

    /// The answer of Open-Meteo to a question for daily values.
    private func weatherText(_ weather: [Int: Weather]) throws(ShopError) -> Data {
        let known = days.compactMap { day in weather[day].map { (day: day, weather: $0) } }
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

    /// A calendar by RFC 5545.
    private func calendarText() -> Data {
        var lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Foretwin//Made-up shop//EN"]
        for event in feeds.events where days.contains(event.firstDay) {
            lines += [
                "BEGIN:VEVENT", "UID:\(event.uid)", "SUMMARY:\(event.name)",
                "CATEGORIES:\(event.kind.uppercased())",
                "DTSTART;VALUE=DATE:\(Self.date(event.firstDay).filter { $0 != "-" })",
                "DTEND;VALUE=DATE:\(Self.date(event.lastDay + 1).filter { $0 != "-" })",
            ]
            if let city = event.city { lines.append("LOCATION:\(city)") }
            lines.append("END:VEVENT")
        }
        lines.append("END:VCALENDAR")
        return Data(lines.map { $0 + "\r\n" }.joined().utf8)
    }

    private func write(_ data: Data, to path: String) throws(ShopError) {
        do {
            try data.write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw ShopError(
                .file,
                "Cannot write \(path): \(error.localizedDescription) Make room or choose another "
                    + "folder.")
        }
    }

    private static func date(_ day: Int) -> String { Timestamp(seconds: Int64(day) * 86_400).date }
}
