import LMDB
import TestSupport
import Testing

@Suite struct TransactionTests {
    @Test func valuesComeBackAsStored() throws {
        let fixture = try Fixture()
        let table = fixture.table
        try fixture.environment.write { transaction in
            try transaction.put([1, 2, 3], for: [9], in: table)
            try transaction.put([UInt8](repeating: 5, count: 100_000), for: [10], in: table)
            let borrowed: [UInt8] = [7, 8]
            try transaction.put(borrowed.span.bytes, for: [11], in: table)
        }
        try fixture.environment.read { transaction throws in
            #expect(try transaction.bytes(for: [9], in: table) == [1, 2, 3])
            #expect(try transaction.bytes(for: [10], in: table)?.count == 100_000)
            #expect(try transaction.bytes(for: [11], in: table) == [7, 8])
            #expect(try transaction.bytes(for: [12], in: table) == nil)
            #expect(try transaction.value(for: [9], in: table) { $0.byteCount } == 3)
            #expect(try transaction.value(for: [12], in: table) { $0.byteCount } == nil)
            #expect(try transaction.contains([10], in: table))
            #expect(try !transaction.contains([12], in: table))
            #expect(try transaction.count(table) == 3)
        }
    }

    @Test func emptyValuesAreNotMissingOnes() throws {
        let fixture = try Fixture()
        let table = fixture.table
        try fixture.environment.write { try $0.put([], for: [1], in: table) }
        let entries = try fixture.entries()
        #expect(entries == [[[1], []]])
        let value = try fixture.environment.read { try $0.bytes(for: [1], in: table) }
        #expect(value == [])
    }

    @Test(arguments: [(0, false), (1, true), (2, true), (510, true), (511, true), (512, false)])
    func keysHaveOneTo511Bytes(_ length: Int, _ isValid: Bool) throws {
        let fixture = try Fixture()
        let table = fixture.table
        let key = [UInt8](repeating: 255, count: length)
        let expected: LMDBError.Code? = isValid ? nil : .keySize
        func write(_ body: (borrowing WriteTransaction) throws -> Void) -> LMDBError.Code? {
            code { try fixture.environment.write(body) }
        }
        #expect(write { try $0.put([1], for: key, in: table) } == expected)
        #expect(write { _ = try $0.bytes(for: key, in: table) } == expected)
        #expect(write { try $0.remove(key, in: table) } == expected)
        #expect(write { _ = try $0.putIfAbsent([1], for: key, in: table) } == expected)
        #expect(write { try $0.remove(key, in: table) } == expected)
        #expect(write { try $0.append([1], for: key, in: table) } == expected)
        let found = code {
            try fixture.environment.read { _ = try $0.contains(key, in: table) }
        }
        #expect(found == expected)
    }

    @Test func boundsHaveUpTo511Bytes() throws {
        let fixture = try Fixture()
        let table = fixture.table
        let long = [UInt8](repeating: 1, count: 512)
        for (lower, upper) in [(long, nil), ([], long)] as [([UInt8], [UInt8]?)] {
            let scanned = code {
                try fixture.environment.read {
                    try $0.scan(table, from: lower, to: upper) { _, _ in true }
                }
            }
            #expect(scanned == .keySize)
            let removed = code {
                _ = try fixture.environment.write {
                    try $0.removeRange(from: lower, to: upper, in: table)
                }
            }
            #expect(removed == .keySize)
        }
    }

    @Test func putReplacesAndPutIfAbsentDoesNot() throws {
        let fixture = try Fixture()
        let table = fixture.table
        let stored = try fixture.environment.write { transaction -> [Bool] in
            try transaction.put([1], for: [1], in: table)
            try transaction.put([2], for: [1], in: table)
            return [
                try transaction.putIfAbsent([3], for: [1], in: table),
                try transaction.putIfAbsent([4], for: [2], in: table),
            ]
        }
        #expect(stored == [false, true])
        let entries = try fixture.entries()
        #expect(entries == [[[1], [2]], [[2], [4]]])
    }

    @Test func appendTakesOnlyGreaterKeys() throws {
        let fixture = try Fixture()
        let table = fixture.table
        try fixture.environment.write { transaction in
            for byte: UInt8 in 1...200 { try transaction.append([byte], for: [byte], in: table) }
        }
        for key: UInt8 in [0, 7, 200] {
            let result = code {
                try fixture.environment.write { try $0.append([], for: [key], in: table) }
            }
            #expect(result == .keyOrder)
        }
        let entries = try fixture.entries()
        #expect(entries == (1...200).map { [[$0], [$0]] })
    }

    @Test func removeSaysWhetherTheKeyWasThere() throws {
        let fixture = try Fixture()
        let table = fixture.table
        let removed = try fixture.environment.write { transaction -> [Bool] in
            try transaction.put([], for: [1], in: table)
            return [
                try transaction.remove([1], in: table), try transaction.remove([1], in: table),
            ]
        }
        #expect(removed == [true, false])
    }

