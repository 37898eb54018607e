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
            (.return, 9, "return"),
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
        ("Product Returned", .return), ("Product Rejected", .reject),
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
        #expect(EventType.allCases.allSatisfy { $0.baseWeight > 0 })
    }

    @Test func typesRoundTripAsJSON() throws {
        let data = try JSONEncoder().encode(EventType.allCases)
        #expect(String(decoding: data, as: UTF8.self) == "[0,1,2,3,4,5,6,7,8,9]")
        #expect(try JSONDecoder().decode([EventType].self, from: data) == EventType.allCases)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([EventType].self, from: Data("[10]".utf8))
        }
    }

    @Test func everyTypeHasEdgesOfItsOwn() {
        let types = EventType.allCases.map(EdgeType.interaction)
        #expect(Set(types).count == EventType.allCases.count)
        for (type, edge) in zip(EventType.allCases, types) {
            #expect(EdgeType.eventTypes[edge] == type)
        }
        #expect(Set(EdgeType.all).count == EdgeType.all.count)
        #expect(EdgeType.sequence(.view, .purchase).rawValue == "VIEWED_THEN_PURCHASED")
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
