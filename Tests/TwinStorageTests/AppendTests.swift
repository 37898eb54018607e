import Foundation
import PropertyGraph
import TestSupport
import Testing
import Time
import TwinFixtures

@testable import Shop
@testable import TwinStorage

/// Adding events to the log: each once, whatever is sent again (R16, S4-49).
@Suite struct AppendTests {
    @Test func eventsAreLoggedInOrderOfTime() throws {
        let shop = try TestStore()
        let result = try shop.append(
            event(.purchase, "b", 20), event(.view, "a", 10, id: "first"), event(.view, "b", 15))
        #expect(result == AppendResult(added: 3))
        let log = try shop.log()
        try #require(log.map(\.timestamp) == [after(10), after(15), after(20)])
        #expect(log.map(\.type) == [.view, .view, .purchase])
        #expect(log[0].eventID == "first")
        #expect(try shop.store.eventCount() == 3)
        #expect(try shop.store.itemIDs() == ["b", "a"])
        #expect(log.map(\.item) == [1, 0, 0])
    }

    @Test func everyFieldOfAnEventIsKept() throws {
        let shop = try TestStore()
        let full = Event(
            eventID: "e", userID: "u", itemID: "i", type: .purchase, timestamp: start,
            sessionID: "s", city: "Wien", quantity: 2, price: 9.9, dwellSeconds: 3,
            query: "tea", basketID: "b", properties: ["channel": "web", "": ""])
        try shop.append(full)
        #expect(try shop.log() == [LoggedEvent(full, item: 0, eventID: "e")])
    }

    @Test func sendingAgainChangesNothing() throws {
        let shop = try TestStore()
        var generator = SeededGenerator(seed: 11)
        let events = (0..<200).map { generator.event(user: "u\($0 % 7)", eventID: "e\($0)") }
        #expect(try shop.store.append(events).added == 200)
        let before = try (0..<7).map { TwinImage(try shop.twin("u\($0)")) }
        for _ in 0..<3 {
            let again = try shop.store.append(events.shuffled(using: &generator))
            #expect(again == AppendResult(duplicates: 200))
        }
        #expect(try shop.store.eventCount() == 200)
        #expect(try (0..<7).map { TwinImage(try shop.twin("u\($0)")) } == before)
    }

    @Test func sendingAgainAfterReopeningChangesNothing() throws {
        let folder = try TemporaryFolder()
        let events = (0..<20).map { event(.view, "i\($0 % 3)", Double($0)) }
        let before: TwinImage
        do {
            let shop = try TestStore(folder: folder)
            try #expect(shop.store.append(Array(events.prefix(12))).added == 12)
            before = TwinImage(try shop.twin())
        }
        let shop = try TestStore(folder: folder)
        #expect(TwinImage(try shop.twin()) == before)
        #expect(try shop.store.append(events) == AppendResult(added: 8, duplicates: 12))
    }

    @Test func aBatchThatFailsLeavesNoTrace() throws {
        let shop = try TestStore()
        let good = event(.view, "a", 0, id: "e")
        let tooLong = event(.view, String(repeating: "x", count: 600), 1)
        #expect(throws: (any Error).self) { try shop.append(good, tooLong) }
        #expect(try shop.store.eventCount() == 0)
        // Takes the sequence number that the first event of the failed batch had.
        #expect(try shop.append(event(.view, "b", 2, id: "f")) == AppendResult(added: 1))
        #expect(try shop.append(good) == AppendResult(added: 1))
        #expect(try shop.append(good) == AppendResult(duplicates: 1))
        try shop.store.mergeAll()
        #expect(try shop.log().map(\.eventID) == ["e", "f"])
    }

