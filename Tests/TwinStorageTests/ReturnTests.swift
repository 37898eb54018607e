import Foundation
import PropertyGraph
import TestSupport
import Testing
import Time
import TwinFixtures

@testable import Shop
@testable import TwinStorage

/// A return reverses the latest earlier purchase of its item.
@Suite struct ReturnTests {
    private let day = 86_400.0

    @Test func aReturnTakesThePurchaseOut() throws {
        let shop = try TestStore()
        try shop.append(
            event(.view, "A", 0), event(.purchase, "A", 60), event(.purchase, "B", 60))
        #expect(
            try shop.twin().interactionNames == ["purchase A ×1", "purchase B ×1", "view A ×1"])
        let sequences = try shop.twin().sequenceNames
        for merges in [false, true] {
            if merges { try shop.store.mergeAll() }
            try shop.append(event(.return, "A", 2 * day, id: "r"))
            #expect(
                try shop.twin().interactionNames == ["purchase B ×1", "return A ×1", "view A ×1"])
            // What followed what stays as it was.
            #expect(try shop.twin().sequenceNames == sequences)
            // As of a time before the return, the purchase counts.
            #expect(try shop.twin(at: after(day)).interactionNames.contains("purchase A ×1"))
        }
    }

    @Test func theLatestEarlierPurchaseGoesFirst() throws {
        let shop = try TestStore(settings: TwinSettings(halfLifeSeconds: 1000 * day))
        for (time, quantity) in [(0.0, 1.0), (day, 4), (3 * day, 9)] {
            var bought = event(.purchase, "A", time)
            bought.quantity = quantity
            try shop.append(bought)
        }
        try shop.append(event(.return, "A", 2 * day))
        let edge = try #require(
            try shop.twin().itemGraph.interactions.first { $0.type == .purchase })
        #expect(edge.count == 2 && edge.first == after(0) && edge.last == after(3 * day))
        // A second one takes the first purchase, a third one finds none.
        try shop.append(event(.return, "A", 2.5 * day))
        let last = try #require(
            try shop.twin().itemGraph.interactions.first { $0.type == .purchase })
        #expect(last.count == 1 && last.first == after(3 * day) && last.weight == 15)
        try shop.append(event(.return, "A", 2.6 * day))
        #expect(try shop.twin().interactionNames == ["purchase A ×1", "return A ×3"])
    }

    @Test func aReturnReversesNothingOfItsOwnTimeOrLater() throws {
        let shop = try TestStore()
        try shop.append(
            event(.return, "A", 0), event(.purchase, "A", 0), event(.purchase, "A", 60),
            event(.return, "B", 90))
        #expect(
            try shop.twin().interactionNames == ["purchase A ×2", "return A ×1", "return B ×1"])
    }

    @Test func aReturnedPurchaseIsNoPreference() throws {
        let shop = try TestStore()
        try shop.store.put([
            Item(itemID: "pot", category: "kitchen", price: 40),
            Item(itemID: "tea", category: "drinks", price: 4),
        ])
        try shop.append(event(.purchase, "pot", 0), event(.purchase, "tea", 0))
        #expect(try shop.twin().preferences.categories.count == 2)
        try shop.append(event(.return, "pot", day))
        let preferences = try shop.twin().preferences
        #expect(preferences.categories.map(\.name) == ["drinks"])
        #expect(preferences.priceLevel == 4)
    }

    /// One edge from the customer to an item, as the naive model has it.
    private struct NaiveEdge {
        var count = 0
        var weight = 0.0
        var first: Timestamp
        var last: Timestamp
    }

    /// The edges to items by the words of the rule: each event adds to the edge of its type, but
    /// for purchases that a return took, operational events and events without an item.
    private func naiveEdges(
        _ log: [LoggedEvent], at moment: Timestamp, halfLife: Double
    ) -> [String: NaiveEdge] {
        let log = log.filter { $0.timestamp <= moment }
            .sorted { ($0.timestamp, $0.tieBreak) < ($1.timestamp, $1.tieBreak) }
        var taken: Set<Int> = []
        for event in log where event.type == .return && event.item != nil {
            let purchase = log.indices.last {
                log[$0].type == .purchase && log[$0].item == event.item
                    && log[$0].timestamp < event.timestamp && !taken.contains($0)
            }
            if let purchase { taken.insert(purchase) }
        }
        var edges: [String: NaiveEdge] = [:]
        for (index, event) in log.enumerated() where !taken.contains(index) {
            guard let item = event.item, event.type.role != .operational else { continue }
            let time = event.timestamp
            var edge = edges["\(event.type) \(item)"] ?? NaiveEdge(first: time, last: time)
            edge.count += 1
            edge.last = time
            edge.weight +=
                EventOutline(event).weight * exp2(-moment.secondsSince(time) / halfLife)
            edges["\(event.type) \(item)"] = edge
        }
        return edges
    }

    @Test(arguments: UInt64(0)..<30) func theFoldIsTheNaiveModel(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let shop = try TestStore(
            settings: TwinSettings(halfLifeSeconds: 5000),
            journalLimit: generator.pick([1, 20, 1000]))
        var rest = (0..<80).map { generator.event(user: "u", eventID: "\($0)") }[...]
        while !rest.isEmpty {
            let size = 1 + generator.below(9)
            _ = try shop.store.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
            if generator.chance(0.3) { try shop.store.mergeAll() }
            let log = try shop.log()
            let newest = try #require(log.map(\.timestamp).max())
            for moment in [newest, log[generator.below(log.count)].timestamp] {
                let twin = try shop.twin(at: moment)
                let expected = naiveEdges(log, at: moment, halfLife: 5000)
                let numbers = Dictionary(
                    uniqueKeysWithValues: try shop.store.itemIDs().enumerated().map {
                        ($0.element, $0.offset)
                    })
                #expect(twin.itemGraph.interactions.count == expected.count, "seed \(seed)")
                for edge in twin.itemGraph.interactions {
                    let number = try #require(numbers[edge.itemID])
                    let naive = try #require(
                        expected["\(edge.type) \(number)"], "seed \(seed): \(edge)")
                    #expect(edge.count == naive.count, "seed \(seed): \(edge)")
                    #expect(edge.first == naive.first && edge.last == naive.last, "seed \(seed)")
                    #expect(
                        abs(edge.weight - naive.weight) <= 1e-9 * naive.weight, "seed \(seed)")
                }
            }
        }
    }
}

