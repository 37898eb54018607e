import Foundation
import Synchronization

/// A few threads that do many short pieces of work together, with barriers between them.
///
/// `parallelFor` wakes its threads for each call, which takes longer than a piece of work of some
/// microseconds. The threads of a team stay awake and wait at `barrier()` between pieces.
package final class ThreadTeam: Sendable {
    /// The number of threads.
    package let count: Int
    private let arrived = Atomic<Int>(0)
    private let generation = Atomic<Int>(0)
    private let finished = DispatchSemaphore(value: 0)

    private init(count: Int) {
        self.count = count
    }

    /// Calls `body` once on each of `threads` threads, with the thread's number.
    ///
    /// The caller is thread 0.
    ///
    /// Returns when all calls have returned. Every thread must pass the same barriers.
    package static func run(threads: Int, _ body: @escaping @Sendable (Int, ThreadTeam) -> Void) {
        let team = ThreadTeam(count: max(1, threads))
        for index in 1..<max(1, threads) {
            let thread = Thread {
                body(index, team)
                team.finished.signal()
            }
            thread.start()
        }
        body(0, team)
        for _ in 1..<team.count { team.finished.wait() }
    }

    /// Waits until every thread of the team has called this method equally often.
    ///
    /// All writes before the barrier are visible to all threads after it.
    package func barrier() {
        guard count > 1 else { return }
        let present = generation.load(ordering: .acquiring)
        if arrived.add(1, ordering: .acquiringAndReleasing).newValue == count {
            arrived.store(0, ordering: .relaxed)
            generation.add(1, ordering: .releasing)
            return
        }
        var spins = 0
        while generation.load(ordering: .acquiring) == present {
            spins += 1
            // With more threads than processors, a waiting thread must let the others run. On a
            // busy machine, yielding alone would use up most of the processor time.
            if spins > 4_200 { usleep(50) } else if spins > 4_000 { sched_yield() }
        }
    }
}
