import Foundation

/// Lets small bodies of events in at once, and large ones in turns.
///
/// Few large ones are under way together, so that the threads, the writer of the store, and each of
/// its transactions have room for single events.
struct UploadQueue: Sendable {
    private let turns: TurnQueue

    init(
        runningMax: Int = ServiceLimits.uploadCountMax,
        waitingMax: Int = ServiceLimits.uploadQueueMax
    ) {
        turns = TurnQueue(runningMax: runningMax, waitingMax: waitingMax)
    }

    /// How many large bodies are waiting.
    var waitingCount: Int { turns.waitingCount }

    /// Runs work on a body when its turn comes.
    ///
    /// - Throws: ``Problem`` when too many wait; `CancellationError`; what the work throws.
    func run<Value: Sendable>(
        byteCount: Int, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard byteCount > ServiceLimits.smallBodyByteCountMax else {
            return try await WorkThreads.writing(isLarge: false, work)
        }
        let turn: TurnQueue.Turn
        do {
            turn = try await turns.take()
        } catch is TurnQueue.Refusal {
            throw Problem.busy("Too many uploads are waiting. Try again soon.")
        }
        defer { turn.giveBack(isDone: true) }
        return try await WorkThreads.writing(isLarge: true, work)
    }
}
