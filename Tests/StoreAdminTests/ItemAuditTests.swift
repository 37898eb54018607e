import LMDB
import PropertyGraph
import TestSupport
import Testing
import Time
import TwinFixtures
import TwinStorage

@testable import Shop
@testable import StoreAdmin

/// Versions of items in backups, in compact stores, and as verifying finds them.
@Suite struct ItemAuditTests {
    /// A store whose tea has three versions.
    private func shop() throws -> TestStore {
        let shop = try TestStore()
        try shop.store.put([Item(itemID: "tea", name: "Tea", price: 4)])
        try shop.append(event(.view, "tea", 0))
        try shop.store.put([Item(itemID: "tea", name: "Tea", price: 5)])
        try shop.append(event(.view, "tea", 100))
        try shop.store.put([Item(itemID: "tea", name: "Tea", price: 6)])
        return shop
    }

    private func check(_ store: String) throws {
        #expect(try StoreVerification.verify(store).findings == [])
    }

    private func prices(_ shop: TestStore) throws -> [Double?] {
        try [-1, 0, 100].map { try shop.store.item("tea", asOf: after($0))?.price }
    }

    @Test func versionsAreInBackupsAndCompactStores() throws {
        let shop = try shop()
        #expect(try prices(shop) == [4, 5, 6])
        _ = try shop.store.erase("u", at: start)
        shop.store.graph.environment.close()
        let path = shop.folder("store")
        _ = try StoreCompaction.compact(path, verify: check)
        _ = try StoreBackup.make(of: path, at: shop.folder("backup.mdb"))
        let other = try TemporaryFolder()
        _ = try StoreRestore.restore(
            shop.folder("backup.mdb"), to: other("store"), isReplacing: false,
            verify: check)
        #expect(try prices(TestStore(folder: other)) == [4, 5, 6])
    }

    /// What verifying finds after a change of the records of versions, oldest first.
    private func findings(
        _ change: (borrowing WriteTransaction, Table, [[UInt8]]) throws -> Void
    ) throws -> [String] {
        let shop = try shop()
        shop.store.graph.environment.close()
        let environment = try Environment(
            path: shop.folder("store"), tables: ["meta", "names", "ids", "graph", "journal"])
        let table = environment.table("graph")
        try environment.write { transaction in
            var keys: [[UInt8]] = []
            try transaction.scan(table, prefix: ItemRecord.prefix) { key, _ in
                keys.append(Array(copying: key))
                return true
            }
            try #require(keys.count == 3)
            try change(transaction, table, keys)
        }
        environment.close()
        return try StoreVerification.verify(shop.folder("store")).findings.map(\.what)
    }

    @Test func damagedVersionsAreFound() throws {
        #expect(try findings { _, _, _ in } == [])
        #expect(
            try findings { try $0.put([0xFF], for: $2[0], in: $1) }
                == ["1 versions of items cannot be read"])
        #expect(
            try findings { try $0.put([1], for: $2[0] + [0], in: $1) }
                == ["1 versions of items cannot be read"])
        #expect(
            try findings { _ = try $0.remove($2[2], in: $1) }
                == ["1 items do not end with their newest version"])
        #expect(
            try findings { try $0.put([], for: $2[0], in: $1) }
                == ["1 items do not end with their newest version"])
    }
}
