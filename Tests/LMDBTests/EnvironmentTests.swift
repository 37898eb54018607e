import Foundation
import LMDB
import TestSupport
import Testing

@Suite struct EnvironmentTests {
    @Test func aNewDatabaseIsPrivate() throws {
        let fixture = try Fixture()
        #expect(try mode(fixture.path) == 0o700)
        #expect(try mode(fixture.file) == 0o600)
        #expect(try mode(fixture.folder("db/lock.mdb")) == 0o600)
        let names = try FileManager.default.contentsOfDirectory(atPath: fixture.path)
        #expect(Set(names) == ["data.mdb", "lock.mdb", "writer.lock"])
        #expect(try mode(fixture.folder("db/writer.lock")) == 0o600)
    }

    @Test func missingParentsAreMade() throws {
        let folder = try TemporaryFolder()
        let environment = try Environment(
            path: folder("a/b/c"), tables: ["t"], options: smallOptions())
        #expect(try mode(folder("a/b/c")) == 0o700)
        environment.close()
    }

    /// A process may end while it makes a database; whoever writes next clears up after it.
    @Test func whatAMakingThatWasCutOffHasLeftIsRemoved() throws {
        let folder = try TemporaryFolder()
        for _ in 0..<2 {
            try FileManager.default.createDirectory(
                atPath: folder("db/.new-1"), withIntermediateDirectories: true)
            try write([1, 2, 3], to: folder("db/.new-1/data.mdb"))
            let environment = try Environment(
                path: folder("db"), tables: ["t"], options: smallOptions())
            environment.close()
            let names = try FileManager.default.contentsOfDirectory(atPath: folder("db"))
            #expect(Set(names) == ["data.mdb", "lock.mdb", "writer.lock"])
        }
    }

    @Test func theDefaultMapCostsNoDisk() throws {
        // A quarter of a tebibyte of addresses is more than sanitizers and some containers allow.
        var options = Environment.Options()
        #if !FORETWIN_SANITIZED
            #expect(options.mapSizeBytes == 1 << 38)
        #endif
        options.mapSizeBytes = 16 << 30
        let fixture = try Fixture(options: options)
        #expect(try fixture.environment.fileSizeBytes < 1 << 20)
    }

    @Test func dataOutlivesClosing() throws {
        let fixture = try Fixture()
        let table = fixture.table
        try fixture.environment.write { try $0.put([1], for: [2], in: table) }
        fixture.environment.close()
        let again = try Environment(path: fixture.path, tables: ["t"], options: smallOptions())
        let value = try again.read { try $0.bytes(for: [2], in: again.table("t")) }
        #expect(value == [1])
    }

    @Test func droppingTheLastReferenceCloses() throws {
        let folder = try TemporaryFolder()
        for round: UInt8 in 0..<20 {
            let environment = try Environment(
                path: folder("db"), tables: ["t"], options: smallOptions())
            let table = environment.table("t")
            let before = try environment.write { transaction -> Int in
                try transaction.put([], for: [round + 1], in: table)
                return try transaction.count(table)
            }
            #expect(before == Int(round) + 1)
        }
    }

