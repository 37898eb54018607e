import Foundation
import TestSupport
import Testing
import TwinFixtures

@testable import Shop
@testable import ShopFormats

/// Weather from what Open-Meteo answers.
@Suite struct WeatherFileTests {
    private func read(_ text: Data, city: String = "Berlin") throws -> FeedImportResult {
        try WeatherFile.read(text, named: "w.json", city: city)
    }

    private func read(
        _ daily: String,
        units: String = #""temperature_2m_mean": "°C", "precipitation_sum": "mm""#
    ) throws -> FeedImportResult {
        try read(weatherJSON(daily, units: units))
    }

    private func message(_ body: () throws -> Void) -> String? { twinsError(body)?.description }

    @Test func theDaysOfACityAreRead() throws {
        let reading = try read(
            """
            "time": ["2026-03-01", "2026-03-02"], "sunrise": ["a", "b"],
            "temperature_2m_mean": [4.5, -3], "precipitation_sum": [0.0, 12.3]
            """)
        #expect(
            reading.feeds
                == ContextFeeds(weather: [
                    "Berlin": [
                        day("2026-03-01"): Weather(temperature: 4.5, precipitation: 0),
                        day("2026-03-02"): Weather(temperature: -3, precipitation: 12.3),
                    ]
                ]))
        #expect(reading.gapCount == 0 && reading.rejections.isEmpty)
    }

    @Test func daysWithoutAValueAreGaps() throws {
        let reading = try read(
            """
            "time": ["2026-03-01", "2026-03-02", "2026-03-03"],
            "temperature_2m_mean": [null, 2, 3], "precipitation_sum": [0, null, 1]
            """)
        #expect(reading.gapCount == 2)
        #expect(reading.feeds.weather["Berlin"]?.keys.sorted() == [day("2026-03-03")])
        let nothing = try read(
            #""time": ["2026-03-01"], "temperature_2m_mean": [null], "precipitation_sum": [1]"#)
        #expect(nothing.gapCount == 1 && nothing.feeds.isEmpty)
    }

    @Test func theMeanMayBeTheMiddle() throws {
        let units = """
            "temperature_2m_max": "°C", "temperature_2m_min": "°C", "precipitation_sum": "mm"
            """
        let reading = try read(
            """
            "time": ["2026-03-01", "2026-03-02"], "temperature_2m_max": [10.1, null],
            "temperature_2m_min": [3.2, 1], "precipitation_sum": [0, 0]
            """, units: units)
        #expect(reading.feeds.weather["Berlin"]?[day("2026-03-01")]?.temperature == 6.65)
        #expect(reading.gapCount == 1)
        let both = try read(
            """
            "time": ["2026-03-01", "2026-03-02"], "temperature_2m_mean": [5, null],
            "temperature_2m_max": [10, 10], "temperature_2m_min": [2, 2],
            "precipitation_sum": [0, 0]
            """, units: units + #", "temperature_2m_mean": "°C""#)
        let days = both.feeds.weather["Berlin"]
        #expect(days?[day("2026-03-01")]?.temperature == 5)
        #expect(days?[day("2026-03-02")]?.temperature == 6)
    }

    @Test func fahrenheitAndInchesAreConverted() throws {
        let reading = try read(
            """
            "time": ["2026-03-01", "2026-03-02"], "temperature_2m_mean": [32, 68.3],
            "precipitation_sum": [1, 0.035]
            """, units: #""temperature_2m_mean": "°F", "precipitation_sum": "inch""#)
        let days = reading.feeds.weather["Berlin"]
        #expect(days?[day("2026-03-01")] == Weather(temperature: 0, precipitation: 25.4))
        #expect(days?[day("2026-03-02")] == Weather(temperature: 20.17, precipitation: 0.89))
    }

    private static let oneDay =
        #""time": ["2026-03-01"], "temperature_2m_mean": [4], "precipitation_sum": [0]"#

    @Test(arguments: [
        (
            #""temperature_2m_mean": "K", "precipitation_sum": "mm""#,
            "daily_units.temperature_2m_mean of w.json is 'K'. It has to be °C or °F "
                + "(temperature_unit=celsius)."
        ),
        (
            #""temperature_2m_mean": "°C""#,
            "daily_units.precipitation_sum of w.json is missing. It has to be mm or inch "
                + "(precipitation_unit=mm)."
        ),
    ])
    func otherUnitsAreNamed(_ units: String, _ expected: String) {
        #expect(message { _ = try read(Self.oneDay, units: units) } == expected)
    }

    @Test(arguments: [
        (
            #""time": ["2026-03-01"], "temperature_2m_mean": [1, 2], "precipitation_sum": [0]"#,
            "daily.temperature_2m_mean of w.json has 2 values, and daily.time 1 days"
        ),
        (
            #""time": ["2026-03-01"], "temperature_2m_mean": [1], "precipitation_sum": []"#,
            "daily.precipitation_sum of w.json has 0 values"
        ),
        (
            #""time": ["1. March"], "temperature_2m_mean": [1], "precipitation_sum": [0]"#,
            "has '1. March', which is no day such as 2026-03-01"
        ),
        (
            #""time": ["2026-02-30"], "temperature_2m_mean": [1], "precipitation_sum": [0]"#,
            "has '2026-02-30', which is no day"
        ),
        (
            #""time": [1772323200], "temperature_2m_mean": [1], "precipitation_sum": [0]"#,
            "daily.time[0] is of another kind"
        ),
        (
            #""time": ["2026-03-01"], "temperature_2m_mean": [60.1], "precipitation_sum": [0]"#,
            "w.json, 2026-03-01: the temperature is 60.1 °C; use -90 to 60"
        ),
        (
            #""time": ["2026-03-01"], "temperature_2m_mean": [6], "precipitation_sum": [-0.1]"#,
            "w.json, 2026-03-01: the precipitation is -0.1 mm; use 0 to 2000"
        ),
        (
            """
            "time": ["2026-03-01", "2026-03-01"], "temperature_2m_mean": [6, 7],
            "precipitation_sum": [0, 0]
            """, "has 2026-03-01 twice"
        ),
        (
            #""time": ["2026-03-01"], "precipitation_sum": [0]"#,
            "w.json lacks daily.temperature_2m_mean. Ask for it, or for both"
        ),
        (
            #""time": ["2026-03-01"], "temperature_2m_mean": [6]"#,
            "w.json lacks daily.precipitation_sum"
        ),
        (#""temperature_2m_mean": [6]"#, "daily.time is missing"),
    ])
    func whatIsWrongIsNamed(_ daily: String, _ expected: String) throws {
        let text = try #require(message { _ = try read(daily) })
        #expect(text.contains(expected), "\(text)")
    }

    @Test(arguments: [
        ("{}", "has no daily values"), ("[{}]", "the weather of several places"),
        ("{", "it is not well-formed JSON"), ("null", "is not an answer of Open-Meteo"),
        (
            #"{"error": true, "reason": "Too many requests"}"#,
            "not weather but what went wrong: Too many requests"
        ),
        (String(repeating: "{\"a\":", count: 100), "nested deeper than 64 levels"),
    ])
    func whatIsNoAnswerIsRefused(_ text: String, _ expected: String) throws {
        let error = try #require(twinsError { _ = try read(Data(text.utf8)) })
        #expect(error.code == .format)
        #expect(error.description.contains(expected), "\(error)")
    }

    @Test(arguments: ["52.52,13.41", "10115", "", String(repeating: "x", count: 129), "a\tb"])
    func placesFinerThanACityAreRefused(_ city: String) {
        let error = twinsError { _ = try read(weatherJSON(Self.oneDay), city: city) }
        #expect(error?.code == .setting)
    }

    @Test func filesAreReadWithoutTheirByteOrderMark() throws {
        let folder = try TemporaryFolder()
        let text = [0xEF, 0xBB, 0xBF] + Array(weatherJSON(Self.oneDay))
        let reading = try WeatherFile.read(try folder.file(text), city: "Berlin")
        #expect(reading.feeds.weather["Berlin"]?.count == 1)
        for (path, code) in [
            (folder.path, TwinsError.Code.file), (folder("none"), .file),
            (try folder.file("", name: "empty"), .format),
        ] {
            #expect(twinsError { _ = try WeatherFile.read(path, city: "B") }?.code == code)
        }
    }

    @Test func anAnswerWithTooManyValuesIsRefusedBeforeItIsDecoded() throws {
        let text = Data("{\"daily\":{\"more\":[1,2,3,4]}}".utf8)
        try WeatherResponse.check(text, "w.json", valueCountMax: 7)
        let error = twinsError { try WeatherResponse.check(text, "w.json", valueCountMax: 6) }
        #expect(error?.description == "w.json has more than 6 values. Give it in parts.")
    }
}
