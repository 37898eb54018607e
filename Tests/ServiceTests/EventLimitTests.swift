import Foundation
import HTTPTypes
import Hummingbird
import Shop
import Testing
import TwinStorage

@testable import Service

/// `POST /v1/events` with what should not be sent.
@Suite struct EventLimitTests {
    static let malformed: [String] = [
        "", " ", "{", "[", "}", "]", "nul", "truee", "[{]", "[1,", #"{"a"}"#, #"{"a":}"#,
        #"{"a":1,"#, #"{"a":1}}"#, #"[{"a":1}"#, #""unclosed"#, "{'a':1}", "[1 2]", "\u{0}",
        "<xml/>", "user_id,item_id\n1,2", #"{"a":"\x"}"#, #"{"a":"\ud800"}"#, "[01]", "{,}",
        String(repeating: "[", count: 100_000), String(repeating: #"{"a":"#, count: 100_000),
        String(repeating: "[", count: 65) + String(repeating: "]", count: 65),
    ]

    @Test(arguments: malformed.indices)
    func malformedJSONIsRefusedAndHarmsNobody(index: Int) async throws {
        let service = try TestService()
        let body = Self.malformed[index]
        for type in ["application/json", "application/cloudevents+json"] {
            let answer = try await service.post(body, type: type)
            #expect(answer.status == 400 || answer.status == 422, "\(body.prefix(20)) as \(type)")
            #expect(answer.isProblem)
        }
        let batch = try await service.post(body, type: "application/cloudevents-batch+json")
        #expect(batch.status == 400 || batch.status == 422, "\(body.prefix(20))")
        let lines = try await service.post(body, type: "application/x-ndjson")
        #expect([200, 422].contains(lines.status))
        #expect(try service.store.eventCount() == 0)
    }

    @Test func textThatIsNotUTF8IsRefused() async throws {
        let service = try TestService()
        for bytes: [UInt8] in [[0xFF, 0xFE], [0x22, 0xC3, 0x28, 0x22], [0xED, 0xA0, 0x80]] {
            let answer = try await service.send(
                .post, "/v1/events", type: "application/json", bytes: bytes)
            #expect(answer.status == 400)
            #expect(answer.string("detail")?.contains("UTF-8") == true)
        }
    }

    @Test func nestingUpToTheLimitIsLookedInto() async throws {
        let service = try TestService()
        let inside = String(repeating: "[", count: 62) + String(repeating: "]", count: 62)
        let body = "[\(eventJSON("ann", "milk")),{\"a\":\(inside)}]"
        let answer = try await service.post(body)
        #expect(answer.status == 200)
        #expect(answer.integer("added") == 1)
        let deeper = try await service.post("[\(eventJSON("ann", "milk")),{\"a\":[\(inside)]}]")
        #expect(deeper.status == 400)
        // Brackets in text are text.
        let text = String(repeating: "[", count: 200)
        let inText = try await service.post(
            eventJSON("ann", "milk", id: "b", more: ",\"note\":\"\\\"\(text)\""))
        #expect(inText.integer("added") == 1)
    }

    @Test(arguments: [
        nil, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "",
        "application/xml", "application/jsonx", "application/cloudevents",
    ])
    func otherMediaTypesAreRefused(type: String?) async throws {
        let service = try TestService()
        let answer = try await service.send(.post, "/v1/events", type: type, "[]")
        #expect(answer.status == 415)
        #expect(answer.isProblem)
    }

    @Test func aContentEncodingIsRefused() async throws {
        let service = try TestService()
        let answer = try await service.send(
            .post, "/v1/events",
            headers: [.contentType: "application/json", .contentEncoding: "gzip"],
            bytes: Array("[]".utf8))
        #expect(answer.status == 415)
    }

    @Test func aBodyMayBeAsLongAsTheLimitAndNotLonger() async throws {
        let service = try TestService()
        let event = eventJSON("ann", "milk")
        let limit = ServiceLimits.bodyByteCountMax
        let full = event + String(repeating: " ", count: limit - event.utf8.count)
        #expect(try await service.post(full).status == 200)
        let over = try await service.post(full + " ")
        #expect(over.status == 413)
        #expect(over.isProblem)
        #expect(over.string("detail")?.contains("\(limit)") == true)
        #expect(over.headers[.connection] == "close")
        let lines = try await service.post(full + "\n", type: "application/x-ndjson")
        #expect(lines.integer("duplicates") == 1)
    }

    @Test func linesMayBeLonger() async throws {
        let service = try TestService()
        let line = String(repeating: " ", count: (1 << 20) - 1) + "\n"
        let count = ServiceLimits.linesByteCountMax / line.utf8.count
        let full = String(repeating: line, count: count)
        #expect(full.utf8.count == ServiceLimits.linesByteCountMax)
        let answer = try await service.post(full, type: "application/x-ndjson")
        #expect(answer.status == 200)
        let over = try await service.post(full + "\n", type: "application/x-ndjson")
        #expect(over.status == 413)
    }

    @Test func aRequestMayHoldTenThousandEvents() async throws {
        let service = try TestService()
        let lines = (0...ServiceLimits.eventCountMax).map { "{\"x\":\($0)}" }
        let full = try await service.post(
            lines.dropLast().joined(separator: "\n"), type: "application/x-ndjson")
        #expect(full.status == 422)
        #expect(full.list("rejected").count == ServiceLimits.rejectionListMax)
        #expect(
            full.list("rejected").compactMap { $0["index"] as? Int }
                == Array(0..<ServiceLimits.rejectionListMax))
        let counts = try #require(full.json["rejected_by_reason"] as? [String: Int])
        #expect(counts.values.reduce(0, +) == ServiceLimits.eventCountMax)
        for (body, type) in [
            (lines.joined(separator: "\n"), "application/x-ndjson"),
            ("[\(lines.joined(separator: ","))]", "application/json"),
            ("{\"events\":[\(lines.joined(separator: ","))]}", "application/json"),
        ] {
            let over = try await service.post(body, type: type)
            #expect(over.status == 422)
            #expect(over.string("type") == "urn:foretwin:problem:too-many-events")
            #expect(over.list("rejected").isEmpty)
        }
    }

