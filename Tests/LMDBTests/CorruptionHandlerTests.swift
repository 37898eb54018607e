import Foundation
import LMDB
import TestSupport
import Testing

/// A damaged file ends a process with a message if the process asked for that.
@Suite struct CorruptionHandlerTests {
    private static let message = "Error: the file is damaged"

    @Test func readingBeyondTheFileEndsWithTheCode() async throws {
        let result = await #expect(
            processExitsWith: .exitCode(65), observing: [\.standardErrorContent]
        ) {
            Environment.exitOnCorruption(code: 65, message: "Error: the file is damaged")
            let fixture = try Fixture()
            let table = fixture.table
            try await fixture.environment.write { transaction in
                try transaction.put([UInt8](repeating: 1, count: 90_000), for: [1], in: table)
            }
            truncate(fixture.file, 16_384)
            let sum = try fixture.environment.read { try $0.bytes(for: [1], in: table)?.count }
            exit(sum == nil ? 1 : 2)
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text == Self.message + "\n")
    }

    @Test func assertionsOfLMDBEndWithTheCode() async throws {
        let result = await #expect(
            processExitsWith: .exitCode(65), observing: [\.standardErrorContent]
        ) {
            Environment.exitOnCorruption(code: 65, message: "Error: the file is damaged")
            // Branch pages with one child, which an assertion of LMDB excludes.
            let bytes = try AuditTests.sound()
            let folder = try TemporaryFolder()
            try FileManager.default.createDirectory(
                atPath: folder("db"), withIntermediateDirectories: true)
            var damaged = bytes
            for page in 2..<(bytes.count / 4096) where bytes[page * 4096 + 10] == 1 {
                damaged[page * 4096 + 12] = 18
            }
            try write(damaged, to: folder("db/data.mdb"))
            let environment = try Environment(
                path: folder("db"), tables: ["t"], options: readOnly())
            let table = environment.table("t")
            for byte: UInt8 in 0...255 {
                _ = try environment.read { try $0.bytes(for: [byte], in: table) }
            }
            exit(1)
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.hasPrefix(Self.message + " (mdb.c:"))
        #expect(text.split(separator: "\n").count == 1)
    }

    @Test func whatLMDBTakesForAPointerEndsWithTheCode() async {
        await #expect(processExitsWith: .exitCode(65)) {
            Environment.exitOnCorruption(code: 65, message: "Error: the file is damaged")
            let folder = try TemporaryFolder()
            try FileManager.default.createDirectory(
                atPath: folder("db"), withIntermediateDirectories: true)
            // Nodes with duplicates, in a table whose cursors have nothing to look at them with.
            var damaged = try AuditTests.sound()
            for page in 2..<(damaged.count / 4096) where damaged[page * 4096 + 10] == 2 {
                let start = page * 4096
                let slotsEnd = Int(damaged[start + 12]) + Int(damaged[start + 13]) << 8
                for slot in stride(from: 16, to: slotsEnd, by: 2) {
                    let node =
                        start + Int(damaged[start + slot]) + Int(damaged[start + slot + 1]) << 8
                    if damaged[node + 4] == 0 { damaged[node + 4] = 4 }
                }
            }
            try write(damaged, to: folder("db/data.mdb"))
            let environment = try Environment(
                path: folder("db"), tables: ["t"], options: readOnly())
            _ = try environment.read { try allEntries($0, environment.table("t")) }
            exit(1)
        }
    }

    // A sanitizer ends the process in its own way.
    #if !FORETWIN_SANITIZED
        @Test func otherSignalsAreLeftAlone() async {
            await #expect(processExitsWith: .signal(SIGSEGV)) {
                Environment.exitOnCorruption(code: 65, message: "Error: the file is damaged")
                let fixture = try Fixture()
                _ = fixture.environment
                raise(SIGSEGV)
                // The handler gave the signal back to whoever had it before.
                raise(SIGSEGV)
            }
            await #expect(processExitsWith: .signal(SIGBUS)) {
                Environment.exitOnCorruption(code: 65, message: "Error: the file is damaged")
                kill(getpid(), SIGBUS)
                // The signal may come a moment later, on any thread.
                while true { usleep(1000) }
            }
        }
    #endif

    @Test func closedDatabasesAreNoLongerWatched() async {
        await #expect(processExitsWith: .exitCode(7)) {
            Environment.exitOnCorruption(code: 65, message: "Error: the file is damaged")
            for _ in 0..<100 {
                let fixture = try Fixture()
                fixture.environment.close()
            }
            // More than there are places for at once, all the same the last one is watched.
            let fixture = try Fixture()
            let table = fixture.table
            try await fixture.environment.write { transaction in
                try transaction.put([UInt8](repeating: 1, count: 9000), for: [1], in: table)
            }
            exit(7)
        }
    }

    /// A database with 2,000 values in table "t", closed, whose pages a closure has changed.
    private static func damaged(
        _ change: (_ page: Int, _ flags: UInt8, _ bytes: inout [UInt8]) -> Void
    ) throws -> Fixture {
        let fixture = try Fixture()
        let table = fixture.environment.table("t")
        try fixture.environment.write { transaction in
            for number in 0..<2000 {
                let key = [UInt8(number >> 8), UInt8(number & 255)]
                try transaction.put([UInt8](repeating: 1, count: 50), for: key, in: table)
            }
        }
        fixture.environment.close()
        var bytes = try contents(fixture.file)
        // The first two pages are the meta pages, which opening looks at.
        for page in 2..<bytes.count / 4096 { change(page * 4096, bytes[page * 4096 + 10], &bytes) }
        try write(bytes, to: fixture.file)
        return fixture
    }

    @Test func aLengthThatNoPageHasEndsTheProcessInOrder() async throws {
        // What is taken out of a leaf makes LMDB move the rest by a length below zero.
        let fixture = try Self.damaged { page, flags, bytes in
            if flags & 2 != 0 { (bytes[page + 14], bytes[page + 15]) = (0xF0, 0xFF) }
        }
        await #expect(processExitsWith: .exitCode(65)) { [path = fixture.path as String] in
            Environment.exitOnCorruption(code: 65, message: "damaged")
            let environment = try Environment(
                path: path, tables: ["t"], options: smallOptions())
            let table = environment.table("t")
            try await environment.write { _ = try $0.remove([3, 3], in: table) }
        }
    }

    @Test func aCopyOfALoopOfPagesEndsTheProcessInOrder() async throws {
        let fixture = try Self.damaged { page, flags, bytes in
            if flags & 1 != 0 {
                bytes.replaceSubrange(page..<page + 4096, with: [UInt8](repeating: 0, count: 4096))
            }
        }
        await #expect(processExitsWith: .exitCode(65)) { [path = fixture.path as String] in
            Environment.exitOnCorruption(code: 65, message: "damaged")
            let environment = try Environment(
                path: path, tables: ["t"], options: smallOptions())
            do {
                try environment.copy(to: path + "-copy", compacting: true)
            } catch {
                exit(65)
            }
        }
    }

    #if !FORETWIN_SANITIZED
        @Test func aFaultThatIsNoDamageIsLeftAlone() async throws {
            await #expect(processExitsWith: .signal(SIGSEGV)) {
                Environment.exitOnCorruption(code: 65, message: "damaged")
                // An address that no program has.
                let nowhere = UnsafeMutableRawPointer(bitPattern: 64)
                memset(try #require(nowhere), 1, 16)
            }
        }
    #endif
}
