import Foundation
import LMDB
import PropertyGraph
import TestSupport
import Testing
import TwinFixtures
import TwinStorage

@testable import Shop
@testable import StoreAdmin

/// What the look at a whole store finds, beyond pages and checksums.
@Suite struct VerificationTests {
    /// A store with settled events, some that wait, and an item of the catalogue.
    private func shop(seed: UInt64 = 1) throws -> TestStore {
        var generator = SeededGenerator(seed: seed)
        let shop = try TestStore()
        try shop.store.put([Item(itemID: "item0", name: "Tea", category: "Drinks")])
        let events = (0..<300).map { number in
            generator.event(user: "u\(generator.below(7))", eventID: "\(number)")
        }
        _ = try shop.store.append(Array(events.prefix(200)))
        try shop.store.mergeAll()
        _ = try shop.store.append(Array(events.dropFirst(200)))
        return shop
    }

    /// Closes a store, changes records behind its back, and looks at it.
    private func findings(
        _ shop: TestStore, _ change: (borrowing WriteTransaction, Environment) throws -> Void
    ) throws -> [String] {
        shop.store.graph.environment.close()
        let environment = try Environment(
            path: shop.folder("store"), tables: ["meta", "names", "ids", "graph", "journal"])
        try environment.write { try change($0, environment) }
        environment.close()
        return try StoreVerification.verify(shop.folder("store")).findings.map(\.what)
    }

    /// The first record of a twin's graph whose kind is `tag`.
    private func record(
        _ tag: UInt8, _ environment: Environment, _ transaction: borrowing WriteTransaction
    ) throws -> (key: [UInt8], value: [UInt8]) {
        var found: ([UInt8], [UInt8])?
        try transaction.scan(environment.table("graph"), from: [], to: nil) { key, value in
            let key = Array(copying: key)
            guard key[8] == tag, key[7] > 0 else { return true }
            found = (key, Array(copying: value))
            return false
        }
        return try #require(found)
    }

    @Test(arguments: UInt64(0)..<6)
    func soundStoresAreSound(seed: UInt64) throws {
        let shop = try shop(seed: seed)
        shop.store.graph.environment.close()
        let report = try StoreVerification.verify(shop.folder("store"))
        #expect(report.findings == [], "seed \(seed)")
        #expect(report.twins == 7)
        #expect(report.mergedEvents + report.pendingEvents == 300, "seed \(seed)")
        #expect(report.pendingEvents > 0)
        #expect(report.pages.lost == 0 && report.pages.inUse > 5)
        #expect(Set(report.records.keys) == ["meta", "names", "ids", "graph", "journal"])
    }

