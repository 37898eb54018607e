import Foundation
import LMDB
import Testing

/// What becomes of a process that meets damage in the midst of LMDB's work.
@Suite struct DamageExitTests {
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
            Environment.exitOnDamage(code: 65, message: "damaged")
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
            Environment.exitOnDamage(code: 65, message: "damaged")
            let environment = try Environment(
                path: path, tables: ["t"], options: smallOptions())
            do {
                try environment.copy(to: path + "-copy", compacting: true)
            } catch {
                exit(65)
            }
        }
    }

    @Test func aFaultThatIsNoDamageIsLeftAlone() async throws {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            Environment.exitOnDamage(code: 65, message: "damaged")
            // An address that no program has.
            let nowhere = UnsafeMutableRawPointer(bitPattern: 64)
            memset(try #require(nowhere), 1, 16)
        }
    }
}
