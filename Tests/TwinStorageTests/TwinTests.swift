import Foundation
import PropertyGraph
import Testing
import Time
import TwinFixtures

@testable import Shop
@testable import TwinStorage

/// The edges of twins for hand-made traces (S4-01, S4-09, S4-13, S4-14).
@Suite struct TwinEdgeTests {
    @Test func aVisitGivesExactlyTheseEdges() throws {
        let shop = try TestStore()
        try shop.append(
            event(.view, "A", 0), event(.cartAdd, "A", 60), event(.view, "C", 120),
            event(.purchase, "C", 180))
        let twin = try shop.twin()
        #expect(
            twin.interactionNames == [
                "cart_add A ×1", "purchase C ×1", "view A ×1", "view C ×1",
            ])
        #expect(
            twin.sequenceNames == [
                "A CARTED_THEN_VIEWED C ×1", "A VIEWED_THEN_CARTED A ×1",
                "C VIEWED_THEN_PURCHASED C ×1",
            ])
        #expect(Set(twin.itemGraph.itemIDs) == ["A", "C"])
        #expect(twin.itemGraph.itemIDs.count == 2)
    }

    @Test func theGraphHoldsThoseEdgesAndTheSurroundings() throws {
        let shop = try TestStore()
        var search = event(.search, "A", 0)
        search.query = "Tea"
        search.city = "Wien"
        try shop.append(search, event(.purchase, "A", 60))
        try shop.store.mergeAll()
        let graphID = try #require(try shop.store.twinGraph(userID: "u"))
        let graph = shop.store.graph
        var names: [String] = []
        try graph.read { transaction in
            try graph.forEachEdge(graph: graphID, in: transaction) { edge in
                let target = try graph.externalID(of: edge.target, in: transaction) ?? "?"
                names.append("\(edge.type.rawValue) \(target) ×\(edge.count)")
                return true
            }
        }
        #expect(
            names.sorted() == [
                "ACTIVE_IN morning ×2", "FOUND A ×1", "FOUND_THEN_PURCHASED A ×1",
                "LOCATED_IN Wien ×1", "PURCHASED A ×1", "SEARCHED tea ×1",
            ])
    }

    @Test func sessionsSplitSequences() throws {
        let shop = try TestStore()
        try shop.append(
            event(.view, "A", 0, session: "1"), event(.view, "B", 10, session: "2"),
            event(.view, "C", 20, session: "2"))
        #expect(try shop.twin().sequenceNames == ["B VIEWED_THEN_VIEWED C ×1"])
    }

    @Test func oneSessionHoldsOverAnyGap() throws {
        let shop = try TestStore()
        try shop.append(
            event(.view, "A", 0, session: "1"), event(.purchase, "B", 86_400, session: "1"))
        #expect(try shop.twin().sequenceNames == ["A VIEWED_THEN_PURCHASED B ×1"])
    }

    @Test(arguments: [(1800.0, 1), (1800.001, 0), (1799, 1), (100_000, 0)])
    func idleTimeSplitsWhereNoSessionIsNamed(_ gap: Double, _ edges: Int) throws {
        let shop = try TestStore()
        try shop.append(event(.view, "A", 0), event(.view, "B", gap))
        #expect(try shop.twin().sequenceNames.count == edges)
        // A session on one side only says nothing; the gap decides.
        let half = try TestStore()
        try half.append(event(.view, "A", 0, session: "1"), event(.view, "B", gap))
        #expect(try half.twin().sequenceNames.count == edges)
    }

    @Test func idleTimeIsASetting() throws {
        let shop = try TestStore(settings: TwinSettings(sessionIdleSeconds: 10))
        try shop.append(event(.view, "A", 0), event(.view, "B", 10), event(.view, "C", 21))
        #expect(try shop.twin().sequenceNames == ["A VIEWED_THEN_VIEWED B ×1"])
    }

    @Test func articlesOfOneBasketDoNotFollowOneAnother() throws {
        let shop = try TestStore()
        try shop.append(
            event(.purchase, "A", 0), event(.purchase, "B", 0), event(.purchase, "C", 0),
            event(.view, "D", 60))
        #expect(
            try shop.twin().sequenceNames == [
                "A PURCHASED_THEN_VIEWED D ×1", "B PURCHASED_THEN_VIEWED D ×1",
                "C PURCHASED_THEN_VIEWED D ×1",
            ])
    }

    @Test func aBasketIsOneMomentThoughItComesInParts() throws {
        let whole = try TestStore()
        let parts = try TestStore()
        let events = [
            event(.view, "D", 0), event(.purchase, "A", 60), event(.purchase, "B", 60),
            event(.view, "E", 120),
        ]
        try #expect(whole.store.append(events).added == 4)
        for event in events { try parts.append(event) }
        #expect(TwinImage(try whole.twin()) == TwinImage(try parts.twin()))
        #expect(try whole.twin().sequenceNames.count == 4)
    }

    @Test func aLargeBasketLeadsOnFromEightArticlesOnly() throws {
        let shop = try TestStore()
        let basket = (0..<80).map { event(.purchase, "A\($0)", 0) }
        try #expect(shop.store.append(basket + [event(.view, "B", 60)]).added == 81)
        #expect(try shop.twin().sequenceNames.count == TwinFold.sequenceLimit)
    }

    @Test func doingTheSameAgainIsNoSequence() throws {
        let shop = try TestStore()
        try shop.append(event(.view, "A", 0), event(.view, "A", 10), event(.purchase, "A", 20))
        #expect(try shop.twin().interactionNames == ["purchase A ×1", "view A ×2"])
        #expect(try shop.twin().sequenceNames == ["A VIEWED_THEN_PURCHASED A ×1"])
    }

    @Test(arguments: [EventType.cartRemove, .cartUpdate, .wishlistRemove, .reject, .return])
    func stepsAwayFromAnItemAreNoSequence(_ type: EventType) throws {
        let shop = try TestStore()
        try shop.append(event(.view, "A", 0), event(type, "B", 10), event(.view, "C", 20))
        #expect(try shop.twin().sequenceNames == [])
        #expect(try shop.twin().interactionNames.contains("\(type.name) B ×1"))
    }

    @Test func everyTypeHasAnEdgeOfItsOwnButForOperationalOnes() throws {
        let shop = try TestStore()
        let events = EventType.allCases.map { event($0, "A", Double($0.rawValue)) }
        try #expect(shop.store.append(events).added == events.count)
        // The return comes after the purchase and reverses it.
        #expect(
            try shop.twin().interactionNames
                == EventType.allCases.filter { $0.role != .operational && $0 != .purchase }
                .map { "\($0.name) A ×1" }.sorted())
    }

    @Test func repeatedSequencesAddUp() throws {
        let shop = try TestStore()
        for visit in 0..<3 {
            let time = Double(visit) * 10_000
            try shop.append(event(.view, "A", time), event(.purchase, "B", time + 60))
        }
        #expect(try shop.twin().sequenceNames == ["A VIEWED_THEN_PURCHASED B ×3"])
    }

    @Test func twinsDoNotMix() throws {
        let shop = try TestStore()
        try shop.append(
            event(.view, "A", 0, user: "u"), event(.view, "B", 1, user: "v"),
            event(.view, "C", 2, user: "u"))
        #expect(try shop.twin("u").sequenceNames == ["A VIEWED_THEN_VIEWED C ×1"])
        #expect(try shop.twin("v").interactionNames == ["view B ×1"])
    }

    /// The newest event is in the twin at once (S4-51).
    @Test func aNewEventMovesTheTwinAtOnce() throws {
        let shop = try TestStore()
        for number in 1...50 {
            try shop.append(event(.view, "i\(number)", Double(number)))
            let twin = try shop.twin()
            #expect(twin.eventCount == number)
            #expect(twin.lastUpdated == after(Double(number)))
            #expect(twin.firstEvent == after(1))
            #expect(twin.itemGraph.itemIDs.first == "i\(number)")
        }
    }
}

