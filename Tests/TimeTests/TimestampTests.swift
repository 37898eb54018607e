import Foundation
import TestSupport
import Testing
import Time
import TwinFixtures

/// Times as texts (R17).
@Suite struct TimestampTextTests {
    /// Texts and the milliseconds since 1970 that they stand for, worked out with another program.
    static let accepted: [(String, Int64)] = [
        ("1970-01-01", 0),
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.001Z", 1),
        ("1969-12-31T23:59:59Z", -1000),
        ("1969-12-31T23:59:59.999Z", -1),
        ("2026-03-01", 1_772_323_200_000),
        ("2026-03-01T10:15", 1_772_360_100_000),
        ("2026-03-01T10:15Z", 1_772_360_100_000),
        ("2026-03-01T10:15:30", 1_772_360_130_000),
        ("2026-03-01T10:15:30Z", 1_772_360_130_000),
        ("2026-03-01t10:15:30z", 1_772_360_130_000),
        ("2026-03-01 10:15:30", 1_772_360_130_000),
        ("2026-03-01 10:15:30Z", 1_772_360_130_000),
        ("2026-03-01T10:15:30.5Z", 1_772_360_130_500),
        ("2026-03-01T10:15:30.25Z", 1_772_360_130_250),
        ("2026-03-01T10:15:30.250Z", 1_772_360_130_250),
        ("2026-03-01T10:15:30,250Z", 1_772_360_130_250),
        ("2026-03-01T10:15:30.250999Z", 1_772_360_130_250),
        ("2026-03-01T10:15:30.123456789Z", 1_772_360_130_123),
        // Offsets.
        ("2026-03-01T10:15:30+00:00", 1_772_360_130_000),
        ("2026-03-01T10:15:30-00:00", 1_772_360_130_000),
        ("2026-03-01T10:15:30+01:00", 1_772_356_530_000),
        ("2026-03-01T10:15:30+0100", 1_772_356_530_000),
        ("2026-03-01T10:15:30+01", 1_772_356_530_000),
        ("2026-03-01T10:15:30-08:00", 1_772_388_930_000),
        ("2026-03-01T10:15:30+05:45", 1_772_339_430_000),
        ("2026-03-01T10:15:30.250+14:00", 1_772_309_730_250),
        ("2026-03-01T10:15+01:00", 1_772_356_500_000),
        // Both sides of a change to summer time, by their offsets.
        ("2026-03-29T01:59:59+01:00", 1_774_745_999_000),
        ("2026-03-29T03:00:00+02:00", 1_774_746_000_000),
        // Leap years and leap seconds.
        ("2024-02-29T12:00:00Z", 1_709_208_000_000),
        ("2000-02-29", 951_782_400_000),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ("2017-01-01T00:00:00Z", 1_483_228_800_000),
        ("2016-12-31T23:59:60.500Z", 1_483_228_800_500),
        ("2025-12-31T23:59:59.999Z", 1_767_225_599_999),
        // The first and the last moment that events may have, and beyond.
        ("1900-01-01T00:00:00Z", -2_208_988_800_000),
        ("1900-03-01", -2_203_891_200_000),
        ("2200-01-01T00:00:00Z", 7_258_118_400_000),
        ("2262-04-11T23:47:16Z", 9_223_372_036_000),
        ("0000-01-01", -62_167_219_200_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        // Numbers: seconds, or milliseconds from 100,000,000,000 on.
        ("1772360130", 1_772_360_130_000),
        ("1772360130250", 1_772_360_130_250),
        ("99999999999", 99_999_999_999_000),
        ("100000000000", 100_000_000_000),
        ("-1", -1000),
        ("-2208988800", -2_208_988_800_000),
        ("-2208988800000", -2_208_988_800_000),
        ("10000", 10_000_000),
        ("00000", 0),
        // Eight digits that are a date; those that are none are seconds.
        ("20260301", 1_772_323_200_000),
        ("19000101", -2_208_988_800_000),
        ("22621231", 9_246_096_000_000),
        ("20240229", 1_709_164_800_000),
        ("20250229", 20_250_229_000),
        ("20261301", 20_261_301_000),
        ("20260100", 20_260_100_000),
        ("18991231", 18_991_231_000),
        ("22630101", 22_630_101_000),
        ("-20260301", -20_260_301_000),
    ]

    @Test(arguments: accepted)
    func theseAreTimes(_ text: String, _ milliseconds: Int64) {
        #expect(Timestamp(text: text)?.rawValue == milliseconds)
        #expect(Timestamp(text: Substring(text))?.rawValue == milliseconds)
    }

    static let refused: [String] = [
        "", " ", "-", "--1", "+1", "now", "yesterday", "2026", "20", "NaN", "1e9", "1.5", "0x10",
        "1 772 360 130", "1,772,360,130", "１７７２３６０１３０",
        "2026-3-1", "26-03-01", "2026/03/01", "01.03.2026", "03/01/2026", "2026-03", "2026-W09-7",
        "2026-00-01", "2026-13-01", "2026-03-00", "2026-03-32", "2026-04-31", "2025-02-29",
        "1900-02-29", "2100-02-29", "2026-02-30",
        "2026-03-01T", "2026-03-01T10", "2026-03-01T10:", "2026-03-01T10:15:", "2026-03-01T1:15",
        "2026-03-01T24:00:00Z", "2026-03-01T10:60:00Z", "2026-03-01T10:15:61Z",
        "2026-03-01T10:15:30.Z", "2026-03-01T10:15:30ZZ", "2026-03-01T10:15:30Z ",
        " 2026-03-01", "2026-03-01 ", "2026-03-01Z", "2026-03-01T10:15:30 +01:00",
        "2026-03-01T10:15:30+", "2026-03-01T10:15:30+1", "2026-03-01T10:15:30+24:00",
        "2026-03-01T10:15:30+01:60", "2026-03-01T10:15:30+01:0", "2026-03-01T10:15:30+01:00:00",
        "2026-03-01T10:15:30 CET", "2026-03-01T10:15:30[Europe/Vienna]", "-2026-03-01",
        "12026-03-01", "2026−03−01", "253402300800000", "99999999999999999", "-253402300800000",
        "999999999999999999999999999999", "9223372036854775808", "2026-03-01T10:15:30\u{0}",
    ]

    @Test(arguments: refused) func theseAreNot(_ text: String) {
        #expect(Timestamp(text: text) == nil)
    }

    @Test func theTablesAreLongEnough() {
        #expect(Self.accepted.count >= 50)
        #expect(Self.refused.count >= 50)
    }

    @Test(arguments: UInt64(0)..<20) func anyMomentRoundTrips(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let raw = Int64.random(
                in: -62_167_219_200_000...253_402_300_799_999, using: &generator)
            // Whole seconds have a form of their own.
            for raw in [raw, raw / 1000 * 1000] {
                let time = Timestamp(rawValue: raw)
                #expect(Timestamp(text: time.iso8601) == time, "seed \(seed), \(raw)")
            }
        }
    }

