import Foundation
import LMDB
import TestSupport
import Testing

/// Databases that several processes use, some of which are killed.
@Suite struct ProcessTests {
    @Test func whatAnotherProcessWroteIsSeen() async throws {
        let fixture = try Fixture()
        fixture.environment.close()
        let reader = try Environment(path: fixture.path, tables: ["t"], options: readOnly())
        let before = try reader.read { try $0.count(reader.table("t")) }
        #expect(before == 0)
        await #expect(processExitsWith: .success) { [path = fixture.path as String] in
            let other = try Environment(path: path, tables: ["t"], options: smallOptions())
            let table = other.table("t")
            for byte: UInt8 in 0..<20 {
                try await other.write { try $0.put([byte], for: [byte], in: table) }
            }
        }
        let entries = try reader.read { try allEntries($0, reader.table("t")) }
        #expect(entries == (0..<20).map { [[$0], [$0]] })
    }

    @Test func aKilledWriterLosesOnlyWhatItHadNotCommitted() async throws {
        let fixture = try Fixture()
        fixture.environment.close()
        // A reader keeps lock.mdb alive, and with it what the dead process left there.
        let reader = try Environment(path: fixture.path, tables: ["t"], options: readOnly())
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
        await #expect(processExitsWith: .success) { [path = fixture.path as String] in
            let other = try Environment(path: path, tables: ["t"], options: smallOptions())
            let table = other.table("t")
            try await other.write { try $0.put([], for: [3], in: table) }
        }
        let entries = try reader.read { try allEntries($0, reader.table("t")) }
        #expect(entries.map { $0[0] } == [[1], [3]])
    }

    @Test func theSlotsOfKilledReadersAreFreed() async throws {
        let fixture = try Fixture()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = fixture.path as String] in
            let other = try Environment(path: path, tables: ["t"], options: readOnly())
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
            let other = try Environment(path: path, tables: ["t"], options: readOnly())
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
            let other = try Environment(path: path, tables: ["t"], options: readOnly())
            try other.read { _ in _ = kill(getpid(), SIGKILL) }
        }
        await #expect(processExitsWith: .success) { [path = fixture.path as String] in
            _ = try Environment(path: path, tables: ["t"], options: readOnly())
        }
        let left = try fixture.environment.clearStaleReaders()
        #expect(left == 0)
    }

    @Test func aDatabaseThatOutgrewTheMapOfAnotherProcessIsAnError() async throws {
        let fixture = try Fixture(options: smallOptions(megabytes: 1))
        fixture.environment.close()
        let reader = try Environment(
            path: fixture.path, tables: ["t"], options: readOnly(megabytes: 1))
        await #expect(processExitsWith: .success) { [path = fixture.path as String] in
            let other = try Environment(
                path: path, tables: ["t"], options: smallOptions(megabytes: 16))
            let table = other.table("t")
            try await other.write {
                try $0.put([UInt8](repeating: 1, count: 4 << 20), for: [1], in: table)
            }
        }
        let result = code { try reader.read { _ in } }
        #expect(result == .mapFull)
        reader.close()
        // Opening again maps what there is, and the data is whole.
        let again = try Environment(
            path: fixture.path, tables: ["t"], options: smallOptions(megabytes: 16))
        let size = try again.read { transaction in
            try transaction.value(for: [1], in: again.table("t")) { $0.byteCount }
        }
        #expect(size == 4 << 20)
    }

    @Test func twoProcessesMakeOneDatabase() async throws {
        // Both find no file and want to make one; one of them has to wait for the other's end.
        let folder = try TemporaryFolder()
        let path = folder("db")
        async let first: Void = addKeys(1, path)
        async let second: Void = addKeys(2, path)
        _ = await (first, second)
        let environment = try Environment(path: path, tables: ["t"], options: smallOptions())
        let entries = try environment.read { try allEntries($0, environment.table("t")) }
        #expect(entries.count == 100)
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
        #expect(Set(names) == ["data.mdb", "lock.mdb", "writer.lock"])
    }

    /// Puts 50 keys that begin with `first`, in a process of its own.
    private func addKeys(_ first: UInt8, _ path: String) async {
        await #expect(processExitsWith: .success) {
            [path = path as String, first = first as UInt8] in
            func open() throws -> Environment? {
                do {
                    return try Environment(path: path, tables: ["t"], options: smallOptions())
                } catch {
                    guard case .inUse = error.code else { throw error }
                    return nil
                }
            }
            var opened = try open()
            // The other process writes for a moment. Two minutes are enough for any machine.
            for _ in 0..<120_000 where opened == nil {
                try await Task.sleep(for: .milliseconds(1))
                opened = try open()
            }
            let environment = try #require(opened)
            let table = environment.table("t")
            for byte: UInt8 in 0..<50 {
                try await environment.write { try $0.put([], for: [first, byte], in: table) }
            }
        }
    }
}
