import Foundation
import NIOPosix

/// Threads for work that computes long or waits for the disk, so that the threads that answer
/// connections never do.
///
/// Each kind of work has threads of its own: many uploads must not hold up reads, and neither may
/// hold up the question whether the service is ready. They belong to all services of the process;
/// threads that live as long as it does need no end.
final class WorkThreads: TaskExecutor {
    /// For simulations.
    ///
    /// More than may run at once: one that does not notice that it was cancelled keeps its thread,
    /// but not its turn.
    static let simulations = WorkThreads(count: ServiceLimits.simulationThreadCount)
    /// For reading the large bodies of uploads; a processor stays free for everything else.
    private static let uploads = WorkThreads(
        count: max(1, ProcessInfo.processInfo.activeProcessorCount - 1))
    /// For waiting for files, and for what is short.
    private static let storage = WorkThreads(.singleton)
    /// For the question whether the service is ready.
    private static let readiness = WorkThreads(count: 1)

    private let pool: NIOThreadPool

    private init(_ pool: NIOThreadPool) { self.pool = pool }

    private convenience init(count: Int) {
        let pool = NIOThreadPool(numberOfThreads: count)
        pool.start()
        self.init(pool)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pool.submit { _ in job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// Runs work that waits for the disk on threads of its own, apart from simulations.
    static func storing<Result: Sendable>(
        _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await storage.pool.runIfActive(work)
    }

    /// Runs work that looks whether the service is ready.
    static func checking<Result: Sendable>(
        _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await readiness.pool.runIfActive(work)
    }

    /// Runs work that reads a body and writes to the store.
    ///
    /// It lets go of its thread while it awaits a write: many that wait can share one.
    ///
    /// - Parameters:
    ///   - isLarge: Whether reading the body may take long.
    ///   - work: The work.
    /// - Returns: What the work returns.
    /// - Throws: What the work throws.
    static func writing<Result: Sendable>(
        isLarge: Bool, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withTaskExecutorPreference(isLarge ? uploads : storage, operation: work)
    }
}
