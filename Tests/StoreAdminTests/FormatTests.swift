import Foundation
import LMDB
import PropertyGraph
import TestSupport
import Testing
import Time
import TwinFixtures

@testable import Shop
@testable import StoreAdmin
@testable import TwinStorage

/// Stores of every format that there ever was, as files in `Fixtures`, all made from
/// `Fixtures/events.csv` and `items.csv` under the key of `Fixture.key`.
enum Fixture {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures").path
    /// 00 11 22 … ff, twice.
    static let key = (0..<32).map { UInt8($0 % 16 * 0x11) }

    static func file(_ format: Int) -> String { "\(folder)/format-\(format)/data" }

    /// A copy of a store in a folder, to be changed.
    static func copy(_ format: Int, to store: String) throws {
        try FileManager.default.createDirectory(
            atPath: store, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: file(format), toPath: store + "/data.mdb")
    }

    static func open(_ store: String, access: GraphStore.Access = .read) throws -> TwinStore {
        try TwinStore(path: store, pseudonymizer: Pseudonymizer(key: key), access: access)
    }

    /// What `foretwin twin show --json` of the first release said of the customers, but for what
    /// returns and searches have changed since: see ``ExpectedTwin/comparable``.
    static func expectedTwins() throws -> [ExpectedTwin] {
        let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/expected.json"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode([ExpectedTwin].self, from: data).map(\.comparable)
    }

    static let customers = ["anna", "Zoë", "日本", "O'Brien", "once", "nobody"]

    /// The same of a store as it is now.
    static func twins(_ store: String) throws -> [ExpectedTwin] {
        let store = try open(store)
        return try customers.map { ExpectedTwin(try store.twin($0)).comparable }
    }
}

/// A twin as `twin show --json` prints it.
struct ExpectedTwin: Codable, Equatable {
    struct Interaction: Codable, Equatable {
        var itemId: String
        var type: String
        var weight: Double
        var count: Int
        var first: String
        var last: String
    }
    struct Step: Codable, Equatable {
        var from: String
        var to: String
        var type: String
        var weight: Double
        var count: Int
    }

    var userId: String
    var eventCount: Int
    var lastUpdated: String?
    var city: String?
    var searches: [String]
    var preferences: UserTwin.Preferences
    var interactions: [Interaction]
    var sequences: [Step]

    /// The same without what later versions see in another way: a returned item's only purchase is
    /// no edge any more, and returns and searches move preferences.
    var comparable: ExpectedTwin {
        var twin = self
        let returned = Set(interactions.filter { $0.type == "return" }.map(\.itemId))
        twin.interactions.removeAll {
            $0.type == "purchase" && $0.count == 1 && returned.contains($0.itemId)
        }
        if !searches.isEmpty || !returned.isEmpty {
            twin.preferences = UserTwin.Preferences()
            twin.preferences.dayparts = preferences.dayparts
        }
        return twin
    }

    init(_ twin: UserTwin) {
        userId = twin.userID
        eventCount = twin.eventCount
        lastUpdated = twin.lastUpdated?.iso8601
        city = twin.city
        searches = twin.searches
        preferences = twin.preferences
        interactions = twin.itemGraph.interactions.map {
            Interaction(
                itemId: $0.itemID, type: $0.type.name, weight: $0.weight, count: $0.count,
                first: $0.first.iso8601, last: $0.last.iso8601)
        }
        sequences = twin.itemGraph.sequences.map {
            Step(from: $0.from, to: $0.to, type: $0.type, weight: $0.weight, count: $0.count)
        }
    }
}

@Suite struct FormatTests {
    private static let formats = Array(StoreMigration.oldestFormat...GraphStore.formatVersion)

    /// Looks at a store as the command does before it takes another's place.
    private func check(_ folder: String) throws {
        let report = try StoreVerification.verify(folder)
        guard report.isSound else { throw TwinsError(.corrupt, "\(report.findings)") }
    }

