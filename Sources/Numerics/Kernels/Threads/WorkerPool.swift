import Dispatch
import Foundation
import Synchronization

/// A fixed number of threads that help callers with work that is split by index.
///
/// The threads belong to this pool alone. Long computations must not run on the threads of Swift's
/// concurrency or of libdispatch, which share their threads: on two processors, two computations
/// would block every task, timer and signal handler of the process.
///
/// The caller works too and never waits for a helper to become free. So a call ends even if all
/// helpers are busy, and `body` may use the pool again.
// @unchecked Sendable: `jobs` and `isStarted` are guarded by `condition`.
package final class WorkerPool: @unchecked Sendable {
    /// The pool that the whole process shares, with one helper for each processor.
    package static let shared = WorkerPool(
        helperCount: ProcessInfo.processInfo.activeProcessorCount)

    /// The number of threads, without those of the callers.
    package let helperCount: Int
    private let condition = NSCondition()
    private var jobs: [Job] = []
    private var isStarted = false

    /// Makes a pool; its threads start with the first work and live as long as the process.
    package init(helperCount: Int) { self.helperCount = max(1, helperCount) }

    /// Calls `body` for every index below `count`, on the caller's thread and on free helpers.
    ///
    /// There is no order between indices. Returns when all calls have returned.
    ///
    /// - Parameters:
    ///   - count: The number of indices.
    ///   - helpers: The greatest number of helpers.
    ///   - body: Called once for each index.
    package func run(_ count: Int, helpers: Int, _ body: @Sendable (Int) -> Void) {
        // The body does not escape: helpers use it only inside `Job.perform`, and the caller waits
        // for them.
        withoutActuallyEscaping(body) { body in
            let job = Job(count: count, wanted: min(helpers, count - 1), body)
            if job.wanted > 0 { offer(job) }
            job.perform()
            withdraw(job)
            job.body = nil
        }
    }

    private func offer(_ job: Job) {
        condition.lock()
        if !isStarted {
            isStarted = true
            for number in 1...helperCount { start(number) }
        }
        jobs.append(job)
        for _ in 0..<min(job.wanted, helperCount) { condition.signal() }
        condition.unlock()
    }

    /// Prevents further helpers from starting, and waits for those at work.
    private func withdraw(_ job: Job) {
        condition.lock()
        jobs.removeAll { $0 === job }
        job.isAwaited = job.active > 0
        let mustWait = job.isAwaited
        condition.unlock()
        if mustWait { job.finished.wait() }
    }

    private func start(_ number: Int) {
        let thread = Thread { [self] in serve() }
        thread.name = "worker-\(number)"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// The loop of a helper: waits for jobs and works on them.
    private func serve() {
        condition.lock()
        while true {
            guard let job = jobs.first else {
                condition.wait()
                continue
            }
            job.wanted -= 1
            job.active += 1
            if job.wanted == 0 { jobs.removeFirst() }
            condition.unlock()
            job.perform()
            condition.lock()
            job.active -= 1
            if job.active == 0, job.isAwaited { job.finished.signal() }
        }
    }

    /// One call of `run`.
    // @unchecked Sendable: `wanted`, `active` and `isAwaited` are guarded by the pool's lock;
    // `body` is set before the job is offered, and removed when no helper is active.
    private final class Job: @unchecked Sendable {
        let count: Int
        let next = Atomic<Int>(0)
        /// The number of helpers that may still start.
        var wanted: Int
        /// The number of helpers at work.
        var active = 0
        /// Whether the caller waits for `finished`.
        var isAwaited = false
        let finished = DispatchSemaphore(value: 0)
        var body: (@Sendable (Int) -> Void)?

        init(count: Int, wanted: Int, _ body: @escaping @Sendable (Int) -> Void) {
            self.count = count
            self.wanted = wanted
            self.body = body
        }

        /// Takes indices until none is left.
        ///
        /// It is not inlined, so that its references to the body end when it returns.
        @inline(never)
        func perform() {
            guard let body else { return }
            var index = next.add(1, ordering: .relaxed).oldValue
            while index < count {
                body(index)
                index = next.add(1, ordering: .relaxed).oldValue
            }
        }
    }
}
