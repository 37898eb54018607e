import Testing
import TwinFixtures

@testable import Shop
@testable import ShopFormats

/// Holidays and events from calendars.
@Suite struct CalendarFileTests {
    private func event(
        _ lines: String, city: String? = nil, kind: String = "holiday"
    ) throws -> CalendarEvent? {
        let reading = try readCalendar(
            "BEGIN:VEVENT\nUID:u\n\(lines)\nEND:VEVENT", city: city, kind: kind)
        #expect(reading.rejections == [])
        return reading.feeds.events.first
    }

    @Test func aHolidayIsRead() throws {
        let event = try event(
            """
            DTSTAMP:20260101T000000Z
            SUMMARY;LANGUAGE=en:May Day
            CATEGORIES:Bank Holiday,Public
            DTSTART;VALUE=DATE:20260501
            DTEND;VALUE=DATE:20260502
            """)
        #expect(
            event
                == CalendarEvent(
                    uid: "u", name: "May Day", kind: "bank holiday", firstDay: day("2026-05-01")))
    }

    @Test func cityAndKindAreTheCallers() throws {
        let event = try event("SUMMARY:Rock\nDTSTART:20260501", city: "Graz", kind: "Concert")
        #expect(event?.city == "Graz" && event?.kind == "concert")
        let nameless = try self.event("DTSTART:20260501\nCATEGORIES: ")
        #expect(nameless?.kind == "holiday" && nameless?.name == "holiday")
    }

    @Test(arguments: [
        ("DTSTART:20260501", "2026-05-01", "2026-05-01"),
        ("DTSTART:20260501\nDTEND:20260504", "2026-05-01", "2026-05-03"),
        ("DTSTART:20260501\nDTEND:20260501", "2026-05-01", "2026-05-01"),
        ("DTSTART:20260501\nDURATION:P2D", "2026-05-01", "2026-05-02"),
        ("DTSTART:20260501\nDURATION:P1W", "2026-05-01", "2026-05-07"),
        ("DTSTART:20260501\nDURATION:PT1H", "2026-05-01", "2026-05-01"),
        ("DTSTART:20260501T200000Z\nDTEND:20260502T000000Z", "2026-05-01", "2026-05-01"),
        ("DTSTART:20260501T200000Z\nDTEND:20260502T000001Z", "2026-05-01", "2026-05-02"),
        ("DTSTART;TZID=Europe/Berlin:20260501T003000", "2026-05-01", "2026-05-01"),
        ("DTSTART;TZID=\"a:b;c\":20260501T003000", "2026-05-01", "2026-05-01"),
        ("DTSTART:20260501T233000\nDURATION:PT30M", "2026-05-01", "2026-05-01"),
        ("DTSTART:20260501T233000\nDURATION:PT31M", "2026-05-01", "2026-05-02"),
        ("DTSTART:20260501T233000\nDURATION:P1DT0H30M0S", "2026-05-01", "2026-05-02"),
        ("dtstart:20260501\ndtend:20260503", "2026-05-01", "2026-05-02"),
    ])
    func daysAreFromTheFirstToTheLast(_ lines: String, _ first: String, _ last: String) throws {
        let event = try event(lines)
        #expect(event?.firstDay == day(first))
        #expect(event?.lastDay == day(last))
    }

    @Test func foldedLinesAreOne() throws {
        let folded = """
            SUMM
             ARY:Fête de la
              Musique
            DTSTART:2026
            \t0621
            """
        #expect(try event(folded)?.name == "Fête de la Musique")
        // A fold inside a character, as the standard allows it.
        var bytes = calendarText("BEGIN:VEVENT\nUID:u\nDTSTART:20260621\nSUMMARY:é\nEND:VEVENT")
        let place = try #require(bytes.firstIndex(of: 0xC3)) + 1
        bytes.insert(contentsOf: Array("\r\n ".utf8), at: place)
        let reading = try CalendarFile.read(
            bytes, named: "a", CalendarFile.Options(years: 2026...2026))
        #expect(reading.feeds.events.map(\.name) == ["é"])
    }

    @Test(arguments: [
        (#"A\, B\; C\\ D\nE"#, #"A, B; C\ D E"#), ("A, B: C; \"D\"", "A, B: C; \"D\""),
        ("  A\tB ", "A B"), (#"\\n"#, #"\n"#), (#"A\"#, "A"),
    ])
    func escapedTextIsItself(_ text: String, _ name: String) throws {
        #expect(try event("DTSTART:20260501\nSUMMARY:\(text)")?.name == name)
    }

    @Test(arguments: ["\n", "\r\n"]) func linesEndInEitherWay(_ end: String) throws {
        let text = calendarText(
            "BEGIN:VEVENT\nUID:u\nSUMMARY:A\n  B\nDTSTART:20260501\nEND:VEVENT", end: end)
        let reading = try CalendarFile.read(
            text, named: "a", CalendarFile.Options(years: 2026...2026))
        #expect(reading.feeds.events.map(\.name) == ["A B"])
    }

    @Test func cancelledEventsAreLeftOut() throws {
        #expect(try event("DTSTART:20260501\nSTATUS:CANCELLED") == nil)
        #expect(try event("DTSTART:20260501\nSTATUS:CONFIRMED") != nil)
    }

    @Test func otherComponentsArePassedOver() throws {
        let reading = try readCalendar(
            """
            BEGIN:VTIMEZONE
            TZID:Europe/Berlin
            BEGIN:STANDARD
            DTSTART:19961027T030000
            RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
            END:STANDARD
            END:VTIMEZONE
            BEGIN:VEVENT
            UID:a
            BEGIN:VALARM
            TRIGGER:-PT15M
            SUMMARY:Wake up
            DURATION:nonsense
            END:VALARM
            SUMMARY:Market
            DTSTART:20260501
            END:VEVENT
            BEGIN:VTODO
            UID:b
            DTSTART:20260502
            END:VTODO
            """)
        #expect(reading.feeds.events.map(\.name) == ["Market"])
        #expect(reading.rejections == [] && reading.warnings == [])
    }

    static let bad: [(String, Rejection.Reason, Int, String)] = [
        ("DTSTART:20260501", .missing, 6, "UID"),
        ("UID:b\nSUMMARY:B", .missing, 6, "DTSTART"),
        ("UID:b\nDTSTART:20260231", .timestamp, 8, "DTSTART is '20260231'; use a day as 20261224"),
        ("UID:b\nDTSTART:20260501T250000", .timestamp, 8, "DTSTART is"),
        ("UID:b\nDTSTART:20260501\nDTEND:soon", .timestamp, 9, "DTEND is 'soon'"),
        ("UID:b\nDTSTART:20260501\nDTEND:20260430", .order, 9, "DTEND is before DTSTART"),
        ("UID:b\nDTSTART:20260501\nDURATION:-P1D", .timestamp, 9, "DURATION has to be"),
        ("UID:b\nDTSTART:20260501\nDURATION:P9999999999D", .timestamp, 9, "DURATION has to be"),
        ("UID:b\nDTSTART:20260501\nDTSTART:20260502", .twice, 9, "give DTSTART once"),
        ("UID:b\nDTSTART:20260501\nRRULE:FREQ=YEARLY\nEXDATE:x", .timestamp, 10, "EXDATE is 'x'"),
        ("UID:b\nDTSTART:21990601\nDURATION:P400D", .timestamp, 6, "last day is outside"),
        (
            "UID:\(String(repeating: "u", count: 257))\nDTSTART:20260501", .value, 6,
            "uid is longer than 256 bytes"
        ),
    ]

    @Test(arguments: bad)
    func badEventsAreRejectedAlone(
        _ lines: String, _ reason: Rejection.Reason, _ line: Int, _ detail: String
    ) throws {
        func good(_ uid: String) -> String {
            "BEGIN:VEVENT\nUID:\(uid)\nDTSTART:20260501\nEND:VEVENT"
        }
        // Lines 1 and 2 are the calendar's, 3 to 6 would be the first event's.
        let reading = try readCalendar(
            "BEGIN:VEVENT\nUID:a\nEND:VEVENT\nBEGIN:VEVENT\n\(lines)\nEND:VEVENT\n\(good("c"))")
        #expect(reading.feeds.events.map(\.uid) == ["c"])
        #expect(reading.rejections.map(\.line) == [3, line])
        #expect(reading.rejections.last?.reason == reason)
        #expect(reading.rejections.last?.detail.hasPrefix(detail) == true)
    }

    @Test func textThatIsNotUTF8IsRejected() throws {
        var bytes = calendarText("BEGIN:VEVENT\nUID:u\nDTSTART:20260621\nSUMMARY:#\nEND:VEVENT")
        bytes[try #require(bytes.firstIndex(of: UInt8(ascii: "#")))] = 0xE9
        let reading = try CalendarFile.read(
            bytes, named: "a", CalendarFile.Options(years: 2026...2026))
        #expect(reading.rejections.map(\.reason) == [.encoding])
        #expect(reading.rejections.map(\.line) == [6])
    }

    @Test func eventsWithoutAnEndCostNoOthers() throws {
        let reading = try readCalendar(
            """
            BEGIN:VEVENT
            UID:a
            BEGIN:VALARM
            DTSTART:20260501
            BEGIN:VEVENT
            UID:b
            DTSTART:20260501
            END:VEVENT
            BEGIN:VEVENT
            UID:c
            DTSTART:20260501
            """)
        #expect(reading.feeds.events.map(\.uid) == ["b"])
        #expect(reading.rejections.map(\.line) == [3, 11])
        #expect(reading.rejections.map(\.reason) == [.calendar, .calendar])
        let cut = Array("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART:20260501".utf8)
        let rest = try CalendarFile.read(
            cut, named: "a", CalendarFile.Options(years: 2026...2026))
        #expect(rest.rejections.map(\.line) == [2])
    }

    @Test func theSameUIDTwiceIsTheLaterOne() throws {
        let reading = try readCalendar(
            """
            BEGIN:VEVENT
            UID:a
            DTSTART:20260501
            END:VEVENT
            BEGIN:VEVENT
            UID:a
            DTSTART:20260601
            END:VEVENT
            """)
        #expect(reading.feeds.events.map(\.firstDay) == [day("2026-06-01")])
        #expect(
            reading.warnings == [.init(line: 7, text: "its UID came before; this one counts")])
    }

    @Test(arguments: ["", "BEGIN:VEVENT\nEND:VEVENT\n", "user_id,item_id\n", "\u{0}\u{1}"])
    func whatIsNoCalendarIsRefused(_ text: String) {
        let error = twinsError {
            _ = try CalendarFile.read(
                Array(text.utf8), named: "a", CalendarFile.Options(years: 2026...2026))
        }
        #expect(error?.code == .format)
        #expect(error?.description.contains("it has no BEGIN:VCALENDAR") == true)
    }

    @Test func anEventWhoseNameIsTooLongIsRejectedAlone() throws {
        let bars = String(repeating: "|", count: 250)
        let reading = try readCalendar(
            """
            BEGIN:VEVENT
            UID:good
            DTSTART:20260501
            END:VEVENT
            BEGIN:VEVENT
            UID:\(bars)
            DTSTART:20260501
            END:VEVENT
            """)
        #expect(reading.feeds.events.map(\.uid) == ["good"])
        #expect(reading.rejections.map(\.line) == [7])
        #expect(reading.rejections.first?.detail.hasPrefix("UID and city make a name of") == true)
    }

    @Test func onlyTheFirstRemarksAreKept() throws {
        let count = Limits.warningCountMax + 10
        let event = "BEGIN:VEVENT\nUID:u\nDTSTART:20260501\nRDATE:20260502\nEND:VEVENT\n"
        let reading = try readCalendar(String(repeating: event, count: count))
        // One for the RDATE of each, and one for each UID that came before.
        #expect(reading.warningCount == 2 * count - 1)
        #expect(reading.warnings.count == Limits.warningCountMax)
    }

    @Test func controlCharactersBecomeBlanks() throws {
        let event = try event("SUMMARY:a\u{9B}b\u{85}c\u{1B}d\nDTSTART:20260501")
        #expect(event?.name == "a b c d")
    }
}
