import TestSupport
import Testing
import TwinFixtures

@testable import Shop
@testable import ShopFormats
@testable import Time

/// Events that come back.
@Suite struct RecurrenceTests {
    /// The first days of the events that a VEVENT stands for, for the years 2025 to 2028.
    private func days(_ lines: String, warnings: Int = 0) throws -> [String] {
        let reading = try readCalendar("BEGIN:VEVENT\nUID:u\n\(lines)\nEND:VEVENT")
        #expect(reading.rejections == [])
        #expect(reading.warnings.count == warnings, "\(lines)")
        return reading.feeds.events.map { Day.text($0.firstDay) }
    }

    @Test(arguments: [
        ("RRULE:FREQ=YEARLY", "2025 2026 2027 2028"),
        ("RRULE:FREQ=YEARLY;INTERVAL=1;WKST=MO", "2025 2026 2027 2028"),
        ("RRULE:FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=1", "2025 2026 2027 2028"),
        ("RRULE:FREQ=YEARLY;COUNT=3", "2025 2026"), ("RRULE:FREQ=YEARLY;COUNT=1", ""),
        ("RRULE:FREQ=YEARLY;UNTIL=20270501", "2025 2026 2027"),
        ("RRULE:FREQ=YEARLY;UNTIL=20270430T235959Z", "2025 2026"),
        ("RRULE:FREQ=YEARLY\nEXDATE;VALUE=DATE:20260501,20280501", "2025 2027"),
        ("RRULE:FREQ=YEARLY\nEXDATE:20260501T000000Z\nEXDATE:20270501", "2025 2028"),
        ("RRULE:FREQ=YEARLY;COUNT=3\nEXDATE:20250501", "2026"),
    ])
    func aYearlyEventIsWrittenOutForSomeYears(_ lines: String, _ years: String) throws {
        let expected = years.split(separator: " ").map { "\($0)-05-01" }
        #expect(try days("DTSTART:20240501\n\(lines)") == expected)
    }

    @Test func itBeginsWithItsFirstYear() throws {
        #expect(
            try days("DTSTART:20270501\nRRULE:FREQ=YEARLY") == ["2027-05-01", "2028-05-01"])
        #expect(try days("DTSTART:20400501\nRRULE:FREQ=YEARLY") == [])
        #expect(try days("DTSTART:19000101\nRRULE:FREQ=YEARLY").count == 4)
    }

    @Test func theLastOfFebruaryIsInLeapYearsAlone() throws {
        #expect(try days("DTSTART:20240229\nRRULE:FREQ=YEARLY") == ["2028-02-29"])
        #expect(try days("DTSTART:20240229\nRRULE:FREQ=YEARLY;COUNT=2") == ["2028-02-29"])
    }

    @Test func eachDayHasAUIDAndTheLength() throws {
        let reading = try readCalendar(
            """
            BEGIN:VEVENT
            UID:xmas
            SUMMARY:Christmas
            DTSTART;VALUE=DATE:20261225
            DTEND;VALUE=DATE:20261227
            RRULE:FREQ=YEARLY;COUNT=2
            END:VEVENT
            """, city: "Wien")
        #expect(
            reading.feeds.events == [
                CalendarEvent(
                    uid: "xmas/2026-12-25", name: "Christmas", kind: "holiday", city: "Wien",
                    firstDay: day("2026-12-25"), lastDay: day("2026-12-26")),
                CalendarEvent(
                    uid: "xmas/2027-12-25", name: "Christmas", kind: "holiday", city: "Wien",
                    firstDay: day("2027-12-25"), lastDay: day("2027-12-26")),
            ])
    }

    @Test(arguments: [
        "FREQ=WEEKLY", "FREQ=YEARLY;INTERVAL=2", "FREQ=YEARLY;BYDAY=1MO", "FREQ=YEARLY;BYMONTH=6",
        "FREQ=YEARLY;BYMONTHDAY=1,2", "FREQ=YEARLY;COUNT=0", "FREQ=YEARLY;UNTIL=never", "COUNT=2",
        "FREQ", "FREQ=YEARLY\nRRULE:FREQ=DAILY",
    ])
    func otherRulesGiveTheFirstDayAndARemark(_ rule: String) throws {
        #expect(try days("DTSTART:20240501\nRRULE:\(rule)", warnings: 1) == ["2024-05-01"])
    }

    @Test func warningsSayWhatWasLeftOut() throws {
        let reading = try readCalendar(
            "BEGIN:VEVENT\nUID:u\nDTSTART:20260501\nRDATE:20260601\nRRULE:FREQ=DAILY\nEND:VEVENT")
        #expect(reading.warnings.map(\.line) == [6, 7])
        #expect(reading.warnings.first?.text.hasPrefix("RDATE is not understood") == true)
        #expect(
            reading.warnings.last?.text
                == "only rules of every year are understood; the event is taken once, on its "
                + "first day")
    }

    @Test func singleDaysMayBeChangedOrCancelled() throws {
        // What is said of a single day counts before and after the event itself.
        let reading = try readCalendar(
            """
            BEGIN:VEVENT
            UID:u
            RECURRENCE-ID;VALUE=DATE:20260501
            DTSTART:20260502
            SUMMARY:Moved
            END:VEVENT
            BEGIN:VEVENT
            UID:u
            SUMMARY:Fair
            DTSTART:20240501
            RRULE:FREQ=YEARLY
            END:VEVENT
            BEGIN:VEVENT
            UID:u
            RECURRENCE-ID:20270501
            DTSTART:20270501
            STATUS:CANCELLED
            END:VEVENT
            """)
        #expect(
            reading.feeds.events.map { "\($0.uid) \(Day.text($0.firstDay)) \($0.name)" } == [
                "u/2025-05-01 2025-05-01 Fair", "u/2026-05-01 2026-05-02 Moved",
                "u/2028-05-01 2028-05-01 Fair",
            ])
    }
}

