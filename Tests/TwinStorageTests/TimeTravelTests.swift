import Foundation
import LMDB
import PropertyGraph
import TestSupport
import Testing
import Time
import TwinFixtures

@testable import Shop
@testable import TwinStorage

/// A twin as of a moment is the twin of somebody to whom nothing has happened since.
@Suite struct TimeTravelTests {
    /// The edges of a twin by name, so that those of two stores can be compared.
    private func edges(_ shop: TestStore, asOf moment: Timestamp? = nil) throws -> Set<String> {
        guard let (customer, graph) = try shop.store.graph(ofTwin: "u", asOf: moment) else {
            return []
        }
        func name(_ node: NodeID) -> String {
            node == customer ? "me" : graph.externalID(of: node) ?? "?"
        }
        return Set(
            graph.edges.map { edge in
                "\(name(edge.source)) \(edge.type) \(name(edge.target)) \(edge.weight) "
                    + "×\(edge.count) \(edge.first.rawValue) \(edge.last.rawValue)"
            })
    }

    @Test(arguments: UInt64(0)..<15)
    func everyMomentEqualsTheEventsUntilThen(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let events = (0..<60).map { generator.event(user: "u", eventID: "\($0)") }
        let shop = try TestStore(journalLimit: [1, 20, 1000][generator.below(3)])
        // In any order, partly settled.
        var rest = events.shuffled(using: &generator)[...]
        while !rest.isEmpty {
            _ = try shop.store.append(Array(rest.prefix(7)))
            rest = rest.dropFirst(7)
            if generator.chance(0.3) { try shop.store.mergeAll() }
        }
        let times = Set(events.map(\.timestamp)).sorted()
        for moment in times.shuffled(using: &generator).prefix(6) + [
            Timestamp(rawValue: .min), Timestamp(rawValue: times[0].rawValue - 1),
            Timestamp(rawValue: .max),
        ] {
            let past = try TestStore()
            _ = try past.store.append(events.filter { $0.timestamp <= moment })
            let place = "seed \(seed), moment \(moment.rawValue)"
            #expect(try edges(shop, asOf: moment) == edges(past), "\(place)")
            let (then, now) = (
                try shop.twin(at: moment),
                try past.twin(at: moment)
            )
            #expect(TwinImage(then) == TwinImage(now), "\(place)")
        }
        #expect(try edges(shop) == edges(shop, asOf: times.last), "seed \(seed)")
    }

    @Test func anUnknownCustomerHasNoGraph() throws {
        let shop = try TestStore()
        #expect(try shop.store.graph(ofTwin: "u") == nil)
        try shop.append(event(.view, "A", 100))
        #expect(try shop.store.graph(ofTwin: "u", asOf: after(99)) == nil)
        #expect(try shop.store.graph(ofTwin: "u", asOf: after(100)) != nil)
        #expect(try shop.twin(at: after(99)).isCold)
    }

    @Test func aDifferenceNamesWhatCameGrewAndFaded() throws {
        let day = 86_400.0
        let settings = TwinSettings(halfLifeSeconds: day)
        let shop = try TestStore(settings: settings)
        try shop.append(
            event(.view, "old", 0), event(.view, "both", 10), event(.view, "both", 2 * day),
            event(.purchase, "new", 2 * day + 60))
        let diff = try shop.store.diff("u", from: after(day), to: after(2 * day + 60))
        #expect(diff.eventCount == 2)
        func change(_ from: String, _ type: String) throws -> TwinDiff.Change {
            try #require(diff.edges.first { $0.from == from && $0.type == type && $0.to == nil })
        }
        let new = try change("new", "PURCHASED")
        #expect(new.isNew && new.weights.before == 0 && new.counts == (0, 1))
        let old = try change("old", "VIEWED")
        #expect(!old.isNew && old.weights.after < old.weights.before && old.counts == (1, 1))
        #expect(try change("both", "VIEWED").counts == (1, 2))
        let step = try #require(diff.edges.first { $0.to == "new" })
        #expect(step.from == "both" && step.type == "VIEWED_THEN_PURCHASED" && step.isNew)
        let sizes = diff.edges.map { abs($0.weights.after - $0.weights.before) }
        #expect(sizes == sizes.sorted(by: >))
    }

    @Test func nothingHasChangedBetweenAMomentAndItself() throws {
        let shop = try TestStore()
        try shop.append(event(.view, "A", 0), event(.purchase, "B", 60))
        let diff = try shop.store.diff("u", from: after(60), to: after(60))
        #expect(diff.eventCount == 0 && diff.edges.isEmpty && diff.categories.isEmpty)
        let unknown = try shop.store.diff("nobody", from: after(0), to: after(60))
        #expect(unknown.edges.isEmpty)
    }
}

