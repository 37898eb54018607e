import Foundation

/// A unit of work for the writer thread.
///
/// The writer calls `run` once or, for repeatable jobs, more often, then `finish` exactly once.
// @unchecked Sendable: subclasses are used by one thread at a time, see there.
class WriteJob: @unchecked Sendable {
    /// Whether `run` may be called again, and so the job may share a commit with others.
    var isRepeatable: Bool { false }
    /// Whether nobody waits for the job any more.
    var isCancelled: Bool { false }
    func run(_ transaction: borrowing WriteTransaction) throws {}
    /// Ends the job: committed if `error` is nil, undone otherwise.
    func finish(_ error: (any Error)?) {}
}

/// A job whose caller's thread waits for it.
// @unchecked Sendable: handed over by the writer's queue and back by `condition`; the caller does
// nothing but wait in between, so its closure and result need not be Sendable.
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
        // The caller's closure must not outlive the call, so it is let go before the caller wakes.
        body = nil
        outcome = error.map { .failure($0) } ?? .success(())
        condition.signal()
        condition.unlock()
    }

    /// Waits for `finish`, then answers what the body returned.
    func wait() throws -> T {
        condition.lock()
        defer { condition.unlock() }
        while outcome == nil { condition.wait() }
        // The writer thread may hold this job a little longer, but not what belongs to the caller.
        defer { value = nil }
        try outcome?.get()
        guard let value else { preconditionFailure("A write job was committed but never ran.") }
        return value
    }
}

/// A job whose caller's task awaits it.
// @unchecked Sendable: `continuation` is set before the job is queued; it, `body` and `value` are
// used by the writer thread from then on; `cancelled` is guarded by `lock`.
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

    /// Asks that the job not be started; without effect once it was.
    func cancel() { lock.withLock { cancelled = true } }

    func await(_ continuation: CheckedContinuation<T, any Error>) {
        self.continuation = continuation
    }

    override func run(_ transaction: borrowing WriteTransaction) throws {
        value = try body?(transaction)
    }

    override func finish(_ error: (any Error)?) {
        // Let go first: what the body captured must not be released last on the writer thread.
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
