import Foundation
import LMDB
import TestSupport
import Testing

@Suite struct DamageTests {
    /// The bytes of a closed database with 500 small and 5 large values in table "t".
    private static func sound() throws -> [UInt8] {
        let fixture = try Fixture()
        let table = fixture.table
        for round: UInt8 in 0..<5 {
            try fixture.environment.write { transaction in
                for byte: UInt8 in 0..<100 {
                    try transaction.put(
                        [UInt8](repeating: byte, count: 50), for: [round, byte], in: table)
                }
                try transaction.put(
                    [UInt8](repeating: 1, count: 9000), for: [200, round], in: table)
            }
        }
        fixture.environment.close()
        return try contents(fixture.file)
    }

    /// Opens a database whose data file holds `bytes`, and looks at all of it.
    private func open(_ bytes: [UInt8], _ folder: TemporaryFolder) throws -> Int {
        try? FileManager.default.removeItem(atPath: folder("db"))
        try FileManager.default.createDirectory(
            atPath: folder("db"), withIntermediateDirectories: true)
        try write(bytes, to: folder("db/data.mdb"))
        let environment = try Environment(
            path: folder("db"), tables: ["t"], options: smallOptions())
        return try environment.read { try allEntries($0, environment.table("t")).count }
    }

    @Test func aSoundFileOpens() throws {
        let folder = try TemporaryFolder()
        let count = try open(try Self.sound(), folder)
        #expect(count == 505)
        #expect(try Environment.verify(file: folder("db/data.mdb")) > 10)
    }

    @Test func everyTruncationIsAnError() throws {
        let folder = try TemporaryFolder()
        let sound = try Self.sound()
        let pages = stride(from: 4096, to: sound.count, by: 4096).flatMap { [$0 - 1, $0, $0 + 1] }
        for length in [0, 1, 15, 16, 151, 152, 2000] + pages {
            let bytes = Array(sound[..<length])
            let result = code { _ = try open(bytes, folder) }
            let expected: LMDBError.Code = (1..<152).contains(length) ? .notADatabase : .truncated
            #expect(result == expected, "length \(length) of \(sound.count)")
        }
    }

    @Test func zeroesAndGarbageAreNotADatabase() throws {
        let folder = try TemporaryFolder()
        var generator = SeededGenerator(seed: 1)
        for bytes in [
            [UInt8](repeating: 0, count: 100_000), generator.bytes(100_000...100_000),
            generator.bytes(10...10), Array("SQLite format 3".utf8),
        ] {
            let result = code { _ = try open(bytes, folder) }
            #expect(result == .notADatabase)
        }
    }

    @Test func damagedMetaPagesAreErrors() throws {
        let folder = try TemporaryFolder()
        let sound = try Self.sound()
        // (offset, new bytes, expected): magic, version, page flags, page size, tree flags, root.
        let cases: [(Int, [UInt8], LMDBError.Code)] = [
            (16, [0], .notADatabase), (20, [2], .versionMismatch), (10, [0], .notADatabase),
            (40, [1], .corrupted), (40, [0, 0, 0, 0], .corrupted), (44, [0x0C], .corrupted),
            (80, [9, 9, 9, 9, 9, 9, 9, 0], .corrupted),
            (128, [9, 9, 9, 9, 9, 9, 9, 0], .corrupted),
            (136, [255, 255, 255, 255, 255, 255, 255, 255], .corrupted), (136, [0], .corrupted),
        ]
        let transactions = [0, 4096].map { page in
            (0..<8).reduce(0) { $0 | Int(sound[page + 144 + $1]) << (8 * $1) }
        }
        let newest = transactions[1] > transactions[0] ? 4096 : 0
        for (offset, replacement, expected) in cases {
            // What is in the older page about trees is not used any more.
            for page in offset == 80 || offset == 128 ? [newest] : [0, 4096] {
                var bytes = sound
                bytes.replaceSubrange(
                    (page + offset)..<(page + offset + replacement.count), with: replacement)
                if offset == 136, replacement == [0] {
                    bytes.replaceSubrange(
                        (page + 136)..<(page + 144), with: [UInt8](repeating: 0, count: 8))
                }
                let result = code { _ = try open(bytes, folder) }
                #expect(result == expected, "offset \(offset) of page at \(page)")
            }
        }
    }

    @Test func emptyDirectoriesBecomeDatabasesAndEmptyFilesDoNot() throws {
        let folder = try TemporaryFolder()
        let result = code { _ = try open([], folder) }
        #expect(result == .truncated)
        try FileManager.default.removeItem(atPath: folder("db/data.mdb"))
        let environment = try Environment(
            path: folder("db"), tables: ["t"], options: smallOptions())
        environment.close()
    }

