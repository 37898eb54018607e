import Foundation
import Prediction
import Simulation
import Testing
import TwinStorage

@testable import Recommendations
@testable import Shop

@Suite("Surprise schedule")
struct SurpriseScheduleTests {
    @Test(
        "A rate is met exactly after every one of 10,000 calls",
        arguments: [0, 1, 7, 50, 100, 125, 200, 333, 500, 667, 750, 900, 999, 1000])
    func rates(_ thousandths: Int) {
        var schedule = SurpriseSchedule(rate: Double(thousandths) / 1000)
        var shown = 0
        for call in 1...10_000 {
            if schedule.next() { shown += 1 }
            #expect(shown == call * thousandths / 1000, "after \(call) calls")
        }
        #expect(shown == 10 * thousandths)
    }

    @Test("Thirds and sevenths are met too", arguments: [3, 7, 9, 11])
    func fractions(_ divisor: Int) {
        var schedule = SurpriseSchedule(rate: 1 / Double(divisor))
        let shown = (0..<10_000).count { _ in schedule.next() }
        #expect(shown == 10_000 / divisor)
    }

    @Test("A rate out of range is clamped")
    func range() {
        for (rate, expected) in [(-1.0, 0.0), (2, 1), (.nan, 0), (.infinity, 1), (0.25, 0.25)] {
            #expect(SurpriseSchedule(rate: rate).rate == expected)
        }
        var never = SurpriseSchedule(rate: -5)
        var always = SurpriseSchedule(rate: .infinity)
        for _ in 0..<100 {
            let (first, second) = (never.next(), always.next())
            #expect(!first)
            #expect(second)
        }
    }
}

@Suite("Surprise")
struct SurpriseTests {
    @Test("It is new to the customer, not in the list, and close to the customer's taste")
    func newItems() throws {
        let world = try World.shop.get()
        var found = 0
        for user in world.users {
            let answer = try world.recommender.recommend(
                user, options: options { $0.paths = 40 })
            guard let surprise = answer.surprise else { continue }
            found += 1
            #expect(surprise.isSurprise)
            #expect(!(try world.touched(user)).contains(surprise.itemID))
            #expect(!answer.items.map(\.itemID).contains(surprise.itemID))
            let subject = try world.recommender.subject(user)
            let index = try #require(world.model.catalogue.index(of: surprise.itemID))
            #expect(
                UserEmbedding(subject.history, model: world.model).cosineSimilarity(index) > 0)
            #expect(surprise.score > 0)
            #expect((0...1).contains(surprise.probability))
            #expect(surprise.interval[0] <= surprise.probability)
            #expect(surprise.reasons.map(\.expert) == ["surprise"])
            #expect(surprise.name != surprise.itemID)
        }
        #expect(found > world.users.count / 2)
    }

    @Test("None is given unless wanted")
    func unwanted() throws {
        let world = try World.shop.get()
        for user in world.users.prefix(5) {
            let answer = try world.recommender.recommend(
                user, options: options { $0.wantsSurprise = false })
            #expect(answer.surprise == nil)
        }
    }

    @Test("A customer who has touched everything cannot be surprised")
    func everythingTouched() throws {
        let model = try World.shop.get().model
        let events = model.catalogue.itemIDs.enumerated().map {
            event("u", $1, 1_770_000_000 + Int64($0) * 60, type: .view)
        }
        let world = try World(items: [], events: events, model: model)
        let answer = try world.recommender.recommend("u", options: options())
        #expect(!answer.isColdStart)
        #expect(answer.surprise == nil)
    }

    @Test("Its category is less familiar to the customer than those of the list")
    func unfamiliar() throws {
        let world = try World.shop.get()
        var familiar = 0.0
        var surprising = 0.0
        for user in world.users {
            let answer = try world.recommender.recommend(
                user, options: options { $0.paths = 40 })
            let preferences = try world.store.twin(user).preferences
            guard let surprise = answer.surprise else { continue }
            surprising += preferences.share(ofCategory: surprise.category)
            familiar +=
                answer.items.reduce(0) { $0 + preferences.share(ofCategory: $1.category) } / 10
        }
        #expect(surprising < familiar, "\(surprising) of attention, \(familiar) for the list")
    }

    @Test("Of two candidates, the one with the less familiar category can win")
    func twoCandidates() throws {
        let world = try World.shop.get()
        let model = world.model
        let ids = Set(model.catalogue.itemIDs)
        let known = try world.store.items(model.catalogue.itemIDs)
        var changed = 0
        for user in world.users.prefix(20) {
            let subject = try world.recommender.subject(user)
            let embedding = UserEmbedding(subject.history, model: model)
            let next = model.prediction(for: model.nextQuery(after: subject.history))
            let futures = try world.recommender.simulate(
                subject, settings: options { $0.paths = 1 }.simulation)
            let explainer = Explainer(subject: subject, model: model, store: world.store)
            func pick(among candidates: Set<String>) throws -> Recommendation? {
                try world.recommender.surprisePick(
                    subject, futures: futures, next: next, embedding: embedding,
                    excluding: ids.subtracting(candidates), explainer: explainer)
            }
            /// The score without the factor of the category.
            func appeal(_ item: Int32) -> Double {
                let popularity = Double(model.popularity.probabilities[Int(item)]) + 1e-9
                let own = Double(next.probabilities[Int(item)]) + 1e-9
                return Double(embedding.cosineSimilarity(item)) * log1p(own / popularity)
            }
            var found: [(id: String, appeal: Double, score: Double)] = []
            for (index, id) in model.catalogue.itemIDs.enumerated() {
                guard let made = try pick(among: [id]) else { continue }
                let share = subject.twin.preferences.share(ofCategory: known[id]?.category)
                let expected = appeal(Int32(index)) * pow(1 - share, 4)
                #expect(abs(made.score - expected) < 1e-4 * max(1, expected))
                found.append((id, appeal(Int32(index)), made.score))
            }
            // The candidate with the highest appeal, and another one with the highest score.
            guard let first = found.max(by: { $0.appeal < $1.appeal }),
                let second = found.max(by: { $0.score < $1.score }), first.id != second.id,
                second.score > 1.01 * first.score
            else { continue }
            changed += 1
            #expect(try pick(among: [first.id, second.id])?.itemID == second.id)
            #expect(try pick(among: [first.id])?.itemID == first.id)
        }
        #expect(changed > 0)
    }
}

