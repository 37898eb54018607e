import Foundation
import LMDB
import TestSupport
import Testing

/// One process writes to a database at a time; others may read it meanwhile.
@Suite struct FolderLockTests {
    /// Opens a database in a process of its own, which says how that went by its exit code:
    /// 0 for opened, 75 for in use by the process `holder`, 1 for anything else.
    private func open(
        _ path: String, readOnly isReadOnly: Bool, holder: Int32
    ) async {
        await #expect(processExitsWith: .exitCode(isReadOnly ? 0 : 75)) {
            [
                path = path as String, isReadOnly = isReadOnly as Bool, holder = holder as Int32
            ] in
            do {
                let options = isReadOnly ? readOnly() : smallOptions()
                _ = try Environment(path: path, tables: ["t"], options: options)
                exit(0)
            } catch {
                let isInUse = (error as? LMDBError)?.code == .inUse(pid: holder)
                exit(isInUse && "\(error)".contains("\(holder)") ? 75 : 1)
            }
        }
    }

    @Test func aSecondWriterIsRefusedAndToldByWhom() async throws {
        let fixture = try Fixture()
        await open(fixture.path, readOnly: false, holder: getpid())
        // The refused opening does no harm to the one that is open.
        let table = fixture.table
        try await fixture.environment.write { try $0.put([1], for: [1], in: table) }
        #expect(try fixture.entries() == [[[1], [1]]])
    }

    @Test func byAnotherPathItIsRefusedToo() async throws {
        let fixture = try Fixture()
        let link = fixture.folder("link")
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: fixture.path)
        await open(link, readOnly: false, holder: getpid())
    }

    @Test func readersAreLetInBesideAWriter() async throws {
        let fixture = try Fixture()
        await open(fixture.path, readOnly: true, holder: getpid())
    }

    @Test func theLockFileHoldsTheProcessAndIsClearedByClosing() throws {
        let fixture = try Fixture()
        let lock = fixture.folder("db/writer.lock")
        #expect(try contents(lock) == Array("\(getpid())\n".utf8))
        fixture.environment.close()
        #expect(try contents(lock).isEmpty)
    }

    @Test func withoutLMDBsLockFileWritersAreStillRefused() async throws {
        let fixture = try Fixture()
        try FileManager.default.removeItem(atPath: fixture.folder("db/lock.mdb"))
        await open(fixture.path, readOnly: false, holder: getpid())
    }

    @Test func withoutLMDBsLockFileReadersAreRefusedBesideAWriter() async throws {
        let fixture = try Fixture()
        try FileManager.default.removeItem(atPath: fixture.folder("db/lock.mdb"))
        await #expect(processExitsWith: .exitCode(75)) {
            [path = fixture.path as String, holder = getpid() as Int32] in
            let result = code {
                _ = try Environment(path: path, tables: ["t"], options: readOnly())
            }
            exit(result == .inUse(pid: holder) ? 75 : 1)
        }
        fixture.environment.close()
        let reader = try Environment(path: fixture.path, tables: ["t"], options: readOnly())
        #expect(try reader.read { try $0.count(reader.table("t")) } == 0)
    }

    @Test func aDeletedWriterLockIsMadeAnew() throws {
        let fixture = try Fixture()
        fixture.environment.close()
        try FileManager.default.removeItem(atPath: fixture.folder("db/writer.lock"))
        let again = try Environment(path: fixture.path, tables: ["t"], options: smallOptions())
        #expect(try contents(fixture.folder("db/writer.lock")).count > 1)
        again.close()
    }

    @Test func theLockEndsWithItsProcess() async throws {
        let fixture = try Fixture()
        fixture.environment.close()
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = fixture.path as String] in
            let other = try Environment(path: path, tables: ["t"], options: smallOptions())
            try other.read { _ in _ = kill(getpid(), SIGKILL) }
        }
        // The number of the dead process is still in the file, and means nothing.
        #expect(try contents(fixture.folder("db/writer.lock")).count > 1)
        let again = try Environment(path: fixture.path, tables: ["t"], options: smallOptions())
        let table = again.table("t")
        try await again.write { try $0.put([], for: [1], in: table) }
    }

    @Test func childrenDoNotInheritTheLocks() async throws {
        let fixture = try Fixture()
        await #expect(processExitsWith: .success) { [path = fixture.folder.path as String] in
            let parent = try Environment(
                path: path + "/other", tables: ["t"], options: smallOptions())
            // A child that outlives its parent's use of the database.
            let child = Process()
            child.executableURL = URL(fileURLWithPath: "/bin/sleep")
            child.arguments = ["30"]
            try child.run()
            parent.close()
            // Nobody holds it any more, so that even this is possible.
            let hold = try ExclusiveDirectoryLock(path + "/other")
            #expect(child.isRunning)
            hold.release()
            child.terminate()
        }
    }

    @Test func whoReplacesTheFilesIsAlone() async throws {
        let fixture = try Fixture()
        let taken = code { _ = try ExclusiveDirectoryLock(fixture.path) }
        #expect(taken == .alreadyOpen)
        fixture.environment.close()
        let hold = try ExclusiveDirectoryLock(fixture.path)
        await open(fixture.path, readOnly: false, holder: getpid())
        await #expect(processExitsWith: .exitCode(75)) {
            [path = fixture.path as String, holder = getpid() as Int32] in
            let result = code {
                _ = try Environment(path: path, tables: ["t"], options: readOnly())
            }
            exit(result == .inUse(pid: holder) ? 75 : 1)
        }
        // This process itself may open what it holds.
        let own = try Environment(path: fixture.path, tables: ["t"], options: readOnly())
        #expect(try own.read { try $0.count(own.table("t")) } == 0)
        own.close()
        hold.release()
        await open(fixture.path, readOnly: true, holder: getpid())
    }

    @Test func releasingTheLockTwiceTraps() async throws {
        let folder = try TemporaryFolder()
        await #expect(processExitsWith: .failure) { [path = folder.path as String] in
            guard let lock = try? ExclusiveDirectoryLock(path) else { exit(0) }
            lock.release()
            lock.release()
            exit(0)
        }
    }

    @Test func aFolderHeldByReadersCannotBeReplaced() async throws {
        let fixture = try Fixture()
        fixture.environment.close()
        let reader = try Environment(path: fixture.path, tables: ["t"], options: readOnly())
        await #expect(processExitsWith: .exitCode(75)) { [path = fixture.path as String] in
            let result = code { _ = try ExclusiveDirectoryLock(path) }
            exit(result == .inUse(pid: 0) ? 75 : 1)
        }
        reader.close()
    }
}

@Suite struct SlowReadTests {
    @Test func readsThatTakeLongAreCounted() throws {
        let fixture = try Fixture()
        let environment = fixture.environment
        try environment.read { _ in }
        #expect(environment.slowReadCount == 0)
        environment.setSlowRead(nanoseconds: 0)
        try environment.read { _ in
            // Counted while it runs, and once.
            #expect(environment.slowReadCount == 1)
            try environment.read { _ in #expect(environment.slowReadCount == 2) }
            #expect(environment.slowReadCount == 2)
        }
        #expect(environment.slowReadCount == 2)
        environment.setSlowRead(nanoseconds: .max)
        try environment.read { _ in #expect(environment.slowReadCount == 2) }
        #expect(environment.slowReadCount == 2)
    }
}
