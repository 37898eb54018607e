import Foundation
import LMDB
import PropertyGraph
import TestSupport
import Testing
import TwinFixtures

@testable import Shop
@testable import TwinStorage

/// Whether an event is in the journal or settled must make no difference to anybody.
@Suite struct SettleTests {
    private func image(_ shop: TestStore, _ users: Int) throws -> [TwinImage] {
        try (0..<users).map { TwinImage(try shop.twin("u\($0)")) }
    }

    private func events(_ generator: inout SeededGenerator, _ count: Int) -> [Event] {
        (0..<count).map { number in
            generator.event(user: "u\(generator.below(5))", eventID: "\(number)")
        }
    }

    @Test(arguments: UInt64(0)..<12)
    func journalsOfAnyLengthGiveTheSameTwins(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let events = events(&generator, 200)
        let expected = try TestStore()
        try #expect(expected.store.append(events).added == 200)
        try expected.store.mergeAll()
        let image = try image(expected, 5)
        for limit in [1, 7, 60] {
            let folder = try TemporaryFolder()
            var shop = try TestStore(folder: folder, journalLimit: limit)
            var rest = events.shuffled(using: &generator)[...]
            while !rest.isEmpty {
                let count = min(rest.count, 1 + generator.below(30))
                _ = try shop.store.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
                if generator.chance(0.1) { try shop.store.mergeAll() }
                if generator.chance(0.1) {
                    shop.store.graph.environment.close()
                    shop = try TestStore(folder: folder, journalLimit: limit)
                }
                _ = try shop.twin("u0")
            }
            #expect(try self.image(shop, 5) == image, "seed \(seed), limit \(limit)")
            let again = try shop.store.append(events)
            #expect(again.duplicates == 200, "seed \(seed), limit \(limit)")
            try shop.store.mergeAll()
            #expect(try self.image(shop, 5) == image, "seed \(seed), limit \(limit), settled")
            #expect(try shop.store.eventCount() == 200)
            #expect(try shop.store.pendingCount() == 0)
        }
    }

    @Test func theLogIsTheSameBeforeAndAfter() throws {
        var generator = SeededGenerator(seed: 3)
        let shop = try TestStore()
        _ = try shop.store.append(events(&generator, 100))
        let logs = try (0..<5).map { try shop.log("u\($0)") }
        let entries = try (UInt64(1)...5).map {
            try shop.store.entries(of: GraphID(rawValue: $0))
        }
        try shop.store.mergeAll()
        #expect(try (0..<5).map { try shop.log("u\($0)") } == logs)
        #expect(
            try (UInt64(1)...5).map { try shop.store.entries(of: GraphID(rawValue: $0)) }
                == entries)
    }

    @Test func changedEventsAreConflictsBeforeAndAfter() throws {
        let shop = try TestStore()
        try shop.append(event(.view, "A", 0, id: "1"))
        for _ in 0..<2 {
            #expect(try shop.append(event(.view, "A", 0, id: "1")).duplicates == 1)
            let other = try shop.append(event(.view, "B", 0, id: "1"))
            #expect(other.rejections.map(\.reason) == [.conflict])
            let later = try shop.append(event(.view, "A", 9, id: "1"))
            #expect(later.rejections.map(\.reason) == [.conflict])
            try shop.store.mergeAll()
        }
        #expect(try shop.store.eventCount() == 1)
    }

    @Test func anEventTwiceInABatchIsOne() throws {
        let shop = try TestStore()
        let twice = event(.view, "A", 0, id: "1")
        let result = try shop.append(twice, twice, event(.view, "B", 0, id: "1"))
        #expect(result.added == 1 && result.duplicates == 1)
        #expect(result.rejections.map(\.reason) == [.conflict])
    }

    @Test func aBatchThatFailsLeavesNothingBehind() throws {
        struct Stop: Error {}
        let shop = try TestStore(journalLimit: 4)
        try shop.append(event(.view, "A", 0), event(.view, "B", 1))
        let store = shop.store
        for round in 0..<5 {
            // The journal and its index are written, and then the transaction comes to nothing.
            #expect(throws: Stop.self) {
                try store.graph.write { transaction in
                    var state = try store.openJournal(in: transaction)
                    state.next += 1
                    state.eventCount += 1
                    if round % 2 == 0 {
                        try store.advanceMerge(by: 10, prepared: nil, &state, in: transaction)
                    }
                    let entry = JournalEntry(sequence: state.next - 1, tieBreak: 99)
                    let added = [(GraphID(rawValue: 1), entry)]
                    try store.closeJournal(state, added: added, in: transaction)
                    throw Stop()
                }
            }
            #expect(try shop.twin().eventCount == 2 + round)
            try shop.append(event(.view, "C", Double(2 + round)))
            #expect(try shop.twin().eventCount == 3 + round)
            #expect(try shop.log().count == 3 + round)
        }
        try store.mergeAll()
        #expect(try shop.twin().eventCount == 7)
    }

    @Test func theJournalStaysASmallShareOfTheStore() throws {
        let shop = try TestStore(journalLimit: 50)
        var generator = SeededGenerator(seed: 9)
        var most = 0
        for batch in 0..<300 {
            let events = (0..<10).map { number in
                generator.event(user: "u\(generator.below(40))", eventID: "\(batch)-\(number)")
            }
            _ = try shop.store.append(events)
            let waiting = try shop.store.pendingCount()
            // A sweep begins at a sixteenth, and as many may come in while it is under way; a batch
            // or two more at each end.
            let limit = max(50, (batch + 1) * 10 / 16)
            #expect(waiting <= 2 * limit + 60, "\(waiting) events wait after batch \(batch)")
            most = max(most, waiting)
        }
        #expect(most > 200, "\(most) events in the journal: it does not grow with the store")
        #expect(try shop.store.eventCount() == 3000)
    }

    @Test func settlingAnEmptyStoreIsNothing() throws {
        let shop = try TestStore()
        try shop.store.mergeAll { _ in Issue.record("There is nothing to settle.") }
        try shop.append(event(.view, "A", 0))
        try shop.store.mergeAll()
        try shop.store.mergeAll { _ in Issue.record("There is nothing left to settle.") }
    }

    @Test func readersAtTheSameTimeSeeEveryEventOnce() async throws {
        let shop = try TestStore(journalLimit: 5)
        let store = shop.store
        let rounds = 150
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 0..<rounds {
                    _ = try await store.append([
                        event(.view, "i\(number % 7)", Double(number), user: "u")
                    ])
                    if number % 40 == 39 { try store.mergeAll() }
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    var last = 0
                    while last < rounds, !Task.isCancelled {
                        let twin = try store.twin("u")
                        let contributions = twin.itemGraph.interactions.reduce(0) { $0 + $1.count }
                        #expect(contributions == twin.eventCount)
                        #expect(twin.eventCount >= last)
                        last = twin.eventCount
                        await Task.yield()
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func aReaderInAnotherEnvironmentSeesTheJournal() throws {
        // A copy stands for another process: it begins with what the file holds, and no index.
        let shop = try TestStore()
        try shop.append(event(.view, "A", 0), event(.view, "B", 60))
        let folder = shop.folder
        try FileManager.default.createDirectory(
            atPath: folder("copy"), withIntermediateDirectories: true)
        try shop.store.graph.environment.copy(to: folder("copy/data.mdb"), compacting: false)
        let copy = try TwinStore(
            path: folder("copy"), pseudonymizer: Pseudonymizer(key: testKey), access: .read)
        #expect(TwinImage(try copy.twin("u")) == TwinImage(try shop.twin()))
        #expect(throws: LMDBError.self) { try copy.mergeAll() }
    }
}
