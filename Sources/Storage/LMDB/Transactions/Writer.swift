import CLMDB
import Foundation

/// The one thread on which write transactions run, and the queue before it.
///
/// LMDB binds a write transaction to the thread that began it, so none may ever start elsewhere.
/// Jobs run in the order they came. Neighbouring jobs that may be repeated share one commit: while
/// the disk works on one group, the next gathers.
// @unchecked Sendable: every variable is guarded by `condition`.
final class Writer: @unchecked Sendable {
    /// Jobs that share a commit at most, so that no transaction grows without bound.
    static let groupCountMax = 256

    private let environment: EnvironmentHandle
    private let condition = NSCondition()
    private var queue: [WriteJob] = []
    private var stopping = false
    private var thread: pthread_t?

    init(_ environment: EnvironmentHandle) { self.environment = environment }

    /// Starts the thread, which owns this object until `stop`.
    func start() {
        let thread = Thread { [self] in
            condition.withLock { self.thread = pthread_self() }
            while let jobs = nextJobs() { commit(jobs[...]) }
            environment.finishClosing()
        }
        thread.name = "lmdb-writer"
        // Bodies of callers run here, so give them the stack a main thread has.
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Whether the caller runs on the writer thread, that is inside a write body.
    var isCurrentThread: Bool {
        condition.withLock {
            guard let thread else { return false }
            return pthread_equal(thread, pthread_self()) != 0
        }
    }

    /// Adds a job; false when no more are taken.
    func enqueue(_ job: WriteJob) -> Bool {
        condition.withLock {
            guard !stopping else { return false }
            queue.append(job)
            condition.signal()
            return true
        }
    }

    /// Takes no more jobs; the thread ends, and closes the environment, after those it has.
    func stop() {
        condition.withLock {
            stopping = true
            condition.signal()
        }
    }

    /// The next job, with its neighbours if they may share a commit; nil at the end.
    private func nextJobs() -> [WriteJob]? {
        condition.lock()
        defer { condition.unlock() }
        while queue.isEmpty {
            if stopping { return nil }
            condition.wait()
        }
        var count = 1
        if queue[0].isRepeatable {
            let limit = min(queue.count, Self.groupCountMax)
            while count < limit, queue[count].isRepeatable { count += 1 }
        }
        let jobs = Array(queue[..<count])
        queue.removeFirst(count)
        return jobs
    }

    /// Commits `jobs` in order with as few transactions as their failures allow.
    ///
    /// When one throws, those before it are replayed and committed, it is run again alone, and those
    /// after it follow as a group. So each job's answer rests on committed data only.
    private func commit(_ jobs: ArraySlice<WriteJob>) {
        var rest = jobs.filter { job in
            guard job.isCancelled else { return true }
            job.finish(CancellationError())
            return false
        }[...]
        while !rest.isEmpty {
            switch attempt(rest) {
            case .committed:
                for job in rest { job.finish(nil) }
                return
            case .jobFailed(_, let error) where rest.count == 1:
                for job in rest { job.finish(error) }
                return
            case .jobFailed(let index, _):
                commit(rest[..<index])
                commit(rest[index...index])
                rest = rest[(index + 1)...]
            case .failed(let error, let retry):
                if retry, rest.count > 1 {
                    for index in rest.indices { commit(rest[index...index]) }
                } else {
                    for job in rest { job.finish(error) }
                }
                return
            }
        }
    }

    private enum Outcome {
        case committed
        /// The job at this index threw.
        case jobFailed(Int, any Error)
        /// The transaction did not begin or commit; `retry` says if smaller ones might.
        case failed(LMDBError, retry: Bool)
    }

    /// Runs `jobs` in one transaction.
    private func attempt(_ jobs: ArraySlice<WriteJob>) -> Outcome {
        if let poison = environment.poisonedBy {
            let error = LMDBError(
                poison.code,
                "Writing has stopped, until the program is started again, after this failure: "
                    + poison.message)
            return .failed(error, retry: false)
        }
        var handle: OpaquePointer?
        let begun = mdb_txn_begin(environment.raw, nil, 0, &handle)
        guard begun == MDB_SUCCESS, let handle else {
            return .failed(environment.failure(begun, "begin a write"), retry: false)
        }
        let context = TransactionContext(handle: handle, environment: environment)
        for (index, job) in zip(jobs.indices, jobs) {
            do {
                try job.run(WriteTransaction(context))
            } catch {
                mdb_txn_abort(handle)
                return .jobFailed(index, error)
            }
        }
        // A failed commit frees the transaction too, so it is never aborted after this. What it wrote
        // is not part of the database: the next transaction writes those pages anew.
        errno = 0
        let code = mdb_txn_commit(handle)
        let number = errno
        guard code == MDB_SUCCESS else {
            let error = environment.commitFailure(code, errno: number)
            // LMDB's own codes concern this transaction; the system's would meet the next as well.
            return .failed(error, retry: code < 0 && !isPoisonous(code))
        }
        return .committed
    }
}
