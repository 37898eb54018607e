import Foundation
import Synchronization
import Testing

@testable import Kernels

/// The threads that work on the indices of one call.
@Suite("Worker pool", .timeLimit(.minutes(2)))
struct WorkerPoolTests {
    /// A number that any thread may change.
    private final class Counter: Sendable {
        private let number = Atomic<Int>(0)

        var value: Int { number.load(ordering: .acquiring) }

        func add(_ count: Int = 1) { number.add(count, ordering: .acquiringAndReleasing) }

        /// Waits until the number is at least this; false if that takes very long.
        func reaches(_ count: Int) -> Bool {
            let limit = ContinuousClock.now + .seconds(30)
            while value < count {
                guard ContinuousClock.now < limit else { return false }
                usleep(200)
            }
            return true
        }
    }

    @Test("A free helper takes part")
    func helpersWork() {
        let pool = WorkerPool(helperCount: 2)
        let begun = Counter()
        let missed = Counter()
        // Each index waits for all others, so one thread alone would never end.
        pool.run(3, helpers: 2) { _ in
            begun.add()
            if !begun.reaches(3) { missed.add() }
        }
        #expect(missed.value == 0)
    }

    @Test("Without a free helper the caller does all the work")
    func busyHelpers() {
        let pool = WorkerPool(helperCount: 1)
        let begun = Counter()
        let mayEnd = Counter()
        let ended = Counter()
        // One thread of the pool and the caller's own wait inside.
        Thread {
            pool.run(2, helpers: 1) { _ in
                begun.add()
                _ = mayEnd.reaches(1)
            }
            ended.add()
        }.start()
        #expect(begun.reaches(2))
        let sum = Counter()
        pool.run(100, helpers: 1) { sum.add($0) }
        #expect(sum.value == 4950)
        mayEnd.add()
        #expect(ended.reaches(1))
    }

    @Test("Work may split itself again", arguments: [1, 2, 3, 8])
    func nested(threads: Int) {
        let sums = parallelMap(9, threads: threads) { outer in
            parallelMap(7, threads: threads) { middle in
                parallelMap(5, threads: threads) { outer * 100 + middle * 10 + $0 }
                    .reduce(0, +)
            }.reduce(0, +)
        }
        let expected = (0..<9).map { outer in
            (0..<7).map { middle in (0..<5).map { outer * 100 + middle * 10 + $0 }.reduce(0, +) }
                .reduce(0, +)
        }
        #expect(sums == expected)
    }

    @Test("Many callers share the helpers, and each gets all of its own results")
    func manyCallers() {
        let good = Counter()
        let ended = Counter()
        let callers = 16
        for caller in 0..<callers {
            Thread {
                for round in 0..<200 {
                    let results = parallelMap(17, threads: 3) { $0 * caller + round }
                    if results == (0..<17).map({ $0 * caller + round }) { good.add() }
                }
                ended.add()
            }.start()
        }
        #expect(ended.reaches(callers))
        #expect(good.value == callers * 200)
    }

    /// Long work in many threads must leave the threads of Swift's concurrency alone.
    @Test("Tasks run while all helpers compute")
    func tasksGoOn() async {
        let callers = 2 * ProcessInfo.processInfo.activeProcessorCount + 2
        let begun = Counter()
        let mayEnd = Counter()
        let missed = Counter()
        let ended = Counter()
        for _ in 0..<callers {
            Thread {
                parallelFor(2, threads: 2) { _ in
                    begun.add()
                    if !mayEnd.reaches(1) { missed.add() }
                }
                ended.add()
            }.start()
        }
        #expect(begun.reaches(callers))
        await Task.detached { mayEnd.add() }.value
        #expect(ended.reaches(callers))
        #expect(missed.value == 0)
    }
}
