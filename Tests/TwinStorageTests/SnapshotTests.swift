import LMDB
import PropertyGraph
import Shop
import TestSupport
import Testing
import Time
import TwinFixtures

@testable import TwinStorage

/// One customer as of one moment, in one transaction.
@Suite struct SnapshotTests {
    @Test(arguments: UInt64(0)..<20)
    func aSnapshotIsWhatTheTwinAndItsLogSay(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let shop = try TestStore(journalLimit: 40)
        let events = (0..<200).map { generator.event(user: "u\($0 % 5)", eventID: "\($0)") }
        for event in events {
            try shop.append(event)
            if generator.chance(0.05) { try shop.store.mergeAll() }
        }
        for user in (0..<5).map({ "u\($0)" }) {
            for moment in [after(-1), after(4000), after(8000), after(40_000)] {
                let snapshot = try shop.store.snapshot(of: user, asOf: moment)
                let twin = try shop.twin(user, at: moment)
                #expect(TwinImage(snapshot.twin) == TwinImage(twin), "seed \(seed)")
                #expect(snapshot.city == twin.city, "seed \(seed)")
                let log = try shop.log(user).filter { $0.timestamp <= moment }
                #expect(snapshot.entries.map(\.timestamp) == log.map(\.timestamp), "seed \(seed)")
                #expect(snapshot.entries.map(\.item) == log.map(\.item), "seed \(seed)")
                let id = try #require(snapshot.id)
                let same = try #require(try shop.store.snapshot(of: id, asOf: moment))
                #expect(same.entries == snapshot.entries, "seed \(seed)")
                #expect(same.city == snapshot.city, "seed \(seed)")
                #expect(same.key == snapshot.key, "seed \(seed)")
            }
        }
    }

    @Test func aSnapshotTakesOneRead() throws {
        let shop = try TestStore()
        try shop.append(event(.view, "a", 0), event(.purchase, "b", 5), event(.view, "c", 9))
        let environment = shop.store.graph.environment
        for settles in [false, true] {
            if settles { try shop.store.mergeAll() }
            let before = environment.readCount
            let snapshot = try shop.store.snapshot(of: "u")
            #expect(environment.readCount == before + 1)
            #expect(snapshot.entries.count == 3)
            let id = try #require(snapshot.id)
            _ = try shop.store.snapshot(of: id)
            #expect(environment.readCount == before + 2)
        }
    }

    @Test func nobodyIsCold() throws {
        let shop = try TestStore()
        let snapshot = try shop.store.snapshot(of: "nobody")
        #expect(snapshot.id == nil)
        #expect(snapshot.twin.isCold && snapshot.entries.isEmpty && snapshot.city == nil)
        try shop.append(event(.view, "a", 7))
        #expect(try shop.store.snapshot(of: "nobody").asOf == after(7))
    }

    @Test func snapshotsBesideWritersMissNothing() async throws {
        let shop = try TestStore(journalLimit: 20)
        try shop.append(event(.view, "a", 0, id: "0"))
        let store = shop.store
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 1...400 {
                    _ = try store.append([
                        event(.view, "i\(number % 7)", Double(number), id: "\(number)"),
                        event(.view, "a", Double(number), user: "v\(number % 9)", id: "\(number)"),
                    ])
                }
            }
            group.addTask {
                // A customer's events only become more: one that is missed would make them fewer.
                var seen = 0
                for _ in 0..<400 {
                    let snapshot = try store.snapshot(of: "u")
                    let count = snapshot.entries.count
                    #expect(count >= seen)
                    #expect(snapshot.twin.eventCount == count)
                    seen = count
                }
            }
            try await group.waitForAll()
        }
        #expect(try store.snapshot(of: "u").entries.count == 401)
    }

    @Test func shardsDependOnThePseudonymAlone() {
        let keys = (0..<3000).map { CustomerKey(rawValue: "customer-\($0)") }
        // From an independent implementation of the same rule.
        #expect(ShardKey(CustomerKey(rawValue: "")).hash == 0)
        #expect(ShardKey(CustomerKey(rawValue: "a")).hash == 0x4F5D_A978_776A_9DB1)
        #expect(ShardKey(CustomerKey(rawValue: "0123456789abcdef")).hash == 0xCEFF_F07A_314B_E34E)
        for count in [1, 2, 7, 64] {
            let sizes = keys.reduce(into: [Int](repeating: 0, count: count)) {
                $0[ShardKey($1).part(of: count)] += 1
            }
            let mean = Double(keys.count) / Double(count)
            // Six standard deviations of a fair split.
            let bound = 6 * (mean * (1 - 1 / Double(count))).squareRoot()
            for size in sizes { #expect(abs(Double(size) - mean) <= bound) }
        }
    }
}
