import Foundation
import PropertyGraph
import TestSupport
import Testing
import Time
import TwinFixtures

@testable import Shop
@testable import TwinStorage

/// The vocabulary of events (S4-01 to S4-04).
@Suite struct EventTypeTests {
    @Test func rawValuesNeverChange() {
        // Stored on disk and fed to models.
        let known: [(EventType, UInt8, String)] = [
            (.view, 0, "view"), (.search, 1, "search"), (.cartAdd, 2, "cart_add"),
            (.cartRemove, 3, "cart_remove"), (.cartUpdate, 4, "cart_update"),
            (.purchase, 5, "purchase"), (.wishlistAdd, 6, "wishlist_add"),
            (.wishlistRemove, 7, "wishlist_remove"), (.reject, 8, "reject"),
            (.return, 9, "return"), (.impression, 10, "impression"),
            (.offerShown, 11, "offer_shown"), (.offerAccepted, 12, "offer_accepted"),
            (.offerDismissed, 13, "offer_dismissed"),
            (.suggestionAccepted, 14, "suggestion_accepted"),
            (.suggestionRejected, 15, "suggestion_rejected"),
            (.suggestionChanged, 16, "suggestion_changed"),
            (.reservationRequested, 17, "reservation_requested"),
            (.reservationRedeemed, 18, "reservation_redeemed"),
            (.reservationReleased, 19, "reservation_released"),
            (.deliveryAccepted, 20, "delivery_accepted"),
            (.deliveryCancelled, 21, "delivery_cancelled"),
            (.deliveryPostponed, 22, "delivery_postponed"), (.pageView, 23, "page_view"),
        ]
        #expect(known.map(\.0) == EventType.allCases)
        for (type, raw, name) in known {
            #expect(type.rawValue == raw)
            #expect(type.name == name)
            #expect(EventType(name: name) == type)
        }
    }

    @Test(arguments: [
        ("Product Viewed", EventType.view), ("Product Clicked", .view),
        ("Products Searched", .search), ("Product Added", .cartAdd),
        ("Product Removed", .cartRemove), ("Cart Updated", .cartUpdate),
        ("Order Completed", .purchase), ("Product Purchased", .purchase),
        ("Product Added to Wishlist", .wishlistAdd),
        ("Product Removed from Wishlist", .wishlistRemove), ("Order Refunded", .return),
        ("Product Returned", .return), ("Product Rejected", .reject), ("Page Viewed", .pageView),
        ("Product List Viewed", .pageView), ("Promotion Viewed", .offerShown),
        ("Coupon Applied", .offerAccepted),
    ])
    func segmentNamesAreUnderstood(_ name: String, _ type: EventType) {
        #expect(EventType(name: name) == type)
        #expect(EventType(name: name.uppercased()) == type)
        #expect(EventType(name: name.replacingOccurrences(of: " ", with: "_")) == type)
        #expect(EventType(name: name.lowercased().replacingOccurrences(of: " ", with: "-")) == type)
    }

    @Test(arguments: ["VIEW", "View", "vIeW", "Cart_Add", "cart-add", "cart add", "CART ADD"])
    func caseAndSeparatorsDoNotMatter(_ name: String) {
        #expect(EventType(name: name) == (name.lowercased() == "view" ? .view : .cartAdd))
    }

    @Test(arguments: [
        "", " ", "views", "view ", "cart", "cartadd", "cart__add", "buy", "0", "5", "null",
        "purchase\u{0}", "Ⅴiew", "vi\u{200B}ew",
    ])
    func otherNamesAreRefused(_ name: String) {
        #expect(EventType(name: name) == nil)
    }

    @Test func aPurchaseWeighsMoreThanAViewAndACartInBetween() {
        #expect(EventType.purchase.baseWeight > EventType.cartAdd.baseWeight)
        #expect(EventType.cartAdd.baseWeight > EventType.view.baseWeight)
        #expect(EventType.cartAdd.baseWeight > EventType.offerAccepted.baseWeight)
        for type in EventType.allCases {
            #expect((type.baseWeight > 0) == (type.role != .operational), "\(type)")
        }
    }

    @Test func typesRoundTripAsJSON() throws {
        let data = try JSONEncoder().encode(EventType.allCases)
        let numbers = (0...23).map { "\($0)" }.joined(separator: ",")
        #expect(String(decoding: data, as: UTF8.self) == "[\(numbers)]")
        #expect(try JSONDecoder().decode([EventType].self, from: data) == EventType.allCases)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([EventType].self, from: Data("[24]".utf8))
        }
    }

    @Test func everyTypeHasEdgesOfItsOwnButForOperationalOnes() {
        let types = EventType.allCases.filter { $0.role != .operational }
        let edges = types.compactMap(EdgeType.interaction)
        #expect(Set(edges).count == types.count)
        for (type, edge) in zip(types, edges) {
            #expect(EdgeType.eventTypes[edge] == type)
            #expect(EdgeType.all.contains(edge))
        }
        for type in EventType.allCases where type.role == .operational {
            #expect(EdgeType.interaction(type) == nil)
        }
        // The codes of a new store follow this order.
        #expect(EdgeType.all[..<2].map(\.rawValue) == ["VIEWED", "FOUND"])
        #expect(EdgeType.all[9...10].map(\.rawValue) == ["RETURNED", "SEARCHED"])
        #expect(Set(EdgeType.all).count == EdgeType.all.count)
        #expect(EdgeType.sequence(.view, .purchase).rawValue == "VIEWED_THEN_PURCHASED")
    }
}

