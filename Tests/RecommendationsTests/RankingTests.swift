import Foundation
import Kernels
import Prediction
import Simulation
import Testing
import TwinStorage

@testable import Recommendations
@testable import Shop

@Suite("Ranking")
struct RankingTests {
    private func predicted(_ item: Int32, _ probability: Double) -> PredictedItem {
        PredictedItem(
            item: item, probability: probability, interval: 0...1, medianTime: 0, sources: [:])
    }

    private func details(_ world: World) throws -> [String: Item] {
        try world.store.items(world.model.catalogue.itemIDs)
    }

    private func preferences(_ shares: [(String, Double)]) -> UserTwin.Preferences {
        var preferences = UserTwin.Preferences()
        preferences.categories = shares.map { .init(name: $0, share: $1) }
        return preferences
    }

    /// Ranks by probability and what the options add.
    private func rank(
        _ world: World, _ items: [PredictedItem], user: String,
        preferring shares: [(String, Double)] = [],
        _ change: (inout RecommendationOptions) -> Void = { _ in }
    ) throws -> [RankedItem] {
        let history = try world.recommender.subject(user).history
        return world.recommender.rank(
            items, items: try details(world), taste: UserEmbedding(history, model: world.model),
            preferences: preferences(shares), options: options(change))
    }

    @Test("Without taste and preference the order is that of probability, ties by place")
    func probability() throws {
        let world = try World.shop.get()
        let items = [predicted(5, 0.2), predicted(4, 0.2), predicted(9, 0.7), predicted(1, 0.1)]
        let ranked = try rank(world, items, user: world.users[0]) {
            ($0.usesEmbeddings, $0.usesPreferences) = (false, false)
        }
        #expect(ranked.map(\.predicted.item) == [9, 4, 5, 1])
        #expect(ranked.map(\.score) == [0.7, 0.2, 0.2, 0.1])
    }

    @Test("Of equally probable items the one closer to the customer's taste comes first")
    func taste() throws {
        let world = try World.shop.get()
        let user = world.users[4]
        let items = (0..<Int32(world.model.catalogue.count)).map { predicted($0, 0.5) }
        let ranked = try rank(world, items, user: user) { $0.usesPreferences = false }
        let taste = UserEmbedding(try world.recommender.subject(user).history, model: world.model)
        let closeness = ranked.map { taste.closeness($0.predicted.item) }
        #expect(closeness == closeness.sorted(by: >))
        #expect(closeness.allSatisfy { abs($0) <= 1.0001 })
        #expect(ranked.map(\.predicted.item) != items.map(\.item))
        for (entry, close) in zip(ranked, closeness) {
            #expect(abs(entry.score - 0.5 * exp(Double(close) / 4)) < 1e-9)
        }
        let without = try rank(world, items, user: user) {
            ($0.usesPreferences, $0.usesEmbeddings) = (false, false)
        }
        #expect(without.map(\.predicted.item) == items.map(\.item))
    }

