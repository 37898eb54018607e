import Foundation
import LMDB
import TestSupport
import Testing

@Suite struct WriterTests {
    private func key(_ number: Int) -> [UInt8] {
        [UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)]
    }

    @Test func writesInsideWritesAreErrors() throws {
        let fixture = try Fixture()
        let (environment, table) = (fixture.environment, fixture.table)
        try environment.write { transaction in
            let inner = code { try environment.write { _ in } }
            #expect(inner == .reentrantWrite)
            let copied = code {
                try environment.copy(to: fixture.folder("copy"), compacting: false)
            }
            #expect(copied == .reentrantWrite)
            try transaction.put([1], for: [1], in: table)
        }
        let entries = try fixture.entries()
        #expect(entries.count == 1)
    }

    @Test func writesInsideAwaitedWritesAreErrors() async throws {
        let fixture = try Fixture()
        let (environment, table) = (fixture.environment, fixture.table)
        try await environment.write { transaction in
            let inner = code { try environment.write { _ in } }
            guard inner == .reentrantWrite else { throw Stop() }
            try transaction.put([2], for: [2], in: table)
        }
        let entries = try fixture.entries()
        #expect(entries.count == 1)
    }

    @Test func closingInsideAWriteTraps() async throws {
        let folder = try TemporaryFolder()
        await #expect(processExitsWith: .failure) { [path = folder.path as String] in
            let fixture = try Fixture(in: path)
            try fixture.environment.write { _ in fixture.environment.close() }
        }
    }

    @Test func allWritesRunOnOneThread() async throws {
        let fixture = try Fixture()
        let environment = fixture.environment
        let first = try onOneThread(environment)
        for _ in 0..<20 {
            let other = try await environment.write { _ in pthread_self() }
            #expect(pthread_equal(first, other) != 0)
        }
        #expect(pthread_equal(first, pthread_self()) == 0)
    }

    private func onOneThread(_ environment: Environment) throws -> pthread_t {
        try environment.write { _ in pthread_self() }
    }

    @Test @MainActor func aBodyMayUseWhatItsCallerOwns() throws {
        final class NotSendable { var count = 0 }
        let fixture = try Fixture()
        let state = NotSendable()
        for _ in 0..<10 {
            let result = try fixture.environment.write { _ -> NotSendable in
                state.count += 1
                return state
            }
            #expect(result === state)
        }
        #expect(state.count == 10)
    }

    /// Holds the writer thread until all of `bodies` are queued behind it, so that they share a
    /// commit.
    private func inOneGroup<T: Sendable>(
        _ fixture: Fixture, _ bodies: [@Sendable (borrowing WriteTransaction) throws -> T]
    ) async -> [Result<T, any Error>] {
        let environment = fixture.environment
        let goOn = DispatchSemaphore(value: 0)
        let running = DispatchSemaphore(value: 0)
        let blocker = Thread {
            try? environment.write { _ in
                running.signal()
                goOn.wait()
            }
        }
        blocker.start()
        block(until: running)
        return await withTaskGroup(of: (Int, Result<T, any Error>).self) { group in
            for (index, body) in bodies.enumerated() {
                let queued = AsyncFlag()
                group.addTask {
                    do {
                        queued.set()
                        return (index, .success(try await environment.write(body)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
                while !queued.isSet { await Task.yield() }
            }
            // The last tasks may be between the flag and the queue; that costs a commit at most.
            for _ in 0..<100 { await Task.yield() }
            goOn.signal()
            var results: [(Int, Result<T, any Error>)] = []
            for await result in group { results.append(result) }
            return results.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func block(until semaphore: DispatchSemaphore) { semaphore.wait() }

    @Test func aFailingNeighbourUndoesOnlyItself() async throws {
        let fixture = try Fixture()
        let table = fixture.table
        let bodies = (0..<60).map { number in
            { @Sendable (transaction: borrowing WriteTransaction) -> Int in
                try transaction.put([UInt8(number)], for: [UInt8(number)], in: table)
                if number % 7 == 3 { throw Stop(number: number) }
                return number
            }
        }
        let results = await inOneGroup(fixture, bodies)
        for (number, result) in results.enumerated() {
            switch result {
            case .success(let value): #expect(value == number && number % 7 != 3)
            case .failure(let error): #expect(error as? Stop == Stop(number: number))
            }
        }
        let keys = try fixture.entries().map { $0[0] }
        let expected: [[UInt8]] = (0..<60).filter { $0 % 7 != 3 }.map { [$0] }
        #expect(keys == expected)
    }

    @Test func anAnswerNeverRestsOnWhatWasUndone() async throws {
        // Each even body claims the key of a pair and then fails; the odd one of the pair must find
        // the key free, although it ran in the same group.
        let fixture = try Fixture()
        let table = fixture.table
        let bodies = (0..<40).map { number in
            { @Sendable (transaction: borrowing WriteTransaction) -> Bool in
                let isNew = try transaction.putIfAbsent([], for: [UInt8(number / 2)], in: table)
                if number % 2 == 0 { throw Stop(number: number) }
                return isNew
            }
        }
        let results = await inOneGroup(fixture, bodies)
        for (number, result) in results.enumerated() where number % 2 == 1 {
            #expect(try result.get())
        }
        let entries = try fixture.entries()
        #expect(entries.count == 20)
    }

    @Test func oneTooLargeForTheMapDoesNotFailTheGroup() async throws {
        let fixture = try Fixture(options: smallOptions(megabytes: 2))
        let table = fixture.table
        let bodies = (0..<10).map { number in
            { @Sendable (transaction: borrowing WriteTransaction) -> Int in
                let size = number == 5 ? 4 << 20 : 10
                try transaction.put(
                    [UInt8](repeating: 1, count: size), for: [UInt8(number)], in: table)
                return number
            }
        }
        let results = await inOneGroup(fixture, bodies)
        for (number, result) in results.enumerated() {
            switch result {
            case .success: #expect(number != 5)
            case .failure(let error):
                #expect(number == 5)
                #expect((error as? LMDBError)?.code == .mapFull)
            }
        }
    }

    @Test func waitingWritesShareCommits() async throws {
        // Every body records the count it sees committed before its transaction: bodies of one
        // transaction see the same. 200 bodies must need far fewer transactions than bodies.
        let fixture = try Fixture(["t", "u"])
        let (environment, table) = (fixture.environment, fixture.table)
        let bodies = (0..<200).map { number in
            { @Sendable (transaction: borrowing WriteTransaction) -> Int in
                let committed = try environment.read { try $0.count(table) }
                try transaction.put([], for: [UInt8(number)], in: table)
                return committed
            }
        }
        let seen = try await inOneGroup(fixture, bodies).map { try $0.get() }
        #expect(Set(seen).count < 20)
    }

    @Test func aCancelledTaskIsNotStarted() async throws {
        let fixture = try Fixture()
        let (environment, table) = (fixture.environment, fixture.table)
        let goOn = DispatchSemaphore(value: 0)
        let running = DispatchSemaphore(value: 0)
        let blocker = Thread {
            try? environment.write { _ in
                running.signal()
                goOn.wait()
            }
        }
        blocker.start()
        block(until: running)
        let tasks = (0..<50).map { number in
            Task { try await environment.write { try $0.put([], for: [UInt8(number)], in: table) } }
        }
        for (number, task) in tasks.enumerated() where number % 2 == 0 { task.cancel() }
        goOn.signal()
        for (number, task) in tasks.enumerated() {
            let result = await task.result
            if number % 2 == 0 {
                #expect(throws: CancellationError.self) { try result.get() }
            } else {
                #expect(throws: Never.self) { try result.get() }
            }
        }
        let keys = try fixture.entries().map { $0[0] }
        let expected: [[UInt8]] = (0..<50).filter { $0 % 2 == 1 }.map { [$0] }
        #expect(keys == expected)
    }

    @Test func manyReadersAndWritersLoseNothing() async throws {
        // The invariant every snapshot must show: both tables hold the same keys.
        let fixture = try Fixture(["t", "u"])
        let (environment, table) = (fixture.environment, fixture.table)
        let mirror = environment.table("u")
        let count = 2000
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                let key = key(number)
                group.addTask {
                    @Sendable func change(_ transaction: borrowing WriteTransaction) throws {
                        try transaction.put([], for: key, in: table)
                        try transaction.put([], for: key, in: mirror)
                    }
                    switch number % 20 {
                    case 0: try blocking { try environment.write(change) }
                    case 1:
                        let result = await code {
                            try await environment.write { transaction in
                                try transaction.put([], for: key, in: table)
                                throw LMDBError(.other(1), "on purpose")
                            }
                        }
                        guard result == .other(1) else { throw Stop(number: number) }
                        try await environment.write(change)
                    default: try await environment.write(change)
                    }
                }
                group.addTask {
                    try environment.read { transaction in
                        let counts = [
                            try transaction.count(table), try transaction.count(mirror),
                            try allEntries(transaction, table).count,
                        ]
                        guard Set(counts).count == 1 else { throw Stop(number: number) }
                    }
                    if number % 50 == 0 { environment.checkInvariants() }
                }
            }
            try await group.waitForAll()
        }
        let entries = try fixture.entries()
        #expect(entries.map { $0[0] } == (0..<count).map(key))
        environment.checkInvariants()
    }

    @Test func whatABodyCapturesIsReleasedBeforeTheWriteReturns() async throws {
        // Each round opens the same directory, which fails if the one before is still open.
        let folder = try TemporaryFolder()
        func round(_ number: UInt8) async throws {
            let environment = try Environment(
                path: folder("db"), tables: ["t"], options: smallOptions())
            try await environment.write { [environment] transaction in
                try transaction.put([], for: [number], in: environment.table("t"))
            }
        }
        for number: UInt8 in 1...50 { try await round(number) }
    }

    @Test func theLastReferenceMayGoDuringAWrite() async throws {
        let folder = try TemporaryFolder()
        for _ in 0..<20 {
            let path = folder(UUID().uuidString)
            let box = Box(
                try Environment(path: path, tables: ["t"], options: smallOptions()))
            let started = DispatchSemaphore(value: 0)
            let thread = Thread {
                try? box.value?.write { _ in
                    started.signal()
                    throw Stop()
                }
            }
            thread.start()
            block(until: started)
            box.value = nil
            // Whichever thread was last, the environment gets closed and can be opened again.
            try await eventually {
                code({ _ = try Environment(path: path, tables: [], options: smallOptions()) })
                    == nil
            }
        }
    }

    @Test func writersRaceWithClosing() async throws {
        let fixture = try Fixture()
        let (environment, table) = (fixture.environment, fixture.table)
        let outcomes = await withTaskGroup(of: (Int, LMDBError.Code?).self) { group in
            for number in 0..<300 {
                group.addTask {
                    if number == 150 { environment.close() }
                    if number % 10 == 0 { environment.checkInvariants() }
                    return (
                        number,
                        await code {
                            try await environment.write {
                                try $0.put(
                                    [], for: [UInt8(number >> 8), UInt8(number & 255)], in: table)
                            }
                        }
                    )
                }
            }
            var outcomes: [(Int, LMDBError.Code?)] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
        #expect(outcomes.allSatisfy { $0.1 == nil || $0.1 == .closed })
        environment.checkInvariants()
        let again = try Environment(path: fixture.path, tables: ["t"], options: smallOptions())
        let stored = try again.statistics(of: again.table("t")).entries
        #expect(stored == outcomes.count { $0.1 == nil })
    }
}

/// A flag one task sets and another looks at.
// @unchecked Sendable: `value` is guarded by `lock`.
private final class AsyncFlag: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false

    var isSet: Bool { lock.withLock { value } }
    func set() { lock.withLock { value = true } }
}

/// An environment that another thread can release.
// @unchecked Sendable: `held` is guarded by `lock`.
private final class Box: @unchecked Sendable {
    private let lock = NSLock()
    private var held: Environment?

    init(_ value: Environment) { held = value }

    var value: Environment? {
        get { lock.withLock { held } }
        set {
            let old = lock.withLock {
                let old = held
                held = newValue
                return old
            }
            // Released here, outside the lock, since closing waits for writes.
            withExtendedLifetime(old) {}
        }
    }
}
