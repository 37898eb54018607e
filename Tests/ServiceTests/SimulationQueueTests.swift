import Foundation
import HTTPTypes
import NIOConcurrencyHelpers
import Testing

@testable import Service

/// How simulations take turns; work is held up by latches, not by time.
@Suite struct SimulationQueueTests {
    /// Lets work wait until the test opens it.
    private final class Latch: Sendable {
        private let isOpen = NIOLockedValueBox(false)
        private let started = NIOLockedValueBox(0)
        private let most = NIOLockedValueBox(0)
        private let running = NIOLockedValueBox(0)

        var startedCount: Int { started.withLockedValue { $0 } }
        var mostAtOnce: Int { most.withLockedValue { $0 } }
        func open() { isOpen.withLockedValue { $0 = true } }

        /// Work that ends when the latch is opened or the task cancelled.
        func work() throws {
            started.withLockedValue { $0 += 1 }
            let now = running.withLockedValue { count in
                count += 1
                return count
            }
            most.withLockedValue { $0 = max($0, now) }
            defer { running.withLockedValue { $0 -= 1 } }
            while !isOpen.withLockedValue({ $0 }) {
                try Task.checkCancellation()
                sched_yield()
            }
        }
    }

    private func until(_ condition: () -> Bool) async throws {
        while !condition() { await Task.yield() }
    }

    @Test(.timeLimit(.minutes(1)))
    func noMoreRunThanMayAndOthersWaitUpToABound() async throws {
        let most = ServiceLimits.simulationCountMax
        let queue = SimulationQueue(runningMax: most, waitingMax: 2, deadline: .seconds(50))
        let latch = Latch()
        try await withThrowingTaskGroup(of: Void.self) { group in
            // All threads for simulations are taken, and yet others are queued and refused.
            for _ in 0..<most { group.addTask { try await queue.run { try latch.work() } } }
            try await until { latch.startedCount == most }
            for _ in 0..<2 { group.addTask { try await queue.run { try latch.work() } } }
            try await until { queue.waitingCount == 2 }
            let problem = await #expect(throws: Problem.self) { try await queue.run {} }
            #expect(problem?.status == .serviceUnavailable)
            #expect(problem?.headers[.retryAfter] == "2")
            latch.open()
            try await group.waitForAll()
        }
        #expect(latch.startedCount == most + 2)
        #expect(latch.mostAtOnce == most)
        #expect(queue.waitingCount == 0)
        #expect(try await queue.run { 5 } == 5)
    }

    @Test(.timeLimit(.minutes(1)))
    func whatTakesTooLongIsCancelled() async throws {
        let queue = SimulationQueue(runningMax: 1, waitingMax: 5, deadline: .milliseconds(50))
        let latch = Latch()
        try await withThrowingTaskGroup(of: Problem?.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    await #expect(throws: Problem.self) {
                        try await queue.run { try latch.work() }
                    }
                }
            }
            for try await problem in group { #expect(problem?.status == .serviceUnavailable) }
        }
        #expect(queue.waitingCount == 0)
        // All turns were given back.
        let other = SimulationQueue(runningMax: 1, waitingMax: 5, deadline: .seconds(50))
        #expect(try await other.run { 1 } == 1)
    }

    @Test(.timeLimit(.minutes(1)))
    func cancelledWaitersLeaveTheQueue() async throws {
        let queue = SimulationQueue(runningMax: 1, waitingMax: 5, deadline: .seconds(50))
        let latch = Latch()
        let first = Task { try await queue.run { try latch.work() } }
        try await until { latch.startedCount == 1 }
        let second = Task { try await queue.run { try latch.work() } }
        try await until { queue.waitingCount == 1 }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(queue.waitingCount == 0)
        let third = Task { try await queue.run { try latch.work() } }
        third.cancel()
        await #expect(throws: CancellationError.self) { try await third.value }
        latch.open()
        try await first.value
        #expect(latch.startedCount == 1)
    }

    @Test(.timeLimit(.minutes(1)))
    func workThatDoesNotNoticeItsEndKeepsNoTurnAndNobodyWaiting() async throws {
        let queue = SimulationQueue(runningMax: 1, waitingMax: 5, deadline: .milliseconds(50))
        let mayEnd = NIOLockedValueBox(false)
        let problem = await #expect(throws: Problem.self) {
            try await queue.run { while !mayEnd.withLockedValue({ $0 }) { usleep(1_000) } }
        }
        #expect(problem?.status == .serviceUnavailable)
        // The work still runs, and yet others have their turn: each may be late on a busy machine.
        var done = 0
        for _ in 0..<1_000 where done == 0 {
            if (try? await queue.run { 1 }) == 1 { done += 1 }
        }
        #expect(done == 1)
        mayEnd.withLockedValue { $0 = true }
    }

    @Test(.timeLimit(.minutes(1)))
    func aCancelledCallerDoesNotWaitForTheWork() async throws {
        let queue = SimulationQueue(runningMax: 1, waitingMax: 5, deadline: .seconds(50))
        let hasBegun = NIOLockedValueBox(false)
        let mayEnd = NIOLockedValueBox(false)
        let sawTheEnd = NIOLockedValueBox(false)
        let caller = Task {
            try await queue.run {
                hasBegun.withLockedValue { $0 = true }
                while !mayEnd.withLockedValue({ $0 }) { usleep(1_000) }
                sawTheEnd.withLockedValue { $0 = Task.isCancelled }
            }
        }
        try await until { hasBegun.withLockedValue { $0 } }
        caller.cancel()
        await #expect(throws: CancellationError.self) { try await caller.value }
        #expect(try await queue.run { 1 } == 1)
        mayEnd.withLockedValue { $0 = true }
        try await until { sawTheEnd.withLockedValue { $0 } }
    }

    @Test func errorsOfTheWorkComeThroughAndGiveTheTurnBack() async throws {
        struct Failure: Error {}
        let queue = SimulationQueue(runningMax: 1, waitingMax: 0, deadline: .seconds(50))
        for _ in 0..<5 {
            await #expect(throws: Failure.self) { try await queue.run { throw Failure() } }
        }
        #expect(try await queue.run { true })
    }
}
