import Foundation
import FuturesFixtures
import Learning
import Prediction
import Shop
import SyntheticShop
import Testing
import Time
import TwinFixtures
import TwinStorage

@testable import Fleet
@testable import Simulation

@Suite("Fleet")
struct FleetTests {
    private static let shop = Result {
        try ShopGenerator(.init(customers: 40, items: 60, days: 60))
    }

    /// A store with the events of the shared shop, in a temporary folder.
    private final class Shop {
        let store: TwinStore
        private let folder: URL

        init() throws {
            folder = FileManager.default.temporaryDirectory
                .appending(path: "foretwin-fleet-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            store = try TwinStore(
                path: folder.appending(path: "store").path,
                pseudonymizer: Pseudonymizer(key: [UInt8](repeating: 3, count: 32)))
            _ = try store.append(Array(try FleetTests.shop.get().events()))
        }

        deinit { try? FileManager.default.removeItem(at: folder) }
    }

    private func settings(_ store: TwinStore, shard: Shard = .whole) throws -> FleetSettings {
        FleetSettings(
            origin: try #require(try store.newestEvent()).seconds, horizonSeconds: 14 * day,
            paths: 20, count: 5, types: [purchase], shard: shard)
    }

    @Test("A twin's forecast depends on no other twin and not on threads")
    func independent() throws {
        let shop = try Shop()
        let twins = try shop.store.twinIDs()
        #expect(twins.count == 40)
        func lists(_ batches: [ArraySlice<TwinID>], threads: Int, shard: Shard = .whole) throws
            -> [String: [ItemForecast]]
        {
            let fleet = try FleetSimulator(
                shop.store, try World.model(), settings: try settings(shop.store, shard: shard))
            let all = try batches.flatMap { try fleet.forecasts(of: $0, threads: threads) }
            return Dictionary(
                uniqueKeysWithValues: all.map { ($0.pseudonym, $0.items) })
        }
        let whole = try lists([twins[...]], threads: 1)
        #expect(whole.count == twins.count)
        #expect(try lists([twins[..<7], twins[7..<8], twins[8...]], threads: 2) == whole)
        var parts: [String: [ItemForecast]] = [:]
        for number in 1...3 {
            let shard = try #require(Shard("\(number)/3"))
            let part = try lists([twins[...]], threads: 2, shard: shard)
            #expect((4...24).contains(part.count), "\(part.count)")
            parts.merge(part) { first, _ in
                Issue.record("A twin is in two shards.")
                return first
            }
        }
        #expect(parts == whole)
    }

    @Test("Twins without events by the origin, and erased ones, have no forecast")
    func absent() throws {
        let shop = try Shop()
        let start = try Self.shop.get().configuration.start.seconds
        var early = try settings(shop.store)
        early.origin = start - 1
        let none = try FleetSimulator(shop.store, try World.model(), settings: early)
        #expect(try none.forecasts(of: shop.store.twinIDs(), threads: 2).isEmpty)
        _ = try shop.store.erase("customer-0003", at: Timestamp(seconds: start))
        let fleet = try FleetSimulator(
            shop.store, try World.model(), settings: try settings(shop.store))
        #expect(try fleet.forecasts(of: shop.store.twinIDs(), threads: 2).count == 39)
    }

    @Test("Numbers, probabilities and first times equal counts by hand")
    func counts() {
        let paths = futures([
            [event(1, at: 10), event(1, at: 20)], [event(1, at: 40)], [event(2, at: 5)],
            [event(1, at: 30, type: EventType.view)],
        ])
        let items = paths.itemForecasts(types: [purchase], count: 9)
        #expect(items.map(\.predicted.item) == [1, 2])
        #expect(items.map(\.predicted.probability) == [0.5, 0.25])
        #expect(items.map(\.expectedCount) == [0.75, 0.25])
        #expect(items[0].firstTimes == [10, 10, 40] && items[1].firstTimes == [5, 5, 5])
        #expect(paths.itemForecasts(types: nil, count: 1).map(\.expectedCount) == [1])
        #expect(futures([[], []]).itemForecasts(types: nil, count: 3).isEmpty)
    }

    @Test("Shards are parts of a whole")
    func shards() {
        for text in ["", "3", "0/4", "5/4", "1/0", "-1/4", "1/2/3", "a/b", "1/1000000"] {
            #expect(Shard(text) == nil, "\(text)")
        }
        for count in [1, 3, 64] {
            let shards = (1...count).compactMap { Shard("\($0)/\(count)") }
            #expect(shards.count == count)
            for number in 0..<200 {
                let customer = CustomerKey(rawValue: "customer-\(number)")
                #expect(shards.count { $0.contains(customer) } == 1)
            }
        }
    }