    @Test func theDataFileStandsForItsStore() async throws {
        let shop = try shop()
        // In use, so that reading the file alone could find states that never were.
        await #expect(processExitsWith: .success) { [path = shop.folder.path as String] in
            let report = try StoreVerification.verify(path + "/store/data.mdb")
            #expect(report.findings == [] && report.twins == 7)
        }
        #expect(try shop.store.eventCount() == 300)
    }

    @Test func storesOfOtherGraphsAreLookedAtToo() throws {
        let folder = try TemporaryFolder()
        let knows = EdgeType(rawValue: "KNOWS")
        let person = Label(rawValue: "Person")
        let store = try GraphStore(
            path: folder("store"), labels: [person], edgeTypes: [knows])
        try store.write { transaction in
            let ann = try store.addNode(person, "ann", in: transaction)
            let edge = Edge(
                source: ann, type: knows, target: ann, weight: 1, first: start, last: start)
            try store.put(edge, graph: .shared, in: transaction)
        }
        store.environment.close()
        let report = try StoreVerification.verify(folder("store"))
        #expect(report.isSound && report.twins == 0 && report.records["graph"] == 2)
    }

    @Test func emptyStoresAreSound() throws {
        let shop = try TestStore()
        shop.store.graph.environment.close()
        let report = try StoreVerification.verify(shop.folder("store"))
        #expect(report.isSound && report.twins == 0)
    }

    @Test func storesInTheMidstOfASweepAreSound() throws {
        var generator = SeededGenerator(seed: 4)
        let shop = try TestStore(journalLimit: 20)
        for number in 0..<30 {
            let events = (0..<10).map { place in
                generator.event(user: "u\(generator.below(9))", eventID: "\(number)-\(place)")
            }
            _ = try shop.store.append(events)
            guard number % 5 == 4 else { continue }
            let copy = shop.folder("copy-\(number)")
            try shop.store.graph.environment.copy(to: copy, compacting: false)
            #expect(try StoreVerification.verify(copy).findings == [])
        }
        shop.store.graph.environment.close()
        let report = try StoreVerification.verify(shop.folder("store"))
        #expect(report.findings == [])
        #expect(report.mergedEvents > 0)
    }

    @Test func storesFromWhichCustomersWereErasedAreSound() throws {
        let shop = try shop()
        _ = try shop.store.erase("u1", at: after(0))
        _ = try shop.store.erase("u6", at: after(0))
        _ = try shop.store.erase("stranger", at: after(0))
        _ = try shop.store.append([event(.view, "item0", 9, user: "u2", id: "new")])
        try shop.store.mergeAll()
        _ = try shop.store.erase("u2", at: after(0))
        shop.store.graph.environment.close()
        #expect(try StoreVerification.verify(shop.folder("store")).findings == [])
    }

    @Test func aTwinThatIsNotItsFoldIsFound() throws {
        let found = try findings(try shop()) { transaction, environment in
            var (key, value) = try record(2, environment, transaction)
            value[3] ^= 1
            try transaction.put(value, for: key, in: environment.table("graph"))
            key.removeAll()
        }
        #expect(found.count == 1)
        #expect(found.first?.contains("is not what its events make it") ?? false)
    }

    @Test func aMissingEdgeIsFound() throws {
        let found = try findings(try shop()) { transaction, environment in
            let (key, _) = try record(2, environment, transaction)
            try transaction.remove(key, in: environment.table("graph"))
        }
        #expect(found.contains { $0.contains("is not what its events make it") })
    }

    @Test func aMissingEventIsFound() throws {
        let found = try findings(try shop()) { transaction, environment in
            let (key, _) = try record(16, environment, transaction)
            try transaction.remove(key, in: environment.table("graph"))
        }
        #expect(found.contains { $0.contains("does not list the ids of its events") })
        #expect(found.contains { $0.contains("counts 300 events and has 299") })
    }

    @Test func aMissingIDIsFound() throws {
        let found = try findings(try shop()) { transaction, environment in
            let (key, _) = try record(17, environment, transaction)
            try transaction.remove(key, in: environment.table("graph"))
        }
        #expect(found.count == 1)
        #expect(found.first?.contains("does not list the ids of its events") ?? false)
    }

    @Test func aWrongSummaryIsFound() throws {
        let found = try findings(try shop()) { transaction, environment in
            let (key, _) = try record(1, environment, transaction)
            try transaction.remove(key, in: environment.table("graph"))
        }
        #expect(found.contains { $0.contains("does not sum up its events rightly") })
    }

    @Test func aMissingEventOfTheJournalIsFound() throws {
        let found = try findings(try shop()) { transaction, environment in
            var last: [UInt8] = []
            try transaction.scan(
                environment.table("journal"), from: [], to: nil, reversed: true
            ) { key, _ in
                last = Array(copying: key)
                return false
            }
            try transaction.remove(last, in: environment.table("journal"))
        }
        #expect(found == ["the store counts 300 events and has 299"])
    }

    @Test func anEventOfTheJournalThatIsToComeIsFound() throws {
        let found = try findings(try shop()) { transaction, environment in
            let journal = environment.table("journal")
            var last: ([UInt8], [UInt8]) = ([], [])
            try transaction.scan(journal, from: [], to: nil, reversed: true) { key, value in
                last = (Array(copying: key), Array(copying: value))
                return false
            }
            try transaction.remove(last.0, in: journal)
            var later = last.0
            later[0] = 1
            try transaction.put(last.1, for: later, in: journal)
        }
        #expect(found == ["the journal has an event that it should not have"])
    }

    /// Records with right checksums that say what no store says: an error, never the end.
    @Test(
        arguments: [
            (0, 0, 0, 0), (.max, 0, 0, 0), (1 << 62, 0, 0, 0), (5, 5, 0, 0), (5, 0, 5, 0),
            (5, 4, 3, 0), (5, .max, 0, 0), (5, 0, .max, 0), (5, 0, 0, .max),
        ] as [(UInt64, UInt64, UInt64, UInt64)])
    func numbersOfTheJournalThatCannotBeAreFound(
        next: UInt64, settled: UInt64, sweep: UInt64, events: UInt64
    ) throws {
        let shop = try shop()
        let found = try findings(shop) { transaction, environment in
            var writer = ByteWriter()
            for number in [1, next, settled, sweep, 0, events] { writer.appendVarint(number) }
            try transaction.put(writer.bytes, for: [0], in: environment.table("journal"))
        }
        #expect(found.contains("the numbers in the journal's state contradict each other"))
        let again = try TestStore(folder: shop.folder)
        #expect(twinsError { _ = try again.twin("u0") }?.code == .corrupt)
        #expect(
            twinsError { _ = try again.append(event(.view, "A", 1, id: "new")) }?.code == .corrupt)
        #expect(twinsError { try again.store.mergeAll() }?.code == .corrupt)
        #expect(twinsError { _ = try again.store.erase("u0", at: after(1)) }?.code == .corrupt)
    }

    @Test func aMissingStateOfTheJournalIsFound() throws {
        let found = try findings(try shop()) { transaction, environment in
            try transaction.remove([0], in: environment.table("journal"))
        }
        #expect(!found.isEmpty)
    }

    @Test func namesThatDoNotFitTheirIDsAreFound() throws {
        let found = try findings(try shop()) { transaction, environment in
            var first: [UInt8] = []
            try transaction.scan(environment.table("names"), from: [], to: nil) { key, _ in
                first = Array(copying: key)
                return false
            }
            try transaction.remove(first, in: environment.table("names"))
        }
        #expect(found.contains { $0.contains("have ids and") })
    }

    @Test func unknownKindsOfRecordsAreFound() throws {
        let found = try findings(try shop()) { transaction, environment in
            let key = [UInt8](repeating: 0, count: 8) + [9, 9]
            try transaction.put([], for: key, in: environment.table("graph"))
        }
        #expect(found.count == 1)
        #expect(found.first?.contains("unknown kind") ?? false)
    }

    @Test func missingSettingsAreFound() throws {
        let found = try findings(try shop()) { transaction, environment in
            try transaction.remove(
                Array("setting/halfLifeSeconds".utf8), in: environment.table("meta"))
        }
        #expect(found == ["the settings by which the twins were made are missing"])
    }

    @Test func flippedBitsAreFound() throws {
        let shop = try shop()
        shop.store.graph.environment.close()
        let file = URL(fileURLWithPath: shop.folder("store/data.mdb"))
        let sound = try Data(contentsOf: file)
        // The pseudonym of each customer occurs in names and ids; damage in either is found.
        let pseudonym = Data(shop.store.pseudonymizer.pseudonym(of: "u3").utf8)
        var start = sound.startIndex
        var places: [Range<Data.Index>] = []
        while let range = sound.range(of: pseudonym, in: start..<sound.endIndex) {
            places.append(range)
            start = range.upperBound
        }
        #expect(places.count >= 2)
        var foundCount = 0
        for range in places {
            var bytes = sound
            bytes[range.lowerBound + 5] ^= 4
            try bytes.write(to: file)
            let report = try StoreVerification.verify(shop.folder("store"))
            if report.findings.contains(where: { $0.what.contains("fails its checksum") }) {
                foundCount += 1
                #expect(report.findings.allSatisfy { $0.advice == VerificationReport.restore })
            }
        }
        // Copies on free pages do not matter.
        #expect(foundCount == 2)
    }

    @Test func whatIsNotThereOrNoStoreIsSaid() throws {
        let folder = try TemporaryFolder()
        #expect(twinsError { _ = try StoreVerification.verify(folder("none")) }?.code == .notFound)
        #expect(twinsError { _ = try StoreVerification.verify(folder.path) }?.code == .notFound)
        let text = try folder.file("hello", name: "text")
        #expect(try !StoreVerification.verify(text).isSound)
        try Environment(path: folder("other"), tables: ["t"]).close()
        let other = try StoreVerification.verify(folder("other"))
        #expect(other.findings.map(\.what) == ["it is a database, and no store of Foretwin"])
    }

    @Test func reportsAreReadBackFromJSON() throws {
        var report = VerificationReport(path: "store")
        for number in 0..<200 { report.add("\(number)") }
        #expect(report.findings.count == 100 && report.findingCount == 200)
        var advised = VerificationReport(path: "store")
        advised.add("x is damaged. Restore a backup.")
        #expect(advised.findings.map(\.what) == ["x is damaged"])
        let again = try JSONDecoder().decode(
            VerificationReport.self, from: JSONEncoder().encode(report))
        #expect(again == report)
    }
}