/// Weights: frequency × recency (S4-02, S4-15).
@Suite struct TwinWeightTests {
    private let day = 86_400.0

    @Test func weightsHaveTheClosedForm() throws {
        let shop = try TestStore(settings: TwinSettings(halfLifeSeconds: 10 * day))
        for days in [0.0, 3, 7, 20] { try shop.append(event(.view, "A", days * day)) }
        for moment in [20.0, 21, 30, 365] {
            let expected = [0.0, 3, 7, 20].reduce(0) { $0 + exp2(-(moment - $1) / 10) }
            let twin = try shop.twin(at: after(moment * day))
            let weight = try #require(twin.weight(.view, "A"))
            #expect(abs(weight - expected) <= 1e-12 * expected, "day \(moment)")
        }
    }

    @Test func withoutAMomentTheWeightIsThatOfTheNewestEvent() throws {
        let shop = try TestStore(settings: TwinSettings(halfLifeSeconds: day))
        try shop.append(event(.view, "A", 0), event(.view, "B", day))
        let twin = try shop.twin()
        #expect(twin.weight(.view, "A") == 0.5)
        #expect(twin.weight(.view, "B") == 1)
        #expect(twin.itemGraph.interactions.map(\.itemID) == ["B", "A"])
    }

    @Test func theHalfLifeIsThirtyDaysUnlessSet() throws {
        let shop = try TestStore()
        try shop.append(event(.view, "A", 0))
        #expect(try shop.twin(at: after(30 * day)).weight(.view, "A") == 0.5)
        #expect(try shop.twin(at: after(60 * day)).weight(.view, "A") == 0.25)
    }

