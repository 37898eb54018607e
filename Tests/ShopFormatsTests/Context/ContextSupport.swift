import Foundation
import Testing

@testable import Shop
@testable import ShopFormats
@testable import Time

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
) throws -> FeedImportResult {
    try CalendarFile.read(
        calendarText(lines), named: "days.ics",
        CalendarFile.Options(city: city, kind: kind, years: years))
}
