import Foundation
import LMDB
import Testing

/// Databases that several processes use, some of which are killed.
@Suite struct ProcessTests {
    @Test func whatAnotherProcessWroteIsSeen() async throws {
        let fixture = try Fixture()
        let (environment, table) = (fixture.environment, fixture.table)
        await #expect(processExitsWith: .success) { [path = fixture.path as String] in
            let other = try Environment(path: path, tables: ["t"], options: smallOptions())
            let table = other.table("t")
            for byte: UInt8 in 0..<20 {
                try await other.write { try $0.put([byte], for: [byte], in: table) }
            }
        }
        let entries = try fixture.entries()
        #expect(entries == (0..<20).map { [[$0], [$0]] })
        try await environment.write { _ = try $0.removeAll(prefix: [], in: table) }
        #expect(try fixture.entries().isEmpty)
    }

    @Test func aKilledWriterLosesOnlyWhatItHadNotCommitted() async throws {
        let fixture = try Fixture()
        let (environment, table) = (fixture.environment, fixture.table)
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = fixture.path as String] in
            let other = try Environment(path: path, tables: ["t"], options: smallOptions())
            let table = other.table("t")
            try await other.write { try $0.put([], for: [1], in: table) }
            try await other.write { transaction in
                try transaction.put([], for: [2], in: table)
                kill(getpid(), SIGKILL)
            }
        }
        // The dead process held the lock of writers; the next writer takes it over.
        try await environment.write { try $0.put([], for: [3], in: table) }
        let entries = try fixture.entries()
        #expect(entries.map { $0[0] } == [[1], [3]])
    }

    @Test func theSlotsOfKilledReadersAreFreed() async throws {
        let fixture = try Fixture()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = fixture.path as String] in
            let other = try Environment(path: path, tables: ["t"], options: smallOptions())
            try other.read { _ in
                try other.read { _ in _ = kill(getpid(), SIGKILL) }
            }
        }
        let freed = try fixture.environment.clearStaleReaders()
        #expect(freed == 2)
        let again = try fixture.environment.clearStaleReaders()
        #expect(again == 0)
    }

    @Test func slotsOfKilledReadersAreFreedWhenTheyAreNeeded() async throws {
        var options = smallOptions()
        options.maximumReaders = 2
        let fixture = try Fixture(options: options)
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = fixture.path as String] in
            let other = try Environment(path: path, tables: ["t"], options: smallOptions())
            try other.read { _ in _ = kill(getpid(), SIGKILL) }
        }
        let count = try fixture.environment.read { _ in
            try fixture.environment.read { try $0.count(fixture.table) }
        }
        #expect(count == 0)
    }

    @Test func openingFreesTheSlotsOfKilledReaders() async throws {
        let fixture = try Fixture()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = fixture.path as String] in
            let other = try Environment(path: path, tables: ["t"], options: smallOptions())
            try other.read { _ in _ = kill(getpid(), SIGKILL) }
        }
        await #expect(processExitsWith: .success) { [path = fixture.path as String] in
            _ = try Environment(path: path, tables: ["t"], options: smallOptions())
        }
        let left = try fixture.environment.clearStaleReaders()
        #expect(left == 0)
    }

    @Test func aDatabaseThatOutgrewTheMapOfAnotherProcessIsAnError() async throws {
        let fixture = try Fixture(options: smallOptions(megabytes: 1))
        await #expect(processExitsWith: .success) { [path = fixture.path as String] in
            let other = try Environment(
                path: path, tables: ["t"], options: smallOptions(megabytes: 16))
            let table = other.table("t")
            try await other.write {
                try $0.put([UInt8](repeating: 1, count: 4 << 20), for: [1], in: table)
            }
        }
        let result = code { try fixture.environment.read { _ in } }
        #expect(result == .mapFull)
        fixture.environment.close()
        // Opening again maps what there is, and the data is whole.
        let again = try Environment(
            path: fixture.path, tables: ["t"], options: smallOptions(megabytes: 16))
        let size = try again.read { transaction in
            try transaction.value(for: [1], in: again.table("t")) { $0.byteCount }
        }
        #expect(size == 4 << 20)
    }

    @Test func twoProcessesMakeOneDatabase() async throws {
        // Both find no file and make one; the slower must use that of the faster.
        let folder = try TemporaryFolder()
        let path = folder("db")
        async let first: Void = addKeys(1, path)
        async let second: Void = addKeys(2, path)
        _ = await (first, second)
        let environment = try Environment(path: path, tables: ["t"], options: smallOptions())
        let entries = try environment.read { try allEntries($0, environment.table("t")) }
        #expect(entries.count == 100)
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
        #expect(Set(names) == ["data.mdb", "lock.mdb"])
    }

    /// Puts 50 keys that begin with `first`, in a process of its own.
    private func addKeys(_ first: UInt8, _ path: String) async {
        await #expect(processExitsWith: .success) {
            [path = path as String, first = first as UInt8] in
            let environment = try Environment(path: path, tables: ["t"], options: smallOptions())
            let table = environment.table("t")
            for byte: UInt8 in 0..<50 {
                try await environment.write { try $0.put([], for: [first, byte], in: table) }
            }
        }
    }
}
