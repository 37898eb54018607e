import Foundation
import LMDB
import PropertyGraph
import TestSupport
import Testing
import Time
import TwinFixtures

@testable import Shop
@testable import TwinStorage

/// Bounds on what one customer and one batch may add.
@Suite struct AppendLimitTests {
    private func makeStore(
        _ folder: TemporaryFolder, limit: Int, journalLimit: Int = 1 << 17
    ) throws -> TwinStore {
        try TwinStore(
            path: folder("store"), pseudonymizer: Pseudonymizer(key: testKey),
            journalLimit: journalLimit, eventsPerCustomerMax: limit)
    }

    private func views(_ user: String, _ numbers: Range<Int>) -> [Event] {
        numbers.map { event(.view, "i", Double($0), user: user, id: "\(user)-\($0)") }
    }

    @Test func aCustomerHasSoManyEventsAndOthersGoOn() throws {
        let folder = try TemporaryFolder()
        let store = try makeStore(folder, limit: 10)
        #expect(try store.append(views("a", 0..<6)) == AppendResult(added: 6))
        let result = try store.append(views("a", 6..<13) + views("b", 0..<3))
        #expect(result.added == 4 + 3)
        #expect(
            result.rejections.map(\.reason) == [.tooManyEvents, .tooManyEvents, .tooManyEvents])
        #expect(result.rejections.map(\.batchIndex) == [4, 5, 6])
        // What is there already is passed over as ever, and a changed event is a conflict.
        #expect(try store.append(views("a", 0..<10)) == AppendResult(duplicates: 10))
        let changed = event(.purchase, "i", 3, user: "a", id: "a-3")
        #expect(try store.append([changed]).rejections.map(\.reason) == [.conflict])
        #expect(try store.append(views("a", 20..<21)).rejections.map(\.reason) == [.tooManyEvents])
        #expect(try store.append(views("b", 3..<10)).added == 7)
        #expect(try store.append(views("b", 10..<11)).added == 0)
        #expect(try store.eventCount() == 20)
    }

    @Test(arguments: UInt64(0)..<20) func theCountIsExactWhateverIsSettled(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        let limit = 25
        var store = try makeStore(folder, limit: limit, journalLimit: 8)
        var counts: [String: Int] = [:]
        for round in 0..<30 {
            let events = (0..<8).map { number in
                let user = "u\(generator.below(4))"
                return event(
                    .view, "i", Double(generator.below(10_000)), user: user,
                    id: "\(round)-\(number)")
            }
            let result = try store.append(events)
            for (place, event) in events.enumerated() {
                let isFull = counts[event.userID, default: 0] == limit
                let isRejected = result.rejections.contains { $0.batchIndex == place }
                #expect(isFull == isRejected, "seed \(seed), round \(round), event \(place)")
                if !isFull { counts[event.userID, default: 0] += 1 }
            }
            if generator.chance(0.2) { try store.mergeAll() }
            if generator.chance(0.1) {
                store.graph.environment.close()
                store = try makeStore(folder, limit: limit, journalLimit: 8)
            }
            if generator.chance(0.1) {
                let user = "u\(generator.below(4))"
                if try store.twinGraph(userID: user) != nil, counts.count > 2 {
                    _ = try store.erase(user, at: start)
                    // Nothing more is accepted of them, for another reason.
                    counts[user] = limit
                }
            }
        }
        for (user, count) in counts where try !store.isErased(user) {
            let graph = try #require(try store.twinGraph(userID: user))
            #expect(try store.events(of: graph).count == count, "seed \(seed)")
        }
    }

    @Test func aBatchAddsSoManyItems() async throws {
        let shop = try TestStore()
        let events = (0..<8).map { event(.view, "i\($0 / 2)", Double($0), id: "e\($0)") }
        let result = try await shop.store.append(events, newItemCountMax: 2)
        #expect(result.added == 4)
        #expect(result.rejections.map(\.batchIndex) == [4, 5, 6, 7])
        #expect(result.rejections.allSatisfy { $0.reason == .tooManyItems })
        #expect(try shop.store.itemIDs() == ["i0", "i1"])
        // Sent again, the rest goes in.
        let again = try await shop.store.append(events, newItemCountMax: 2)
        #expect(again.added == 4 && again.duplicates == 4)
        let none = try await shop.store.append(
            [event(.view, "new", 100)], createItems: false, newItemCountMax: 2)
        #expect(none.rejections.map(\.reason) == [.unknownItem])
    }

    /// A transaction that did not commit has left its sequence numbers to another one, and a reader
    /// still knows them from the first.
    @Test func anEventOfAnotherCustomerIsNotRead() throws {
        let shop = try TestStore()
        let query = Event(
            eventID: "q", userID: "b", itemID: nil, type: .search, timestamp: after(50),
            city: "Graz", query: "secret")
        try shop.append(event(.view, "x", 0, user: "a"), query)
        let graph = try #require(try shop.store.twinGraph(userID: "a"))
        let other = try #require(try shop.store.twinGraph(userID: "b"))
        let state = try shop.store.graph.read { try shop.store.journalState(in: $0) }
        let foreign = try #require(shop.store.index.entries(of: other).first)
        shop.store.index.close(at: state, added: [(graph, foreign)], transaction: 0)
        #expect(shop.store.index.entries(of: graph).count == 2)
        #expect(try shop.store.events(of: graph).map(\.type) == [.view])
        #expect(try shop.store.entries(of: graph).count == 1)
        #expect(try shop.store.snapshot(of: "a").city == nil)
        let twin = try shop.twin("a")
        #expect(twin.searches.isEmpty && twin.city == nil && twin.eventCount == 1)
        // Nor are the words of another customer erased with this one.
        #expect(try shop.store.erase("a", at: start).nameCount == 0)
        #expect(try shop.twin("b").searches == ["secret"])
    }
}