    @Test func everyDayOfFourCenturiesRoundTripsInOrder() throws {
        var before = ""
        for day in Int64(-25_567)...120_530 {
            let text = Timestamp(seconds: day * 86_400).iso8601
            #expect(before < text)
            #expect(text.hasSuffix("T00:00:00Z"))
            #expect(Timestamp(text: text)?.seconds == day * 86_400)
            before = text
        }
        #expect(before.hasPrefix("2300-01-01"))
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (1_772_360_130_250, "2026-03-01T10:15:30.250Z"), (5, "1970-01-01T00:00:00.005Z"),
            (-2_208_988_800_000, "1900-01-01T00:00:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
        ] as [(Int64, String)])
    func momentsAreWrittenInUTC(_ milliseconds: Int64, _ text: String) {
        let time = Timestamp(rawValue: milliseconds)
        #expect(time.iso8601 == text)
        #expect(time.date == String(text.prefix(10)))
        #expect("\(time.hour)" == "\(Int(text.dropFirst(11).prefix(2)) ?? -1)")
    }

    @Test func theEndsOfTheRangeHaveATextToo() {
        #expect(Timestamp(rawValue: .max).iso8601.hasSuffix("07:12:55.807Z"))
        #expect(Timestamp(rawValue: .min).iso8601.hasSuffix("16:47:04.192Z"))
        #expect((0..<24).contains(Timestamp(rawValue: .min).hour))
    }

    @Test(arguments: UInt64(0)..<20) func randomTextNeverTraps(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("0123456789-:TZ+., t9")
        for _ in 0..<2000 {
            let text = (0..<generator.below(30)).map { _ in
                alphabet[generator.below(alphabet.count)]
            }
            if let time = Timestamp(text: String(text)) {
                #expect(Timestamp(text: time.iso8601) == time, "seed \(seed): \(String(text))")
            }
        }
    }
}