    @Test func sequencesFadeToo() throws {
        let shop = try TestStore(settings: TwinSettings(halfLifeSeconds: day))
        try shop.append(event(.view, "A", 0), event(.view, "B", 60))
        #expect(try shop.twin(at: after(60)).itemGraph.sequences.first?.weight == 1)
        #expect(try shop.twin(at: after(60 + 2 * day)).itemGraph.sequences.first?.weight == 0.25)
    }

    @Test func aPurchaseRaisesTheWeightMoreThanAView() throws {
        let shop = try TestStore()
        try shop.append(event(.view, "A", 0), event(.purchase, "B", 0), event(.cartAdd, "C", 0))
        let twin = try shop.twin()
        #expect(twin.itemGraph.interactions.map(\.itemID) == ["B", "C", "A"])
        #expect(twin.itemGraph.interactions.map(\.weight) == [5, 3, 1])
    }

    @Test(
        arguments: [
            (nil, 1), (0, 0.25), (7.5, 0.25), (15, 0.5), (30, 1), (60, 2), (120, 4), (9999, 4),
        ] as [(Double?, Double)])
    func longerLooksWeighMore(_ dwell: Double?, _ weight: Double) throws {
        let shop = try TestStore()
        var view = event(.view, "A", 0)
        view.dwellSeconds = dwell
        var cart = event(.cartAdd, "A", 0)
        cart.dwellSeconds = dwell
        try shop.append(view, cart)
        #expect(try shop.twin().weight(.view, "A") == weight)
        #expect(try shop.twin().weight(.cartAdd, "A") == 3)
    }

    @Test(
        arguments: [
            (nil, 5), (0, 5), (0.5, 5), (1, 5), (4, 10), (9, 15), (16, 20), (1e9, 20),
        ] as [(Double?, Double)])
    func severalOfAnArticleWeighMore(_ quantity: Double?, _ weight: Double) throws {
        let shop = try TestStore()
        var purchase = event(.purchase, "A", 0)
        purchase.quantity = quantity
        var view = event(.view, "A", 0)
        view.quantity = quantity
        try shop.append(purchase, view)
        #expect(try shop.twin().weight(.purchase, "A") == weight)
        #expect(try shop.twin().weight(.view, "A") == 1)
    }

