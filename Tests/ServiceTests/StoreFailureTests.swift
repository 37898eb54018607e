import Foundation
import HTTPTypes
import PropertyGraph
import TestSupport
import Testing
import Time
import TwinStorage

@testable import LMDB
@testable import Service

/// What clients are told when the store's files fail.
@Suite struct StoreFailureTests {
    @Test func aFullDiskIsToldFromOtherErrors() throws {
        let full = try #require(Problem(ofStore: LMDBError(.diskFull, "Full.")))
        #expect(full.status.code == 507)
        #expect(full.headers[.retryAfter] == "2")
        #expect(Problem(ofStore: LMDBError(.mapFull, "Full."))?.status.code == 507)
        for code in [LMDBError.Code.io(errno: 5), .corrupted, .corruptRecord, .truncated] {
            let problem = try #require(Problem(ofStore: LMDBError(code, "Bad.")))
            #expect(problem.status.code == 503)
            #expect(problem.kind == "store-failed")
        }
        #expect(Problem(ofStore: LMDBError(.closed, "Closed.")) == nil)
        #expect(Problem(ofStore: CancellationError()) == nil)
    }

    /// After a sync that failed nothing more may be written, and whoever balances load must know.
    @Test func aStoreThatRefusesWritesIsNotReadyAndStillReads() async throws {
        let service = try TestService(hasModel: true)
        #expect(try await service.post(eventJSON("ann", "milk")).status == 200)
        #expect(try await service.get("/readyz").status == 200)
        _ = service.store.graph.environment.handle.commitFailure(5, errno: EIO)
        let ready = try await service.get("/readyz")
        #expect(ready.status == 503)
        #expect(ready.isProblem)
        #expect(ready.string("type") == "urn:foretwin:problem:store-failed")
        let refused = try await service.post(eventJSON("ann", "bread"))
        #expect(refused.status == 503)
        #expect(refused.isProblem)
        #expect(!refused.text.contains(service.folder.path))
        #expect(service.log.lines.contains { $0.contains("request failed") })
        #expect(try await service.get("/healthz").status == 200)
        #expect(try await service.get("/v1/twins/ann").integer("event_count") == 1)
    }

    @Test func manyPostsAtOnceAreEachStoredOnce() async throws {
        let service = try TestService()
        let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
            for number in 0..<60 {
                group.addTask {
                    let user = "user-\(number % 7)"
                    return try await service.post(
                        eventJSON(user, "item-\(number % 5)", id: "e\(number % 40)"))
                }
            }
            var answers: [Answer] = []
            for try await answer in group { answers.append(answer) }
            return answers
        }
        #expect(answers.allSatisfy { $0.status == 200 || $0.status == 422 })
        let added = answers.compactMap { $0.integer("added") }.reduce(0, +)
        #expect(try service.store.eventCount() == added)
    }

    @Test func anEventFromTheFutureIsRefused() async throws {
        let service = try TestService(now: { Date(timeIntervalSince1970: 1_772_359_200) })
        let body =
            "["
            + [
                eventJSON("ann", "milk", time: "2026-03-02T10:00:00Z"),
                eventJSON("ann", "milk", time: "2026-03-02T10:00:01Z"),
                eventJSON("ann", "milk", time: "2099-01-01"),
            ].joined(separator: ",") + "]"
        let answer = try await service.post(body)
        #expect(answer.status == 200)
        #expect(answer.integer("added") == 1)
        #expect(answer.list("rejected").compactMap { $0["index"] as? Int } == [1, 2])
        #expect(
            answer.list("rejected").allSatisfy { $0["reason"] as? String == "time in the future" })
        #expect(try service.store.newestEvent()?.iso8601 == "2026-03-02T10:00:00Z")
    }
}
