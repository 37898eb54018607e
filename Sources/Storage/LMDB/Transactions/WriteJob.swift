import Foundation

/// A unit of work for the writer thread.
///
/// The writer calls `run` once, or several times if the job is repeatable, and then `finish` once.
/// It does not call `run` for a cancelled job.
// @unchecked Sendable: one thread at a time uses a job; see the subclasses.
class WriteJob: @unchecked Sendable {
    /// Whether `run` may be called again, so that the job can share a commit with others.
    var isRepeatable: Bool { false }
    /// Whether the caller no longer waits for the job.
    var isCancelled: Bool { false }
    /// Makes the changes.
    func run(_ transaction: borrowing WriteTransaction) throws {}
    /// Ends the job: its changes are committed if `error` is nil, and undone otherwise.
    func finish(_ error: (any Error)?) {}
}

/// A job whose caller blocks its thread until the job has ended.
// @unchecked Sendable: the writer's queue passes the job to the writer thread, and `condition`
// passes it back. The caller only waits in between, so its closure and result need not be Sendable.
final class BlockingJob<T>: WriteJob, @unchecked Sendable {
    private var body: ((borrowing WriteTransaction) throws -> T)?
    private var value: T?
    private var outcome: Result<Void, any Error>?
    private let condition = NSCondition()

    init(_ body: @escaping (borrowing WriteTransaction) throws -> T) { self.body = body }

    override func run(_ transaction: borrowing WriteTransaction) throws {
        value = try body?(transaction)
    }

    override func finish(_ error: (any Error)?) {
        condition.lock()
        precondition(outcome == nil, "A write job ended twice.")
        // The caller's closure must not outlive the call, so it is released before the caller
        // wakes.
        body = nil
        outcome = error.map { .failure($0) } ?? .success(())
        condition.signal()
        condition.unlock()
    }

    /// Waits for `finish`, then returns what the body returned.
    func wait() throws -> T {
        condition.lock()
        defer { condition.unlock() }
        while outcome == nil { condition.wait() }
        // The writer thread may keep this job a little longer, but not the caller's value.
        defer { value = nil }
        try outcome?.get()
        guard let value else { preconditionFailure("A write job was committed but never ran.") }
        return value
    }
}

/// A job that the caller's task awaits.
// @unchecked Sendable: `continuation` is set before the job is queued. From then on, only the
// writer thread uses it, `body` and `value`. `lock` guards `cancelled`.
final class AwaitedJob<T: Sendable>: WriteJob, @unchecked Sendable {
    private var body: (@Sendable (borrowing WriteTransaction) throws -> T)?
    private var value: T?
    private var continuation: CheckedContinuation<T, any Error>?
    private let lock = NSLock()
    private var cancelled = false

    init(_ body: @escaping @Sendable (borrowing WriteTransaction) throws -> T) {
        self.body = body
    }

    override var isRepeatable: Bool { true }
    override var isCancelled: Bool { lock.withLock { cancelled } }

    /// Prevents the job from starting; has no effect if it has started.
    func cancel() { lock.withLock { cancelled = true } }

    /// Sets what ``finish(_:)`` resumes.
    func await(_ continuation: CheckedContinuation<T, any Error>) {
        self.continuation = continuation
    }

    override func run(_ transaction: borrowing WriteTransaction) throws {
        value = try body?(transaction)
    }

    override func finish(_ error: (any Error)?) {
        precondition(continuation != nil, "A write job ended twice.")
        // Released first: the writer thread must not hold the last reference to what it captured.
        body = nil
        if let error {
            continuation?.resume(throwing: error)
        } else if let value {
            continuation?.resume(returning: value)
        } else {
            preconditionFailure("A write job was committed but never ran.")
        }
        continuation = nil
    }
}