    @Test func anErrorInTheBodyUndoesAll() throws {
        let fixture = try Fixture()
        let table = fixture.table
        try fixture.environment.write { try $0.put([1], for: [1], in: table) }
        #expect(throws: Stop(number: 3)) {
            try fixture.environment.write { transaction in
                try transaction.put([2], for: [2], in: table)
                try transaction.removeAll(prefix: [], in: table)
                throw Stop(number: 3)
            }
        }
        let entries = try fixture.entries()
        #expect(entries == [[[1], [1]]])
    }

    @Test func aReadSeesOneStateWhileOthersWrite() throws {
        let fixture = try Fixture()
        let table = fixture.table
        try fixture.environment.write { try $0.put([1], for: [1], in: table) }
        try fixture.environment.read { outer in
            try fixture.environment.write { transaction in
                try transaction.put([2], for: [1], in: table)
                #expect(try transaction.bytes(for: [1], in: table) == [2])
            }
            #expect(try outer.bytes(for: [1], in: table) == [1])
            let inner = try fixture.environment.read { try $0.bytes(for: [1], in: table) }
            #expect(inner == [2])
        }
    }

    @Test func tablesAreSeparate() throws {
        let fixture = try Fixture(["t", "u"])
        let other = fixture.environment.table("u")
        #expect(other != fixture.table)
        #expect(other.name == "u")
        try fixture.environment.write { try $0.put([1], for: [1], in: other) }
        let entries = try fixture.entries()
        #expect(entries.isEmpty)
    }

    @Test func changesInsideABorrowAreRefused() throws {
        let fixture = try Fixture()
        let table = fixture.table
        func attempt(
            _ change: @escaping (borrowing WriteTransaction) throws -> Void
        ) -> [LMDBError.Code?] {
            [
                code {
                    try fixture.environment.write { transaction in
                        try transaction.put([1], for: [1], in: table)
                        _ = try transaction.value(for: [1], in: table) { _ in
                            try change(transaction)
                        }
                    }
                },
                code {
                    try fixture.environment.write { transaction in
                        try transaction.put([1], for: [1], in: table)
                        try transaction.scan(table, prefix: []) { _, _ in
                            try change(transaction)
                            return true
                        }
                    }
                },
            ]
        }
        #expect(attempt { try $0.put([2], for: [1], in: table) } == [.borrowed, .borrowed])
        #expect(attempt { try $0.append([2], for: [2], in: table) } == [.borrowed, .borrowed])
        #expect(attempt { try $0.remove([1], in: table) } == [.borrowed, .borrowed])
        #expect(attempt { try $0.removeAll(prefix: [], in: table) } == [.borrowed, .borrowed])
        #expect(attempt { _ = try $0.contains([1], in: table) } == [nil, nil])
        // A borrow that ended, also by an error, is forgotten.
        try fixture.environment.write { transaction in
            try transaction.put([1], for: [1], in: table)
            let result = code {
                _ = try transaction.value(for: [1], in: table) { _ in throw Stop() }
            }
            #expect(result == nil)
            try transaction.put([3], for: [1], in: table)
        }
        let entries = try fixture.entries()
        #expect(entries == [[[1], [3]]])
    }

    @Test func aFullMapIsAnErrorAndNotTheEnd() throws {
        let fixture = try Fixture(options: smallOptions(megabytes: 1))
        let table = fixture.table
        try fixture.environment.write { try $0.put([1], for: [1], in: table) }
        let result = code {
            try fixture.environment.write {
                try $0.put([UInt8](repeating: 1, count: 2 << 20), for: [2], in: table)
            }
        }
        #expect(result == .mapFull)
        // An error that the body swallows does not become half a commit.
        let swallowed = code {
            try fixture.environment.write { transaction in
                try transaction.put([1], for: [3], in: table)
                try? transaction.put([UInt8](repeating: 1, count: 2 << 20), for: [2], in: table)
            }
        }
        #expect(swallowed != nil)
        try fixture.environment.write { try $0.put([2], for: [1], in: table) }
        let entries = try fixture.entries()
        #expect(entries == [[[1], [2]]])
        #expect(!fixture.environment.refusesWrites)
    }

    @Test func aTableOfAnotherEnvironmentTraps() async throws {
        let folder = try TemporaryFolder()
        await #expect(processExitsWith: .failure) { [path = folder.path as String] in
            let first = try Fixture(in: path)
            let second = try Fixture(in: path)
            try first.environment.read { _ = try $0.count(second.table) }
        }
    }

    @Test func anUnnamedTableTraps() async throws {
        let folder = try TemporaryFolder()
        await #expect(processExitsWith: .failure) { [path = folder.path as String] in
            _ = try Fixture(in: path).environment.table("no such table")
        }
    }
}