    @Test func numbersThatAreNoneDoNoHarm() throws {
        let shop = try TestStore()
        for value in [Double.nan, .infinity, -.infinity, -5] {
            var view = event(.view, "A", 0)
            view.dwellSeconds = value
            var purchase = event(.purchase, "A", 0)
            purchase.quantity = value
            try shop.append(view, purchase)
        }
        #expect(try shop.twin().itemGraph.interactions.allSatisfy { $0.weight.isFinite })
    }

    @Test func equalWeightsAreOrderedByName() throws {
        let shop = try TestStore()
        for item in ["C", "A", "D", "B"] { try shop.append(event(.view, item, 0)) }
        #expect(try shop.twin().itemGraph.itemIDs == ["A", "B", "C", "D"])
    }

    @Test func firstAndLastTimesAreKept() throws {
        let shop = try TestStore()
        try shop.append(event(.view, "A", 50), event(.view, "A", 10), event(.view, "A", 30))
        let edge = try #require(try shop.twin().itemGraph.interactions.first)
        #expect(edge.first == after(10) && edge.last == after(50) && edge.count == 3)
    }
}

/// What a customer likes, and what else a twin knows (S4-03, S4-10, S4-47).
@Suite struct PreferenceTests {
    private func shop() throws -> TestStore {
        let shop = try TestStore()
        try shop.store.put([
            Item(itemID: "tea", category: "drinks", brand: "Leaf", price: 4),
            Item(itemID: "pot", category: "kitchen", brand: "Leaf", price: 40),
            Item(itemID: "cup", category: "kitchen", brand: "Clay"), Item(itemID: "odd"),
        ])
        return shop
    }

