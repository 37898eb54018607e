import Foundation
import PropertyGraph
import Testing

@testable import Twins

/// A folder of its own for one test, removed when the test lets go of it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("twins-tests-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// Writes a file of bytes and returns its path.
    func file(_ bytes: [UInt8], name: String = "events") throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: self(name)))
        return self(name)
    }

    /// Writes a text file and returns its path.
    func file(_ text: String, name: String = "events") throws -> String {
        try file(Array(text.utf8), name: name)
    }
}

/// The key of all tests that do not say otherwise: the bytes 0 to 31.
let testKey = [UInt8](0..<32)

/// A twin store in a folder of its own.
///
/// The store comes first, so that it is closed before its folder is removed.
final class Shop: Sendable {
    let store: TwinStore
    let folder: TemporaryFolder

    init(
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
    func append(_ events: Event..., createItems: Bool = true) throws -> AppendResult {
        try store.append(events, createItems: createItems)
    }

    func twin(_ userID: String = "u", at moment: Timestamp? = nil) throws -> UserTwin {
        try store.loadUserTwin(userID, at: moment)
    }

    /// The logged events of a customer.
    func log(_ userID: String = "u") throws -> [LoggedEvent] {
        try store.events(of: try #require(try store.twinGraph(userID: userID)))
    }

    /// Whether the bytes of the database contain those of a text.
    func dataContains(_ text: String) throws -> Bool {
        let data = try Data(contentsOf: URL(fileURLWithPath: folder("store/data.mdb")))
        return data.range(of: Data(text.utf8)) != nil
    }
}

/// The beginning of all hand-made traces: Sunday, 2026-03-01, 10:00 UTC.
let start = Timestamp(seconds: 1_772_359_200)

/// The moment some seconds after the beginning.
func after(_ seconds: Double) -> Timestamp {
    Timestamp(rawValue: start.rawValue + Int64(seconds * 1000))
}

/// An event some seconds after the beginning.
func event(
    _ type: EventType, _ item: String?, _ seconds: Double, user: String = "u", id: String? = nil,
    session: String? = nil
) -> Event {
    Event(
        eventID: id, userID: user, itemID: item, type: type, timestamp: after(seconds),
        sessionID: session)
}

/// What can be told of a twin without knowing how its store numbers things.
struct TwinImage: Equatable {
    var itemGraph: UserTwin.ItemGraph
    var preferences: UserTwin.Preferences
    var searches: [String]
    var city: String?
    var eventCount: Int
    var firstEvent: Timestamp?
    var lastUpdated: Timestamp?

    init(_ twin: UserTwin) {
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
    var sequenceNames: [String] {
        itemGraph.sequences.map { "\($0.from) \($0.type) \($0.to) ×\($0.count)" }.sorted()
    }

    /// Edges from the customer as `view A ×1`, sorted.
    var interactionNames: [String] {
        itemGraph.interactions.map { "\($0.type.name) \($0.itemID) ×\($0.count)" }.sorted()
    }

    func weight(_ type: EventType, _ item: String) -> Double? {
        itemGraph.interactions.first { $0.type == type && $0.itemID == item }?.weight
    }
}

/// Everything a reader of events says of a file: events and rejections in order.
func readAll(_ path: String, format: RecordFormat? = nil) throws -> [EventReader.Line] {
    var reader = try EventReader(path: path, format: format)
    var lines: [EventReader.Line] = []
    while let line = try reader.next() { lines.append(line) }
    return lines
}

/// The lines of a file in short: `2 view` for an event, `3 unclosed quote` for a rejection.
func outline(_ lines: [EventReader.Line]) -> [String] {
    lines.map { line in
        switch line {
        case .event(let event, let number): "\(number) \(event.type.name)"
        case .rejected(let rejection): "\(rejection.line) \(rejection.reason.rawValue)"
        }
    }
}

/// The events of a file.
func events(_ lines: [EventReader.Line]) -> [Event] {
    lines.compactMap { if case .event(let event, _) = $0 { event } else { nil } }
}

/// The rejected lines of a file.
func rejections(_ lines: [EventReader.Line]) -> [Rejection] {
    lines.compactMap { if case .rejected(let rejection) = $0 { rejection } else { nil } }
}

/// The `TwinsError` that `body` throws; nil if it throws none.
func twinsError(_ body: () throws -> Void) -> TwinsError? {
    do {
        try body()
        return nil
    } catch {
        return error as? TwinsError
    }
}

/// A small generator whose whole state is its seed (SplitMix64), so a failure can be replayed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }

    mutating func chance(_ share: Double) -> Bool {
        Double.random(in: 0..<1, using: &self) < share
    }

    /// An event with any of its fields, at one of few moments so that many coincide.
    mutating func event(user: String = "u", eventID: String? = nil) -> Event {
        let type = EventType.allCases[below(EventType.allCases.count)]
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
