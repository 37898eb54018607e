/// Calls `body` for every index below `count`, on up to `threads` threads: the caller's own, and
/// those of ``WorkerPool/shared`` that are free.
///
/// Whichever thread is free takes the next index, and there is no order between threads: `body`
/// must write only to places that belong to its index, so that the result is the same at any number
/// of threads. Returns when all calls have returned. `body` may call `parallelFor` itself.
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

/// As `parallelMap`, for long work that ends early when the task that called is cancelled.
///
/// - Parameters:
///   - count: How many results.
///   - threads: How many may work on it.
///   - body: Makes the result of an index, and may return anything once `isCancelled` says so.
/// - Returns: The results in order.
/// - Throws: `CancellationError` if the task was cancelled meanwhile.
package func cancellableMap<Result: Sendable>(
    _ count: Int, threads: Int,
    _ body: @Sendable (_ index: Int, _ isCancelled: () -> Bool) -> Result
) throws -> [Result] {
    // The task waits here, so that its reference is valid on the other threads as long as they run.
    try withUnsafeCurrentTask { task in
        // Whether a task is cancelled may be asked on any thread.
        nonisolated(unsafe) let task = task
        let results = parallelMap(count, threads: threads) { index in
            body(index) { task?.isCancelled == true }
        }
        if task?.isCancelled == true { throw CancellationError() }
        return results
    }
}
