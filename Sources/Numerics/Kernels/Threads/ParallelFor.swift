/// Calls `body` for every index below `count`, on up to `threads` threads: the caller's own, and
/// those of ``WorkerPool/shared`` that are free.
///
/// A free thread takes the next index, and there is no order between threads. `body` must write
/// only to memory that belongs to its index; then the result is the same at any number of threads.
/// Returns when all calls have returned. `body` may call `parallelFor` itself.
package func parallelFor(_ count: Int, threads: Int, _ body: @Sendable (Int) -> Void) {
    let workers = min(threads, count)
    guard workers > 1 else {
        for index in 0..<max(count, 0) { body(index) }
        return
    }
    WorkerPool.shared.run(count, helpers: workers - 1, body)
}

/// The results of `body` for every index below `count`, in order, computed on up to `threads`.
package func parallelMap<Result: Sendable>(
    _ count: Int, threads: Int, _ body: @Sendable (Int) -> Result
) -> [Result] {
    // Each index initialises its own element exactly once, so no two threads touch one element.
    [Result](unsafeUninitializedCapacity: max(count, 0)) { buffer, initialized in
        nonisolated(unsafe) let base = buffer.baseAddress  // see above: disjoint elements
        parallelFor(count, threads: threads) { index in
            guard let base else { return }
            (base + index).initialize(to: body(index))
        }
        initialized = max(count, 0)
    }
}

/// The same as `parallelMap`, for long work that ends early if the calling task is cancelled.
///
/// - Parameters:
///   - count: The number of results.
///   - threads: The greatest number of threads.
///   - body: Computes the result of an index. After `isCancelled` returns true its result is
///     ignored.
/// - Returns: The results in order.
/// - Throws: `CancellationError` if the task was cancelled before the end.
package func cancellableMap<Result: Sendable>(
    _ count: Int, threads: Int,
    _ body: @Sendable (_ index: Int, _ isCancelled: () -> Bool) -> Result
) throws -> [Result] {
    // The task waits here, so its reference is valid while the other threads run.
    try withUnsafeCurrentTask { task in
        // Any thread may read whether a task is cancelled.
        nonisolated(unsafe) let task = task
        let results = parallelMap(count, threads: threads) { index in
            body(index) { task?.isCancelled == true }
        }
        if task?.isCancelled == true { throw CancellationError() }
        return results
    }
}
