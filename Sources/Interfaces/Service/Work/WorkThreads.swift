import NIOPosix

/// Threads for work that computes long or waits for the disk, so that the threads that answer
/// connections never do.
final class WorkThreads: TaskExecutor {
    /// Those of all services in the process; threads that live as long as it does need no end.
    private static let simulations: WorkThreads = {
        let pool = NIOThreadPool(numberOfThreads: ServiceLimits.simulationCountMax)
        pool.start()
        return WorkThreads(pool)
    }()
    /// Those that all of the process shares for waiting for files.
    private static let storage = WorkThreads(.singleton)

    private let pool: NIOThreadPool

    private init(_ pool: NIOThreadPool) { self.pool = pool }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pool.submit { _ in job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// Runs work that computes long; it can tell whether its task was cancelled.
    static func simulating<Result: Sendable>(
        _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask(executorPreference: simulations) { try work() }
            guard let result = try await group.next() else { throw CancellationError() }
            return result
        }
    }

    /// Runs work that waits for the disk on threads of its own, apart from simulations.
    static func storing<Result: Sendable>(
        _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await NIOThreadPool.singleton.runIfActive(work)
    }

    /// Runs work that computes on the same threads, and lets go of its thread while it awaits a
    /// write: many that wait can share one.
    static func writing<Result: Sendable>(
        _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withTaskExecutorPreference(storage, operation: work)
    }
}
