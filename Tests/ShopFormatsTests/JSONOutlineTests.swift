import Foundation
import Shop
import TestSupport
import Testing
import TwinFixtures

@testable import ShopFormats

/// Keys that come twice, which decoding takes without a word.
@Suite struct JSONOutlineTests {
    private let good =
        "{\"user_id\":\"u\",\"item_id\":\"i\",\"type\":\"view\",\"timestamp\":1772359200}"
    private let twice =
        "{\"user_id\":\"u\",\"item_id\":\"i\",\"type\":\"view\",\"timestamp\":1772359200,"
        + "\"type\":\"purchase\"}"

    private func outline(
        _ text: String, _ layout: EventJSON.Layout = .document
    ) throws -> [String] {
        try EventJSON.read(Data(text.utf8), layout: layout).map { result in
            switch result {
            case .success(let event): event.type.name
            case .failure(let rejection): rejection.reason.rawValue
            }
        }
    }

    @Test func keysAndDepthAreCountedOutsideOfStrings() {
        let texts: [(text: String, depth: Int, keys: Int)] = [
            ("", 0, 0), ("{}", 1, 0), (#"{"a":1}"#, 1, 1), (#"{"a":1,"a":2}"#, 1, 2),
            (#"{"a:b":"c:{[d","e":"\":"}"#, 1, 2), (#"[{"a":[1]},{}]"#, 3, 1), ("]]}", 0, 0),
            (#"{"a":"\\","b":":"}"#, 1, 2), (#"{"a":"unclosed:"#, 1, 1),
        ]
        for (text, depth, keys) in texts {
            #expect(JSONOutline.depth(of: Array(text.utf8)) == depth, "\(text)")
            #expect(JSONOutline.keyCount(of: Array(text.utf8)) == keys, "\(text)")
        }
    }

    @Test func thePlacesOfObjectsWithAKeyTwiceAreFound() {
        let texts: [(String, Set<String>)] = [
            (#"{"a":1,"b":2}"#, []), (#"{"a":1,"a":2}"#, [""]),
            (#"[{"a":1},{"a":1,"b":2,"a":3}]"#, ["/1"]),
            (#"{"events":[{"a":1},{"b":1,"b":1}],"a":[]}"#, ["/events/1"]),
            (#"[{"data":{"a":1,"\u0061":2}}]"#, ["/0/data"]),
            (#"{"a":{"a":{"a":1}}}"#, []), (#"{"a":["b",":","b"]}"#, []),
            (#"{"a":1,"a":{"b":1,"b":2}}"#, ["", "/a"]), ("}]:,{", []), (":\"a\":\"a\":", []),
        ]
        for (text, places) in texts {
            #expect(JSONOutline.ambiguousPlaces(in: Data(text.utf8)) == places, "\(text)")
        }
    }

    @Test func anEventThatSaysAThingTwiceIsRefusedAndItsNeighboursAreNot() throws {
        let refused = "the same key twice"
        #expect(try outline(twice) == [refused])
        let expected = ["view", refused, "view"]
        #expect(try outline("[\(good),\(twice),\(good)]") == expected)
        #expect(try outline("{\"events\":[\(good),\(twice),\(good)]}") == expected)
        #expect(try outline("\(good)\n\(twice)\n\(good)", .lines) == expected)
        let folder = try TemporaryFolder()
        let lines = try readAll(try folder.file("\(good)\n\(twice)\n\(good)"))
        #expect(rejections(lines).map(\.line) == [2])
        #expect(rejections(lines).map(\.reason) == [.twice])
        #expect(events(lines).count == 2)
    }

    @Test func sameKeysWrittenInAnotherWayAreTheSame() throws {
        let escaped = good.replacingOccurrences(of: "}", with: ",\"t\\u0079pe\":\"purchase\"}")
        #expect(try outline(escaped) == ["the same key twice"])
        #expect(try outline(escaped, .lines) == ["the same key twice"])
    }

    @Test func anEnvelopeIsHeldToTheSame() throws {
        let rest = "\"specversion\":\"1.0\",\"id\":\"e\",\"source\":\"/s\",\"type\":\"t\""
        let envelopes = [
            "{\(rest),\"data\":\(good)}", "{\(rest),\"id\":\"f\",\"data\":\(good)}",
            "{\(rest),\"data\":\(twice)}",
        ]
        #expect(
            try outline("[\(envelopes.joined(separator: ","))]", .cloudEventBatch)
                == ["view", "the same key twice", "the same key twice"])
    }

    @Test func twoListsOfEventsAreAnError() {
        let text = "{\"events\":[\(good)],\"events\":[\(good)]}"
        #expect(
            twinsError { _ = try outline(text) }?.description
                == "The object around the events has a key twice.")
    }
}
