import Foundation
import Time

@testable import Shop
@testable import ShopFormats
@testable import TwinStorage

/// Files of feeds: what is read from any input is within the limits of the store.
extension FuzzTarget {
    static let contextTargets = [
        FuzzTarget(name: "weather", seeds: [Array(weather.utf8)]) { bytes in
            try check(
                reading({ $0 is TwinsError }) {
                    try WeatherFile.read(Data(bytes), named: "w.json", city: "Graz")
                })
        },
        FuzzTarget(name: "calendar", seeds: [Array(calendar.utf8)]) { bytes in
            let options = CalendarFile.Options(city: "Graz", years: 2020...2030)
            try check(
                reading({ $0 is TwinsError }) {
                    try CalendarFile.read(bytes, named: "c.ics", options)
                })
        },
        FuzzTarget(name: "trends", seeds: [Array(trends.utf8)]) { bytes in
            try withFile(bytes, named: "trends.csv") { path in
                try check(reading({ $0 is TwinsError }) { try TrendFile.read(path) })
            }
        },
        FuzzTarget(name: "offers", seeds: [Array(offers.utf8)]) { bytes in
            try withFile(bytes, named: "offers.csv") { path in
                try check(reading({ $0 is TwinsError }) { try OfferFile.read(path) })
                _ = try reading({ $0 is TwinsError }) { try ContextFile.kind(of: path) }
            }
        },
        FuzzTarget(
            name: "consent-record",
            seeds: [someConsent.encoded, [1, 6] + Array("events".utf8) + [1]]
        ) { bytes in
            let consent = try? ConsentRecord(decoding: bytes.span.bytes)
            guard let consent else { return }
            try promise(
                try ConsentRecord(decoding: consent.encoded.span.bytes) == consent,
                "a consent is read as another one")
        },
        FuzzTarget(
            name: "day-block", seeds: [Array(DayBlock(first: 0).text.utf8), Array("1 2.5".utf8)]
        ) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let block = try reading({ $0 is TwinsError }) { try DayBlock(first: 32, text: text) }
            guard let block else { return }
            try promise(
                try DayBlock(first: 32, text: block.text) == block,
                "values of days are read as others")
        },
    ]

    private static func check(_ reading: FeedImportResult?) throws {
        guard let reading else { return }
        do {
            try ContextRules.check(reading.feeds)
        } catch {
            throw BrokenPromise("what was read cannot be stored: \(error)")
        }
        try promise(
            reading.rejections.allSatisfy { $0.line ?? 0 > 0 }, "a rejection is of no line")
    }

    private static let weather = """
        {"daily_units": {"temperature_2m_mean": "°F", "temperature_2m_max": "°C",
        "temperature_2m_min": "°C", "precipitation_sum": "inch"}, "daily": {
        "time": ["2026-03-01", "2026-03-02"], "temperature_2m_mean": [40.5, null],
        "temperature_2m_max": [10, 12.5], "temperature_2m_min": [-1, null],
        "precipitation_sum": [0.0, 1e-2]}}
        """

    private static let calendar = """
        BEGIN:VCALENDAR\r
        BEGIN:VEVENT\r
        UID:a\r
        SUMMARY;LANGUAGE=de:Weih\r
         nachten\\, und mehr\r
        DTSTART;VALUE=DATE:20201225\r
        DTEND;VALUE=DATE:20201227\r
        RRULE:FREQ=YEARLY;COUNT=9;UNTIL=20300101T000000Z\r
        EXDATE:20221225,20231225T000000\r
        BEGIN:VALARM\r
        END:VALARM\r
        END:VEVENT\r
        BEGIN:VEVENT
        UID:a
        RECURRENCE-ID:20241225
        DTSTART;TZID=Europe/Vienna:20241225T200000
        DURATION:P1DT2H3M4S
        CATEGORIES:Concert,Rock
        END:VEVENT
        END:VCALENDAR
        """

    private static let trends = """
        category,city,day,level
        Tea,Graz,2026-03-01,1.5
        "Tea; green",,20260302,1000
        """

    private static let offers = """
        item_id,city,first_day,last_day,price
        i1,Graz,2026-03-01,2026-03-07,1.99
        i2,,2026-03-01,,1e9
        """
}

private let someConsent: ConsentRecord = {
    var consent = ConsentRecord()
    consent.add([.events], since: Timestamp(seconds: 1_772_359_200))
    return consent
}()
