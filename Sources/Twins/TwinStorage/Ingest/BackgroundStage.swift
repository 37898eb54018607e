import Dispatch

/// Work that goes on beside its caller, one piece after the other.
struct BackgroundStage<Answer: Sendable> {
    private let queue = DispatchQueue(label: "overlap")
    private var piece: Piece?

    /// Waits for the piece of work under way and begins the next.
    ///
    /// - Returns: The answer of the piece before; `nil` if there was none.
    /// - Throws: What the piece before threw; then the next is not begun.
    mutating func begin(_ work: @escaping @Sendable () throws -> Answer) throws -> Answer? {
        let before = try finish()
        let piece = Piece()
        queue.async {
            piece.outcome = Result { try work() }
            piece.done.signal()
        }
        self.piece = piece
        return before
    }

    /// Waits for the piece of work under way.
    ///
    /// - Returns: Its answer; `nil` if there is none.
    /// - Throws: What it threw.
    mutating func finish() throws -> Answer? {
        guard let piece else { return nil }
        self.piece = nil
        piece.done.wait()
        return try piece.outcome?.get()
    }

    // @unchecked Sendable: `outcome` is set once, before `done` is signalled, and read after.
    private final class Piece: @unchecked Sendable {
        let done = DispatchSemaphore(value: 0)
        var outcome: Result<Answer, any Error>?
    }
}
