import Foundation
import Shop
import Testing
import TwinStorage

@testable import Service

/// `POST /v1/events` with events as they should be.
@Suite struct EventTests {
    @Test func oneEventIsAddedAndThenKnown() async throws {
        let service = try TestService()
        let first = try await service.post(eventJSON("ann", "milk"))
        #expect(first.status == 200)
        #expect(first.text == #"{"added":1,"duplicates":0,"rejected":[]}"#)
        let second = try await service.post(eventJSON("ann", "milk"))
        #expect(second.text == #"{"added":0,"duplicates":1,"rejected":[]}"#)
        #expect(try service.store.eventCount() == 1)
    }

    @Test func allLayoutsOfJSONTakeTheSameEvents() async throws {
        let events = (0..<3).map { eventJSON("ann", "item-\($0)", id: "e\($0)") }
        let array = "[\(events.joined(separator: ","))]"
        let bodies = [
            (array, "application/json"), (#"{"events":\#(array)}"#, "application/json"),
            (events.joined(separator: "\n"), "application/x-ndjson"),
            ("\u{FEFF}" + events.joined(separator: "\r\n\n") + "\n", "application/jsonl"),
            (array, "Application/JSON; charset=utf-8"),
        ]
        let service = try TestService()
        for (place, (body, type)) in bodies.enumerated() {
            let answer = try await service.post(body, type: type)
            #expect(answer.status == 200)
            #expect(answer.integer("added") == (place == 0 ? 3 : 0))
            #expect(answer.integer("duplicates") == (place == 0 ? 0 : 3))
        }
    }

    @Test func numbersMayBeNumbersOrText() async throws {
        let service = try TestService()
        let number =
            #"{"event_id":1,"user_id":7,"item_id":3,"type":"purchase","#
            + #""timestamp":1771581600,"price":2.5,"quantity":2,"dwell":null,"gift":true}"#
        let text =
            #"{"event_id":"1","user_id":"7","item_id":"3","type":"order completed","#
            + #""timestamp":"2026-02-20T10:00:00Z","price":"2.5","quantity":"2","dwell":"","#
            + #""gift":"true"}"#
        let first = try await service.post(number)
        #expect(first.integer("added") == 1)
        let second = try await service.post(text)
        #expect(second.integer("duplicates") == 1)
    }

    @Test func theTwinIsMadeOfWhatWasPosted() async throws {
        let service = try TestService()
        let body = [
            eventJSON("ann", "milk", time: "2026-02-20T10:00:00Z", more: #","city":"Bonn""#),
            eventJSON("ann", "bread", type: "purchase", time: "2026-02-20T10:05:00Z"),
        ].joined(separator: "\n")
        #expect(try await service.post(body, type: "application/x-ndjson").status == 200)
        let twin = try await service.get("/v1/twins/ann")
        #expect(twin.status == 200)
        #expect(twin.integer("event_count") == 2)
        #expect(twin.json["is_cold_start"] as? Bool == false)
        #expect(twin.string("last_event") == "2026-02-20T10:05:00Z")
        #expect(twin.string("first_event") == "2026-02-20T10:00:00Z")
        #expect(twin.string("city") == "Bonn")
        #expect(twin.integer("transition_count") == 1)
        let interactions = twin.list("interactions")
        #expect(interactions.map { $0["item_id"] as? String } == ["bread", "milk"])
        #expect(interactions.first?["type"] as? String == "purchase")
        #expect(interactions.first?["weight"] as? Double == 5)
        #expect(twin.string("customer_key") == service.store.pseudonymizer.pseudonym(of: "ann"))
    }

    @Test func anEventInAnEnvelopeIsThePlainEvent() async throws {
        let service = try TestService()
        let plain = try await service.post(eventJSON("ann", "milk", id: "e1"))
        #expect(plain.integer("added") == 1)
        let head = #""specversion":"1.0","source":"/shop","type":"shop.view""#
        let data = #""data":{"item_id":"milk","type":"view"}"#
        let envelope =
            #"{\#(head),"id":"e1","time":"2026-02-20T10:00:00Z","subject":"ann",\#(data)}"#
        let single = try await service.post(envelope, type: "application/cloudevents+json")
        #expect(single.text == #"{"added":0,"duplicates":1,"rejected":[]}"#)
        let batch = try await service.post(
            "[\(envelope),\(envelope)]", type: "application/cloudevents-batch+json")
        #expect(batch.text == #"{"added":0,"duplicates":2,"rejected":[]}"#)
        // What the data say themselves goes before the envelope.
        let full = eventJSON("ann", "milk", id: "e1")
        let other =
            #"{\#(head),"id":"x","time":"2020-01-01T00:00:00Z","subject":"bob","data":\#(full)}"#
        let own = try await service.post(other, type: "application/cloudevents+json")
        #expect(own.text == #"{"added":0,"duplicates":1,"rejected":[]}"#)
        #expect(try service.store.twinCount() == 1)
    }

    @Test(arguments: [
        (#"{"specversion":"1.0","id":"1","source":"s"}"#, "CloudEvents attribute type"),
        (#"{"specversion":"0.3","id":"1","source":"s","type":"t"}"#, "specversion is not 1.0"),
        (#"{"specversion":"1.0","id":"1","source":"s","type":"t"}"#, "data as a flat object"),
        (#"{"specversion":"1.0","id":"1","source":"s","type":"t","data":"x"}"#, "data as a flat"),
        (#"{"specversion":"1.0","id":"1","source":"s","type":"t","data":{"a":{}}}"#, "data as a"),
        (#"{"specversion":"1.0","id":"1","source":"s","type":"t","data":{}}"#, "user_id"),
        (#""text""#, "CloudEvents attribute specversion"),
    ])
    func badEnvelopesAreRejectedWithTheReason(envelope: String, reason: String) async throws {
        let service = try TestService()
        let answer = try await service.post(envelope, type: "application/cloudevents+json")
        #expect(answer.status == 422)
        let detail = answer.list("rejected").first?["detail"] as? String
        #expect(detail?.contains(reason) == true, "\(detail ?? "")")
    }

    @Test func badEventsNeverLoseTheirNeighbours() async throws {
        let service = try TestService()
        let body = [
            eventJSON("ann", "a"), "{}", "[1]", "\"text\"", "null", #"{"user_id":{"x":1}}"#,
            eventJSON("ann", "b", type: "dance"), eventJSON("ann", "b", time: "soon"),
            eventJSON("ann", "b", more: #","price":-1"#),
            eventJSON("", "b"), eventJSON("ann", "c"),
        ]
        let expected: [String] = [
            "required value missing", "not a JSON object", "not a JSON object",
            "not a JSON object", "not a JSON object", "unknown event type",
            "unreadable timestamp", "unreadable number", "required value missing",
        ]
        let answer = try await service.post("[\(body.joined(separator: ","))]")
        #expect(answer.status == 200)
        #expect(answer.integer("added") == 2)
        #expect(answer.list("rejected").map { $0["index"] as? Int } == Array(1...9))
        #expect(answer.list("rejected").map { $0["reason"] as? String } == expected)
        #expect(answer.list("rejected").allSatisfy { $0["detail"] is String })
        let lines = try await service.post(
            body.joined(separator: "\n"), type: "application/x-ndjson")
        #expect(lines.integer("duplicates") == 2)
        #expect(lines.list("rejected").map { $0["reason"] as? String } == expected)
    }

    @Test func rejectionsOfTheStoreNameTheirPlace() async throws {
        let service = try TestService(createItems: false)
        try service.store.put([Item(itemID: "milk")])
        let body = [
            "{}", eventJSON("ann", "milk", id: "e1"), eventJSON("ann", "unheard-of", id: "e2"),
            eventJSON("ann", "milk", id: "e1", type: "purchase"),
        ]
        let answer = try await service.post("[\(body.joined(separator: ","))]")
        #expect(answer.integer("added") == 1)
        let rejected = answer.list("rejected")
        #expect(rejected.map { $0["index"] as? Int } == [0, 2, 3])
        #expect(rejected.last?["reason"] as? String == "same event id, different content")
    }

    @Test func noEventAcceptedIsAProblemWithTheReasons() async throws {
        let service = try TestService()
        let answer = try await service.post(#"[{"user_id":"secret-user"},{}]"#)
        #expect(answer.status == 422)
        #expect(answer.isProblem)
        #expect(answer.integer("added") == 0)
        #expect(answer.list("rejected").count == 2)
        #expect(!answer.text.contains("secret-user"))
    }

    @Test func nothingIsNothing() async throws {
        let service = try TestService()
        for (body, type) in [
            ("[]", "application/json"), (#"{"events":[]}"#, "application/json"),
            ("\n\n \n", "application/x-ndjson"), ("", "application/x-ndjson"),
            ("[]", "application/cloudevents-batch+json"),
        ] {
            let answer = try await service.post(body, type: type)
            #expect(answer.status == 200, "\(body) as \(type)")
            #expect(answer.text == #"{"added":0,"duplicates":0,"rejected":[]}"#)
        }
    }

    @Test func manyAtOnceAreAllStoredOnce() async throws {
        let service = try TestService()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let body = eventJSON("user-\(number % 5)", "item", id: "e\(number / 2)")
                    return try await service.post(body).integer("added") ?? -1
                }
            }
            var added = 0
            for try await count in group { added += count }
            // Pairs share an id, but only pairs of one customer are the same event.
            #expect(added == (try service.store.eventCount()))
        }
        #expect(try service.store.eventCount() == 40)
    }
}
