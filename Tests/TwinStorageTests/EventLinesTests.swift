import Foundation
import TestSupport
import Testing
import Time
import TwinFixtures
import TwinStorage

@testable import Shop
@testable import ShopFormats

/// Events written as JSON Lines are the same events when they are read again.
@Suite struct EventLinesTests {
    /// Texts that spoil careless writers; without control characters, which no reader accepts.
    private static let nasty = [
        "\"", "\\", "\\\"", "\\n", "{\"a\":1}", "]}", ",", "'", "é", "e\u{301}", "日本", "👩‍👩‍👧",
        "\u{2028}",
        "\u{2029}", "\u{FEFF}x", "x\u{FEFF}", "\u{FFFF}", "\u{10FFFF}", "\u{202E}abc",
        " x ",
        "null", "true", "1e5", "-0", "NaN", "/", "</script>", "\u{200B}", "=1+1",
    ]

    private func roundTrip(_ written: [Event]) throws -> [Event] {
        let folder = try TemporaryFolder()
        let text = written.map { $0.jsonLine + "\n" }.joined()
        let lines = try readAll(try folder.file(text, name: "events.jsonl"))
        #expect(rejections(lines).isEmpty)
        return events(lines)
    }

    /// Equal, and with the same bytes in every text.
    private func isSame(_ left: Event, _ right: Event) -> Bool {
        left == right && Array(left.jsonLine.utf8) == Array(right.jsonLine.utf8)
    }

    @Test(arguments: UInt64(0)..<60) func whatIsWrittenIsRead(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let written = (0..<40).map { _ in generator.nastyEvent(Self.nasty) }
        let read = try roundTrip(written)
        #expect(read.count == written.count, "seed \(seed)")
        for (left, right) in zip(written, read) {
            #expect(isSame(left, right), "seed \(seed): \(left.jsonLine) became \(right.jsonLine)")
        }
    }

    @Test func aLineIsOneFlatObjectInAFixedOrder() {
        let event = Event(
            eventID: "e", userID: "u\"", itemID: "i", type: .cartAdd, timestamp: start,
            quantity: 2, price: 1.5, properties: ["b": "2", "a": "1"])
        #expect(
            event.jsonLine == """
                {"event_id":"e","user_id":"u\\"","item_id":"i","type":"cart_add",\
                "timestamp":"2026-03-01T10:00:00Z","quantity":2.0,"price":1.5,"a":"1","b":"2"}
                """)
        let search = Event(userID: "u", itemID: nil, type: .search, timestamp: after(0.25))
        #expect(
            search.jsonLine
                == "{\"user_id\":\"u\",\"type\":\"search\",\"timestamp\":\"2026-03-01T10:00:00.250Z\"}"
        )
    }

    @Test func whatNoFileCanSayDoesNotSpoilTheLine() throws {
        let event = Event(
            userID: "u", itemID: "i", type: .view, timestamp: start,
            properties: ["User-ID": "other", "type": "purchase", "email": "x", " a": "1", "b": "2"])
        let line = try #require(try roundTrip([event]).first)
        #expect(line.userID == "u")
        #expect(line.type == .view)
        #expect(line.properties == ["b": "2"])
        // What an earlier reader took is the customer's, and is written.
        #expect(event.jsonLine.contains("\"email\":\"x\""))
        let control = Event(userID: "a\nb\u{7F}", itemID: "i", type: .view, timestamp: start)
        #expect(control.jsonLine.contains("a\\u000ab\\u007f"))
    }

    /// The log of a twin, written and read into an empty store, makes the same twin.
    @Test(arguments: UInt64(0)..<20) func aTwinMovesToAnotherStore(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let shop = try TestStore()
        let some = (0..<60).map { number in
            generator.event(eventID: generator.chance(0.5) ? "id\(number)" : nil)
        }
        _ = try shop.store.append(some)
        if generator.chance(0.5) { try shop.store.mergeAll() }
        let ids = try shop.store.itemIDs()
        let moved = try shop.log().map { logged in
            Event(logged, userID: "u", itemID: logged.item.map { ids[$0] })
        }
        let other = try TestStore()
        _ = try other.store.append(try roundTrip(moved))
        #expect(TwinImage(try other.twin()) == TwinImage(try shop.twin()), "seed \(seed)")
        // Once more into the first one: all of them are known there.
        let again = try shop.store.append(try roundTrip(moved))
        #expect(again.added == 0 && again.rejections.isEmpty, "seed \(seed)")
    }
}

extension SeededGenerator {
    fileprivate mutating func text(_ parts: [String]) -> String {
        (0...below(3)).map { _ in parts[below(parts.count)] }.joined()
    }

    /// An event that a reader may have accepted, with texts put together from some parts.
    fileprivate mutating func nastyEvent(_ parts: [String]) -> Event {
        var event = event(user: text(parts), eventID: chance(0.5) ? text(parts) : nil)
        event.timestamp = Timestamp(
            rawValue: Int64.random(
                in: Timestamp.accepted.lowerBound.rawValue...Timestamp.accepted.upperBound.rawValue,
                using: &self))
        if event.itemID != nil { event.itemID = text(parts) }
        if chance(0.5) { event.sessionID = text(parts) }
        if chance(0.5) { event.basketID = text(parts) }
        if chance(0.5) { event.query = text(parts) }
        // A city has a letter, and no decimal number.
        event.city = chance(0.5) ? "W\(["\"", "\\", "é", "e\u{301}", "日"][below(5)])n" : nil
        if chance(0.5) { event.quantity = amount() }
        if chance(0.5) { event.price = amount() }
        if chance(0.5) { event.dwellSeconds = amount() }
        event.properties = [:]
        for _ in 0..<below(4) {
            // A reader trims names, takes some for fields, and of two ways to write an accent in a
            // name the one that came first in the file.
            let name = text(parts).trimmingCharacters(in: .whitespaces)
                .precomposedStringWithCanonicalMapping
            guard EventField(name: name) == .property(name), !name.isEmpty else { continue }
            event.properties[name] = text(parts)
        }
        return event
    }

    private mutating func amount() -> Double {
        switch below(6) {
        case 0: return -0.0
        case 1: return 0.1 + 0.2
        case 2: return .leastNonzeroMagnitude
        case 3: return 1e9
        case 4: return Double(below(100))
        default: return Double.random(in: 0...1e9, using: &self)
        }
    }
}
