import Foundation
import TestSupport
import Testing
import TwinFixtures

@testable import Shop
@testable import ShopFormats

/// Events as JSON texts follow the rules of event files (S4-05, S4-49).
@Suite struct EventJSONTests {
    private let good =
        "{\"user_id\":\"u\",\"item_id\":\"i\",\"type\":\"view\",\"timestamp\":1772359200}"

    private func read(
        _ text: String, _ layout: EventJSON.Layout = .document
    ) throws -> [Result<Event, Rejection>] {
        try EventJSON.read(Data(text.utf8), layout: layout)
    }

    /// `view` for an event, the reason for a rejection.
    private func outline(_ results: [Result<Event, Rejection>]) -> [String] {
        results.map { result in
            switch result {
            case .success(let event): event.type.name
            case .failure(let rejection): "\(rejection.reason)"
            }
        }
    }

    @Test func allShapesOfADocumentGiveTheSameEvents() throws {
        let one = Event(userID: "u", itemID: "i", type: .view, timestamp: start)
        #expect(try read(good) == [.success(one)])
        #expect(try read("[\(good),\(good)]") == [.success(one), .success(one)])
        #expect(try read("{\"events\":[\(good)]}") == [.success(one)])
        #expect(try read("\(good)\n\n\(good)\r\n", .lines) == [.success(one), .success(one)])
        #expect(try read("[]").isEmpty)
    }

    @Test func aBadEventNeverAffectsItsNeighbours() throws {
        let bad = ["5", "null", "[]", "{\"a\":{\"b\":1}}", "{}", "{\"user_id\":\"u\"}"]
        let text = "[" + bad.map { "\(good),\($0)," }.joined() + good + "]"
        #expect(
            outline(try read(text)) == [
                "view", "json", "view", "json", "view", "json", "view", "json", "view", "missing",
                "view", "missing", "view",
            ])
    }

    @Test func anEnvelopeStandsInForWhatTheEventLeavesOut() throws {
        let envelope = """
            {"specversion":"1.0","id":"e1","source":"/shop","type":"shop.event","subject":"u",\
            "time":"2026-03-01T10:00:00Z","data":{"item_id":"i","type":"purchase"}}
            """
        let expected = Event(
            eventID: "e1", userID: "u", itemID: "i", type: .purchase, timestamp: start)
        #expect(try read(envelope, .cloudEvent) == [.success(expected)])
        #expect(
            try read("[\(envelope),{},\(envelope)]", .cloudEventBatch).count { $0.isSuccess } == 2)
        let own = envelope.replacingOccurrences(
            of: "\"item_id\"", with: "\"event_id\":\"own\",\"user_id\":\"v\",\"item_id\"")
        var changed = expected
        changed.eventID = "own"
        changed.userID = "v"
        #expect(try read(own, .cloudEvent) == [.success(changed)])
    }

    @Test(arguments: ["", "nothing", "{", "[1,", "\u{FEFF}"])
    func aTextThatIsNoJSONIsAnError(_ text: String) {
        #expect(twinsError { _ = try read(text) }?.code == .format)
        #expect(twinsError { _ = try read(text, .cloudEvent) }?.code == .format)
        #expect(twinsError { _ = try read(text, .cloudEventBatch) }?.code == .format)
    }

    @Test func deepNestingIsRefusedAndOtherEncodingsToo() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(
            twinsError { _ = try read(deep) }?.description
                == "The JSON is nested deeper than 64 levels.")
        #expect(
            twinsError { _ = try EventJSON.read(Data([0x22, 0xFF, 0x22]), layout: .document) }?
                .description == "The text is not UTF-8. Send JSON in UTF-8.")
    }

    /// A line is accepted here exactly when it is accepted in a file.
    @Test(arguments: UInt64(0)..<40) func linesAreThoseOfAFile(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let values = [
            "\"u\"", "\"i\"", "\"view\"", "\"search\"", "\"purchase\"", "1772359200", "\"\"",
            "null",
            "true", "-1", "1e999", "{}", "\"2026-03-01\"", "\"a\\nb\"", "18446744073709551615",
        ]
        let keys = [
            "user_id", "item_id", "type", "timestamp", "User_ID", "price", "query", "city", "ip",
            "extra",
        ]
        let lines = (0..<60).map { _ -> String in
            if generator.chance(0.1) { return ["", " ", "]", "5", "{\"a\":"][generator.below(5)] }
            if generator.chance(0.2) { return good }
            let pairs = keys.filter { _ in generator.chance(0.7) }.enumerated().map {
                let value = generator.chance(0.6) && $0 < 4 ? $0 * 5 / 3 : generator.below(15)
                return "\"\($1)\":\(values[value])"
            }
            return "{\(pairs.joined(separator: ","))}"
        }
        let text = "\(good)\n" + lines.joined(separator: "\n")
        let folder = try TemporaryFolder()
        let inFile = try readAll(try folder.file(text)).map { line in
            switch line {
            case .event(let event, _): "\(event)"
            case .rejected(let rejection): "\(rejection.reason)"
            }
        }
        let inText = try read(text, .lines).map { result in
            switch result {
            case .success(let event): "\(event)"
            case .failure(let rejection): "\(rejection.reason)"
            }
        }
        #expect(inFile == inText, "seed \(seed)")
    }
}

extension Result {
    fileprivate var isSuccess: Bool { (try? get()) != nil }
}
