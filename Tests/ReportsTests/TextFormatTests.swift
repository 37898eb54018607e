import Prediction
import Testing
import Time

@testable import Reports

@Suite struct WordsTests {
    @Test func roundsShares() {
        let cases: [(Double, String)] = [
            (0.31, "31 %"), (0.305, "31 %"), (0, "0 %"), (1, "100 %"), (0.001, "under 1 %"),
            (0.0049, "under 1 %"), (0.005, "1 %"), (0.994, "99 %"), (0.996, "over 99 %"),
            (1.2, "100 %"), (-1, "0 %"), (.nan, "0 %"), (.infinity, "0 %"),
        ]
        for (share, text) in cases {
            #expect(TextFormat.percent(share) == text.replacing(" %", with: "\u{A0}%"), "\(share)")
        }
    }

    @Test func groupsThousands() {
        #expect(
            [0, 7, 999, 1000, 12_345, 1_234_567].map { TextFormat.count($0) }
                == ["0", "7", "999", "1,000", "12,345", "1,234,567"])
        #expect(TextFormat.count(-1234) == "−1,234")
        #expect(TextFormat.count(.min).hasPrefix("−9,223"))
        #expect(TextFormat.count(1, "event") == "1\u{A0}event")
        #expect(TextFormat.count(2, "event") == "2\u{A0}events")
    }

    @Test func writesDecimals() {
        #expect(TextFormat.decimal(1.006, places: 2) == "1.01")
        #expect(TextFormat.decimal(3, places: 2) == "3.00")
        #expect(TextFormat.decimal(-0.5, places: 1) == "−0.5")
        #expect(TextFormat.decimal(-0.001, places: 1) == "0.0")
        #expect(TextFormat.decimal(2.5, places: 0) == "3")
        #expect(TextFormat.decimal(.nan, places: 1) == "0.0")
    }

    @Test func writesDays() throws {
        let moment = try #require(Timestamp(text: "2026-07-04T23:59:59Z"))
        #expect(TextFormat.date(moment) == "4\u{A0}Jul\u{A0}2026")
        #expect(TextFormat.day(moment) == "Sat\u{A0}4\u{A0}Jul")
        #expect(TextFormat.day(moment, weekday: false) == "4\u{A0}Jul")
        #expect(TextFormat.day(Timestamp(seconds: 0)) == "Thu\u{A0}1\u{A0}Jan")
        #expect(TextFormat.day(Timestamp(seconds: -1)) == "Wed\u{A0}31\u{A0}Dec")
        for extreme in [Int64.min, .max] {
            #expect(!TextFormat.day(Timestamp(rawValue: extreme)).isEmpty)
        }
    }

    @Test func writesSpans() {
        #expect(TextFormat.span(days: 28) == "28\u{A0}days")
        #expect(TextFormat.span(days: 1) == "1\u{A0}day")
        #expect(TextFormat.span(days: 0.25) == "6\u{A0}hours")
        #expect(TextFormat.span(days: 0.0001) == "1\u{A0}hour")
        #expect(TextFormat.span(days: .nan) == "some time")
    }

    @Test func everyExpertHasATitle() {
        let titles = ExpertID.allCases.map { TextFormat.expert($0).title }
        #expect(Set(titles).count == titles.count)
        for name in ExpertID.allCases { #expect(!TextFormat.expert(name).meaning.isEmpty) }
    }

    @Test func writesDatesInReasonsForPeople() {
        #expect(
            CustomerView.readable("you take it about every 6 days, last on 2026-06-27")
                == "you take it about every 6 days, last on Sat\u{A0}27\u{A0}Jun")
        #expect(CustomerView.readable("2026-99-99  and 1234567890") == "2026-99-99  and 1234567890")
        #expect(CustomerView.readable("") == "")
    }

    @Test func scalesFitTheGreatestProbability() {
        #expect(CustomerView.scaleEnd(0.03) == 0.05)
        #expect(CustomerView.scaleEnd(0.1) == 0.1)
        #expect(CustomerView.scaleEnd(0.3) == 0.5)
        #expect(CustomerView.scaleEnd(0.51) == 1)
        #expect(CustomerView.scaleEnd(0) == 0.05)
        #expect(CustomerView.scaleEnd(.nan) == 1)
    }

    @Test func countsChoices() {
        #expect(ModelView.choices(0, of: 300) == "1.0")
        #expect(ModelView.choices(3, of: 300) == "8.0")
        #expect(ModelView.choices(5.21, of: 300) == "37")
        #expect(ModelView.choices(29.9, of: 1200) == "over 1,200")
        #expect(ModelView.choices(-1, of: 10) == "1.0")
    }

    @Test func expertsBelowOnePercentShareAPart() {
        let many: [(name: ExpertID, fraction: Double)] = [
            (.history, 0.9), (.sequence, 0.085), (.popularity, 0.009), (.neighbours, 0.006),
        ]
        let parts = CustomerView.parts(many)
        #expect(parts.map(\.title) == ["Repeat purchases", "Sequence", "Others"])
        #expect(parts.last?.meaning == "popularity, neighbours")
        #expect(abs((parts.last?.fraction ?? 0) - 0.015) < 1e-12)
        let alone = CustomerView.parts([(.history, 0.995), (.sequence, 0.005)])
        #expect(alone.map(\.title) == ["Repeat purchases", "Sequence"])
        #expect(CustomerView.parts([]).isEmpty)
    }
}
