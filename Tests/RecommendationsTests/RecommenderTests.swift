import Foundation
import Prediction
import Shop
import Simulation
import Synchronization
import Testing
import Time
import TwinStorage

@testable import Recommendations

@Suite("Recommendations")
struct RecommenderTests {
    @Test("Ten items with names, probabilities and reasons, best first")
    func endToEnd() throws {
        let world = try World.shop.get()
        for user in world.users.prefix(8) {
            let answer = try world.recommender.recommend(user)
            #expect(answer.items.count == 10)
            #expect(answer.customerKey == world.store.pseudonymizer.pseudonym(of: user))
            #expect(!answer.isColdStart)
            #expect(answer.modelVersion == "v0042")
            #expect(answer.horizonDays == 28)
            #expect(answer.asOf == (try world.store.newestEvent())?.iso8601)
            #expect(Set(answer.items.map(\.itemID)).count == 10)
            let scores = answer.items.map(\.score)
            #expect(scores == scores.sorted(by: >))
            for item in answer.items {
                #expect((0...1).contains(item.probability))
                #expect(item.interval.count == 2)
                #expect(item.interval[0] <= item.probability)
                #expect(item.interval[1] >= item.probability)
                #expect(item.name != item.itemID)
                #expect(item.category != nil)
                #expect(item.price ?? 0 > 0)
                #expect(!item.reasons.isEmpty)
                #expect(!item.isSurprise)
                #expect(item.expectedDate ?? "" >= String(answer.asOf.prefix(10)))
            }
        }
    }

    @Test("A question reads the customer once, with one HMAC and one replay", arguments: [1, 4])
    func work(threads: Int) throws {
        let world = try World.makeShop()
        let hmacs = Atomic(0)
        let replays = Atomic(0)
        let customerReads = Atomic(0)
        let options = options { $0.threads = threads }
        let answer = try Pseudonymizer.$onPseudonym.withValue({ hmacs.add(1, ordering: .relaxed) })
        {
            try SequenceExpert.$onReplay.withValue({ replays.add(1, ordering: .relaxed) }) {
                try TwinStore.$onCustomerRead.withValue({ customerReads.add(1, ordering: .relaxed) }
                ) {
                    try world.recommender.recommend(world.users[0], options: options)
                }
            }
        }
        #expect(!answer.isColdStart && !answer.items.isEmpty)
        #expect(hmacs.load(ordering: .relaxed) == 1)
        #expect(replays.load(ordering: .relaxed) == 1)
        #expect(customerReads.load(ordering: .relaxed) == 1)
    }

    @Test("The same question gets the same answer, at any number of threads")
    func determinism() throws {
        let world = try World.shop.get()
        let user = world.users[3]
        func answer(_ change: (inout RecommendationOptions) -> Void) throws -> RecommendationList {
            try world.recommender.recommend(user, options: options(change))
        }
        let first = try answer { $0.threads = 1 }
        for threads in [1, 2, 4] {
            let again = try answer { $0.threads = threads }
            #expect(again.items == first.items)
            #expect(again.surprise == first.surprise)
        }
        #expect(try answer { $0.seed = 99 }.items != first.items)
        let other = try Recommender(store: world.store, model: world.model, version: "v0042")
        #expect(try other.recommend(user, options: options()).items == first.items)
    }

    @Test("Count and offset are honoured, and pages fit together", arguments: [true, false])
    func paging(_ usesPaths: Bool) throws {
        let world = try World.shop.get()
        func page(_ offset: Int, _ count: Int) throws -> [String] {
            try world.recommender.recommend(
                world.users[5],
                options: options {
                    ($0.offset, $0.count, $0.usesPaths) = (offset, count, usesPaths)
                }
            ).items.map(\.itemID)
        }
        let all = try page(0, 200)
        #expect(all.count == world.model.catalogue.count)
        #expect(all.count > 50)
        for (offset, count) in [(0, 1), (0, 10), (10, 10), (7, 3), (25, 200)] {
            let expected = Array(all.dropFirst(offset).prefix(count))
            #expect(try page(offset, count) == expected)
        }
        #expect(try page(9_800, 200).isEmpty)
        #expect(Set(all).count == all.count)
    }

