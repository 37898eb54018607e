import LMDB
import TestSupport
import Testing

/// Read transactions walk leaf pages without LMDB; they must find what was written.
@Suite struct LeafWalkTests {
    /// Entries of all sizes, some too large for a leaf, over many leaves.
    private struct Library {
        let fixture: Fixture
        let entries: [(key: [UInt8], value: [UInt8])]

        init(seed: UInt64) throws {
            fixture = try Fixture()
            var random = SeededGenerator(seed: seed)
            var values: [[UInt8]: [UInt8]] = [:]
            for _ in 0..<2_000 {
                let isLarge = random.next() % 50 == 0
                values[random.bytes(1...40)] =
                    isLarge ? random.bytes(2_000...9_000) : random.bytes(0...120)
            }
            entries = values.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0, $1) }
            let (table, all) = (fixture.table, values)
            try fixture.environment.write { transaction in
                for (key, value) in all { try transaction.put(value, for: key, in: table) }
            }
        }

        func expected(from lower: [UInt8], to upper: [UInt8]?) -> [[[UInt8]]] {
            entries.filter { key, _ in
                !key.lexicographicallyPrecedes(lower)
                    && (upper.map { key.lexicographicallyPrecedes($0) } ?? true)
            }.map { [$0.key, $0.value] }
        }
    }

    private func collect(
        _ table: Table, from lower: [UInt8], to upper: [UInt8]?,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> [[[UInt8]]] {
        var found: [[[UInt8]]] = []
        try transaction.scan(table, from: lower, to: upper) { key, value in
            found.append([Array(copying: key), Array(copying: value)])
            return true
        }
        return found
    }

    @Test(arguments: UInt64(1)...8) func anyRangeGivesWhatLiesInIt(seed: UInt64) throws {
        let library = try Library(seed: seed)
        let table = library.fixture.table
        var random = SeededGenerator(seed: seed &+ 1_000)
        try library.fixture.environment.read { transaction in
            let all = try collect(table, from: [], to: nil, in: transaction)
            #expect(all == library.expected(from: [], to: nil), "seed \(seed)")
            for round in 0..<60 {
                let (lower, upper) = (random.bytes(0...3), random.bytes(0...3))
                let found = try collect(table, from: lower, to: upper, in: transaction)
                #expect(
                    found == library.expected(from: lower, to: upper),
                    "seed \(seed), round \(round), from \(lower) to \(upper)")
            }
        }
    }

    @Test func aSnapshotStaysAsItWasWhileOthersWrite() throws {
        let library = try Library(seed: 9)
        let (environment, table) = (library.fixture.environment, library.fixture.table)
        try environment.read { transaction in
            var found: [[[UInt8]]] = []
            try transaction.scan(table, from: [], to: nil) { key, value in
                if found.count % 400 == 0 {
                    // Changes leaves ahead of and behind the walk, and takes new pages.
                    let round = UInt8(found.count / 400)
                    try environment.write { writing in
                        try writing.removeRange(
                            from: [round * 40], to: [round * 40 + 20], in: table)
                        try writing.put([round], for: [round, 1, 2], in: table)
                    }
                }
                found.append([Array(copying: key), Array(copying: value)])
                return true
            }
            #expect(found == library.expected(from: [], to: nil))
        }
    }

    @Test func aWriteTransactionSeesItsOwnChanges() throws {
        let library = try Library(seed: 10)
        let (environment, table) = (library.fixture.environment, library.fixture.table)
        let expected = library.expected(from: [128], to: nil)
        let found = try environment.write { transaction in
            try transaction.removeRange(from: [], to: [128], in: table)
            return try collect(table, from: [], to: nil, in: transaction)
        }
        #expect(found == expected)
    }

    @Test func looksInsideAScanDoNotDisturbIt() throws {
        let library = try Library(seed: 11)
        let table = library.fixture.table
        try library.fixture.environment.read { transaction in
            var found = 0
            try transaction.scan(table, from: [], to: nil) { key, value in
                let wanted = library.entries[(found * 7) % library.entries.count]
                let looked = try transaction.bytes(for: wanted.key, in: table)
                #expect(looked == wanted.value)
                #expect(Array(copying: key) == library.entries[found].key)
                found += 1
                return found < 500
            }
            #expect(found == 500)
        }
    }
}