    @Test func anAnswerAboutManyRejectionsIsSmall() async throws {
        let service = try TestService()
        let letter = "a" + String(repeating: "\u{0301}", count: 4_000)
        let lines = (0..<400).map { number in
            eventJSON("ann", "milk", id: "e\(number)", type: letter)
        }
        let answer = try await service.post(
            lines.joined(separator: "\n"), type: "application/x-ndjson")
        #expect(answer.status == 422)
        #expect(answer.text.utf8.count < 64 << 10)
        let counts = try #require(answer.json["rejected_by_reason"] as? [String: Int])
        #expect(counts.values.reduce(0, +) == 400)
        // One that is accepted beside them makes it 200, and the counts are there all the same.
        let mixed = try await service.post(
            "[\(eventJSON("ann", "milk")),{}]", type: "application/json")
        #expect(mixed.status == 200)
        let one = try #require(mixed.json["rejected_by_reason"] as? [String: Int])
        #expect(Array(one.values) == [1])
    }

    @Test func detailsAreCutBetweenScalars() {
        let limit = ServiceLimits.rejectionByteCountMax
        let short = String(repeating: "x", count: limit)
        #expect(EventOutcome.bounded(short) == short)
        #expect(EventOutcome.bounded(short + "y") == short + "…")
        let accents = EventOutcome.bounded("a" + String(repeating: "\u{0301}", count: 100_000))
        #expect(accents.utf8.count <= limit + 3)
        // As JSON they take six bytes each.
        let controls = EventOutcome.bounded(String(repeating: "\u{1}", count: 1_000))
        #expect(controls.unicodeScalars.count == limit / 6 + 1)
        #expect(EventOutcome.bounded("") == "")
    }

    @Test(arguments: ["9223372036854775807", "9223372036854775808", "99999999999999999999999"])
    func aLengthBeyondAllIsRefusedAtOnce(length: String) async throws {
        let service = try TestService()
        let bodies = BodyReader()
        let request = Request(
            head: HTTPRequest(
                method: .post, scheme: "http", authority: "localhost", path: "/v1/events",
                headerFields: [.contentLength: length]),
            body: RequestBody(buffer: ByteBuffer(string: "{}")))
        let problem = await #expect(throws: Problem.self) {
            try await bodies.withBody(of: request, limit: 100) { _ in }
        }
        #expect(problem?.status == .contentTooLarge)
        #expect(try service.store.eventCount() == 0)
    }

    @Test func allBodiesTogetherHaveALimitToo() async throws {
        let service = try TestService(bodies: BodyReader(heldByteCountMax: 200))
        let small = eventJSON("ann", "milk")
        #expect(try await service.post(small).status == 200)
        let large = try await service.post(small + String(repeating: " ", count: 200))
        #expect(large.status == 503)
        #expect(large.headers[.retryAfter] == "2")
        // What was held is given back, by failures as well.
        for _ in 0..<10 { #expect(try await service.post(small).status == 200) }
    }

    @Test func valuesHaveTheLimitsOfEventFiles() async throws {
        let service = try TestService()
        let longest = String(repeating: "u", count: Limits.idByteCountMax)
        #expect(try await service.post(eventJSON(longest, "milk")).status == 200)
        #expect(try await service.get("/v1/twins/\(longest)").integer("event_count") == 1)
        let over = try await service.post(eventJSON(longest + "u", "milk"))
        #expect(over.status == 422)
        for time in ["1899-12-31T23:59:59Z", "2200-01-02", "253402300800000", "1e3", "-"] {
            #expect(try await service.post(eventJSON("ann", "milk", time: time)).status == 422)
        }
        for price in ["1e10", "1e400", "-0.1", #""nan""#, #""inf""#] {
            let answer = try await service.post(
                eventJSON("ann", "milk", more: ",\"price\":\(price)"))
            #expect([400, 422].contains(answer.status), "\(price)")
        }
        #expect(try service.store.eventCount() == 1)
    }
}