    @Test func sharesOfAHandMadeCase() throws {
        let shop = try shop()
        // Weights at the moment 0: tea 5 + 1, pot 5, cup 3, odd 1.
        try shop.append(
            event(.purchase, "tea", 0), event(.view, "tea", 0), event(.purchase, "pot", 0),
            event(.cartAdd, "cup", 0), event(.view, "odd", 0))
        let preferences = try shop.twin().preferences
        let whole = 14.0
        #expect(
            preferences.categories == [
                .init(name: "kitchen", share: 8 / whole), .init(name: "drinks", share: 6 / whole),
            ])
        #expect(
            preferences.brands == [
                .init(name: "Leaf", share: 11 / whole), .init(name: "Clay", share: 3 / whole),
            ])
        #expect(preferences.priceLevel == 22)
        #expect(preferences.share(ofCategory: "kitchen") == 8 / whole)
        #expect(preferences.share(ofCategory: "garden") == 0)
        #expect(preferences.share(ofCategory: nil) == 0)
    }

    @Test func whatWasSentBackOrRefusedIsNotLiked() throws {
        let shop = try shop()
        try shop.append(
            event(.view, "tea", 0), event(.reject, "pot", 0), event(.return, "cup", 0))
        #expect(try shop.twin().preferences.categories.map(\.name) == ["drinks"])
        #expect(try shop.twin().preferences.brands.map(\.name) == ["Leaf"])
    }

    @Test func thePriceLevelIsThatOfPurchases() throws {
        let shop = try shop()
        try shop.append(event(.view, "pot", 0), event(.cartAdd, "pot", 1))
        #expect(try shop.twin().preferences.priceLevel == nil)
        try shop.append(event(.purchase, "cup", 2))
        #expect(try shop.twin().preferences.priceLevel == nil)
        try shop.append(event(.purchase, "tea", 3))
        #expect(try shop.twin().preferences.priceLevel == 4)
    }

    @Test func recentEventsCountMore() throws {
        let shop = try shop()
        try shop.append(event(.view, "tea", 0), event(.view, "pot", 30 * 86_400))
        let categories = try shop.twin().preferences.categories
        #expect(categories.map(\.name) == ["kitchen", "drinks"])
        #expect(abs((categories.first?.share ?? 0) - 2.0 / 3) < 1e-12)
        #expect(abs(categories.map(\.share).reduce(0, +) - 1) < 1e-12)
    }

    @Test func aCorrectedCatalogueShowsAtOnce() throws {
        let shop = try shop()
        try shop.append(event(.view, "odd", 0))
        #expect(try shop.twin().preferences.categories == [])
        try shop.store.put([Item(itemID: "odd", category: "games")])
        #expect(try shop.twin().preferences.categories.map(\.name) == ["games"])
    }

    @Test(arguments: [
        (0, "night"), (4, "night"), (5, "morning"), (10, "morning"), (11, "noon"), (13, "noon"),
        (14, "afternoon"), (17, "afternoon"), (18, "evening"), (22, "evening"), (23, "night"),
    ])
    func dayparts(_ hour: Int, _ name: String) throws {
        #expect(Daypart.name(hour: hour) == name)
        let shop = try TestStore()
        try shop.append(event(.view, "A", Double(hour - 10) * 3600 + 3599))
        let dayparts = try shop.twin().preferences.dayparts
        #expect(dayparts.map(\.name) == [name])
        #expect(dayparts.map(\.share) == [1])
    }

    @Test func theCityIsTheOneOfMostRecentVisits() throws {
        let shop = try TestStore()
        for (day, city) in ["Wien", "Wien", "Graz"].enumerated() {
            var view = event(.view, "A", Double(day) * 86_400)
            view.city = city
            try shop.append(view)
        }
        #expect(try shop.twin().city == "Wien")
        var late = event(.view, "A", 90 * 86_400)
        late.city = "Graz"
        try shop.append(late)
        #expect(try shop.twin().city == "Graz")
    }

    @Test func searchesWithoutItemsFeedTheTwin() throws {
        let shop = try TestStore()
        for (seconds, query) in [(0.0, "Red Shoes"), (10, "tea"), (20, "RED shoes")] {
            var search = event(.search, nil, seconds)
            search.query = query
            #expect(try shop.append(search, createItems: false).added == 1)
        }
        let twin = try shop.twin()
        #expect(twin.searches == ["red shoes", "tea"])
        #expect(twin.itemGraph.interactions.isEmpty)
        #expect(twin.eventCount == 3 && !twin.isCold)
        #expect(try shop.log().map(\.item) == [nil, nil, nil])
        #expect(try shop.log().map(\.query) == ["Red Shoes", "tea", "RED shoes"])
    }

    @Test func preferencesRoundTripAsJSON() throws {
        let shop = try shop()
        try shop.append(event(.purchase, "tea", 0), event(.view, "pot", 5))
        let preferences = try shop.twin().preferences
        let data = try JSONEncoder().encode(preferences)
        #expect(try JSONDecoder().decode(UserTwin.Preferences.self, from: data) == preferences)
    }

    @Test func anUnknownCustomerHasAColdTwin() throws {
        let shop = try TestStore()
        try shop.append(event(.view, "A", 0))
        for moment in [nil, start, Timestamp(rawValue: .min)] {
            let twin = try shop.twin("stranger", at: moment)
            #expect(twin.isCold)
            #expect(twin.userID == shop.store.pseudonymizer.pseudonym(of: "stranger"))
            #expect(TwinImage(twin) == TwinImage(UserTwin(coldUserID: "")))
            #expect(twin.lastUpdated == nil && twin.city == nil)
        }
        // Asking makes nobody known.
        #expect(try shop.store.twinCount() == 1)
        #expect(try shop.twin().userID == shop.store.pseudonymizer.pseudonym(of: "u"))
    }
}