/// What was erased is gone, and stays gone; everybody else's is as it was.
@Suite struct EraseTests {
    private func search(_ words: String, _ city: String, _ seconds: Double, _ user: String)
        -> Event
    {
        var event = event(.search, nil, seconds, user: user)
        event.query = words
        event.city = city
        return event
    }

    @Test(arguments: [false, true]) func nothingIsLeftAfterCompaction(settled: Bool) throws {
        let shop = try TestStore()
        var secret = event(
            .view, "item", 0, user: "user-canary", id: "event-canary", session: "session-canary")
        secret.basketID = "basket-canary"
        secret.properties = ["name-canary": "value-canary"]
        try shop.append(
            secret, search("query-canary", "city-canary", 60, "user-canary"),
            search("tea", "Wien", 60, "user-canary"), search("tea", "Wien", 60, "other"))
        // Nor of what is only in the log.
        var shown = search("query-canary-2", "city-canary-2", 70, "user-canary")
        shown.type = .offerShown
        try shop.append(shown)
        if settled { try shop.store.mergeAll() }
        let before = TwinImage(try shop.twin("other"))
        let receipt = try shop.store.erase("user-canary", at: after(100))
        #expect(receipt.eventCount == 4 && receipt.nameCount == 2)
        #expect(receipt.recordCount >= 3)
        #expect(try shop.store.isErased("user-canary"))
        #expect(try shop.twin("user-canary").isCold)
        #expect(TwinImage(try shop.twin("other")) == before)
        #expect(try shop.store.eventCount() == 1)
        let copy = shop.folder("compact.mdb")
        try shop.store.graph.environment.copy(to: copy, compacting: true)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: copy))
        for word in ["user", "event", "session", "basket", "name", "value", "query", "city"] {
            #expect(bytes.range(of: Data("\(word)-canary".utf8)) == nil, "\(word)")
        }
        #expect(bytes.range(of: Data("Wien".utf8)) != nil)
        #expect(bytes.range(of: Data(receipt.pseudonym.utf8)) != nil)
    }

    @Test func whatComesLateIsRefused() throws {
        let shop = try TestStore()
        try shop.append(event(.view, "A", 0))
        _ = try shop.store.erase("u", at: after(1))
        let result = try shop.append(
            event(.view, "A", 0), event(.view, "B", 5), event(.view, "B", 5, user: "v"))
        #expect(result.added == 1)
        #expect(result.rejections.map(\.reason) == [.erased, .erased])
        try shop.store.mergeAll()
        #expect(try shop.twin().isCold)
        #expect(try shop.twin("v").eventCount == 1)
        #expect(try shop.store.pendingCount() == 0)
    }

    @Test func somebodyUnknownIsEntombedToo() throws {
        let shop = try TestStore()
        let receipt = try shop.store.erase("u", at: after(1))
        #expect(receipt.eventCount == 0 && receipt.recordCount == 0)
        #expect(try shop.append(event(.view, "A", 0)).rejections.map(\.reason) == [.erased])
        #expect(try shop.store.erase("u", at: after(2)).eventCount == 0)
        #expect(try !shop.store.isErased("w"))
    }

    @Test(arguments: UInt64(0)..<8) func othersAreAsTheyWere(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let events = (0..<150).map {
            generator.event(user: "u\(generator.below(4))", eventID: "\($0)")
        }
        let expected = try TestStore()
        _ = try expected.store.append(events.filter { $0.userID != "u1" })
        let folder = try TemporaryFolder()
        var shop = try TestStore(folder: folder, journalLimit: 20)
        for start in stride(from: 0, to: 150, by: 10) {
            _ = try shop.store.append(Array(events[start..<start + 10]))
            if start == 70 { _ = try shop.store.erase("u1", at: after(0)) }
            if generator.chance(0.2) { try shop.store.mergeAll() }
        }
        shop.store.graph.environment.close()
        shop = try TestStore(folder: folder)
        for user in ["u0", "u2", "u3"] {
            #expect(TwinImage(try shop.twin(user)) == TwinImage(try expected.twin(user)))
        }
        #expect(try shop.twin("u1").isCold, "seed \(seed)")
        #expect(try shop.store.eventCount() == expected.store.eventCount(), "seed \(seed)")
        var entries = 0
        for id in try shop.store.twinIDs() {
            entries += try shop.store.snapshot(of: id)?.entries.count ?? 0
        }
        #expect(entries == (try expected.store.eventCount()), "seed \(seed)")
    }
}