    @Test func openingTwiceIsAnError() throws {
        let fixture = try Fixture()
        let link = fixture.folder("link")
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: fixture.path)
        for path in [fixture.path, fixture.path + "/../db", link] {
            let result = code { _ = try Environment(path: path, tables: ["t"]) }
            #expect(result == .alreadyOpen)
        }
        // The refused opening does no harm to the one that is open.
        let table = fixture.table
        try fixture.environment.write { try $0.put([1], for: [1], in: table) }
        fixture.environment.close()
        let again = try Environment(path: link, tables: ["t"], options: smallOptions())
        #expect(try again.statistics(of: again.table("t")).entries == 1)
    }

    @Test func everythingThrowsAfterClosing() async throws {
        let fixture = try Fixture()
        let (environment, table) = (fixture.environment, fixture.table)
        environment.close()
        environment.close()
        let found = [
            code { try environment.read { _ in } },
            code { try environment.write { _ in } },
            code { _ = try environment.statistics(of: table) },
            code { _ = try environment.fileSizeBytes },
            code { _ = try environment.clearStaleReaders() },
            code { try environment.copy(to: fixture.folder("copy"), compacting: false) },
        ]
        #expect(found == Array(repeating: .closed, count: 6))
        #expect(!FileManager.default.fileExists(atPath: fixture.folder("copy")))
        let awaited = await code { try await environment.write { _ in } }
        #expect(awaited == .closed)
    }

    @Test func closingWaitsForReadsAndWrites() async throws {
        let fixture = try Fixture()
        let (environment, table) = (fixture.environment, fixture.table)
        let events = Log()
        let inside = DispatchSemaphore(value: 0)
        let goOn = DispatchSemaphore(value: 0)
        let reader = Thread {
            try? environment.read { transaction in
                inside.signal()
                goOn.wait()
                if try transaction.count(table) == 0 { events.add("read") }
            }
        }
        reader.start()
        wait(for: inside)
        let closer = Thread {
            environment.close()
            events.add("closed")
            inside.signal()
        }
        closer.start()
        // Until the closer has begun, reads succeed; from then on they are refused.
        try await eventually { code { try environment.read { _ in } } != nil }
        #expect(events.all.isEmpty)
        goOn.signal()
        wait(for: inside)
        #expect(events.all == ["read", "closed"])
    }

    /// Waits in a function that is not async, where blocking is allowed.
    private func wait(for semaphore: DispatchSemaphore) { semaphore.wait() }

    @Test func readOnlyNeedsADatabaseAndItsTables() throws {
        var options = smallOptions()
        options.readOnly = true
        let fixture = try Fixture()
        let table = fixture.table
        try fixture.environment.write { try $0.put([1], for: [1], in: table) }
        fixture.environment.close()
        let results = [
            code {
                _ = try Environment(path: fixture.folder("none"), tables: [], options: options)
            },
            code { _ = try Environment(path: fixture.path, tables: ["u"], options: options) },
        ]
        #expect(results == [.notFound, .notFound])
        let environment = try Environment(path: fixture.path, tables: ["t"], options: options)
        let value = try environment.read { try $0.bytes(for: [1], in: environment.table("t")) }
        #expect(value == [1])
        let written = code { try environment.write { _ in } }
        #expect(written == .permission)
    }

    @Test func badPathsAndNamesAreErrors() throws {
        let folder = try TemporaryFolder()
        try write([1], to: folder("file"))
        func open(_ path: String, _ tables: [String] = ["t"]) -> LMDBError.Code? {
            code { _ = try Environment(path: path, tables: tables, options: smallOptions()) }
        }
        #expect(open("") == .notFound)
        #expect(open(folder("a\0b")) == .notFound)
        #expect(open(folder("file")) != nil)
        #expect(open(folder("file/db")) != nil)
        #expect(open(folder("db"), [""]) == .keySize)
        #expect(open(folder("db"), ["a\0b"]) == .keySize)
        #expect(open(folder("db"), [String(repeating: "x", count: 512)]) == .keySize)
        // None of these left the database claimed.
        #expect(open(folder("db"), ["t", "t", "größe"]) == nil)
    }

    @Test func badOptionsAreErrors() throws {
        let folder = try TemporaryFolder()
        func open(_ change: (inout Environment.Options) -> Void) -> LMDBError.Code? {
            var options = smallOptions()
            change(&options)
            return code {
                _ = try Environment(path: folder("db"), tables: ["t"], options: options)
            }
        }
        #expect(open { $0.mapSizeBytes = 0 } != nil)
        #expect(open { $0.mapSizeBytes = -1 } != nil)
        #expect(open { $0.mapSizeBytes = .max } != nil)
        #expect(open { $0.maximumReaders = 0 } != nil)
        #expect(open { $0.maximumTables = -1 } != nil)
        #expect(open { $0.maximumTables = 0 } == nil)
    }

    @Test func moreReadsThanSlotsAreAnError() throws {
        var options = smallOptions()
        options.maximumReaders = 3
        let fixture = try Fixture(options: options)
        func nest(_ depth: Int) throws {
            guard depth > 0 else { return }
            try fixture.environment.read { _ in try nest(depth - 1) }
        }
        try nest(3)
        let result = code { try nest(4) }
        #expect(result == .readersFull)
        try nest(3)
    }

    @Test func statisticsCount() throws {
        let fixture = try Fixture()
        let (environment, table) = (fixture.environment, fixture.table)
        try environment.write { transaction in
            for byte: UInt8 in 0..<100 {
                try transaction.put([UInt8](repeating: byte, count: 500), for: [byte], in: table)
            }
            try transaction.put([UInt8](repeating: 0, count: 40_000), for: [200], in: table)
        }
        let statistics = try environment.statistics(of: table)
        #expect(statistics.entries == 101)
        #expect(statistics.depth == 2)
        #expect(statistics.branchPages == 1)
        #expect(statistics.overflowPages * statistics.pageSizeBytes >= 40_000)
        #expect(statistics.bytes == statistics.pages * statistics.pageSizeBytes)
        #expect(try environment.fileSizeBytes >= statistics.bytes)
        #expect(try environment.clearStaleReaders() == 0)
    }

    @Test func theVersionIsOneThisWorksWith() {
        #expect(Environment.version.hasPrefix("0.9."))
    }

    @Test func aForkedChildMayNotUseItsParentsEnvironment() async throws {
        let folder = try TemporaryFolder()
        await #expect(processExitsWith: .success) { [path = folder.path as String] in
            let fixture = try Fixture(in: path)
            let (environment, table) = (fixture.environment, fixture.table)
            // Swift hides fork, which is why few will meet this; C libraries still call it.
            let fork = try #require(dlsym(nil, "fork"))
            // unsafeBitCast: the C function's own type.
            let child = unsafeBitCast(fork, to: (@convention(c) () -> pid_t).self)()
            if child == 0 {
                let found = [
                    code { try environment.read { _ in } }, code { try environment.write { _ in } },
                    code { _ = try environment.statistics(of: table) },
                ]
                environment.close()
                _exit(found == [.forked, .forked, .forked] ? 0 : 1)
            }
            var status: Int32 = -1
            waitpid(child, &status, 0)
            try #require(status == 0)
            // The parent's is unharmed.
            try environment.write { try $0.put([1], for: [1], in: table) }
        }
    }

    @Test func errorsSayWhatToDo() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder("db"), withIntermediateDirectories: true)
        try write([1, 2, 3], to: folder("db/data.mdb"))
        do {
            _ = try Environment(path: folder("db"), tables: [])
            Issue.record("Garbage was opened.")
        } catch {
            #expect(error.description.contains(folder("db/data.mdb")))
            #expect(error.description.hasPrefix("LMDB notADatabase: "))
        }
    }
}

/// Lines in the order in which threads added them.
// @unchecked Sendable: `lines` is guarded by `lock`.
final class Log: @unchecked Sendable {
    private let lock = NSLock()
    private var lines: [String] = []

    func add(_ line: String) { lock.withLock { lines.append(line) } }
    var all: [String] { lock.withLock { lines } }
}