    @Test("Settings out of range are refused")
    func limits() throws {
        let shop = try Shop()
        let bad: [(inout FleetSettings) -> Void] = [
            { $0.paths = 0 }, { $0.count = 0 }, { $0.horizonSeconds = 0 },
            { $0.horizonSeconds = .max },
        ]
        for change in bad {
            var settings = try settings(shop.store)
            change(&settings)
            #expect(throws: FuturesError.self) {
                try FleetSimulator(shop.store, try World.model(), settings: settings)
            }
        }
    }
}

@Suite("Fleet file")
struct FleetFileTests {
    private let folder: URL
    private var path: String { folder.appending(path: "out.jsonl").path }

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "foretwin-fleet-file-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func content(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    private func clear() { try? FileManager.default.removeItem(at: folder) }

    @Test("A run resumes after the last finished twin, without unfinished lines")
    func resume() throws {
        defer { clear() }
        do {
            let file = try FleetFile(path, work: "w")
            #expect(file.next == 0)
            try file.append(Data("one\n".utf8), next: 1)
            try file.append(Data("two\n".utf8), next: 2)
        }
        #expect(content(path) == nil && FleetFile.unfinishedWork(path) == "w")
        // The program ended while it wrote.
        let partial = try FileHandle(forWritingTo: URL(fileURLWithPath: path + ".partial"))
        try partial.seekToEnd()
        try partial.write(contentsOf: Data("thr".utf8))
        try partial.close()
        let file = try FleetFile(path, work: "w")
        #expect(file.next == 2)
        try file.append(Data("three\n".utf8), next: 3)
        try file.finish()
        #expect(content(path) == "one\ntwo\nthree\n")
        #expect(FleetFile.unfinishedWork(path) == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out.jsonl"])
    }

    @Test("A run with other settings is not resumed, unless it starts afresh")
    func otherWork() throws {
        defer { clear() }
        do { try FleetFile(path, work: "w").append(Data("one\n".utf8), next: 1) }
        #expect(throws: FuturesError.self) { try FleetFile(path, work: "v") }
        let file = try FleetFile(path, work: "v", isFresh: true)
        #expect(file.next == 0)
        try file.append(Data("other\n".utf8), next: 1)
        try file.finish()
        #expect(content(path) == "other\n")
    }

    @Test("Two runs do not write one file, and the state of a finished one is not resumed")
    func alone() throws {
        defer { clear() }
        let file = try FleetFile(path, work: "w")
        #expect(throws: FuturesError.self) { try FleetFile(path, work: "w") }
        #expect(throws: FuturesError.self) { try FleetFile(path, work: "w", isFresh: true) }
        try file.append(Data("one\n".utf8), next: 1)
        let state = try #require(FileManager.default.contents(atPath: path + ".state"))
        try file.finish()
        try state.write(to: URL(fileURLWithPath: path + ".state"))
        #expect(FleetFile.unfinishedWork(path) == nil)
        #expect(try FleetFile(path, work: "v").next == 0)
        #expect(content(path) == "one\n")
    }

    @Test("Damage is an error, or the run starts afresh")
    func damage() throws {
        defer { clear() }
        do { try FleetFile(path, work: "w").append(Data("one\n".utf8), next: 1) }
        // Without its lines, a run is not resumed.
        try Data("o".utf8).write(to: URL(fileURLWithPath: path + ".partial"))
        #expect(try FleetFile(path, work: "w").next == 0)
        try FileManager.default.removeItem(atPath: path + ".partial")
        #expect(try FleetFile(path, work: "w").next == 0)
        try Data("{".utf8).write(to: URL(fileURLWithPath: path + ".state"))
        #expect(throws: FuturesError.self) { try FleetFile(path, work: "w") }
        #expect(FleetFile.unfinishedWork(path) == nil)
        #expect(try FleetFile(path, work: "w", isFresh: true).next == 0)
        // A run was started afresh and ended before its state was written.
        do {
            try FleetFile(path, work: "w").append(Data("1\n2\n".utf8), next: 2)
            let fresh = try FleetFile(path + "2", work: "v", isFresh: true)
            #expect(fresh.next == 0)
        }
        do { _ = try FleetFile(path, work: "v", isFresh: true) }
        try Data("x\ny\nz\n".utf8).write(to: URL(fileURLWithPath: path + ".partial"))
        #expect(throws: FuturesError.self) { try FleetFile(path, work: "w") }
        #expect(try FleetFile(path, work: "v").next == 0)
        #expect(throws: FuturesError.self) { try FleetFile(folder.path, work: "w") }
        #expect(throws: FuturesError.self) { try FleetFile("", work: "w") }
        let nowhere = folder.appending(path: "no/folder/out").path
        #expect(throws: FuturesError.self) { try FleetFile(nowhere, work: "w") }
    }
}