    @Test("Of equally probable items the one of a preferred category comes first")
    func preference() throws {
        let world = try World.shop.get()
        let details = try details(world)
        let categories = Array(Set(details.values.compactMap(\.category))).sorted()
        let (loved, liked) = (categories[0], categories[1])
        let items = (0..<Int32(world.model.catalogue.count)).map { predicted($0, 0.5) }
        let shares = [(loved, 0.8), (liked, 0.2)]
        let ranked = try rank(world, items, user: world.users[0], preferring: shares) {
            $0.usesEmbeddings = false
        }
        let order = ranked.map { details[world.recommender.itemID($0.predicted.item)]?.category }
        let first = order.prefix { $0 == loved }.count
        let second = order.dropFirst(first).prefix { $0 == liked }.count
        #expect(first == details.values.count { $0.category == loved })
        #expect(second == details.values.count { $0.category == liked })
        // Turned round, the other comes first; nobody's preference changes nothing.
        let turned = try rank(
            world, items, user: world.users[0], preferring: [(liked, 0.8), (loved, 0.2)]
        ) { $0.usesEmbeddings = false }
        #expect(
            details[world.recommender.itemID(turned[0].predicted.item)]?.category == liked)
        let none = try rank(world, items, user: world.users[0]) { $0.usesEmbeddings = false }
        #expect(none.map(\.predicted.item) == items.map(\.item))
    }

    @Test("Probability leads: taste and preference never lift an item above thrice as probable")
    func gentle() throws {
        let world = try World.shop.get()
        let details = try details(world)
        let category = try #require(details[world.recommender.itemID(0)]?.category)
        for item in Int32(1)..<Int32(world.model.catalogue.count) {
            let ranked = try rank(
                world, [predicted(0, 0.2), predicted(item, 0.6)], user: world.users[1],
                preferring: [(category, 1)])
            #expect(ranked[0].predicted.item == item)
        }
    }

    @Test("Paths, vectors and preferences each change what customers get")
    func ablation() throws {
        let world = try World.shop.get()
        let changes: [(inout RecommendationOptions) -> Void] = [
            { $0.usesPaths = false }, { $0.usesEmbeddings = false },
            { $0.usesPreferences = false },
        ]
        for change in changes {
            var differing = 0
            for user in world.users.prefix(5) {
                func order(_ options: RecommendationOptions) throws -> [String] {
                    try world.recommender.recommend(user, options: options)
                        .items.map(\.itemID)
                }
                let whole = try order(options { $0.count = 30 })
                let without = try order(
                    options {
                        $0.count = 30
                        change(&$0)
                    })
                if whole != without { differing += 1 }
            }
            #expect(differing >= 4)
        }
    }

    @Test("Without paths an item has the probability of the next visit, and no date")
    func nextVisit() throws {
        let world = try World.shop.get()
        let user = world.users[6]
        let answer = try world.recommender.recommend(
            user, options: options { ($0.usesPaths, $0.count) = (false, 60) })
        let history = try world.recommender.subject(user).history
        let next = world.model.prediction(for: world.model.nextQuery(after: history))
        for item in answer.items {
            let place = try #require(world.model.catalogue.index(of: item.itemID))
            #expect(item.probability == Double(next.probabilities[Int(place)]))
            #expect(item.expectedDate == nil)
            #expect(!item.reasons.isEmpty)
        }
        #expect(answer.items.count == world.model.catalogue.count)
    }

    @Test("Somebody without a history has no taste")
    func noTaste() throws {
        let world = try World.shop.get()
        let taste = UserEmbedding(History(), model: world.model)
        #expect((0..<60).allSatisfy { taste.closeness(Int32($0)) == 0 })
    }

    @Test("Pages of a long list neither overlap nor leave gaps")
    func longList() throws {
        let world = try Self.wide.get()
        for usesPaths in [true, false] {
            var found: [Recommendation] = []
            for page in 0..<14 {
                found += try world.recommender.recommend(
                    "user 3",
                    options: options {
                        ($0.offset, $0.count, $0.usesPaths) = (page * 50, 50, usesPaths)
                        ($0.wantsSurprise, $0.paths) = (false, 400)
                    }
                ).items
            }
            #expect(found.count == 600)
            #expect(Set(found.map(\.itemID)).count == found.count)
            #expect(found.map(\.score) == found.map(\.score).sorted(by: >))
        }
    }

    @Test("The items looked at closely are all that could be in the list")
    func candidates() throws {
        let world = try Self.wide.get()
        let subject = try world.recommender.subject("user 5")
        let next = world.model.prediction(for: world.model.nextQuery(after: subject.history))
        let futures = try world.recommender.simulate(subject, settings: options().simulation)
        for usesPaths in [true, false] {
            func best(_ count: Int, among: Int) throws -> [Int32] {
                let asked = options { ($0.count, $0.usesPaths) = (among, usesPaths) }
                let predicted = world.recommender.candidates(
                    futures, next: next, excluding: ["i7"], options: asked)
                #expect(!predicted.contains { world.recommender.itemID($0.item) == "i7" })
                return try rank(
                    world, predicted, user: "user 5",
                    preferring: subject.twin.preferences.categories.map { ($0.name, $0.share) }
                ).prefix(count).map(\.predicted.item)
            }
            for count in [1, 10, 60, 150] {
                #expect(try best(count, among: count) == best(count, among: 600))
            }
        }
    }

    /// 600 items of 12 categories, bought at random.
    private static let wide = Result { () -> World in
        var generator = PhiloxGenerator(seed: 31)
        let items = (0..<600).map {
            Item(itemID: "i\($0)", name: "thing \($0)", category: "kind \($0 % 12)")
        }
        var events: [Event] = []
        for item in 0..<600 { events.append(event("user \(item % 30)", "i\(item)", 0)) }
        for user in 0..<30 {
            for step in 1..<60 {
                // Each has a favourite kind.
                let kind = generator.uniform() < 0.6 ? user % 12 : generator.integer(below: 12)
                let item = generator.integer(below: 50) * 12 + kind
                events.append(event("user \(user)", "i\(item)", Int64(step) * day))
            }
        }
        return try World(items: items, events: events)
    }
}

