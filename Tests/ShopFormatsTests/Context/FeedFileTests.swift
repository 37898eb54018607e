import TestSupport
import Testing
import TwinFixtures

@testable import Shop
@testable import ShopFormats

/// Trends and offers from CSV.
@Suite struct FeedFileTests {
    private func trends(_ text: String) throws -> FeedImportResult {
        let folder = try TemporaryFolder()
        return try withExtendedLifetime(folder) { try TrendFile.read(try folder.file(text)) }
    }

    private func offers(_ text: String) throws -> FeedImportResult {
        let folder = try TemporaryFolder()
        return try withExtendedLifetime(folder) { try OfferFile.read(try folder.file(text)) }
    }

    @Test func trendsAreRead() throws {
        let reading = try trends(
            """
            category,city,day,level
            Tea,Berlin,2026-03-01,1.7
            "Tea, green",,20260302,1000

            """)
        #expect(
            reading.feeds.trends == [
                Trend(category: "Tea", city: "Berlin", day: day("2026-03-01"), level: 1.7),
                Trend(category: "Tea, green", day: day("2026-03-02"), level: 1000),
            ])
        #expect(reading.rejections.isEmpty)
        let other = try trends("Level;DAY;Category\n2;2026-03-01;Tea\n")
        #expect(
            other.feeds.trends == [Trend(category: "Tea", day: day("2026-03-01"), level: 2)])
    }

    @Test(arguments: [
        (",Berlin,2026-03-01,1", Rejection.Reason.missing, "category"),
        ("Tea,Berlin,,1", .missing, "day"), ("Tea,Berlin,2026-03-01,", .missing, "level"),
        ("Tea,Berlin,today,1", .timestamp, "day is 'today'; write a day as 2026-03-01"),
        ("Tea,Berlin,2026-03-01,0", .number, "level is 0.0; use a number above 0, up to 1000"),
        ("Tea,Berlin,2026-03-01,1000.5", .number, "level is 1000.5"),
        ("Tea,Berlin,2026-03-01,nan", .number, "level is 'nan'"),
        ("Tea,Berlin,2026-03-01,much", .number, "level is 'much'; write it as 1.5"),
        ("Tea,10115,2026-03-01,1", .city, "'10115'; use a city's name"),
        ("Tea,Berlin,2026-03-01", .fieldCount, "3, the header has 4"),
        ("Te\u{1}a,Berlin,2026-03-01,1", .value, "category holds a control character"),
    ])
    func badLinesAreRejectedAlone(
        _ line: String, _ reason: Rejection.Reason, _ detail: String
    ) throws {
        let good = "Tea,Berlin,2026-03-01,1\n"
        let reading = try trends("category,city,day,level\n\(good)\(line)\n\(good)")
        #expect(reading.feeds.trends.count == 2)
        #expect(reading.rejections.map(\.line) == [3])
        #expect(reading.rejections.first?.reason == reason)
        #expect(reading.rejections.first?.detail.hasPrefix(detail) == true)
    }

    @Test func offersAreRead() throws {
        let reading = try offers(
            """
            item_id,city,first_day,last_day,price
            i1,Berlin,2026-03-01,2026-03-07,1.99
            i2,,2026-03-01,,2
            i3,,2026-03-02,2026-03-01,2
            i4,,2026-03-01,2026-03-01,0
            ,,2026-03-01,2026-03-01,1
            """)
        #expect(
            reading.feeds.offers == [
                Offer(
                    itemID: "i1", city: "Berlin", firstDay: day("2026-03-01"),
                    lastDay: day("2026-03-07"), price: 1.99),
                Offer(
                    itemID: "i2", firstDay: day("2026-03-01"), lastDay: day("2026-03-01"),
                    price: 2),
            ])
        #expect(reading.rejections.map(\.line) == [4, 5, 6])
        #expect(reading.rejections.map(\.reason) == [.order, .number, .missing])
    }

    @Test func missingColumnsAreNamed() throws {
        let text = twinsError { _ = try trends("category,city\nTea,Berlin\n") }?.description
        #expect(
            text?.hasSuffix(
                "lacks day, level. A file of trends needs category,day,level and may have city.")
                == true)
        #expect(twinsError { _ = try offers("price\n1\n") }?.code == .format)
    }

    @Test func theKindOfAFileIsToldByWhatItHolds() throws {
        let folder = try TemporaryFolder()
        let cases: [(String, String, ContextKind?)] = [
            ("a.txt", " {\"daily\": {}}", .weather), ("b", "[{}]", .weather),
            ("c", "\u{FEFF}begin:vcalendar\r\n", .events),
            ("d.csv", "category,city,day,level\n", .trends),
            ("e.csv", "Level;Day;\"category\"\r\n", .trends),
            ("f.json", "item_id,city,first_day,last_day,price\n", .offers),
            ("g.json", "?", .weather), ("h.ICS", "?", .events), ("i.csv", "?", nil),
            ("j.csv", "user_id,item_id,type,timestamp\n", nil), ("k", "", nil),
            ("l", "\"category,day,level\n", nil),
        ]
        for (name, text, kind) in cases {
            let path = try folder.file(text, name: name)
            var found: ContextKind?
            let error = twinsError { found = try ContextFile.kind(of: path) }
            #expect(found == kind, "\(name)")
            #expect((error?.code == .format) == (kind == nil), "\(name)")
        }
        #expect(twinsError { _ = try ContextFile.kind(of: folder("none")) }?.code == .file)
    }
}
