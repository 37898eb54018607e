import Foundation
package import Shop
import Time

/// The bounds of values in feeds, from files and from programs.
package enum ContextRules {
    /// Degrees Celsius.
    ///
    /// A value outside the records of the earth is a mistake.
    static let temperatures = -90.0...60.0
    /// Millimetres a day.
    ///
    /// A value outside the records of the earth is a mistake.
    static let precipitations = 0.0...2000.0
    /// The greatest level of a trend, as a multiple of the baseline.
    static let levelMax = 1000.0

    /// Checks all values of feeds.
    ///
    /// - Throws: ``TwinsError`` that names the first value out of its bounds.
    package static func check(_ feeds: ContextFeeds) throws {
        for (city, days) in feeds.weather {
            try naming("the weather of a city") { try check(city: city) }
            for (day, weather) in days {
                try naming("the weather of \(city) on day \(day)") {
                    try check(day: day, "the day")
                    try check(weather)
                }
            }
        }
        for event in feeds.events {
            try naming("the event \(Rejection.quoted(event.uid))") { try check(event) }
        }
        for trend in feeds.trends {
            try naming("the trend of \(Rejection.quoted(trend.category))") { try check(trend) }
        }
        for offer in feeds.offers {
            try naming("the offer of \(Rejection.quoted(offer.itemID))") { try check(offer) }
        }
    }

    private static func naming(_ what: @autoclosure () -> String, _ body: () throws -> Void) throws
    {
        do {
            try body()
        } catch let error as Rejection {
            throw TwinsError(
                .setting, "\(what()) cannot be stored: \(error.reason.rawValue): \(error.detail).")
        }
    }

    static func check(_ weather: Weather) throws(Rejection) {
        guard temperatures.contains(weather.temperature) else {
            throw Rejection(
                .number, "the temperature is \(weather.temperature) °C; use -90 to 60")
        }
        guard precipitations.contains(weather.precipitation) else {
            throw Rejection(
                .number, "the precipitation is \(weather.precipitation) mm; use 0 to 2000")
        }
    }

    static func check(_ event: CalendarEvent) throws(Rejection) {
        try check(id: event.uid, "uid")
        try check(id: event.kind, "kind")
        try check(phrase: event.name, "name")
        try check(city: event.city)
        try check(day: event.firstDay, "first day")
        try check(day: event.lastDay, "last day")
        guard event.firstDay <= event.lastDay else { throw endsEarly }
        try check(storedName: ContextName.name(of: event), "UID")
    }

    static func check(_ trend: Trend) throws(Rejection) {
        try check(id: trend.category, "category")
        try check(city: trend.city)
        try check(day: trend.day, "day")
        guard trend.level > 0, trend.level <= levelMax else {
            throw Rejection(
                .number, "level is \(trend.level); use a number above 0, up to 1000; 1 is as usual")
        }
        try check(storedName: ContextName.name(of: trend, from: trend.day), "category")
    }

    static func check(_ offer: Offer) throws(Rejection) {
        try check(id: offer.itemID, "item_id")
        try check(city: offer.city)
        try check(day: offer.firstDay, "first_day")
        try check(day: offer.lastDay, "last_day")
        guard offer.firstDay <= offer.lastDay else { throw endsEarly }
        guard offer.price > 0, offer.price <= Limits.amountMax else {
            throw Rejection(.number, "price is \(offer.price); use a number above 0, up to 1e9")
        }
        try check(storedName: ContextName.name(of: offer), "item_id")
    }

    static func check(city: String?) throws(Rejection) {
        guard let city else { return }
        guard city.utf8.count <= Limits.cityByteCountMax else {
            throw Rejection(.value, "city is longer than \(Limits.cityByteCountMax) bytes")
        }
        try TextRules.check(id: city, "city")
        guard TextRules.isCity(city) else {
            throw Rejection(
                .city, "\(Rejection.quoted(city)); use a city's name, and no place in it")
        }
    }

    /// Checks the length of the name under which a value would be stored.
    ///
    /// The name may be longer than its parts, because it escapes bars and backslashes.
    private static func check(storedName name: String, _ part: String) throws(Rejection) {
        guard name.utf8.count > ContextName.byteCountMax else { return }
        throw Rejection(
            .value,
            "\(part) and city make a name of \(name.utf8.count) bytes, in which each | and \\ "
                + "counts twice; use at most \(ContextName.byteCountMax)")
    }

    static func check(day: Int, _ name: String) throws(Rejection) {
        guard Day.range.contains(day) else {
            throw Rejection(.timestamp, "\(name) is outside the years 1900 to 2199")
        }
    }

    static var endsEarly: Rejection {
        Rejection(.order, "give a last day that is not before the first")
    }

    private static func check(id: String, _ name: String) throws(Rejection) {
        guard !id.isEmpty else { throw Rejection(.missing, name) }
        try TextRules.check(id: id, name)
    }

    private static func check(phrase: String, _ name: String) throws(Rejection) {
        try TextRules.check(phrase: phrase, name)
    }
}