    @Test func everyFormatHasAFixture() throws {
        // Whoever raises `GraphStore.formatVersion` adds `Fixtures/format-N/data`, and the step
        // to it in `StoreMigration`.
        for format in Self.formats {
            let file = Fixture.file(format)
            try #require(FileManager.default.fileExists(atPath: file), "format \(format)")
            #expect(try GraphStore.storedFormat(ofFile: file) == format)
            let size = try Data(contentsOf: URL(fileURLWithPath: file)).count
            #expect(size <= 200 << 10, "format \(format) has \(size) bytes")
        }
    }

    @Test(arguments: formats)
    func storesOfAnyFormatGiveTheTwinsTheyGaveThen(format: Int) throws {
        let folder = try TemporaryFolder()
        try Fixture.copy(format, to: folder("store"))
        let kept = try StoreMigration.migrate(folder("store"), verify: check)
        #expect((kept == nil) == (format == GraphStore.formatVersion))
        #expect(try Fixture.twins(folder("store")) == (try Fixture.expectedTwins()))
        let report = try StoreVerification.verify(folder("store"))
        #expect(report.findings == [])
        #expect(report.mergedEvents + report.pendingEvents == 60)
        #expect(report.twins == 5)
        #expect(report.format == GraphStore.formatVersion)
    }