    @Test(arguments: 0..<12)
    func filesShortOfFreedPagesOpen(_ seed: UInt64) throws {
        // LMDB never writes a page taken and freed in one transaction, so sound files can end
        // early.
        var generator = SeededGenerator(seed: seed)
        let fixture = try Fixture()
        var environment = fixture.environment
        for _ in 0..<20 {
            let table = environment.table("t")
            let operations = (0..<Int.random(in: 1...100, using: &generator)).map { _ in
                (
                    UInt8.random(in: 0..<50, using: &generator),
                    Int.random(in: 0..<20, using: &generator),
                    Int.random(in: 0...300_000, using: &generator)
                )
            }
            try environment.write { transaction in
                for (key, kind, size) in operations {
                    if kind < 9 {
                        let value = [UInt8](repeating: key, count: kind == 0 ? size : size % 800)
                        try transaction.put(value, for: [key], in: table)
                    } else {
                        try transaction.remove([key], in: table)
                    }
                }
            }
            let before = try environment.read { try allEntries($0, table) }
            environment.close()
            #expect(throws: Never.self, "seed \(seed)") {
                _ = try Environment.verify(file: fixture.file)
            }
            environment = try Environment(
                path: fixture.path, tables: ["t"], options: smallOptions())
            let after = try environment.read { try allEntries($0, environment.table("t")) }
            #expect(before == after, "seed \(seed)")
        }
    }

    @Test(arguments: 0..<4)
    func verifyingNeverTrapsAndFindsLostPages(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        let sound = try Self.sound()
        let pages = sound.count / 4096
        let file = folder("damaged")
        for _ in 0..<300 {
            var bytes = sound
            switch Int.random(in: 0..<4, using: &generator) {
            case 0:
                bytes[Int.random(in: 0..<sound.count, using: &generator)] ^=
                    1 << UInt8.random(in: 0..<8, using: &generator)
            case 1:
                let page = Int.random(in: 0..<pages, using: &generator) * 4096
                bytes.replaceSubrange(page..<(page + 4096), with: generator.bytes(4096...4096))
            case 2:
                bytes = Array(bytes[..<Int.random(in: 0..<sound.count, using: &generator)])
            default:
                // The first bytes of a page say most about it.
                let page = Int.random(in: 0..<pages, using: &generator) * 4096
                bytes[page + Int.random(in: 0..<160, using: &generator)] =
                    UInt8.random(in: 0...255, using: &generator)
            }
            try write(bytes, to: file)
            // Whatever comes of it is an answer; a trap would end the tests.
            _ = code { _ = try Environment.verify(file: file) }
        }
        let inUse = try verified(sound, file)
        #expect(inUse > 10)
        var found = 0
        for page in 0..<pages {
            var bytes = sound
            bytes.replaceSubrange(
                (page * 4096)..<((page + 1) * 4096), with: [UInt8](repeating: 0, count: 4096))
            try write(bytes, to: file)
            if code({ _ = try Environment.verify(file: file) }) != nil { found += 1 }
        }
        // A large value spans pages of which only the first has a header: 5 values of 3 pages.
        #expect(found == inUse - 5 * 2, "seed \(seed)")
    }

    @Test func treesThatBiteTheirTailAreErrors() throws {
        let folder = try TemporaryFolder()
        let sound = try Self.sound()
        var inUse = 0
        for page in 2..<(sound.count / 4096) {
            let start = page * 4096
            // Flag 1: a branch. Its first slot says where its first child is named.
            guard sound[start] == UInt8(page & 255), sound[start + 10] == 1 else { continue }
            let node = start + Int(sound[start + 16]) + Int(sound[start + 17]) << 8
            var results: [LMDBError.Code?] = []
            for target in [page, 0, 1, 250] {
                var bytes = sound
                bytes[node] = UInt8(target)
                bytes[node + 1] = 0
                try write(bytes, to: folder("damaged"))
                results.append(code { _ = try Environment.verify(file: folder("damaged")) })
            }
            // Free pages keep what they were: former states of this very page.
            if results == [nil, nil, nil, nil] { continue }
            inUse += 1
            #expect(results == [.corrupted, .corrupted, .corrupted, .corrupted], "page \(page)")
        }
        #expect(inUse == 1)
    }

    private func verified(_ bytes: [UInt8], _ file: String) throws -> Int {
        try write(bytes, to: file)
        return try Environment.verify(file: file)
    }

    @Test func verifyingNeedsAClosedDatabase() throws {
        let fixture = try Fixture()
        let open = code { _ = try Environment.verify(file: fixture.file) }
        #expect(open == .alreadyOpen)
        let missing = code { _ = try Environment.verify(file: fixture.folder("none")) }
        #expect(missing == .notFound)
        fixture.environment.close()
        #expect(try Environment.verify(file: fixture.file) == 3)
    }
}
