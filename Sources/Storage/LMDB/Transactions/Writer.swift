import CLMDB
import Foundation

/// The thread that runs all write transactions, and its queue of jobs.
///
/// LMDB binds a write transaction to the thread that began it. Jobs run in the order of their
/// arrival. Repeatable jobs that are next to each other share one commit (group commit): while the
/// disk syncs one group, the next one queues up.
///
/// States: running, then stopping (new jobs are refused, queued ones run), then ended.
// @unchecked Sendable: `condition` guards every variable.
final class Writer: @unchecked Sendable {
    /// The most jobs that share a commit, so that no transaction grows without bound.
    static let groupCountMax = 256

    private let environment: EnvironmentHandle
    private let condition = NSCondition()
    private var queue: [WriteJob] = []
    private var stopping = false
    private var hasEnded = false
    private var thread: pthread_t?

    init(_ environment: EnvironmentHandle) { self.environment = environment }

    /// Starts the thread, which keeps this object alive until it ends.
    func start() {
        let thread = Thread { [self] in
            condition.withLock { self.thread = pthread_self() }
            while let jobs = nextJobs() { commit(jobs[...]) }
            condition.withLock { hasEnded = true }
            environment.finishClosing()
        }
        thread.name = "lmdb-writer"
        // Callers' closures run here, so the stack is as large as that of a main thread.
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Whether the caller runs on the writer thread, that is, inside the body of a write.
    var isCurrentThread: Bool {
        condition.withLock {
            guard let thread else { return false }
            return pthread_equal(thread, pthread_self()) != 0
        }
    }

    /// Adds a job; returns false after ``stop()``.
    func enqueue(_ job: WriteJob) -> Bool {
        condition.withLock {
            guard !stopping else { return false }
            queue.append(job)
            condition.signal()
            return true
        }
    }

    /// Refuses further jobs; the thread runs the queued ones, closes the environment and ends.
    func stop() {
        condition.withLock {
            stopping = true
            condition.signal()
        }
    }

    /// Waits for the next job, and takes those after it that can share its commit; nil at the end.
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

    /// Commits `jobs` in order, in one transaction if none of them fails.
    ///
    /// If a job throws, the jobs before it run again and are committed, then it runs alone, then
    /// the jobs after it run as a group. So each job sees committed data only.
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
        /// The job at this index threw an error.
        case jobFailed(Int, any Error)
        /// The transaction did not begin or commit; `retry` says whether smaller ones may succeed.
        case failed(LMDBError, retry: Bool)
    }

    /// Runs `jobs` in one transaction.
    private func attempt(_ jobs: ArraySlice<WriteJob>) -> Outcome {
        if let failure = environment.writeFailure {
            let error = LMDBError(
                failure.code,
                "Writing has stopped, until the program is started again, after this failure: "
                    + failure.message)
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
                let transaction = WriteTransaction(context)
                try job.run(transaction)
                transaction.checkInvariants()
            } catch {
                mdb_txn_abort(handle)
                return .jobFailed(index, error)
            }
        }
        // A failed commit frees the transaction too, so it is not aborted after this. The pages it
        // wrote do not belong to the database: the next transaction writes them again.
        errno = 0
        let code = mdb_txn_commit(handle)
        let number = errno
        guard code == MDB_SUCCESS else {
            let error = environment.commitFailure(code, errno: number)
            // LMDB's own codes (negative) concern this transaction; errors of the system would
            // recur.
            return .failed(error, retry: code < 0 && !stopsWrites(code))
        }
        return .committed
    }

    /// Checks what holds at any time, also while other threads use this object.
    ///
    /// - Complexity: O(*n* log *n*) for *n* queued jobs.
    func checkInvariants() {
        condition.withLock {
            precondition(!hasEnded || stopping, "The writer thread ended without a stop.")
            precondition(!hasEnded || queue.isEmpty, "The writer thread ended before its jobs.")
            precondition(
                Set(queue.map(ObjectIdentifier.init)).count == queue.count,
                "A write job is queued twice.")
        }
    }
}
