import NIOConcurrencyHelpers

/// Lets a few run at once; others wait in order of arrival, up to a bound.
///
/// The queue measures the time of a unit of work. It rejects work at once that would miss its
/// deadline, and does not start work that has waited too long.
final class TurnQueue: Sendable {
    /// Why no turn was given.
    enum Refusal: Error {
        /// Too many wait.
        case full
        /// It would not be done in time.
        case late
    }

    private struct Waiter {
        var ticket: Int
        var weight: Double
        var deadline: ContinuousClock.Instant?
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var running = 0
        /// The weights of what runs.
        var runningWeight = 0.0
        var nextTicket = 0
        var waiting: [Waiter] = []
        /// Seconds that a unit of weight takes, by what was done lately; `nil` before the first.
        var pace: Double?

        /// Seconds until work would be done that has to wait behind all others.
        func expectedSeconds(_ weight: Double, runningMax: Int) -> Double {
            guard let pace else { return 0 }
            // What runs is half done on average.
            let before = runningWeight / 2 + waiting.reduce(0) { $0 + $1.weight }
            return pace * (before / Double(max(1, runningMax)) + weight)
        }
    }

    private let state = NIOLockedValueBox(State())
    private let runningMax: Int
    private let waitingMax: Int

    init(runningMax: Int, waitingMax: Int) {
        self.runningMax = runningMax
        self.waitingMax = waitingMax
    }

    /// How many are waiting.
    var waitingCount: Int { state.withLockedValue { $0.waiting.count } }

    /// A turn, which is given back once.
    final class Turn: Sendable {
        private let queue: TurnQueue
        private let weight: Double
        private let start = ContinuousClock.now
        private let isTaken = NIOLockedValueBox(true)

        fileprivate init(_ queue: TurnQueue, _ weight: Double) {
            self.queue = queue
            self.weight = weight
        }

        deinit { giveBack(isDone: false) }

        /// Lets the next one run; without effect after the first call.
        ///
        /// - Parameter isDone: Whether the work was done, so that its time can be learned from.
        func giveBack(isDone: Bool) {
            let wasTaken = isTaken.withLockedValue { taken in
                defer { taken = false }
                return taken
            }
            guard wasTaken else { return }
            queue.leave(weight, seconds: (ContinuousClock.now - start) / .seconds(1), isDone)
        }
    }

    /// Waits for a turn.
    ///
    /// - Parameters:
    ///   - weight: How much work it is, in any unit that is the same for all of a queue.
    ///   - deadline: When the work must be done.
    /// - Returns: The turn.
    /// - Throws: ``Refusal``, or `CancellationError`.
    func take(
        weight: Double = 1, until deadline: ContinuousClock.Instant? = nil
    ) async throws -> Turn {
        let ticket = state.withLockedValue { state in
            state.nextTicket &+= 1
            return state.nextTicket
        }
        let alarm = deadline.map { deadline in
            Task {
                try await Task.sleep(until: deadline, clock: .continuous)
                remove(ticket)?.resume(throwing: Refusal.late)
            }
        }
        defer { alarm?.cancel() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let waiter = Waiter(
                    ticket: ticket, weight: weight, deadline: deadline, continuation: continuation)
                if let outcome = enter(waiter) { continuation.resume(with: outcome) }
            }
        } onCancel: {
            remove(ticket)?.resume(throwing: CancellationError())
        }
        return Turn(self, weight)
    }

    private func remove(_ ticket: Int) -> CheckedContinuation<Void, any Error>? {
        state.withLockedValue { state in
            state.waiting.firstIndex { $0.ticket == ticket }
                .map { state.waiting.remove(at: $0).continuation }
        }
    }

    /// Whether it may run or may not; `nil` when it has to wait.
    private func enter(_ waiter: Waiter) -> Result<Void, any Error>? {
        state.withLockedValue { state in
            // A task that was cancelled before it got here is not seen by `onCancel` any more.
            if Task.isCancelled { return .failure(CancellationError()) }
            if state.running < runningMax {
                state.running += 1
                state.runningWeight += waiter.weight
                return .success(())
            }
            guard state.waiting.count < waitingMax else { return .failure(Refusal.full) }
            if let deadline = waiter.deadline {
                let seconds = state.expectedSeconds(waiter.weight, runningMax: runningMax)
                guard ContinuousClock.now + .seconds(seconds) <= deadline else {
                    return .failure(Refusal.late)
                }
            }
            state.waiting.append(waiter)
            return nil
        }
    }

    private func leave(_ weight: Double, seconds: Double, _ isDone: Bool) {
        var late: [Waiter] = []
        let next = state.withLockedValue { state in
            let pace = seconds / max(weight, 1)
            let old = state.pace ?? pace
            // What was not done would have taken longer still.
            if isDone || pace > old { state.pace = old + 0.25 * (pace - old) }
            state.running -= 1
            state.runningWeight -= weight
            while !state.waiting.isEmpty {
                let waiter = state.waiting.removeFirst()
                let needed = ContinuousClock.now + .seconds((state.pace ?? 0) * waiter.weight)
                guard waiter.deadline.map({ needed <= $0 }) ?? true else {
                    late.append(waiter)
                    continue
                }
                state.running += 1
                state.runningWeight += waiter.weight
                return waiter as Waiter?
            }
            return nil
        }
        for waiter in late { waiter.continuation.resume(throwing: Refusal.late) }
        next?.continuation.resume()
    }
}
