import Dispatch

/// Calls `body` for every index below `count`, on up to `threads` threads.
///
/// Thread t takes the indices t, t + threads, t + 2 · threads … There is no order between threads:
/// `body` must write only to places that belong to its index, so that the result is the same at
/// any number of threads. Returns when all calls have returned.
public func parallelFor(_ count: Int, threads: Int, _ body: @Sendable (Int) -> Void) {
    let workers = min(threads, count)
    guard workers > 1 else {
        for index in 0..<max(count, 0) { body(index) }
        return
    }
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
        var index = worker
        while index < count {
            body(index)
            index += workers
        }
    }
}

/// The results of `body` for every index below `count`, in order, computed on up to `threads`.
public func parallelMap<Result: Sendable>(
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
