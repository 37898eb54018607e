import Foundation
import TestSupport
import Testing
import Time
import TwinFixtures

@testable import Shop
@testable import ShopFormats
@testable import TwinStorage

private let header = "event_id,user_id,item_id,type,timestamp"

/// Files into the store, batch by batch (S4-05).
@Suite struct IngestorTests {
    /// What an ingestor told while it worked.
    private final class Told {
        var rejects: [(rejection: Rejection, text: String)] = []
        var progress: [(total: Int, fraction: Double?)] = []
    }

    private func ingest(
        _ path: String, into shop: TestStore, createItems: Bool = true, told: Told = Told()
    ) throws -> IngestReport {
        let ingestor = Ingestor(
            into: shop.store, createItems: createItems,
            reject: { told.rejects.append(($0, String(decoding: $1, as: UTF8.self))) },
            progress: { told.progress.append(($0.total, $1)) })
        return try ingestor.ingest(EventReader(path: path))
    }

    @Test func eventsAfterAGivenTimeAreRejected() throws {
        let shop = try TestStore()
        let path = try shop.folder.file("\(header)\n\(row(1))\n\(row(2))\n\(row(3))")
        let ingestor = Ingestor(into: shop.store, latest: Timestamp(seconds: 1_772_359_202))
        let report = try ingestor.ingest(EventReader(path: path))
        #expect(report.added == 2)
        #expect(report.rejected == [.future: 1])
        #expect(report.examples.map(\.line) == [4])
        #expect(try shop.store.newestEvent() == Timestamp(seconds: 1_772_359_202))
    }

    private func row(_ number: Int, item: String = "i", user: Int? = nil) -> String {
        "e\(number),u\(user ?? number % 9),\(item),view,\(1_772_359_200 + number)"
    }