/// A calendar that was written reads back.
@Suite struct CalendarModelTests {
    /// A text with everything that has to be escaped.
    private func text(_ generator: inout SeededGenerator) -> String {
        let parts = ["a", ",", ";", "\\", ":", "\"", "ü", "日本", "👩‍👩‍👧", " b", "N", "=", "\\n"]
        let words = (0..<(1 + generator.below(10))).map { _ in parts[generator.below(parts.count)] }
        return "x" + words.joined() + "x"
    }

    private func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing(",", with: "\\,").replacing(";", with: "\\;")
    }

    /// A line folded somewhere, inside characters too.
    private func folded(_ line: String, _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        for byte in line.utf8 {
            if !bytes.isEmpty, generator.chance(0.1) {
                bytes += Array(generator.chance(0.5) ? "\r\n ".utf8 : "\n\t".utf8)
            }
            bytes.append(byte)
        }
        return bytes + Array((generator.chance(0.5) ? "\r\n" : "\n").utf8)
    }

    private func lines(_ event: CalendarEvent, _ generator: inout SeededGenerator) -> [String] {
        func compact(_ day: Int) -> String { Day.text(day).replacing("-", with: "") }
        var end = "DTEND;VALUE=DATE:\(compact(event.lastDay + 1))"
        if generator.chance(0.3) { end = "DURATION:P\(event.lastDay - event.firstDay + 1)D" }
        var lines = [
            "UID:\(escaped(event.uid))", "SUMMARY:\(escaped(event.name))",
            "CATEGORIES:\(escaped(event.kind.uppercased())),other",
            "DTSTART;VALUE=DATE:\(compact(event.firstDay))", end, "X-MORE;P=\"a:b\":c",
        ]
        for place in lines.indices.reversed() { lines.swapAt(place, generator.below(place + 1)) }
        return ["BEGIN:VEVENT"] + lines + ["END:VEVENT"]
    }

    @Test(arguments: UInt64(0)..<20)
    func aWrittenCalendarReadsBack(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let city = generator.chance(0.5) ? "Graz" : nil
        let events = (0..<20).map { number in
            let first = day("2026-01-01") + generator.below(1000)
            return CalendarEvent(
                uid: "\(number)" + text(&generator), name: text(&generator),
                kind: text(&generator).lowercased(), city: city, firstDay: first,
                lastDay: first + generator.below(5))
        }
        var bytes = Array("BEGIN:VCALENDAR\r\n".utf8)
        for event in events {
            for line in lines(event, &generator) { bytes += folded(line, &generator) }
        }
        bytes += Array("END:VCALENDAR\r\n".utf8)
        let reading = try CalendarFile.read(
            bytes, named: "a", CalendarFile.Options(city: city, years: 2026...2026))
        #expect(reading.feeds.events == events, "seed \(seed)")
        #expect(reading.rejections == [] && reading.warnings == [], "seed \(seed)")
    }
}
