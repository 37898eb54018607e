import Foundation
import HTTPTypes
import NIOConcurrencyHelpers
import Testing

@testable import Service

/// Turns, and what is not let in because it would be late.
@Suite(.timeLimit(.minutes(1))) struct TurnQueueTests {
    private func until(_ condition: () -> Bool) async throws {
        while !condition() { await Task.yield() }
    }

    @Test func aTurnIsGivenBackOnce() async throws {
        let queue = TurnQueue(runningMax: 1, waitingMax: 0)
        let first = try await queue.take()
        await #expect(throws: TurnQueue.Refusal.full) { _ = try await queue.take() }
        first.giveBack(isDone: true)
        let second = try await queue.take()
        first.giveBack(isDone: true)
        await #expect(throws: TurnQueue.Refusal.full) { _ = try await queue.take() }
        second.giveBack(isDone: false)
        // A turn that is forgotten comes back by itself.
        _ = try await queue.take()
        let last = try await queue.take()
        last.giveBack(isDone: true)
    }

    @Test func whoWaitsTooLongIsTurnedAway() async throws {
        let queue = TurnQueue(runningMax: 1, waitingMax: 5)
        let turn = try await queue.take()
        await #expect(throws: TurnQueue.Refusal.late) {
            _ = try await queue.take(until: .now + .milliseconds(20))
        }
        #expect(queue.waitingCount == 0)
        turn.giveBack(isDone: true)
    }

    /// A queue that has learned that a unit takes a tenth of a second at least.
    private func experiencedQueue() async throws -> TurnQueue {
        let queue = TurnQueue(runningMax: 1, waitingMax: 50)
        let turn = try await queue.take(weight: 1)
        try await Task.sleep(for: .milliseconds(100))
        turn.giveBack(isDone: true)
        return queue
    }

    @Test func whatCannotBeDoneInTimeIsRefusedAtOnce() async throws {
        let queue = try await experiencedQueue()
        // Nothing runs, so it may try.
        let running = try await queue.take(weight: 1_000, until: .now + .seconds(5))
        // It is expected to run for 50 s and more.
        await #expect(throws: TurnQueue.Refusal.late) {
            _ = try await queue.take(weight: 1, until: .now + .seconds(30))
        }
        #expect(queue.waitingCount == 0)
        // Who has time is let in.
        let patient = Task { try await queue.take(weight: 1, until: .now + .seconds(1_000_000)) }
        try await until { queue.waitingCount == 1 }
        running.giveBack(isDone: false)
        try await patient.value.giveBack(isDone: true)
    }

    @Test func whatWouldEndTooLateIsNotStarted() async throws {
        let queue = TurnQueue(runningMax: 1, waitingMax: 50)
        let running = try await queue.take(weight: 1)
        // Nothing has been learned yet, so that all are let in.
        let large = Task { try await queue.take(weight: 1e9, until: .now + .seconds(40)) }
        try await until { queue.waitingCount == 1 }
        let small = Task { try await queue.take(weight: 0.1, until: .now + .seconds(1_000_000)) }
        try await until { queue.waitingCount == 2 }
        try await Task.sleep(for: .milliseconds(20))
        running.giveBack(isDone: true)
        await #expect(throws: TurnQueue.Refusal.late) { _ = try await large.value }
        try await small.value.giveBack(isDone: true)
    }

    @Test func smallBodiesPassLargeOnesThatWait() async throws {
        let uploads = UploadQueue(runningMax: 1, waitingMax: 1)
        let large = ServiceLimits.smallBodyByteCountMax + 1
        let (opening, opener) = AsyncStream.makeStream(of: Void.self)
        let hasBegun = NIOLockedValueBox(false)
        let first = Task {
            try await uploads.run(byteCount: large) {
                hasBegun.withLockedValue { $0 = true }
                for await _ in opening {}
                return 1
            }
        }
        try await until { hasBegun.withLockedValue { $0 } }
        let second = Task { try await uploads.run(byteCount: large) { 2 } }
        try await until { uploads.waitingCount == 1 }
        let problem = await #expect(throws: Problem.self) {
            try await uploads.run(byteCount: large) { 3 }
        }
        #expect(problem?.status == .serviceUnavailable)
        #expect(problem?.headers[.retryAfter] == "2")
        #expect(try await uploads.run(byteCount: large - 1) { 4 } == 4)
        opener.finish()
        #expect(try await first.value == 1)
        #expect(try await second.value == 2)
    }

    @Test func heldBytesHaveABound() {
        let held = HeldBytes(max: 10)
        #expect(held.take(6))
        #expect(!held.take(5))
        // Answers are there already, so they count in any case.
        held.add(6)
        #expect(held.current == 12)
        #expect(!held.take(1))
        held.giveBack(6)
        #expect(held.take(4))
        held.giveBack(10)
        #expect(held.current == 0)
    }
}