    /// Stores of earlier versions hold returned purchases in their graphs.
    @Test(arguments: formats)
    func returnsReversePurchasesInStoresOfAnyFormat(format: Int) throws {
        let folder = try TemporaryFolder()
        try Fixture.copy(format, to: folder("store"))
        _ = try StoreMigration.migrate(folder("store"), verify: check)
        func purchases(_ store: TwinStore) throws -> [String] {
            try [("anna", "tee-3"), ("Zoë", "shoe-5")].flatMap { user, item in
                try store.twin(user).interactionNames.filter { $0.hasPrefix("purchase \(item)") }
            }
        }
        let reader = try Fixture.open(folder("store"))
        #expect(try purchases(reader) == [])
        // As of a time before the return, the purchase counts.
        let before = try reader.twin("anna", at: Timestamp(text: "2026-03-19"))
        #expect(before.interactionNames.contains("purchase tee-3 ×1"))
        reader.graph.environment.close()
        // Merging a later event makes the stored graph anew.
        let store = try Fixture.open(folder("store"), access: .write)
        for user in ["anna", "Zoë"] {
            let event = Event(
                userID: user, itemID: "milk-4", type: .view,
                timestamp: try #require(Timestamp(text: "2026-05-01")))
            #expect(try store.append([event]).added == 1)
        }
        #expect(try purchases(store) == [])
        try store.mergeAll()
        #expect(try purchases(store) == [])
        store.graph.environment.close()
        #expect(try StoreVerification.verify(folder("store")).findings == [])
    }

    @Test(arguments: formats)
    func theSameEventsAreKnownInStoresOfAnyFormat(format: Int) throws {
        let folder = try TemporaryFolder()
        try Fixture.copy(format, to: folder("store"))
        _ = try StoreMigration.migrate(folder("store"), verify: check)
        let store = try Fixture.open(folder("store"), access: .write)
        let lines = try readAll(Fixture.folder + "/events.csv")
        let result = try store.append(events(lines))
        #expect(result.added == 0 && result.duplicates == 60 && result.rejections == [])
        #expect(try store.eventCount() == 60)
        #expect(try store.newestEvent()?.iso8601 == "2026-04-01T01:01:00Z")
        // And it goes on as if nothing had been, late events included.
        let late = Event(
            eventID: "later", userID: "anna", itemID: "tee-3", type: .view,
            timestamp: try #require(Timestamp(text: "2026-03-02T19:30:00Z")))
        #expect(try store.append([late]).added == 1)
        try store.mergeAll()
        store.graph.environment.close()
        #expect(try StoreVerification.verify(folder("store")).findings == [])
    }

    @Test func theOldStoreIsKeptAsItWas() throws {
        let folder = try TemporaryFolder()
        try Fixture.copy(1, to: folder("store"))
        let before = FileManager.default.contents(atPath: folder("store/data.mdb"))
        let kept = try #require(try StoreMigration.migrate(folder("store"), verify: check))
        #expect(kept == folder("store.format-1"))
        #expect(FileManager.default.contents(atPath: kept + "/data.mdb") == before)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(names) == ["store", "store.format-1"])
        let files = try FileManager.default.contentsOfDirectory(atPath: folder("store"))
        #expect(Set(files).isSubset(of: ["data.mdb", "lock.mdb", "writer.lock"]))
        #expect(try StoreMigration.migrate(folder("store"), verify: check) == nil)
    }

    @Test func openingAnOlderStoreSaysWhatToDo() throws {
        let folder = try TemporaryFolder()
        try Fixture.copy(1, to: folder("store"))
        for access in [GraphStore.Access.read, .write, .create] {
            let error = #expect(throws: GraphError.self) {
                _ = try Fixture.open(folder("store"), access: access)
            }
            #expect(error?.code == .olderStore)
            #expect(error?.path == folder("store"))
            #expect(error?.description.hasSuffix("Migrate it first.") ?? false)
        }
        #expect(throws: GraphError.self) { try StoreVerification.verify(folder("store")) }
        // Asking did not change it.
        let data = FileManager.default.contents(atPath: folder("store/data.mdb"))
        #expect(data == FileManager.default.contents(atPath: Fixture.file(1)))
    }

    @Test func newerStoresAreNotMigrated() throws {
        let folder = try TemporaryFolder()
        try Fixture.copy(2, to: folder("store"))
        let environment = try Environment(path: folder("store"), tables: ["meta"])
        try environment.write { transaction in
            try transaction.put([99], for: Array("format".utf8), in: environment.table("meta"))
        }
        environment.close()
        let error = twinsError { _ = try StoreMigration.migrate(folder("store"), verify: check) }
        #expect(error?.code == .format)
        #expect(error?.description.contains("99") ?? false)
        let opening = #expect(throws: GraphError.self) { _ = try Fixture.open(folder("store")) }
        #expect(opening?.code == .newerStore)
    }

    @Test func whatIsNoStoreIsNotMigrated() throws {
        let folder = try TemporaryFolder()
        #expect(
            twinsError { _ = try StoreMigration.migrate(folder("none"), verify: check) }?.code
                == .notFound)
        try Environment(path: folder("other"), tables: ["t"]).close()
        #expect(
            twinsError { _ = try StoreMigration.migrate(folder("other"), verify: check) }?.code
                == .format)
    }

    @Test func damagedStoresAreNotMigrated() throws {
        let folder = try TemporaryFolder()
        var noticed = 0
        let sound = try Data(contentsOf: URL(fileURLWithPath: Fixture.file(1)))
        let name = try #require(sound.range(of: Data("grüner Tee".utf8)))
        for place in [name.lowerBound, name.upperBound - 1] {
            try? FileManager.default.removeItem(atPath: folder("store"))
            try Fixture.copy(1, to: folder("store"))
            var bytes = sound
            bytes[place] ^= 1
            try bytes.write(to: URL(fileURLWithPath: folder("store/data.mdb")))
            let error = twinsError {
                _ = try StoreMigration.migrate(folder("store"), verify: check)
            }
            if error?.code == .corrupt { noticed += 1 }
            // Nothing was exchanged, and nothing is left of the attempt.
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(names == ["store"])
        }
        #expect(noticed == 2)
    }

    @Test func aMigrationThatDoesNotVerifyChangesNothing() throws {
        let folder = try TemporaryFolder()
        try Fixture.copy(1, to: folder("store"))
        #expect(throws: TwinsError.self) {
            _ = try StoreMigration.migrate(folder("store")) { _ in
                throw TwinsError(.corrupt, "planted")
            }
        }
        #expect(try GraphStore.storedFormat(ofFile: folder("store/data.mdb")) == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["store"])
    }

    /// The process ended between the exchange of the folders and the new name of the old one.
    @Test func aMigrationKilledAtItsVeryEndIsFinishedByTheNext() throws {
        let folder = try TemporaryFolder()
        try Fixture.copy(1, to: folder("store"))
        let kept = try #require(try StoreMigration.migrate(folder("store"), verify: check))
        try FileManager.default.moveItem(atPath: kept, toPath: folder("store.migrating"))
        #expect(try StoreMigration.migrate(folder("store"), verify: check) == kept)
        #expect(try StoreMigration.migrate(folder("store"), verify: check) == nil)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(names) == ["store", "store.format-1"])
    }

    @Test(arguments: 0..<6)
    func aMigrationKilledAtAnyStepIsFinishedByTheNext(step: Int) async throws {
        let folder = try TemporaryFolder()
        try Fixture.copy(1, to: folder("store"))
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [store = folder("store") as String, step = step as Int] in
            var count = 0
            _ = try StoreMigration.migrate(
                store,
                progress: { _, _, _ in
                    if count == step { kill(getpid(), SIGKILL) }
                    count += 1
                },
                verify: { _ in kill(getpid(), SIGKILL) })
        }
        #expect(try GraphStore.storedFormat(ofFile: folder("store/data.mdb")) == 1)
        #expect(try StoreMigration.migrate(folder("store"), verify: check) != nil)
        #expect(try Fixture.twins(folder("store")) == (try Fixture.expectedTwins()))
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(names) == ["store", "store.format-1"])
    }

    @Test func aStoreInUseIsNotMigrated() async throws {
        let folder = try TemporaryFolder()
        try Fixture.copy(1, to: folder("store"))
        let hold = try ExclusiveDirectoryLock(folder("store"))
        await #expect(processExitsWith: .exitCode(75)) { [store = folder("store") as String] in
            do {
                _ = try StoreMigration.migrate(store) { _ in }
            } catch {
                exit(GraphStore.failure(error) == .inUse ? 75 : 1)
            }
        }
        hold.release()
    }

    @Test func graphsOfManyTwinsAreMigratedInParts() throws {
        // A store of format 1 as it would be with more records than one transaction takes.
        let folder = try TemporaryFolder()
        try Fixture.copy(1, to: folder("store"))
        var options = Environment.Options()
        options.isChecksummed = false
        let old = try Environment(
            path: folder("store"), tables: ["meta", "names", "ids", "graph", "log", "eventids"],
            options: options)
        try old.write { transaction in
            // Names of 25,000 more items: no graph mentions them.
            let count = Array("count/".utf8)
            var itemCode: UInt16 = 0
            try transaction.scan(old.table("meta"), prefix: Array("label/Item".utf8)) { _, value in
                itemCode = try ByteReader.reading(value) { try $0.readUInt16() }
                return true
            }
            for index in 8..<25_000 {
                var key = ByteWriter()
                key.appendUInt16(itemCode)
                key.appendRaw(Array("item \(index)".utf8))
                var number = ByteWriter()
                number.appendVarint(UInt64(index))
                var id = ByteWriter()
                id.appendUInt64(UInt64(itemCode) << 48 | UInt64(index))
                var name = ByteWriter()
                name.appendString("item \(index)")
                try transaction.put(closed(number), for: key.bytes, in: old.table("names"))
                try transaction.put(closed(name), for: id.bytes, in: old.table("ids"))
            }
            var key = ByteWriter()
            key.appendRaw(count)
            key.appendUInt16(itemCode)
            var number = ByteWriter()
            number.appendVarint(25_000)
            try transaction.put(closed(number), for: key.bytes, in: old.table("meta"))
        }
        old.close()
        _ = try StoreMigration.migrate(folder("store"), verify: check)
        let store = try Fixture.open(folder("store"))
        #expect(try store.itemIDs().count == 25_000)
        #expect(try store.item("item 24999") != nil)
    }

    /// A record with its checksum, as format 1 has it.
    private func closed(_ writer: ByteWriter) -> [UInt8] {
        var writer = writer
        writer.appendUInt32(CRC32C.checksum(writer.bytes))
        return writer.bytes
    }
}
