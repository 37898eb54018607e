import Foundation
import LMDB
import TestSupport
import Testing

@Suite struct CopyTests {
    /// Opens the copied file as a database of its own and returns its entries.
    private func restored(_ file: String, _ folder: TemporaryFolder) throws -> [[[UInt8]]] {
        let path = folder("restored-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: file, toPath: path + "/data.mdb")
        let environment = try Environment(path: path, tables: ["t"], options: smallOptions())
        return try environment.read { try allEntries($0, environment.table("t")) }
    }

    @Test(arguments: [false, true])
    func aCopyHoldsTheSame(_ compacting: Bool) throws {
        let fixture = try Fixture()
        let table = fixture.table
        try fixture.environment.write { transaction in
            for byte: UInt8 in 0..<200 {
                try transaction.put([UInt8](repeating: byte, count: 300), for: [byte], in: table)
            }
        }
        let file = fixture.folder("copy.mdb")
        try fixture.environment.copy(to: file, compacting: compacting)
        #expect(try mode(file) == 0o600)
        #expect(try Environment.verify(file: file) > 10)
        #expect(try restored(file, fixture.folder) == fixture.entries())
        let names = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path)
        #expect(!names.contains { $0.contains("partial") })
    }

    @Test func aCompactingCopyHasNoDeletedBytes() throws {
        let fixture = try Fixture()
        let table = fixture.table
        let canary = Array("alice@example.com".utf8)
        func occurrences(_ file: String) throws -> Bool {
            Data(try contents(file)).range(of: Data(canary)) != nil
        }
        try fixture.environment.write { transaction in
            for byte: UInt8 in 0..<100 {
                try transaction.put(
                    canary + [UInt8](repeating: byte, count: 300), for: [byte], in: table)
            }
        }
        try fixture.environment.write { transaction in
            try transaction.removeAll(prefix: [], in: table)
            try transaction.put([1], for: [1], in: table)
        }
        let (plain, compact) = (fixture.folder("plain"), fixture.folder("compact"))
        try fixture.environment.copy(to: plain, compacting: false)
        try fixture.environment.copy(to: compact, compacting: true)
        #expect(try occurrences(plain))
        #expect(try !occurrences(compact))
        #expect(try contents(compact).count < contents(plain).count)
    }

    @Test func nothingIsOverwritten() throws {
        let fixture = try Fixture()
        let file = fixture.folder("copy.mdb")
        try write([7], to: file)
        let results = [
            code { try fixture.environment.copy(to: file, compacting: false) },
            code { try fixture.environment.copy(to: fixture.path, compacting: false) },
            code { try fixture.environment.copy(to: fixture.folder("a/b"), compacting: false) },
        ]
        #expect(results == [.alreadyExists, .alreadyExists, .notFound])
        #expect(try contents(file) == [7])
    }

    @Test func aCopyMadeDuringWritesIsOneStateOfThem() async throws {
        // Every commit adds a key to both ends of the table, so every state has an even count.
        let fixture = try Fixture()
        let (environment, table) = (fixture.environment, fixture.table)
        let writes = Task {
            for number in 0..<300 {
                try await environment.write { transaction in
                    let key = [UInt8(number >> 8), UInt8(number & 255)]
                    try transaction.put(key, for: [0] + key, in: table)
                    try transaction.put(key, for: [255] + key, in: table)
                }
            }
        }
        for index in 0..<6 {
            let file = fixture.folder("copy-\(index)")
            try environment.copy(to: file, compacting: index % 2 == 0)
            let entries = try restored(file, fixture.folder)
            let half = entries.count / 2
            #expect(entries.count % 2 == 0)
            #expect(entries.prefix(half).map { $0[1] } == entries.suffix(half).map { $0[1] })
            await Task.yield()
        }
        try await writes.value
    }
}