    @Test func aFileIsIngestedAndCounted() throws {
        let shop = try TestStore()
        let path = try shop.folder.file(
            """
            \(header)
            \(row(1))
            \(row(2))
            nonsense
            \(row(1))
            e1,u1,i,purchase,1772359300

            \(row(3))
            e4,u4,i,stare,1772359200
            """)
        let told = Told()
        let report = try ingest(path, into: shop, told: told)
        #expect(report.added == 3)
        #expect(report.duplicates == 1)
        #expect(report.rejected == [.fieldCount: 1, .conflict: 1, .type: 1])
        #expect(report.rejectedCount == 3)
        #expect(report.total == 7)
        #expect(Set(report.examples.map(\.line)) == [4, 6, 9])
        let rejects = told.rejects.sorted { $0.rejection.line ?? 0 < $1.rejection.line ?? 0 }
        #expect(rejects.map(\.rejection.line) == [4, 6, 9])
        #expect(
            rejects.map(\.text) == [
                "nonsense", "e1,u1,i,purchase,1772359300", "e4,u4,i,stare,1772359200",
            ])
        #expect(try shop.store.eventCount() == 3)
    }

    @Test func ingestingAgainAddsNothing() throws {
        let shop = try TestStore()
        let rows = (0..<500).map { row($0) }
        let path = try shop.folder.file("\(header)\n" + rows.joined(separator: "\n"))
        let first = try ingest(path, into: shop)
        #expect(first.added == 500 && first.duplicates == 0)
        let before = try (0..<9).map { TwinImage(try shop.twin("u\($0)")) }
        let second = try ingest(path, into: shop)
        #expect(second.added == 0 && second.duplicates == 500 && second.rejectedCount == 0)
        #expect(try (0..<9).map { TwinImage(try shop.twin("u\($0)")) } == before)
        #expect(try shop.store.eventCount() == 500)
    }

    @Test func linesWithoutIDsAreRecognisedByContent() throws {
        let shop = try TestStore()
        let path = try shop.folder.file(
            """
            user_id,item_id,type,timestamp
            u,i,view,1772359200
            u,i,view,2026-03-01T10:00:00Z
            u,i,product viewed,2026-03-01T11:00:00+01:00
            """)
        let report = try ingest(path, into: shop)
        #expect(report.added == 1 && report.duplicates == 2)
    }

    @Test func unknownItemsAreRejectedWhenAsked() throws {
        let shop = try TestStore()
        try shop.store.put([Item(itemID: "known")])
        let path = try shop.folder.file(
            "\(header)\n\(row(1, item: "new"))\n\(row(2, item: "known"))\n\(row(3, item: "new"))\n")
        let told = Told()
        let report = try ingest(path, into: shop, createItems: false, told: told)
        #expect(report.added == 1)
        #expect(report.rejected == [.unknownItem: 2])
        #expect(told.rejects.map(\.rejection.line) == [2, 4])
        #expect(told.rejects.map(\.text) == [row(1, item: "new"), row(3, item: "new")])
        #expect(try shop.store.itemIDs() == ["known"])
        #expect(try shop.store.twinCount() == 1)
    }

    @Test func longFilesComeInBatchesWithExactLineNumbers() throws {
        let shop = try TestStore()
        let count = 2 * Ingestor.batchSize + 17
        var lines = (0..<count).map { row($0, item: "i\($0 % 50)", user: $0 % 40) }
        // A bad line and a conflict in the second batch, and one of each in the last.
        lines[12_000] = "bad"
        lines[12_001] = "e5,u5,other,view,1772359200"
        lines[count - 2] = "\"open"
        lines[count - 1] = "e6,u6,other,view,1772359200"
        let path = try shop.folder.file("\(header)\n" + lines.joined(separator: "\n") + "\n")
        let told = Told()
        let report = try ingest(path, into: shop, told: told)
        #expect(report.total == count)
        #expect(report.rejected == [.fieldCount: 1, .conflict: 2, .quote: 1])
        #expect(report.added == count - 4)
        let numbers = told.rejects.compactMap(\.rejection.line).sorted()
        #expect(numbers == [12_002, 12_003, count, count + 1])
        #expect(told.progress.count == 3)
        let fractions = told.progress.compactMap(\.fraction)
        #expect(fractions.count == 3)
        #expect(fractions == fractions.sorted() && fractions.allSatisfy { $0 > 0 && $0 <= 1 })
        #expect(fractions.last == 1)
        #expect(told.progress.map(\.total) == told.progress.map(\.total).sorted())
        #expect(told.progress.last?.total == count)
        #expect(try shop.store.eventCount() == count - 4)
    }

    @Test func examplesAreTheFirstFive() throws {
        let shop = try TestStore()
        let bad = (0..<9).map { "bad\($0)" }.joined(separator: "\n")
        let report = try ingest(try shop.folder.file("\(header)\n\(bad)\n"), into: shop)
        #expect(report.examples.map(\.line) == [2, 3, 4, 5, 6])
        #expect(report.rejectedCount == 9 && report.total == 9)
    }

    @Test func aFileWithoutEventsIsNothing() throws {
        let shop = try TestStore()
        let told = Told()
        let report = try ingest(try shop.folder.file(header), into: shop, told: told)
        #expect(report == IngestReport())
        #expect(told.progress.map(\.fraction) == [1])
    }

    @Test func aFailingRejectsFileStopsTheIngest() throws {
        struct DiskFull: Error {}
        let shop = try TestStore()
        let path = try shop.folder.file("\(header)\nbad\n\(row(1))\n")
        let ingestor = Ingestor(into: shop.store, reject: { _, _ in throw DiskFull() })
        #expect(throws: DiskFull.self) { try ingestor.ingest(EventReader(path: path)) }
        #expect(try shop.store.eventCount() == 0)
    }

    @Test func csvAndJSONLinesGiveOneTwin() throws {
        let csv = try TestStore()
        let json = try TestStore()
        let rows = (0..<60).map { (id: "e\($0)", item: "i\($0 % 4)", time: 1_772_359_200 + $0 * 7) }
        let csvRows = rows.map { "\($0.id),u,\($0.item),view,\($0.time)" }
        let jsonRows = rows.map {
            "{\"event_id\":\"\($0.id)\",\"user_id\":\"u\",\"item_id\":\"\($0.item)\","
                + "\"event_type\":\"Product Viewed\",\"timestamp\":\($0.time)000}"
        }
        let csvPath = try csv.folder.file("\(header)\n" + csvRows.joined(separator: "\n"))
        let jsonPath = try json.folder.file(jsonRows.reversed().joined(separator: "\n"))
        #expect(try ingest(csvPath, into: csv).added == 60)
        #expect(try ingest(jsonPath, into: json).added == 60)
        #expect(TwinImage(try csv.twin()) == TwinImage(try json.twin()))
    }

    /// An event in the store answers for the same line in any later file.
    @Test func filesMayOverlap() throws {
        let shop = try TestStore()
        let monday = (0..<100).map { row($0) }.joined(separator: "\n")
        let tuesday = (60..<160).map { row($0) }.joined(separator: "\n")
        let first = try ingest(try shop.folder.file("\(header)\n\(monday)"), into: shop)
        let second = try ingest(try shop.folder.file("\(header)\n\(tuesday)"), into: shop)
        #expect(first.added == 100)
        #expect(second.added == 60 && second.duplicates == 40)
        #expect(try shop.store.newestEvent() == Timestamp(seconds: 1_772_359_200 + 159))
    }

    @Test func droppedValuesAreCountedByColumn() throws {
        let shop = try TestStore()
        let path = try shop.folder.file(
            "\(header),email,note\n\(row(1)),a@b.example,198.51.100.7\n\(row(2)),c,fine\n")
        let report = try ingest(path, into: shop)
        #expect(report.added == 2)
        #expect(report.dropped == ["email": 2, "note": 1])
        #expect(try !shop.dataContains("198.51.100.7"))
        #expect(try !shop.dataContains("a@b.example"))
    }
}