    @Test("The list has the requested length for short horizons and few paths")
    func fullList() throws {
        let world = try World.shop.get()
        for user in world.users.prefix(4) {
            for (days, paths) in [(0.01, 10), (1, 50), (366, 3)] {
                let answer = try world.recommender.recommend(
                    user, options: options { ($0.horizonDays, $0.paths) = (days, paths) })
                #expect(answer.items.count == 10)
                #expect(answer.items.map(\.score) == answer.items.map(\.score).sorted(by: >))
                for item in answer.items {
                    #expect(item.interval[0] <= item.probability)
                    #expect(item.interval[1] >= item.probability)
                    #expect(!item.reasons.isEmpty)
                    // An item that is on no path has a probability below 1 / paths, and no date.
                    let isSimulated = item.expectedDate != nil
                    #expect(isSimulated == (item.probability * Double(paths) > 0.999))
                }
            }
        }
    }

    @Test("An unknown customer gets popular items, marked as a cold start, and no surprise")
    func unknownUser() throws {
        let world = try World.shop.get()
        let answer = try world.recommender.recommend("nobody", options: options())
        #expect(answer.isColdStart)
        #expect(answer.surprise == nil)
        #expect(answer.items.count == 10)
        let still = try world.recommender.recommend(
            "nobody", options: options { $0.usesPaths = false })
        let popular = world.model.popularity.probabilities
        let best = topIndices(popular, 10).map { world.model.catalogue.itemIDs[Int($0)] }
        #expect(still.items.map(\.itemID) == best)
        let odd = ["", "' OR 1=1 --", String(repeating: "x", count: 10_000), "\u{0}"]
        for user in odd {
            #expect(
                try world.recommender.recommend(user, options: options()).isColdStart)
        }
    }

    @Test("Rejected items are never listed, nor a surprise")
    func rejected() throws {
        let world = try World.makeShop()
        let user = world.users[7]
        let now = try #require(try world.store.newestEvent()).seconds
        var gone: Set<String> = []
        let refusals: [EventType] = [.reject, .offerDismissed, .suggestionRejected, .reject]
        for round in refusals.indices {
            let answer = try world.recommender.recommend(user, options: options())
            #expect(gone.isDisjoint(with: answer.items.map(\.itemID)))
            let surprise = answer.surprise?.itemID
            #expect(surprise.map { !gone.contains($0) } ?? true)
            let rejected = [answer.items.first?.itemID, surprise].compactMap { $0 }
            gone.formUnion(rejected)
            _ = try world.store.append(
                rejected.map { event(user, $0, now + Int64(round), type: refusals[round]) })
        }
        #expect(gone.count >= 4)
    }

    @Test("The next answer after an event reflects it")
    func liveTwin() throws {
        let world = try World.makeShop()
        let now = try #require(try world.store.newestEvent()).seconds
        let item = world.model.catalogue.itemIDs[17]
        // A hundred paths are too few for probabilities that differ by a few per cent.
        let many = options { $0.paths = 1_000 }
        let cold = try world.recommender.recommend("new", options: many)
        #expect(cold.isColdStart)
        _ = try world.store.append([event("new", item, now, type: .view)])
        let warm = try world.recommender.recommend("new", options: many)
        #expect(!warm.isColdStart)
        // A weekly purchase is expected to continue.
        _ = try world.store.append(
            (1...12).map { event("new", item, now - 84 * day + $0 * 7 * day) })
        let regular = try world.recommender.recommend("new", options: many)
        #expect(regular.items.first?.itemID == item)
        #expect(regular.items.map(\.probability) != warm.items.map(\.probability))
        let before = cold.items.first { $0.itemID == item }?.probability ?? 0
        #expect(regular.items.first?.probability ?? 0 > before)
    }

    @Test("An answer as of a time uses no later events")
    func asOf() throws {
        let world = try World.makeShop()
        let user = world.users[2]
        let now = try #require(try world.store.newestEvent())
        let earlier = Timestamp(seconds: now.seconds - 20 * day)
        let subject = try world.recommender.subject(user, asOf: earlier)
        #expect(subject.origin == earlier)
        #expect(subject.history.lastTime ?? 0 <= earlier.seconds)
        #expect(subject.history.count > 0)
        let whole = try world.recommender.subject(user)
        #expect(whole.origin == now)
        #expect(subject.history.items == Array(whole.history.items.prefix(subject.history.count)))
        let futures = try world.recommender.simulate(subject, settings: options().simulation)
        #expect(futures.origin == earlier.seconds)
        let answer = try world.recommender.recommend(
            user, options: options { $0.asOf = earlier })
        #expect(answer.asOf == earlier.iso8601)
        let first = answer.items.compactMap(\.expectedDate).min() ?? ""
        #expect(first >= String(earlier.iso8601.prefix(10)))
        let beginning = try world.recommender.recommend(
            user, options: options { $0.asOf = Timestamp(seconds: 0) })
        #expect(beginning.isColdStart)
    }

    @Test("An answer as of a time has the catalogue of that time")
    func catalogueAsOf() throws {
        let world = try World.makeShop()
        let user = world.users[2]
        let now = try #require(try world.store.newestEvent())
        let asked = options { $0.asOf = Timestamp(seconds: now.seconds - 20 * day) }
        let before = try world.recommender.recommend(user, options: asked)
        #expect(!before.items.isEmpty)
        try world.store.put(
            world.model.catalogue.itemIDs.map { Item(itemID: $0, name: "Changed", price: 77) })
        let after = try world.recommender.recommend(user, options: asked)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(try encoder.encode(after) == encoder.encode(before))
        let present = try world.recommender.recommend(user, options: options())
        #expect(present.items.allSatisfy { $0.name == "Changed" && $0.price == 77 })
    }

    @Test("An empty store and a twin of unknown items are cold, and answered")
    func emptyStore() throws {
        let model = try World.shop.get().model
        let world = try World(items: [], events: [], model: model)
        let answer = try world.recommender.recommend("u", options: options())
        #expect(answer.isColdStart)
        #expect(answer.items.count == 10)
        #expect(answer.items.allSatisfy { $0.name == $0.itemID && $0.category == nil })
        _ = try world.store.append([event("u", "nobody's item", 1_770_000_000)])
        let odd = try world.recommender.recommend("u", options: options())
        #expect(odd.items.count == 10)
        #expect(odd.items.allSatisfy { $0.score.isFinite })
    }

    @Test("Futures that were simulated before give the same answer")
    func reuse() throws {
        let world = try World.shop.get()
        let asked = options()
        let subject = try world.recommender.subject(world.users[1])
        let futures = try world.recommender.simulate(subject, settings: asked.simulation)
        let answer = try world.recommender.recommendations(
            subject, futures: futures, options: asked)
        let direct = try world.recommender.recommend(world.users[1], options: asked)
        #expect(answer.items == direct.items)
        #expect(answer.surprise == direct.surprise)
    }

    @Test("Options out of their range are refused, and named")
    func badOptions() throws {
        let world = try World.shop.get()
        let bad: [(String, (inout RecommendationOptions) -> Void)] = [
            ("count", { $0.count = 0 }), ("count", { $0.count = 201 }),
            ("count", { $0.count = .min }), ("offset", { $0.offset = -1 }),
            ("offset", { $0.offset = 9_801 }), ("offset", { $0.offset = .max }),
            ("horizon", { $0.horizonDays = 0 }), ("horizon", { $0.horizonDays = -3 }),
            ("horizon", { $0.horizonDays = .nan }), ("horizon", { $0.horizonDays = .infinity }),
            ("horizon", { $0.horizonDays = 366.5 }), ("horizon", { $0.horizonDays = 1e-9 }),
            ("paths", { $0.paths = 0 }), ("paths", { $0.paths = 1_000_000 }),
        ]
        for (name, change) in bad {
            #expect {
                try world.recommender.recommend("u", options: options(change))
            } throws: {
                "\($0)".contains(name)
            }
        }
        #expect(options { $0.horizonDays = .nan }.simulation.horizonSeconds == 0)
        #expect(options { $0.horizonDays = 1.5 }.simulation.horizonSeconds == 129_600)
    }

    @Test("An answer can be written as JSON and read again")
    func json() throws {
        let world = try World.shop.get()
        let answer = try world.recommender.recommend(world.users[0], options: options())
        let bytes = try JSONEncoder().encode(answer)
        let read = try JSONDecoder().decode(RecommendationList.self, from: bytes)
        #expect(read.items == answer.items)
        #expect(read.surprise == answer.surprise)
        #expect(read.customerKey == answer.customerKey)
    }

    @Test("Concurrent requests are answered while events are appended")
    func concurrency() async throws {
        let world = try World.makeShop()
        let now = try #require(try world.store.newestEvent()).seconds
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for step in 0..<30 {
                    let item = world.model.catalogue.itemIDs[step]
                    _ = try world.store.append([event(world.users[0], item, now + Int64(step))])
                }
            }
            for user in world.users.prefix(3) {
                group.addTask {
                    for _ in 0..<4 {
                        let answer = try world.recommender.recommend(
                            user, options: options { $0.paths = 30 })
                        #expect(answer.items.count == 10)
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
