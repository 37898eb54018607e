import Foundation
import LMDB
import TestSupport
import Testing

/// The audit of every page and record of a file.
@Suite struct AuditTests {
    /// The bytes of a database with a history: small and large values, some of them removed.
    static func sound(seed: UInt64 = 1, checksummed: Bool = true) throws -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        var options = smallOptions()
        options.isChecksummed = checksummed
        let fixture = try Fixture(["a", "t"], options: options)
        let tables = ["a", "t"].map { fixture.environment.table($0) }
        for _ in 0..<20 {
            try fixture.environment.write { transaction in
                for _ in 0..<60 {
                    let table = tables[Int.random(in: 0...1, using: &generator)]
                    let key = generator.bytes(1...2)
                    switch Int.random(in: 0..<10, using: &generator) {
                    case 0: try transaction.put(generator.bytes(0...9000), for: key, in: table)
                    case 1...3: try transaction.remove(key, in: table)
                    default: try transaction.put(generator.bytes(0...300), for: key, in: table)
                    }
                }
            }
        }
        fixture.environment.close()
        return try contents(fixture.file)
    }

    private func audit(_ bytes: [UInt8], _ folder: TemporaryFolder) throws -> FileAudit {
        try write(bytes, to: folder("file"))
        return try Environment.audit(file: folder("file"))
    }

    /// Whether a damaged file is told from a sound one; reading it at all may be refused.
    private func isNoticed(_ bytes: [UInt8], _ folder: TemporaryFolder) throws -> Bool {
        do {
            return try !audit(bytes, folder).isSound
        } catch is LMDBError { return true }
    }

    @Test(arguments: 0..<8)
    func soundFilesAreSound(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        let bytes = try Self.sound(seed: seed)
        let found = try audit(bytes, folder)
        #expect(found.findings == [], "seed \(seed)")
        #expect(found.lostPages == 0, "seed \(seed)")
        #expect(found.pagesInUse + found.freePages >= bytes.count / 4096, "seed \(seed)")
        let inUse = try Environment.verify(file: folder("file"))
        #expect(found.pagesInUse == inUse)
        try FileManager.default.createDirectory(
            atPath: folder("db"), withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: folder("file"), toPath: folder("db/data.mdb"))
        let environment = try Environment(
            path: folder("db"), tables: ["a", "t"], options: readOnly())
        for name in ["a", "t"] {
            let count = try environment.read { try $0.count(environment.table(name)) }
            #expect(found.records[name] == count, "seed \(seed)")
        }
        try environment.copy(to: folder("copy"), compacting: false)
        try environment.copy(to: folder("compact"), compacting: true)
        for copy in ["copy", "compact"] {
            let again = try Environment.audit(file: folder(copy))
            #expect(again.isSound && again.records == found.records, "seed \(seed), \(copy)")
        }
        #expect(try Environment.audit(file: folder("compact")).freePages == 0)
    }

    @Test func newFilesAreSound() throws {
        let fixture = try Fixture([])
        fixture.environment.close()
        let found = try Environment.audit(file: fixture.file)
        #expect(found.isSound && found.pagesInUse == 2)
        #expect(found.records.isEmpty)
    }

    @Test func flipsInRecordsAreNoticed() throws {
        // Of 10,000 flips of a bit in a live record not one may pass.
        let folder = try TemporaryFolder()
        let fixture = try Fixture()
        var generator = SeededGenerator(seed: 3)
        var values: [[UInt8]] = []
        for key: UInt8 in 0..<40 {
            let value = generator.bytes(key < 3 ? 5000...5000 : 30...200)
            values.append(value)
            let table = fixture.table
            try fixture.environment.write { try $0.put(value, for: [7, key], in: table) }
        }
        fixture.environment.close()
        let compact = try Environment(path: fixture.path, tables: ["t"], options: readOnly())
        try compact.copy(to: folder("compact"), compacting: true)
        var bytes = try contents(folder("compact"))
        let whole = Data(bytes)
        let ranges = try values.map { try #require(whole.range(of: Data($0))) }
        var missed = 0
        for _ in 0..<1000 {
            let range = ranges[Int.random(in: 0..<ranges.count, using: &generator)]
            // Two bytes of key before the value, four of checksum behind it.
            let isInLeaf = range.count < 5000
            let offset = Int.random(
                in: (range.lowerBound - (isInLeaf ? 2 : 0))..<(range.upperBound + 4),
                using: &generator)
            let bit = UInt8.random(in: 0..<8, using: &generator)
            bytes[offset] ^= 1 << bit
            if try !isNoticed(bytes, folder) { missed += 1 }
            bytes[offset] ^= 1 << bit
        }
        #expect(missed == 0)
    }

    /// When the last write of a commit fails, LMDB restores the number of the older meta page and
    /// leaves the trees of the failed transaction in it.
    @Test func whatACommitThatFailedLeavesInTheOlderMetaPageIsNoDamage() throws {
        let folder = try TemporaryFolder()
        let sound = try Self.sound()
        let transactions = [0, 1].map { page in
            (0..<8).reduce(0) { $0 | Int(sound[page * 4096 + 144 + $1]) << (8 * $1) }
        }
        let older = transactions[1] > transactions[0] ? 0 : 4096
        for root in [80, 128] {
            var bytes = sound
            bytes[older + root + 2] = 1
            #expect(try !isNoticed(bytes, folder))
            #expect(try Environment.verify(file: folder("file")) > 2)
            var damaged = sound
            damaged[4096 - older + root + 2] = 1
            #expect(try isNoticed(damaged, folder))
        }
    }

    @Test func whatLMDBCountsOrOrdersIsChecked() throws {
        let folder = try TemporaryFolder()
        let sound = try Self.sound()
        let pages = sound.count / 4096
        let transactions = [0, 1].map { page in
            (0..<8).reduce(0) { $0 | Int(sound[page * 4096 + 144 + $1]) << (8 * $1) }
        }
        let newest = transactions[1] > transactions[0] ? 4096 : 0
        // (offset in the newest meta page, what it is): all of them are noticed.
        let fields = [
            (16, "magic"), (20, "version"), (40, "page size"), (46, "depth of the free list"),
            (48, "branches of the free list"), (56, "leaves of the free list"),
            (64, "overflows of the free list"), (72, "entries of the free list"),
            (80, "root of the free list"), (94, "depth of the tables"),
            (104, "leaves of the tables"),
            (120, "entries of the tables"), (128, "root of the tables"), (144, "transaction"),
            (10, "kind of page"), (newest == 0 ? 0 : 0, "number of page"),
        ]
        for (offset, name) in fields {
            for bit: UInt8 in 0..<8 {
                var bytes = sound
                bytes[newest + offset] ^= 1 << bit
                #expect(try isNoticed(bytes, folder), "bit \(bit) of the \(name)")
            }
        }
        #expect(pages > 20)
    }

    @Test func damagedPagesAreNoticed() throws {
        let folder = try TemporaryFolder()
        let sound = try Self.sound()
        let used = try audit(sound, folder)
        let pages = sound.count / 4096
        var generator = SeededGenerator(seed: 8)
        var zeroed = 0
        var random = 0
        for page in 0..<pages {
            let range = (page * 4096)..<((page + 1) * 4096)
            var bytes = sound
            bytes.replaceSubrange(range, with: [UInt8](repeating: 0, count: 4096))
            if try isNoticed(bytes, folder) { zeroed += 1 }
            bytes.replaceSubrange(range, with: generator.bytes(4096...4096))
            if try isNoticed(bytes, folder) { random += 1 }
        }
        // The last page of a large value can be all but empty, and zeroing nothing is no damage.
        #expect(zeroed >= used.pagesInUse - 1)
        #expect(random >= used.pagesInUse - 1)
        #expect(random <= used.pagesInUse)
    }

    @Test func swappedPagesAreNoticed() throws {
        let folder = try TemporaryFolder()
        let sound = try Self.sound()
        let leaves = (2..<(sound.count / 4096)).filter { sound[$0 * 4096 + 10] == 2 }
        for (one, other) in zip(leaves, leaves.dropFirst()) {
            var bytes = sound
            for offset in 0..<4096 { bytes.swapAt(one * 4096 + offset, other * 4096 + offset) }
            // Pages know their numbers; those that are free may lie anywhere.
            let isNumberedRightly = [one, other].allSatisfy { page in
                (0..<8).allSatisfy {
                    bytes[page * 4096 + $0] == UInt8(truncatingIfNeeded: page >> (8 * $0))
                }
            }
            #expect(!isNumberedRightly)
            _ = try isNoticed(bytes, folder)
        }
    }

    @Test func pagesThatAreFreeAndUsedAreNoticed() throws {
        let folder = try TemporaryFolder()
        let sound = try Self.sound()
        let data = Data(sound)
        // Every page number in a record of the free list is put in place of another one.
        var noticed = 0
        var tried = 0
        let used = try audit(sound, folder)
        guard used.freePages > 1 else { return }
        let newest = sound[144] > sound[4096 + 144] ? 0 : 4096
        let root = Int(sound[newest + 80])
        let leaf = root * 4096
        #expect(sound[leaf + 10] == 2)
        let node = leaf + Int(sound[leaf + 16]) + Int(sound[leaf + 17]) << 8
        // Node header 8, key 8, count 8, then the greatest page number.
        let field = node + 24
        #expect(data[node + 16] > 0)
        for page in 2..<(sound.count / 4096) {
            var bytes = sound
            for offset in 0..<8 {
                bytes[field + offset] = UInt8(truncatingIfNeeded: page >> (8 * offset))
            }
            tried += 1
            if bytes != sound, try isNoticed(bytes, folder) { noticed += 1 }
        }
        #expect(noticed >= tried - used.freePages)
    }

    @Test func metaPagesOfOtherTimesAreNoticed() throws {
        let folder = try TemporaryFolder()
        let fixture = try Fixture()
        let table = fixture.table
        var metas: [[UInt8]] = []
        for byte: UInt8 in 0..<6 {
            try fixture.environment.write { try $0.put([], for: [byte], in: table) }
            metas.append(Array(try contents(fixture.file)[..<8192]))
        }
        fixture.environment.close()
        let sound = try contents(fixture.file)
        #expect(try audit(sound, folder).isSound)
        let newest = sound[144] > sound[4096 + 144] ? 0..<4096 : 4096..<8192
        for meta in metas.dropLast(3) {
            var bytes = sound
            bytes.replaceSubrange(newest, with: meta[newest])
            let isOther = meta[newest] != sound[newest]
            #expect(try isNoticed(bytes, folder) == isOther)
        }
        // Exchanged, they are of the wrong parity.
        var bytes = sound
        bytes.replaceSubrange(0..<8192, with: sound[4096..<8192] + sound[0..<4096])
        #expect(try isNoticed(bytes, folder))
    }

    @Test func lostPagesAreCountedAndNoDamage() throws {
        let folder = try TemporaryFolder()
        var bytes = try Self.sound()
        let pages = bytes.count / 4096
        let found = try audit(bytes, folder)
        guard found.pagesInUse + found.freePages == pages else { return }
        // A page more, in the file and in both counts, that nobody knows of.
        bytes += [UInt8](repeating: 0, count: 4096)
        for meta in [0, 4096] { bytes[meta + 136] = UInt8(pages) }
        let lost = try audit(bytes, folder)
        #expect(lost.isSound)
        #expect(lost.lostPages == 1)
    }

    @Test func filesWithoutChecksumsAreCheckedWithoutThem() throws {
        let folder = try TemporaryFolder()
        try write(try Self.sound(checksummed: false), to: folder("file"))
        #expect(try Environment.audit(file: folder("file"), isChecksummed: false).isSound)
        let strict = try Environment.audit(file: folder("file"))
        #expect(strict.badRecordCount > 100)
        #expect(strict.findings.count == 100)
        #expect(strict.findingCount == strict.badRecordCount)
    }

    @Test(arguments: 0..<4)
    func nothingTraps(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        var generator = SeededGenerator(seed: seed)
        let sound = try Self.sound(seed: seed)
        for _ in 0..<300 {
            var bytes = sound
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                let page = Int.random(in: 0..<(sound.count / 4096), using: &generator) * 4096
                // The first bytes of a page, and of its nodes, say most about it.
                let offset = page + Int.random(in: 0..<4096, using: &generator)
                let early = page + Int.random(in: 0..<64, using: &generator)
                bytes[offset] = UInt8.random(in: 0...255, using: &generator)
                bytes[early] = UInt8.random(in: 0...255, using: &generator)
            }
            if seed == 0 { bytes.removeLast(Int.random(in: 0..<sound.count, using: &generator)) }
            _ = try isNoticed(bytes, folder)
        }
    }

    @Test func progressIsTold() throws {
        let folder = try TemporaryFolder()
        try write(try Self.sound(), to: folder("file"))
        let told = Told()
        let found = try Environment.audit(file: folder("file")) { done, all in told.add(done, all) }
        #expect(told.steps.last.map { $0 >= found.pagesInUse - 20 } ?? false)
        #expect(told.steps == told.steps.sorted())
    }

    @Test func aDatabaseIsAuditedWhileAnotherProcessWrites() async throws {
        let fixture = try Fixture()
        let (environment, table) = (fixture.environment, fixture.table)
        let writing = Task {
            var generator = SeededGenerator(seed: 5)
            while !Task.isCancelled {
                let (key, value) = (generator.bytes(1...1), generator.bytes(0...5000))
                try await environment.write { try $0.put(value, for: key, in: table) }
            }
        }
        await #expect(processExitsWith: .success) { [path = fixture.path as String] in
            for _ in 0..<20 {
                let found = try Environment.audit(path: path)
                #expect(found.findings == [])
            }
        }
        writing.cancel()
        _ = await writing.result
        environment.close()
        #expect(try Environment.audit(path: fixture.path).isSound)
    }

    @Test func valuesAreFoundWithoutLMDB() throws {
        let fixture = try Fixture(["m", "t"])
        let table = fixture.environment.table("m")
        try fixture.environment.write { transaction in
            for byte: UInt8 in 0..<255 {
                try transaction.put([byte, 1], for: [byte, 7], in: table)
                try transaction.put([UInt8](repeating: byte, count: 90), for: [byte, 9], in: table)
            }
        }
        fixture.environment.close()
        for byte: UInt8 in 0..<255 {
            let found = try Environment.storedBytes(
                for: [byte, 7], inTable: "m", ofFile: fixture.file)
            #expect(found?.count == 6 && found?.prefix(2) == [byte, 1])
        }
        for (key, name): ([UInt8], String) in [([3, 8], "m"), ([3, 7], "x"), ([3, 7], "t")] {
            #expect(
                try Environment.storedBytes(for: key, inTable: name, ofFile: fixture.file) == nil)
        }
    }
}

/// Collects what a progress closure is told.
// @unchecked Sendable: used by one thread.
private final class Told: @unchecked Sendable {
    var steps: [Int] = []
    func add(_ done: Int, _ all: Int) { steps.append(done) }
}
