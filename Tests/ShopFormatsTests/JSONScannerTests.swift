import Foundation
import Shop
import TestSupport
import Testing
import TwinFixtures

@testable import ShopFormats

/// JSON is read strictly: what is no JSON, and keys that come twice, which decoders take silently.
@Suite struct JSONScannerTests {
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

    /// Why a text cannot be read; `nil` if it can.
    private func flaw(_ text: String, containers: Int = 100) -> JSONScanner.Flaw? {
        do throws(JSONScanner.Flaw) {
            var scanner = JSONScanner(Array(text.utf8)[...], containerCountMax: containers)
            try scanner.skipValue()
            try scanner.finish()
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        "{}", "[]", " [1, 2.5e-3 ,-0,0.1E+7] ", #"{"a":1,"a":[{"b":null}]}"#, "5", "\"\"",
        #"{"a:b":"c:{[d","e":"\":"}"#, #""\u00e9\n\ud83d\ude00""#, "\ttrue\r\n", #"["\\"]"#,
    ])
    func jsonIsRead(_ text: String) {
        #expect(flaw(text) == nil)
    }

    @Test(arguments: [
        "", " ", "]", "}", "[", "{", "]]}", "}]:,{", "]]]][[[[", "[1,]", "{\"a\":1,}", "[,1]",
        "[1 2]",
        "{\"a\" 1}", "{\"a\":}", "{a:1}", "{1:1}", "{::}", "{\"a\"}", "[1}", "{\"a\":1]", "1 2",
        "01", "1.", ".5", "+1", "0x1F", "1e", "-", "NaN", "tru", "nulls", "'a'", "\"a", "\"\\x\"",
        "\"\\u12g4\"", "\"\\u12", "\"a\nb\"", "\u{FEFF}5",
    ])
    func whatIsNoJSONIsRefused(_ text: String) {
        #expect(flaw(text) == .malformed)
    }

    @Test func depthAndContainersAreBounded() {
        let limit = JSONScanner.depthMax
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(flaw(nested(limit)) == nil)
        #expect(flaw(nested(limit + 1)) == .deep)
        #expect(flaw("[\(nested(limit - 1)),\(nested(limit - 1))]", containers: 1000) == nil)
        let many = "[" + Array(repeating: "{}", count: 99).joined(separator: ",") + "]"
        #expect(flaw(many) == nil)
        #expect(flaw(many, containers: 99) == .manyContainers)
    }

    @Test(arguments: [
        (#""""#, ""), (#""a\u0041\/\"\\\t""#, "aA/\"\\\t"), (#""\ud83d\ude00é""#, "😀é"),
        ("12", "12"), ("-0", "0"), ("1.0", "1"), ("1.50", "1.5"), ("1e2", "100"),
        ("18446744073709551615", "18446744073709551615"), ("1e20", "1e+20"), ("true", "true"),
    ])
    func valuesBecomeTexts(_ text: String, _ expected: String) throws {
        var scanner = JSONScanner(Array(text.utf8)[...])
        #expect(try scanner.scalar() == .text(expected))
        try scanner.finish()
    }

    @Test(arguments: ["1e999", #""\ud800""#, #""\ud800\u0041""#, #""\udc00""#])
    func valuesThatAreNoneAreUnreadable(_ text: String) throws {
        var scanner = JSONScanner(Array(text.utf8)[...])
        #expect(try scanner.scalar() == .unreadable)
    }

    @Test(arguments: UInt64(0)..<40) func whatIsDamagedNeverTraps(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let marks = Array("{}[]:,\"\\u01e-.tfn ".utf8)
        for _ in 0..<50 {
            var bytes = Array("[{\"a\":\"\\u0041\",\"b\":[1,null]},\(good)]".utf8)
            for _ in 0...generator.below(4) {
                bytes[generator.below(bytes.count)] = marks[generator.below(marks.count)]
            }
            // Either way is right; what counts is that it ends.
            _ = flaw(String(decoding: bytes, as: UTF8.self))
            for layout in EventJSON.Layout.allCases {
                _ = try? EventJSON.read(Data(bytes), layout: layout)
            }
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

    @Test func anObjectAroundEventsHasNoMoreKeysThanAnEvent() {
        let keys = (0...Limits.keyCountMax).map { "\"k\($0)\":1" }.joined(separator: ",")
        let text = "{\"events\":[\(good)],\(keys)}"
        #expect(
            twinsError { _ = try outline(text) }?.description
                == "The object around the events cannot be used: it has more than 128 keys.")
    }

    @Test func objectsOfManyOrLongKeysAreRefusedAndTheirNeighboursAreNot() throws {
        let keys = (0...Limits.keyCountMax).map { "\"k\($0)\":1.5" }.joined(separator: ",")
        let many = "{\(keys)}"
        let long = "{\"\(String(repeating: "k", count: Limits.keyByteCountMax + 1))\":1}"
        let refused = Rejection.Reason.value.rawValue
        let expected = ["view", refused, refused, "view"]
        #expect(try outline("[\(good),\(many),\(long),\(good)]") == expected)
        #expect(try outline("\(good)\n\(many)\n\(long)\n\(good)", .lines) == expected)
        let folder = try TemporaryFolder()
        let lines = try readAll(try folder.file("\(good)\n\(many)\n\(long)\n\(good)"))
        #expect(
            rejections(lines).map(\.detail) == [
                "it has more than 128 keys", "it has a key longer than 1024 bytes",
            ])
        let envelope =
            "{\"specversion\":\"1.0\",\"id\":\"e\",\"source\":\"/s\",\"type\":\"t\",\"data\":\(many)}"
        #expect(try outline(envelope, .cloudEvent) == [refused])
    }

    @Test(arguments: ["User_ID", "user-id", "USER ID", " user_id ", "userId", "userID"])
    func aFieldUnderTwoNamesIsRefused(_ name: String) throws {
        let text = good.replacingOccurrences(of: "}", with: ",\"\(name)\":\"v\"}")
        #expect(try outline(text) == ["the same key twice"])
        #expect(try outline(text, .lines) == ["the same key twice"])
        let empty = good.replacingOccurrences(of: "}", with: ",\"\(name)\":null}")
        #expect(try outline(empty) == ["view"])
    }

    /// Bodies that once took memory or time by the square of their size.
    @Test(arguments: [
        "{\"\(String(repeating: "K", count: 1000))\":[#]}", "{\"events\":[#]}", "[#]",
    ])
    func workGrowsWithTheBytes(_ frame: String) throws {
        for part in [
            "{\"\":1,\"\":1}", "{::}", "[]", "{\"a\":\"\(String(repeating: "x", count: 50))\"}",
        ] {
            func seconds(_ count: Int) -> Duration {
                let parts = Array(repeating: part, count: count).joined(separator: ",")
                let body = Data(frame.replacingOccurrences(of: "#", with: parts).utf8)
                return (0..<5).map { _ in
                    ContinuousClock().measure {
                        _ = try? EventJSON.read(body, layout: .document)
                    }
                }.min() ?? .zero
            }
            // Four times the bytes: once sixteen times the work. The floor is for short times.
            #expect(seconds(8_000) < seconds(2_000) * 12 + .milliseconds(20))
        }
    }
}
