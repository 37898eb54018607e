import Foundation
import PropertyGraph
import Shop
import TestSupport
import Testing
import TwinFixtures

@testable import TwinStorage

/// What a store says of its size.
@Suite struct StoreFiguresTests {
    @Test func tablesAndFileAreMeasured() throws {
        let shop = try TestStore()
        let empty = try StoreFigures(of: shop.store)
        #expect(empty.tables.map(\.name) == ["meta", "names", "ids", "graph", "journal"])
        try shop.append(event(.view, "tea", 0), event(.purchase, "tea", 10))
        let waiting = try StoreFigures(of: shop.store)
        // Two events and the journal's state.
        #expect(waiting.records("journal") == 3)
        #expect(waiting.records("graph") == 0)
        // The customer, the item and a part of the day.
        #expect(waiting.records("names") == 3)
        #expect(waiting.records("ids") == 3)
        try shop.store.mergeAll()
        let settled = try StoreFigures(of: shop.store)
        #expect(settled.records("journal") == 1)
        #expect((settled.records("graph") ?? 0) > 4)
        #expect(settled.usedBytes > 0)
        #expect(settled.usedBytes == settled.tables.reduce(0) { $0 + $1.bytes })
        let size = try FileManager.default.attributesOfItem(
            atPath: shop.folder("store/data.mdb"))[.size]
        #expect((size as? NSNumber)?.intValue == settled.fileBytes)
        #expect(settled.usedBytes < settled.fileBytes)
    }

    @Test func aPlainStoreHasNoJournal() throws {
        let folder = try TemporaryFolder()
        let store = try GraphStore(path: folder("plain"), labels: [], edgeTypes: [])
        let figures = try StoreFigures(of: store)
        #expect(figures.tables.map(\.name) == ["meta", "names", "ids", "graph"])
        #expect(figures.records("graph") == 0)
    }
}

extension StoreFigures {
    fileprivate func records(_ name: String) -> Int? {
        tables.first { $0.name == name }?.records
    }
}
