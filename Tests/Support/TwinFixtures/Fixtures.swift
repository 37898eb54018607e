import Foundation
package import PropertyGraph
package import Shop
package import ShopFormats
package import TestSupport
package import Time
package import TwinStorage

/// The key of all tests that do not say otherwise: the bytes 0 to 31.
package let testKey = [UInt8](0..<32)

/// A twin store in a folder of its own.
///
/// The store comes first, so that it is closed before its folder is removed.
package final class TestStore: Sendable {
    package let store: TwinStore
    package let folder: TemporaryFolder

    package init(
        folder: TemporaryFolder? = nil, settings: TwinSettings? = nil, key: [UInt8] = testKey,
        access: GraphStore.Access = .create, journalLimit: Int = 1 << 17
    ) throws {
        let folder = try folder ?? TemporaryFolder()
        self.folder = folder
        store = try TwinStore(
            path: folder("store"), pseudonymizer: Pseudonymizer(key: key), settings: settings,
            access: access, journalLimit: journalLimit)
    }

    @discardableResult
    package func append(_ events: Event..., createItems: Bool = true) throws -> AppendResult {
        try store.append(events, createItems: createItems)
    }

    package func twin(_ userID: String = "u", at moment: Timestamp? = nil) throws -> UserTwin {
        try store.twin(userID, at: moment)
    }

    /// The logged events of a customer.
    package func log(_ userID: String = "u") throws -> [LoggedEvent] {
        try store.twinGraph(userID: userID).map { try store.events(of: $0) } ?? []
    }

    /// Whether the bytes of the database contain those of a text.
    package func dataContains(_ text: String) throws -> Bool {
        let data = try Data(contentsOf: URL(fileURLWithPath: folder("store/data.mdb")))
        return data.range(of: Data(text.utf8)) != nil
    }
}

/// The beginning of all hand-made traces: Sunday, 2026-03-01, 10:00 UTC.
package let start = Timestamp(seconds: 1_772_359_200)

/// The moment some seconds after the beginning.
package func after(_ seconds: Double) -> Timestamp {
    Timestamp(rawValue: start.rawValue + Int64(seconds * 1000))
}

/// An event some seconds after the beginning.
package func event(
    _ type: EventType, _ item: String?, _ seconds: Double, user: String = "u", id: String? = nil,
    session: String? = nil
) -> Event {
    Event(
        eventID: id, userID: user, itemID: item, type: type, timestamp: after(seconds),
        sessionID: session)
}

/// What can be told of a twin without knowing how its store numbers things.
package struct TwinImage: Equatable {
    package var itemGraph: UserTwin.ItemGraph
    package var preferences: UserTwin.Preferences
    package var searches: [String]
    package var city: String?
    package var eventCount: Int
    package var firstEvent: Timestamp?
    package var lastUpdated: Timestamp?

    package init(_ twin: UserTwin) {
        itemGraph = twin.itemGraph
        preferences = twin.preferences
        searches = twin.searches
        city = twin.city
        eventCount = twin.eventCount
        firstEvent = twin.firstEvent
        lastUpdated = twin.lastUpdated
    }
}

extension UserTwin {
    /// Sequence edges as `A VIEWED_THEN_CARTED B ×1`, sorted.
    package var sequenceNames: [String] {
        itemGraph.sequences.map { "\($0.from) \($0.type) \($0.to) ×\($0.count)" }.sorted()
    }

    /// Edges from the customer as `view A ×1`, sorted.
    package var interactionNames: [String] {
        itemGraph.interactions.map { "\($0.type.name) \($0.itemID) ×\($0.count)" }.sorted()
    }

    package func weight(_ type: EventType, _ item: String) -> Double? {
        itemGraph.interactions.first { $0.type == type && $0.itemID == item }?.weight
    }
}

/// Everything a reader of events says of a file: events and rejections in order.
package func readAll(_ path: String, format: RecordFormat? = nil) throws -> [EventReader.Line] {
    var reader = try EventReader(path: path, format: format)
    var lines: [EventReader.Line] = []
    while let line = try reader.next() { lines.append(line) }
    return lines
}

/// The lines of a file in short: `2 view` for an event, `3 unclosed quote` for a rejection.
package func outline(_ lines: [EventReader.Line]) -> [String] {
    lines.map { line in
        switch line {
        case .event(let event, let number): "\(number) \(event.type.name)"
        case .rejected(let rejection): "\(rejection.line ?? 0) \(rejection.reason.rawValue)"
        }
    }
}

/// The events of a file.
package func events(_ lines: [EventReader.Line]) -> [Event] {
    lines.compactMap { if case .event(let event, _) = $0 { event } else { nil } }
}

/// The rejected lines of a file.
package func rejections(_ lines: [EventReader.Line]) -> [Rejection] {
    lines.compactMap { if case .rejected(let rejection) = $0 { rejection } else { nil } }
}

/// The `TwinsError` that `body` throws; nil if it throws none.
package func twinsError(_ body: () throws -> Void) -> TwinsError? {
    do {
        try body()
        return nil
    } catch {
        return error as? TwinsError
    }
}

extension SeededGenerator {
    /// An event with any of its fields, at one of few moments so that many coincide.
    package mutating func event(user: String = "u", eventID: String? = nil) -> Event {
        // Purchases and returns often, because one reverses the other.
        let type =
            chance(0.3) ? pick([EventType.purchase, .purchase, .return]) : pick(EventType.allCases)
        var event = Event(
            eventID: eventID, userID: user, itemID: "item\(below(6))", type: type,
            timestamp: Timestamp(rawValue: start.rawValue + Int64(below(30)) * 397_777))
        if type == .search, chance(0.5) { event.itemID = nil }
        if chance(0.5) { event.sessionID = "s\(below(3))" }
        if chance(0.3) { event.city = ["Wien", "Graz", "Linz"][below(3)] }
        if chance(0.3) { event.quantity = Double(1 + below(9)) }
        if chance(0.3) { event.price = Double(below(1000)) / 100 }
        if chance(0.3) { event.dwellSeconds = Double(below(300)) }
        if type == .search { event.query = ["red shoes", "Milk", "tea"][below(3)] }
        if chance(0.2) { event.basketID = "b\(below(4))" }
        if chance(0.2) { event.properties = ["channel": "web", "n": "\(below(10))"] }
        return event
    }
}