@Suite("Contract of recommenders")
struct ContractTests {
    /// Fifty customers and fifty items, like squares of a board: a customer takes those of its own
    /// colour, all but six of them, in an order of its own.
    private static let board = Result { () -> World in
        var generator = PhiloxGenerator(seed: 50)
        var events: [Event] = []
        for user in 0..<50 {
            var items = Array(stride(from: user % 2, to: 50, by: 2))
            generator.shuffle(&items)
            for (step, item) in items.dropLast(6).enumerated() {
                events.append(event(name(user), "square \(item)", Int64(step) * day))
            }
        }
        return try World(
            items: (0..<50).map { Item(itemID: "square \($0)", name: "square \($0)") },
            events: events, width: 16, epochs: 12)
    }

    private static func name(_ user: Int) -> String { "user \(user)" }

    private func colour(_ itemID: String) -> Int { (Int(itemID.dropFirst(7)) ?? -1) % 2 }

    @Test("Fifty of fifty customers of a checkerboard get squares of their own colour")
    func checkerboard() throws {
        let world = try Self.board.get()
        var right = 0
        var new = 0
        for user in 0..<50 {
            let answer = try world.recommender.recommend(
                Self.name(user), options: options { $0.paths = 300 })
            if answer.items.prefix(5).allSatisfy({ colour($0.itemID) == user % 2 }) { right += 1 }
            // The six that it lacks are among its colour's twenty-five.
            let touched = try world.touched(Self.name(user))
            if answer.surprise.map({ !touched.contains($0.itemID) }) ?? false { new += 1 }
        }
        #expect(right == 50)
        #expect(new == 50)
    }

    @Test("Of the squares it lacks, a customer is offered those of its colour first")
    func missingSquares() throws {
        let world = try Self.board.get()
        var right = 0
        for user in 0..<50 {
            let answer = try world.recommender.recommend(
                Self.name(user), options: options { ($0.usesPaths, $0.count) = (false, 50) })
            let touched = try world.touched(Self.name(user))
            let new = answer.items.first { !touched.contains($0.itemID) }
            if new.map({ colour($0.itemID) == user % 2 }) ?? false { right += 1 }
        }
        #expect(right == 50)
    }

    @Test("More items than there are gives what there is")
    func tooMany() throws {
        let world = try Self.board.get()
        let answer = try world.recommender.recommend(
            Self.name(0), options: options { ($0.usesPaths, $0.count) = (false, 200) })
        #expect(answer.items.count == 50)
    }

    @Test("Whatever has happened, numbers stay finite", arguments: 0..<8)
    func adversarial(_ kind: Int) throws {
        let model = try Self.board.get().model
        let end = Int64.max / 1000
        let events: [Event] =
            switch kind {
            case 0: [event("u", "square 0", 0)]
            case 1: (0..<500).map { event("u", "square 0", Int64($0)) }
            case 2: (0..<300).map { event("u", "square \($0 % 50)", 0) }
            case 3: [event("u", "square 1", -end), event("u", "square 1", 0)]
            case 4: (0..<40).map { event("u", "square 3", Int64($0), type: .reject) }
            case 5: (0..<50).map { event("u", "square \($0)", Int64($0), type: .view) }
            case 6: EventType.allCases.map { event("u", "square 9", 7, type: $0) }
            default:
                (0..<30).map {
                    var odd = event("u", "square \($0)", Int64($0))
                    (odd.price, odd.quantity, odd.dwellSeconds) = (1e30, 1e30, 1e30)
                    return odd
                }
            }
        let world = try World(items: [], events: events, model: model)
        for usesPaths in [true, false] {
            let answer = try world.recommender.recommend(
                "u", options: options { $0.usesPaths = usesPaths })
            for item in answer.items + [answer.surprise].compactMap({ $0 }) {
                #expect(item.score.isFinite)
                #expect(item.probability.isFinite)
                #expect(item.interval.allSatisfy { $0.isFinite })
            }
        }
    }
}
