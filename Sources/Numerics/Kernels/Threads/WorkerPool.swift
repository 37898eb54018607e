import Dispatch
import Foundation
import Synchronization

/// A fixed number of threads that help callers with work that is split by index.
///
/// The threads belong to this pool alone. Work that computes long must not run on the workers of
/// Swift's concurrency or of libdispatch, which are the same threads: two long computations would
/// take all of them, and with them every task, timer and signal of the process.
///
/// The caller works too and never waits for a helper to become free. So a call ends even if every
/// helper is busy, and work may split itself again inside.
// @unchecked Sendable: `jobs` and `isStarted` are guarded by `condition`.
package final class WorkerPool: @unchecked Sendable {
    /// The pool that the whole process shares, with one helper for each processor.
    package static let shared = WorkerPool(
        helperCount: ProcessInfo.processInfo.activeProcessorCount)

    /// The number of threads beside the callers' own.
    package let helperCount: Int
    private let condition = NSCondition()
    private var jobs: [Job] = []
    private var isStarted = false

    /// Makes a pool; its threads start with the first work and live as long as the process.
    package init(helperCount: Int) { self.helperCount = max(1, helperCount) }

    /// Calls `body` for every index below `count`, on the caller's thread and on helpers that are
    /// free.
    ///
    /// There is no order between indices. Returns when all calls have returned.
    ///
    /// - Parameters:
    ///   - count: How many indices.
    ///   - helpers: How many helpers may work on it at most.
    ///   - body: Called once for each index.
    package func run(_ count: Int, helpers: Int, _ body: @Sendable (Int) -> Void) {
        // The body is let go before the call returns: helpers use it only inside `Job.perform`,
        // which the caller waits for.
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

    /// Lets no further helper begin, and waits for those that have begun.
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

    /// What a helper does all its life.
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

    /// A call of `run` under way.
    // @unchecked Sendable: `wanted`, `active` and `isAwaited` are guarded by the pool's lock;
    // `body` is set before the job is offered, and taken away when no helper is active any more.
    private final class Job: @unchecked Sendable {
        let count: Int
        let next = Atomic<Int>(0)
        /// How many more helpers may begin.
        var wanted: Int
        /// How many helpers are at work.
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
        /// Not inlined, so that its references to the body end with it.
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