    @Test func whatWasErasedSinceABatchWasMadeReadyIsNotCountedOn() throws {
        let shop = try TestStore()
        func search(_ user: String, _ words: String, _ seconds: Double) -> Event {
            Event(
                userID: user, itemID: nil, type: .search, timestamp: after(seconds), city: "Linz",
                query: words)
        }
        try shop.append(search("u", "tea", 0), event(.view, "a", 1))
        let batch = try shop.store.prepare([
            search("u", "tea", 2), search("v", "tea", 3), event(.view, "a", 4, user: "v"),
        ])
        // With the customer go a search and a city, whose numbers the batch has looked up.
        #expect(try shop.store.erase("u", at: after(5)).nameCount == 2)
        let result = try shop.store.append(batch, createItems: true)
        #expect(result.added == 2)
        #expect(result.rejections.map(\.reason) == [.erased])
        try shop.store.mergeAll()
        #expect(try shop.twin("v").searches == ["tea"])
        #expect(try shop.twin("v").city == "Linz")
    }

    @Test func oneIDWithOtherContentIsAConflict() throws {
        let shop = try TestStore()
        let first = event(.view, "a", 0, id: "e")
        try shop.append(first)
        let before = TwinImage(try shop.twin())
        var changes = [Event](repeating: first, count: 9)
        changes[0].timestamp = after(1)
        changes[1].type = .purchase
        changes[2].itemID = "never seen"
        changes[3].city = "Wien"
        changes[4].quantity = 1
        changes[5].sessionID = "s"
        changes[6].properties = ["a": "b"]
        changes[7].itemID = nil
        changes[8].price = 0
        for (place, change) in changes.enumerated() {
            let result = try shop.append(change, first)
            #expect(result.added == 0 && result.duplicates == 1, "\(place)")
            #expect(
                result.rejections == [
                    Rejection(
                        .conflict, "give changed events an id of their own", at: .batchIndex(0))
                ], "\(place)")
        }
        #expect(TwinImage(try shop.twin()) == before)
        #expect(try shop.store.itemIDs() == ["a"])
        #expect(try shop.store.newestEvent() == start)
    }

    @Test func idsBelongToACustomer() throws {
        let shop = try TestStore()
        let result = try shop.append(
            event(.view, "a", 0, user: "u", id: "e"), event(.purchase, "b", 9, user: "v", id: "e"))
        #expect(result == AppendResult(added: 2))
    }

    @Test func withoutAnIDTheContentTells() throws {
        let shop = try TestStore()
        var other = event(.view, "a", 0)
        other.price = 5
        let result = try shop.append(
            event(.view, "a", 0), event(.view, "a", 0), event(.view, "a", 0.001),
            event(.view, "b", 0), event(.cartAdd, "a", 0), event(.view, "a", 0, session: "s"),
            event(.view, "a", 0, user: "v"), other)
        #expect(result == AppendResult(added: 7, duplicates: 1))
        #expect(try shop.append(event(.view, "a", 0), other) == AppendResult(duplicates: 2))
    }

    @Test func rejectionsNameTheirPlaceInTheBatch() throws {
        let shop = try TestStore()
        try shop.store.put([Item(itemID: "known")])
        let result = try shop.append(
            event(.view, "new", 0, user: "a"), event(.view, "known", 0, user: "b", id: "e"),
            event(.view, "known", 1, user: "b", id: "e"), event(.view, "newer", 0, user: "a"),
            event(.search, nil, 0, user: "c"), createItems: false)
        #expect(result.added == 2)
        #expect(result.rejections.map(\.batchIndex) == [0, 2, 3])
        #expect(result.rejections.map(\.reason) == [.unknownItem, .conflict, .unknownItem])
        #expect(result.rejections.first?.detail == "add it to the catalogue first")
    }

    @Test func anUnknownItemIsMadeOrRejectedAsAsked() throws {
        let shop = try TestStore()
        #expect(try shop.append(event(.view, "x", 0), createItems: false).added == 0)
        #expect(try shop.store.item("x") == nil)
        // Nobody has a twin, and time did not move, by an event that was not accepted.
        #expect(try shop.store.twinCount() == 0)
        #expect(try shop.store.newestEvent() == nil)
        #expect(try shop.append(event(.view, "x", 0)).added == 1)
        #expect(try shop.store.item("x") == Item(itemID: "x"))
        #expect(try shop.append(event(.view, "x", 1), createItems: false).added == 1)
    }

    @Test func timeMovesWithAcceptedEventsOnly() throws {
        let shop = try TestStore()
        #expect(try shop.store.newestEvent() == nil)
        try shop.append(event(.view, "a", 10, id: "1"))
        #expect(try shop.store.newestEvent() == after(10))
        try shop.append(
            event(.view, "a", 5), event(.view, "a", 99, id: "1"), event(.view, "?", 99),
            createItems: false)
        #expect(try shop.store.newestEvent() == after(10))
        try shop.append(event(.view, "a", 20, user: "v"), event(.view, "a", 15))
        #expect(try shop.store.newestEvent() == after(20))
        try shop.append(event(.view, "a", 1))
        #expect(try shop.store.newestEvent() == after(20))
    }

    @Test func everyCustomerHasOneTwin() throws {
        let shop = try TestStore()
        let events = (0..<300).map { event(.view, "i", Double($0), user: "user \($0 % 100)") }
        #expect(try shop.store.append(events).added == 300)
        #expect(try shop.store.twinCount() == 100)
        let graphs = try (0..<100).map { try shop.store.twinGraph(userID: "user \($0)") }
        #expect(Set(graphs.compactMap { $0 }).count == 100)
        #expect(try shop.store.twinGraph(userID: "user 100") == nil)
        for number in 0..<100 { #expect(try shop.twin("user \(number)").eventCount == 3) }
    }

    @Test func idsThatDifferOnlyInBytesAreTwoCustomersInOneBatchToo() throws {
        // Swift calls these two texts equal; their pseudonyms differ.
        let ids = ["Zo\u{EB}", "Zoe\u{308}"]
        let shop = try TestStore()
        try shop.append(event(.view, "a", 0, user: ids[0]), event(.view, "b", 0, user: ids[1]))
        #expect(try shop.twin(ids[0]).interactionNames == ["view a ×1"])
        #expect(try shop.twin(ids[1]).interactionNames == ["view b ×1"])
    }

    @Test(arguments: [
        String(repeating: "👩‍👩‍👧‍👦", count: 150), String(repeating: "e\u{301}\u{302}\u{303}", count: 400),
        String(repeating: "日", count: 1300), String(repeating: "🛒", count: 1000), "İ",
    ])
    func noSearchIsTooLongForATwin(_ query: String) throws {
        let shop = try TestStore()
        var search = event(.search, nil, 0)
        search.query = query
        #expect(try shop.append(search, event(.view, "a", 1)).added == 2)
        #expect(try shop.log().first?.query == query)
        #expect(try shop.twin().searches.count == 1)
    }

    @Test func emptyTextsAreNoNodes() throws {
        let shop = try TestStore()
        var search = event(.search, nil, 0)
        search.query = ""
        search.city = ""
        #expect(try shop.append(search).added == 1)
        #expect(try shop.twin().searches == [])
        #expect(try shop.twin().city == nil)
    }

    @Test func aBatchThatFailsLeavesNothing() throws {
        let shop = try TestStore()
        let tooLong = String(repeating: "x", count: 401)
        #expect(throws: GraphError.self) {
            try shop.append(event(.view, "a", 0), event(.view, tooLong, 1))
        }
        #expect(try shop.store.eventCount() == 0)
        #expect(try shop.store.twinCount() == 0)
        #expect(try shop.store.itemIDs() == [])
    }

    @Test func momentsOfAnyKindAreTaken() throws {
        let shop = try TestStore()
        for raw in [Int64.min, -1, 0, .max] {
            let event = Event(
                userID: "u", itemID: "a", type: .view, timestamp: Timestamp(rawValue: raw))
            #expect(try shop.append(event).added == 1)
        }
        let twin = try shop.twin()
        #expect(twin.eventCount == 4)
        #expect(twin.itemGraph.interactions.allSatisfy { $0.weight.isFinite })
        #expect(twin.lastUpdated == Timestamp(rawValue: .max))
    }

    @Test func anEmptyBatchIsFine() throws {
        let shop = try TestStore()
        #expect(try shop.store.append([]) == AppendResult())
        #expect(try shop.store.newestEvent() == nil)
    }
}