@Suite("Reasons")
struct ReasonTests {
    @Test("Reasons are parts of the item's probability, strongest first")
    func parts() throws {
        let world = try World.shop.get()
        for user in world.users.prefix(6) {
            for usesPaths in [true, false] {
                let answer = try world.recommender.recommend(
                    user, options: options { ($0.usesPaths, $0.count) = (usesPaths, 40) })
                for item in answer.items {
                    let sum = item.reasons.reduce(0) { $0 + $1.probability }
                    #expect(sum <= item.probability + 1e-6)
                    let weights = item.reasons.map(\.probability)
                    #expect(weights == weights.sorted(by: >))
                    #expect(weights.allSatisfy { $0 >= item.probability * 0.099 })
                    for reason in item.reasons {
                        #expect(ExpertID(publicName: reason.expert) != nil)
                    }
                }
            }
        }
    }

    @Test("Their texts hold names, never ids")
    func texts() throws {
        let world = try World.shop.get()
        let ids = world.model.catalogue.itemIDs
        for user in world.users.prefix(10) {
            let answer = try world.recommender.recommend(
                user, options: options { $0.count = 40 })
            for item in answer.items + [answer.surprise].compactMap({ $0 }) {
                for reason in item.reasons {
                    #expect(!reason.text.isEmpty)
                    #expect(!ids.contains { reason.text.contains($0) }, "\(reason.text)")
                    #expect(!reason.text.contains(user))
                    #expect(!reason.text.contains(answer.customerKey))
                }
            }
        }
    }

    /// Milk each week, tea once, soap twice; then a basket of bread.
    private func diary() throws -> (World, Explainer) {
        let items = ["milk", "tea", "soap", "bread", "gum"].map {
            Item(itemID: "id-\($0)", name: "fine \($0)")
        }
        let start: Int64 = 1_767_225_600
        var events: [Event] = []
        for user in ["u", "v", "w"] {
            for week in 0..<8 {
                events.append(event(user, "id-milk", start + Int64(week) * 7 * day))
            }
            for days in 0..<4 {
                events.append(event(user, "id-gum", start + Int64(days) * day + 5))
            }
            events.append(event(user, "id-tea", start + 3 * day))
            events.append(event(user, "id-soap", start + 4 * day))
            events.append(event(user, "id-soap", start + 30 * day))
            events.append(event(user, "id-bread", start + 50 * day))
        }
        let world = try World(items: items, events: events)
        let subject = try world.recommender.subject("u")
        return (world, Explainer(subject: subject, model: world.model, store: world.store))
    }

    @Test(
        "Texts for regular purchases, for two, and for one",
        arguments: [
            ("id-milk", "you take it about every 7 days, last on 2026-02-19"),
            ("id-gum", "you take it almost daily, last on 2026-01-04"),
            ("id-tea", "you took it on 2026-01-04"),
            ("id-soap", "you took it twice, last on 2026-01-31"),
        ])
    func repetition(_ id: String, _ words: String) throws {
        let (world, explainer) = try diary()
        let next = world.model.prediction(
            for: world.model.nextQuery(after: explainer.subject.history))
        let index = try #require(world.model.catalogue.index(of: id))
        let made = try explainer.recommendation(
            .init(
                item: index, probability: 0.4, interval: 0.3...0.5, medianTime: 1_770_000_000,
                expertFractions: [.history: 1]), score: 1, next: next, item: nil)
        #expect(made.reasons.map(\.text) == [words])
    }

    @Test("Each expert has a text", arguments: ExpertID.allCases)
    func words(_ name: ExpertID) throws {
        let (world, explainer) = try diary()
        let next = world.model.prediction(
            for: world.model.nextQuery(after: explainer.subject.history))
        for id in ["id-milk", "id-tea"] {
            let index = try #require(world.model.catalogue.index(of: id))
            let made = try explainer.recommendation(
                .init(
                    item: index, probability: 0.4, interval: 0.3...0.5, medianTime: 1_770_000_000,
                    expertFractions: [name: 1]), score: 1, next: next,
                item: try world.store.item(id))
            let reason = try #require(made.reasons.first)
            #expect(made.reasons.count == 1)
            #expect(reason.expert == name.publicName)
            #expect(ExpertID(publicName: reason.expert) == name)
            #expect(abs(reason.probability - 0.4) < 1e-9)
            #expect(!reason.text.contains("id-"))
            #expect(made.expectedDate == "2026-02-02")
            #expect(made.name == "fine " + id.dropFirst(3))
        }
    }

    @Test("Experts with a tenth of the probability or more give reasons, others do not")
    func threshold() throws {
        let (world, explainer) = try diary()
        let next = world.model.prediction(
            for: world.model.nextQuery(after: explainer.subject.history))
        let made = try explainer.recommendation(
            .init(
                item: 0, probability: 0.5, interval: 0...1, medianTime: 0,
                expertFractions: [.popularity: 0.1, .history: 0.85, .neighbours: 0.05]),
            score: 1, next: next, item: nil)
        #expect(made.reasons.map(\.expert) == ["repeat_purchase", "popularity"])
        #expect(made.name == made.itemID)
    }
}
