import LMDB
import Testing

@Suite struct ScanTests {
    private let fixture: Fixture
    private let keys: [[UInt8]] = [[1], [1, 0], [1, 255], [2], [2, 1], [3], [255], [255, 255]]

    init() throws {
        fixture = try Fixture()
        let (table, keys) = (fixture.table, keys)
        try fixture.environment.write { transaction in
            for key in keys.reversed() { try transaction.put(key + [9], for: key, in: table) }
        }
    }

    private func scan(
        from lower: [UInt8], to upper: [UInt8]?, reversed: Bool = false, limit: Int = .max
    ) throws -> [[UInt8]] {
        try fixture.environment.read { transaction in
            var found: [[UInt8]] = []
            try transaction.scan(fixture.table, from: lower, to: upper, reversed: reversed) {
                #expect(Array(copying: $1) == Array(copying: $0) + [9])
                found.append(Array(copying: $0))
                return found.count < limit
            }
            return found
        }
    }

    @Test(arguments: [false, true])
    func everyPairOfBoundsGivesWhatLiesBetween(_ reversed: Bool) throws {
        let bounds: [[UInt8]] =
            keys + [[], [0], [1, 0, 0], [1, 128], [4], [254], [255, 0], [255, 255, 255]]
        for lower in bounds {
            for upper in bounds.map(Optional.some) + [nil] {
                let expected = keys.filter { key in
                    !key.lexicographicallyPrecedes(lower)
                        && (upper.map { key.lexicographicallyPrecedes($0) } ?? true)
                }
                let found = try scan(from: lower, to: upper, reversed: reversed)
                #expect(
                    found == (reversed ? expected.reversed() : expected),
                    "from \(lower) to \(String(describing: upper))")
            }
        }
    }

    @Test func theBodyStopsTheScan() throws {
        let first = try scan(from: [], to: nil, limit: 1)
        #expect(first == [[1]])
        let last = try scan(from: [], to: nil, reversed: true, limit: 2)
        #expect(last == [[255, 255], [255]])
    }

    @Test(arguments: [[], [1], [2], [4], [255], [255, 255], [1, 255]] as [[UInt8]])
    func aPrefixGivesTheKeysThatBeginWithIt(_ prefix: [UInt8]) throws {
        let expected = keys.filter { $0.starts(with: prefix) }
        let table = fixture.table
        try fixture.environment.read { transaction in
            var found: [[UInt8]] = []
            try transaction.scan(table, prefix: prefix) { key, _ in
                found.append(Array(copying: key))
                return true
            }
            #expect(found == expected)
            var backward: [[UInt8]] = []
            try transaction.scan(table, prefix: prefix, reversed: true) { key, _ in
                backward.append(Array(copying: key))
                return true
            }
            #expect(backward == expected.reversed())
        }
    }

    @Test func anErrorInTheBodyEndsTheScan() throws {
        let table = fixture.table
        #expect(throws: Stop(number: 1)) {
            try fixture.environment.read { transaction in
                try transaction.scan(table, prefix: []) { _, _ in throw Stop(number: 1) }
            }
        }
    }

    @Test func scansNest() throws {
        let table = fixture.table
        let pairs = try fixture.environment.write { transaction in
            var pairs = 0
            try transaction.scan(table, prefix: []) { _, _ in
                try transaction.scan(table, prefix: []) { _, _ in
                    pairs += 1
                    return true
                }
                return true
            }
            return pairs
        }
        #expect(pairs == keys.count * keys.count)
    }

    @Test func anEmptyTableHasNothingToScan() throws {
        let empty = try Fixture()
        for reversed in [false, true] {
            try empty.environment.read { transaction in
                try transaction.scan(empty.table, from: [], to: [5], reversed: reversed) { _, _ in
                    Issue.record("There is an entry in an empty table.")
                    return true
                }
            }
        }
        #expect(try empty.environment.statistics(of: empty.table).depth == 0)
    }

    @Test(
        arguments: [
            ([], nil), ([0], [1]), ([1], [2]), ([1, 255], [2]), ([255], nil), ([255, 255], nil),
            ([3, 255, 255], [4]),
        ] as [([UInt8], [UInt8]?)])
    func keyAfterIsTheNextKeyThatIsNotAPrefix(_ prefix: [UInt8], _ expected: [UInt8]?) {
        #expect(keyAfter(prefix: prefix) == expected)
    }

    @Test func removingRangesOfManyChunksLeavesTheRest() throws {
        let fixture = try Fixture()
        let table = fixture.table
        func key(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 255)] }
        try fixture.environment.write { transaction in
            for number in 0..<5000 { try transaction.append([1], for: key(number), in: table) }
        }
        let counts = try fixture.environment.write { transaction -> [Int] in
            [
                try transaction.removeRange(from: key(1000), to: key(3048), in: table),
                try transaction.removeRange(from: key(1000), to: key(3048), in: table),
                try transaction.removeAll(prefix: [0], in: table),
                try transaction.removeRange(from: key(9), to: key(3), in: table),
                try transaction.count(table),
                try transaction.removeAll(prefix: [], in: table),
                try transaction.count(table),
            ]
        }
        #expect(counts == [2048, 0, 256, 0, 2696, 2696, 0])
    }
}
