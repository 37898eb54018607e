import Shop
import TestSupport
import Testing
import Time
import TwinFixtures

@testable import TwinStorage

/// Days by number and as text.
@Suite struct DayTests {
    @Test(arguments: [
        ("1970-01-01", 0), ("1969-12-31", -1), ("2000-02-29", 11_016), ("2026-03-01", 20_513),
        ("20260301", 20_513), ("1900-01-01", -25_567),
    ])
    func daysAreCountedSince1970(_ text: String, _ number: Int) {
        #expect(Day.number(text) == number)
        #expect(Day.number(Day.text(number)) == number)
    }

    @Test(arguments: [
        "", "2026-3-1", "2026-02-29", "2026-13-01", "1772359200", "20260230", "12345678",
        "2026-03-01T00:00", "1899-12-31", "2200-01-02", "heute", "2026/03/01", "٢٠٢٦-٠٣-٠١",
    ])
    func otherTextsAreNoDays(_ text: String) { #expect(Day.number(text) == nil) }

    @Test func momentsLieInTheirDay() {
        for (milliseconds, number) in [
            (0, 0), (86_399_999, 0), (86_400_000, 1), (-1, -1), (-86_400_000, -1),
            (-86_400_001, -2),
        ] {
            let moment = Timestamp(rawValue: Int64(milliseconds))
            #expect(Day.number(of: moment) == number, "\(milliseconds)")
        }
        for extreme in [Int64.min, .max] {
            _ = Day.number(of: Timestamp(rawValue: extreme))
        }
        #expect(Day.start(of: 1).rawValue == 86_400_000)
        #expect(Day.start(of: .max) == Day.start(of: Day.range.upperBound))
    }
}

/// Values of 32 days as one text.
@Suite struct DayBlockTests {
    @Test func aBlockIsReadAsItWasWritten() throws {
        var generator = SeededGenerator(seed: 3)
        for first in [-32, 0, DayBlock.first(of: day("2026-03-01"))] {
            var block = DayBlock(first: first)
            for day in first..<(first + 32) where generator.chance(0.5) {
                block[day] = Double.random(in: -100...100, using: &generator)
            }
            #expect(try DayBlock(first: first, text: block.text) == block)
            #expect(block.known.map(\.day).allSatisfy { DayBlock.first(of: $0) == first })
        }
    }

    @Test func aBlockCanBeReadByPeople() {
        var block = DayBlock(first: 0)
        block[0] = 1.5
        block[31] = -0.25
        let gaps = Array(repeating: "-", count: 30).joined(separator: " ")
        #expect(block.text == "1.5 \(gaps) -0.25")
    }

    @Test(arguments: [
        "", "-", Array(repeating: "-", count: 33).joined(separator: " "),
        Array(repeating: "x", count: 32).joined(separator: " "),
        Array(repeating: "nan", count: 32).joined(separator: " "),
        Array(repeating: "inf", count: 32).joined(separator: " "),
    ])
    func otherTextsAreDamage(_ text: String) {
        #expect(twinsError { _ = try DayBlock(first: 0, text: text) }?.code == .corrupt)
    }
}