/// Events that are only kept in the log, and events that only move preferences.
@Suite struct EventRoleTests {
    private let day = 86_400.0

    private func shop() throws -> TestStore {
        let shop = try TestStore()
        try shop.store.put([
            Item(itemID: "tea", name: "Green tea", category: "drinks", brand: "Leaf"),
            Item(itemID: "pot", name: "Tea pot", category: "kitchen", brand: "Clay"),
        ])
        return shop
    }

    /// With operational events between them, the same events make the same twin.
    @Test(arguments: [1, 1000]) func operationalEventsMoveNothing(journalLimit: Int) throws {
        let plain = try TestStore(journalLimit: journalLimit)
        let busy = try TestStore(journalLimit: journalLimit)
        let events = [
            event(.view, "tea", 0), event(.cartAdd, "tea", 60), event(.purchase, "tea", 120),
            event(.view, "pot", day),
        ]
        let operational = EventType.allCases.filter { $0.role == .operational }
        for shop in [plain, busy] {
            try shop.store.put([Item(itemID: "tea", category: "drinks")])
            for (number, event) in events.enumerated() {
                if shop === busy {
                    for (offset, type) in operational.enumerated() {
                        var noise = TwinFixtures.event(
                            type, "pot", Double(number * 60 - 30 + offset), id: "\(number) \(type)")
                        noise.city = "Graz"
                        noise.query = "tea"
                        try shop.append(noise)
                    }
                }
                try shop.append(event)
                if number == 1 { try shop.store.mergeAll() }
            }
        }
        let (expected, found) = (try plain.twin(), try busy.twin())
        #expect(found.itemGraph == expected.itemGraph)
        #expect(found.preferences == expected.preferences)
        #expect(found.searches == [] && found.city == nil)
        #expect(try busy.store.snapshot(of: "u").city == nil)
        #expect(found.eventCount == events.count * (1 + operational.count))
        #expect(try busy.log().count == found.eventCount)
        try busy.store.mergeAll()
        #expect(try busy.twin().itemGraph == expected.itemGraph)
    }

    @Test func answersToOffersMovePreferences() throws {
        let shop = try shop()
        try shop.append(event(.offerAccepted, "tea", 0), event(.suggestionAccepted, "tea", 0))
        #expect(try shop.twin().weight(.offerAccepted, "tea") == 2)
        #expect(try shop.twin().preferences.categories.map(\.name) == ["drinks"])
        #expect(try shop.twin().sequenceNames == [])
        try shop.append(event(.offerDismissed, "pot", 1), event(.suggestionRejected, "pot", 2))
        #expect(try shop.twin().preferences.categories.map(\.name) == ["drinks"])
        #expect(try shop.twin().weight(.offerDismissed, "pot") != nil)
        // An answer to an offer of nothing in particular is a visit, and no more.
        try shop.append(event(.offerAccepted, nil, 3), event(.pageView, nil, 4))
        #expect(try shop.twin().eventCount == 6)
        #expect(try shop.twin().itemGraph.interactions.count == 4)
    }

    @Test func searchesMovePreferencesByTheirWords() throws {
        let shop = try shop()
        var search = event(.search, nil, 0)
        search.query = "TEA, green!"
        try shop.append(search)
        // "tea" is in the names of one item of each category, "green" in one of drinks.
        #expect(
            try shop.twin().preferences.categories == [
                .init(name: "drinks", share: 0.75), .init(name: "kitchen", share: 0.25),
            ])
        #expect(try shop.twin().preferences.brands == [])
        // Half of a view, whose weight is 1.
        try shop.append(event(.view, "pot", 0))
        let categories = try shop.twin().preferences.categories
        #expect(categories.map(\.name) == ["kitchen", "drinks"])
        #expect(abs(categories[1].share - 0.375 / 1.5) < 1e-12)
        // What the catalogue does not have says nothing.
        var unknown = event(.search, nil, 0)
        unknown.query = "sledge"
        try shop.append(unknown)
        #expect(try shop.twin().preferences.categories == categories)
        // A changed catalogue shows at once.
        try shop.store.put([Item(itemID: "sledge", name: "Sledge", category: "winter")])
        #expect(try shop.twin().preferences.categories.map(\.name).contains("winter"))
    }

    @Test func aPageMayHaveAQuery() throws {
        let shop = try shop()
        var page = event(.pageView, nil, 0)
        page.query = "kitchen"
        try shop.append(page)
        let twin = try shop.twin()
        #expect(twin.preferences.categories.map(\.name) == ["kitchen"])
        #expect(twin.searches == ["kitchen"] && twin.itemGraph.interactions.isEmpty)
        #expect(twin.preferences.dayparts.count == 1)
    }

    @Test func aRecordOfAnUnknownTypeSaysWhatToDo() {
        var record = EventRecord.encode(event(.view, "A", 0), item: 0, eventID: "e")
        record[0] = 200
        let error = twinsError {
            _ = try EventRecord.decode(record.span.bytes, timestamp: start)
        }
        #expect(error?.code == .corrupt)
        #expect(error?.description.contains("Use a newer foretwin") == true)
    }
}
