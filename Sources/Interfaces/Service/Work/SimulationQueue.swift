import NIOConcurrencyHelpers

/// Lets a few simulations run at once; others wait in order of arrival, up to a bound.
final class SimulationQueue: Sendable {
    private struct State {
        var running = 0
        var nextTicket = 0
        var waiting: [(ticket: Int, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    private let state = NIOLockedValueBox(State())
    private let runningMax: Int
    private let waitingMax: Int
    private let deadline: Duration

    init(
        runningMax: Int = ServiceLimits.simulationCountMax,
        waitingMax: Int = ServiceLimits.simulationQueueMax,
        deadline: Duration = ServiceLimits.simulationDeadline
    ) {
        self.runningMax = runningMax
        self.waitingMax = waitingMax
        self.deadline = deadline
    }

    /// Runs work when its turn comes, on threads for simulations.
    ///
    /// - Throws: ``Problem`` when too many wait, or waiting and work take longer than the deadline;
    ///   the work's task is cancelled then. What the work throws.
    func run<Result: Sendable>(
        _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                try await self.enter()
                defer { self.leave() }
                return try await WorkThreads.simulating(work)
            }
            let deadline = deadline
            group.addTask {
                try await Task.sleep(for: deadline)
                throw Problem.busy(
                    "The simulation took longer than \(deadline). Ask for fewer paths or a shorter "
                        + "horizon, or try again when less is going on.")
            }
            guard let result = try await group.next() else { throw CancellationError() }
            return result
        }
    }

    /// How many are waiting.
    var waitingCount: Int { state.withLockedValue { $0.waiting.count } }

    private enum Turn { case now, later, never, cancelled }

    private func enter() async throws {
        let ticket = state.withLockedValue { state in
            state.nextTicket &+= 1
            return state.nextTicket
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                switch turn(ticket, continuation) {
                case .now: continuation.resume()
                case .later: break
                case .never:
                    continuation.resume(
                        throwing: Problem.busy("Too many simulations are waiting. Try again soon."))
                case .cancelled: continuation.resume(throwing: CancellationError())
                }
            }
        } onCancel: {
            let waiting = state.withLockedValue { state in
                state.waiting.firstIndex { $0.ticket == ticket }
                    .map { state.waiting.remove(at: $0) }
            }
            waiting?.continuation.resume(throwing: CancellationError())
        }
    }

    private func turn(
        _ ticket: Int, _ continuation: CheckedContinuation<Void, any Error>
    ) -> Turn {
        state.withLockedValue { state in
            // A task that was cancelled before it got here is not seen by `onCancel` any more.
            if Task.isCancelled { return .cancelled }
            if state.running < runningMax {
                state.running += 1
                return .now
            }
            guard state.waiting.count < waitingMax else { return .never }
            state.waiting.append((ticket, continuation))
            return .later
        }
    }

    private func leave() {
        let next = state.withLockedValue { state in
            if state.waiting.isEmpty {
                state.running -= 1
                return nil as CheckedContinuation<Void, any Error>?
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume()
    }
}
