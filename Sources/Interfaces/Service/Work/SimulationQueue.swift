import NIOConcurrencyHelpers

/// Lets a few simulations run at once, each for a bounded time; others wait in order of arrival.
final class SimulationQueue: Sendable {
    private let turns: TurnQueue
    private let deadline: Duration

    init(
        runningMax: Int = ServiceLimits.simulationCountMax,
        waitingMax: Int = ServiceLimits.simulationQueueMax,
        deadline: Duration = ServiceLimits.simulationDeadline
    ) {
        turns = TurnQueue(runningMax: runningMax, waitingMax: waitingMax)
        self.deadline = deadline
    }

    /// How many are waiting.
    var waitingCount: Int { turns.waitingCount }

    /// Runs work when its turn comes, on threads for simulations.
    ///
    /// It returns at the deadline at the latest, and gives the turn back, even if the work does not
    /// notice that its task was cancelled.
    ///
    /// - Parameters:
    ///   - weight: How much work it is, in paths times days.
    ///   - work: The work.
    /// - Returns: What the work returns.
    /// - Throws: ``Problem`` when too many wait, or waiting and work take longer than the deadline;
    ///   `CancellationError` when the caller's task is cancelled; what the work throws.
    func run<Value: Sendable>(
        weight: Double = 1, _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let end = ContinuousClock.now + deadline
        let turn = try await takeTurn(weight, until: end)
        let answer = FirstAnswer<Value>()
        let job = Task(executorPreference: WorkThreads.simulations) {
            let result = Result {
                try Task.checkCancellation()
                return try work()
            }
            turn.giveBack(isDone: (try? result.get()) != nil)
            answer.give(result)
        }
        let alarm = Task {
            try await Task.sleep(until: end, clock: .continuous)
            answer.give(.failure(tooLate))
        }
        defer {
            alarm.cancel()
            job.cancel()
            turn.giveBack(isDone: false)
        }
        return try await withTaskCancellationHandler {
            try await answer.value
        } onCancel: {
            answer.give(.failure(CancellationError()))
        }
    }

    private func takeTurn(
        _ weight: Double, until end: ContinuousClock.Instant
    ) async throws -> TurnQueue.Turn {
        do {
            return try await turns.take(weight: weight, until: end)
        } catch TurnQueue.Refusal.full {
            throw Problem.busy("Too many simulations are waiting. Try again soon.")
        } catch TurnQueue.Refusal.late {
            throw tooLate
        }
    }

    private var tooLate: Problem {
        Problem.busy(
            "The simulation would take longer than \(deadline), waiting included. Ask for fewer "
                + "paths or a shorter horizon, or try again when less is going on.")
    }
}

/// The first of several answers, for one task that waits for it.
private final class FirstAnswer<Value: Sendable>: Sendable {
    private struct State {
        var answer: Result<Value, any Error>?
        var continuation: CheckedContinuation<Value, any Error>?
    }

    private let state = NIOLockedValueBox(State())

    /// Gives an answer; without effect after the first one.
    func give(_ answer: Result<Value, any Error>) {
        let continuation = state.withLockedValue { state in
            guard state.answer == nil else { return nil as CheckedContinuation<Value, any Error>? }
            state.answer = answer
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(with: answer)
    }

    /// Waits for the first answer; to be asked for once.
    var value: Value {
        get async throws {
            try await withCheckedThrowingContinuation { continuation in
                let answer = state.withLockedValue { state in
                    if state.answer == nil { state.continuation = continuation }
                    return state.answer
                }
                if let answer { continuation.resume(with: answer) }
            }
        }
    }
}
