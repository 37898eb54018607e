import Foundation
package import Shop
import Time

/// The unique names under which feeds are stored, such as `Berlin|2026-02-25`.
///
/// A name is in Unicode's composed form, so that a city has one name however it was typed.
package enum ContextName {
    /// The longest name that a store takes.
    package static let byteCountMax = 400

    /// The name of an event.
    package static func name(of event: CalendarEvent) -> String { name(event.uid, event.city) }

    /// The name of an offer.
    package static func name(of offer: Offer) -> String {
        name(offer.itemID, offer.city, Day.text(offer.firstDay))
    }

    /// The name of a block of a trend's days that begins on a day.
    package static func name(of trend: Trend, from day: Int) -> String {
        name(trend.category, trend.city, Day.text(day))
    }

    /// The name of a block of days of a city's weather that begins on a day.
    package static func name(ofWeatherIn city: String, from day: Int) -> String {
        name(city, Day.text(day))
    }

    private static func name(_ parts: String?...) -> String {
        // The separator is escaped, so that different parts never make the same name.
        let escaped = parts.compactMap(\.self).map { part in
            part.replacing("\\", with: "\\\\").replacing("|", with: "\\|")
        }
        return escaped.joined(separator: "|").precomposedStringWithCanonicalMapping
    }
}