/// The types that a model knows.
@Suite struct EventVocabularyTests {
    @Test func theOriginalTypesHaveTheirRawValuesAsIndices() {
        let original = EventVocabulary.original
        #expect(original.count == 10)
        for type in original.types {
            #expect(original.index(of: type) == type.rawValue)
            #expect(type.role == .behaviour)
        }
        for type in EventType.allCases where type.rawValue >= 10 {
            #expect(!original.contains(type))
            #expect(original.index(of: type) == EventVocabulary.unknownIndex)
        }
    }

    @Test func aNewModelKnowsTheOriginalTypesAndNewBehaviourAlone() {
        #expect(EventVocabulary(training: []) == .original)
        // None of the newer types is behaviour, so none is simulated.
        #expect(EventVocabulary(training: EventType.allCases) == .original)
    }

    @Test func namesRoundTripInTheirOrder() {
        let types: [EventType] = [.purchase, .pageView, .view, .purchase]
        let vocabulary = EventVocabulary(types)
        #expect(vocabulary.types == [.purchase, .pageView, .view])
        #expect(vocabulary.names == ["purchase", "page_view", "view"])
        #expect(vocabulary.types.map(vocabulary.index) == [0, 1, 2])
        #expect(EventVocabulary(names: vocabulary.names) == vocabulary)
        for names in [[], ["view", "view"], ["teleport"], ["View"], ["Product Viewed"]] {
            #expect(EventVocabulary(names: names) == nil, "\(names)")
        }
    }
}

/// The binary form of a logged event (S4-49).
@Suite struct EventRecordTests {
    private func decode(_ record: [UInt8], at time: Timestamp = start) throws -> LoggedEvent {
        try EventRecord.decode(record.span.bytes, timestamp: time)
    }

    @Test(arguments: UInt64(0)..<100) func anyEventRoundTrips(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let event = generator.event()
        let item = event.itemID.map { _ in generator.below(1 << 40) }
        let logged = LoggedEvent(event, item: item, eventID: "e\(seed)")
        let record = EventRecord.encode(event, item: item, eventID: "e\(seed)")
        #expect(try decode(record, at: event.timestamp) == logged, "seed \(seed)")
        let head = try EventRecord.decodeHead(record.span.bytes)
        #expect(head.type == event.type && head.item == item, "seed \(seed)")
    }

    @Test func textsOfAnyKindRoundTrip() throws {
        for text in ["", "ä", "日本 🛒", "a\u{0}b", String(repeating: "x", count: 70_000)] {
            let event = Event(
                userID: "", itemID: nil, type: .search, timestamp: start, sessionID: text,
                city: text, query: text, basketID: text, properties: [text: text, "b": ""])
            let logged = LoggedEvent(event, item: 0, eventID: text)
            let record = EventRecord.encode(event, item: 0, eventID: text)
            #expect(try decode(record) == logged)
        }
    }

    @Test func theCustomerIsNotInIt() {
        var event = event(.view, "i", 0, user: "somebody@example.com")
        event.userID = "somebody@example.com"
        let record = EventRecord.encode(event, item: 0, eventID: "e")
        let other = EventRecord.encode(
            Event(userID: "x", itemID: "i", type: .view, timestamp: start), item: 0,
            eventID: "e")
        #expect(record == other)
    }

    @Test(arguments: UInt64(0)..<10) func everyCutIsFound(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let good = EventRecord.encode(generator.event(), item: 3, eventID: "e")
        for length in 0..<good.count {
            let cut = Array(good.prefix(length))
            #expect(throws: (any Error).self, "seed \(seed), length \(length)") {
                try decode(cut)
            }
        }
    }

    @Test func contentIDsTellContentsApart() {
        var generator = SeededGenerator(seed: 1)
        var ids: [String: Event] = [:]
        for _ in 0..<2000 {
            let event = generator.event()
            let id = EventRecord.contentID(event, pseudonym: "p")
            #expect(ids[id] == nil || ids[id] == event)
            #expect(id == EventRecord.contentID(event, pseudonym: "p"))
            #expect(id != EventRecord.contentID(event, pseudonym: "q"))
            ids[id] = event
        }
        #expect(ids.count > 1000)
        #expect(ids.keys.allSatisfy { $0.hasPrefix("c-") && $0.utf8.count == 26 })
    }
}