/// The order in which events arrive does not matter (R15, S4-06).
@Suite struct OrderTests {
    private let moment = after(86_400)

    /// Both twins after some batches; items have their running numbers by order of arrival.
    private func image(_ batches: [[Event]]) throws -> [TwinImage] {
        let shop = try TestStore()
        for batch in batches { #expect(try shop.store.append(batch).added == batch.count) }
        try shop.store.put(
            (0..<6).map {
                Item(
                    itemID: "item\($0)", category: "c\($0 % 2)", brand: "b", price: Double($0) * 1.1
                )
            })
        return try ["u", "v"].map { TwinImage(try shop.twin($0, at: moment)) }
    }

    @Test func all720PermutationsOfSixEventsGiveOneTwin() throws {
        var generator = SeededGenerator(seed: 2)
        let events = [
            event(.view, "item0", 0), event(.cartAdd, "item0", 60, id: "x"),
            event(.view, "item1", 60, id: "y"), event(.purchase, "item0", 300),
            event(.purchase, "item2", 300), event(.view, "item3", 5000),
        ]
        let expected = try image([events])
        #expect(expected[0].itemGraph.sequences.count >= 4)
        for (number, permutation) in permutations(events).enumerated() {
            let split = generator.below(7)
            let batches = [Array(permutation.prefix(split)), Array(permutation.dropFirst(split))]
            #expect(try image(batches) == expected, "permutation \(number), split \(split)")
        }
    }

    @Test(arguments: UInt64(0)..<30) func randomOrdersAndSplitsGiveOneTwin(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let events = (0..<40).map { number in
            generator.event(user: number % 4 == 0 ? "v" : "u", eventID: "e\(number)")
        }
        let sorted = events.sorted { $0.timestamp < $1.timestamp }
        let expected = try image([sorted])
        #expect(expected[0].eventCount == 30 && expected[1].eventCount == 10)
        for round in 0..<11 {
            var rest = events.shuffled(using: &generator)[...]
            var batches: [[Event]] = []
            while !rest.isEmpty {
                let size = 1 + generator.below(round % 2 == 0 ? 5 : 40)
                batches.append(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            #expect(try image(batches) == expected, "seed \(seed), round \(round)")
        }
    }

    @Test(arguments: UInt64(0)..<20) func oneByOneInOrderEqualsOneBatch(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let events = (0..<40).map { generator.event(eventID: "e\($0)") }
            .sorted { $0.timestamp < $1.timestamp }
        #expect(try image(events.map { [$0] }) == image([events]), "seed \(seed)")
    }

    @Test func aLateEventEqualsOneInTime() throws {
        let early = event(.view, "item0", 0)
        let late = event(.view, "item1", 60)
        let last = event(.purchase, "item2", 120)
        let inTime = try image([[early], [late], [last]])
        #expect(try image([[early, last], [late]]) == inTime)
        #expect(try image([[last], [late], [early]]) == inTime)
        #expect(
            inTime[0].itemGraph.sequences.map(\.type).sorted() == [
                "VIEWED_THEN_PURCHASED", "VIEWED_THEN_VIEWED",
            ])
    }
}

/// All orders of some elements.
private func permutations<Element>(_ elements: [Element]) -> [[Element]] {
    guard elements.count > 1 else { return [elements] }
    return elements.indices.flatMap { index -> [[Element]] in
        var rest = elements
        let first = rest.remove(at: index)
        return permutations(rest).map { [first] + $0 }
    }
}
