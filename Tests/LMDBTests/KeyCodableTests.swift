import LMDB
import TestSupport
import Testing

/// Whether one array of bytes sorts before another, as LMDB sorts keys.
private func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.lexicographicallyPrecedes(right)
}

private func bytes(_ key: some KeyCodable) -> [UInt8] {
    var writer = ByteWriter()
    key.encodeKey(to: &writer)
    return writer.bytes
}

/// What the bytes of a key are read as; throws if some are left over.
private func decoded<Key: KeyCodable>(_ bytes: [UInt8], as type: Key.Type) throws -> Key {
    var reader = ByteReader(bytes)
    let key = try Key(decodingKey: &reader)
    try reader.expectEnd()
    return key
}

/// Checks every pair of some values: bytes sort as the values do, equal values have equal bytes,
/// and neither is the beginning of the other, so that what stands behind them does not matter.
private func checkOrder<Key: KeyCodable>(
    _ values: [Key], seed: UInt64? = nil, isBefore: (Key, Key) -> Bool
) {
    for left in values {
        let leftBytes = bytes(left)
        for right in values {
            let rightBytes = bytes(right)
            let isSame = !isBefore(left, right) && !isBefore(right, left)
            let fits =
                precedes(leftBytes, rightBytes) == isBefore(left, right)
                && (leftBytes == rightBytes) == isSame
                && (isSame || !leftBytes.starts(with: rightBytes))
            // Not an expectation for each pair: there are very many.
            if !fits { Issue.record("\(left) \(right), seed \(seed ?? 0)") }
        }
    }
}

/// The bytes of keys: their order, and the way back.
@Suite struct KeyCodableTests {
    private func checkIntegers<Key: KeyCodable & FixedWidthInteger>(
        _ type: Key.Type, _ generator: inout SeededGenerator
    ) throws {
        var values: [Key] = [.min, .min + 1, 0, 1, .max - 1, .max, .max / 2]
        values += [Key(truncatingIfNeeded: -1), Key(truncatingIfNeeded: 255)]
        values += (0..<20).map { _ in Key.random(in: .min ... .max, using: &generator) }
        checkOrder(values, seed: 1) { $0 < $1 }
        for value in values {
            #expect(bytes(value).count == Key.bitWidth / 8)
            #expect(try decoded(bytes(value), as: Key.self) == value)
        }
    }

    @Test func integersSortAndComeBack() throws {
        var generator = SeededGenerator(seed: 1)
        try checkIntegers(UInt8.self, &generator)
        try checkIntegers(UInt16.self, &generator)
        try checkIntegers(UInt32.self, &generator)
        try checkIntegers(UInt64.self, &generator)
        try checkIntegers(UInt.self, &generator)
        try checkIntegers(Int8.self, &generator)
        try checkIntegers(Int16.self, &generator)
        try checkIntegers(Int32.self, &generator)
        try checkIntegers(Int64.self, &generator)
        try checkIntegers(Int.self, &generator)
    }

    @Test func integersAreAsTheWriterHasAlwaysWrittenThem() {
        var writer = ByteWriter()
        writer.appendInt64(-5)
        writer.appendUInt32(7)
        #expect(writer.bytes == bytes(Pair(Int64(-5), UInt32(7))))
        #expect(bytes(-5) == bytes(Int64(-5)))
    }

    @Test func someDoublesSort() throws {
        let values: [Double] = [
            -.infinity, -.greatestFiniteMagnitude, -2, -1, -.leastNormalMagnitude,
            -.leastNonzeroMagnitude, 0, .leastNonzeroMagnitude, .leastNormalMagnitude, 0.1,
            1, 1.0.nextUp, 2, .greatestFiniteMagnitude, .infinity,
        ]
        checkOrder(values) { $0 < $1 }
        for value in values {
            #expect(try decoded(bytes(value), as: Double.self).bitPattern == value.bitPattern)
        }
    }

    @Test func zerosAreOneKeyAndNoNumbersAreTheLast() throws {
        #expect(bytes(-0.0) == bytes(0.0))
        let odd: [Double] = [.nan, -.nan, .signalingNaN, Double(nan: 5, signaling: false)]
        for value in odd {
            #expect(bytes(value) == bytes(Double.nan))
            #expect(precedes(bytes(Double.infinity), bytes(value)))
            #expect(try decoded(bytes(value), as: Double.self).isNaN)
        }
    }

    /// Any pattern of bits, and neighbours of few magnitudes, which differ in their last bits.
    @Test(arguments: UInt64(0)..<20) func randomDoublesSort(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var values: [Double] = []
        while values.count < 60 {
            let value = Double(bitPattern: generator.next())
            if !value.isNaN { values += [value, -value, value.nextUp] }
        }
        values = values.filter { !$0.isNaN }
        values += (0..<20).map { _ in Double.random(in: -1...1, using: &generator) }
        checkOrder(values, seed: seed) { $0 < $1 }
        for value in values where value != 0 {
            #expect(try decoded(bytes(value), as: Double.self) == value, "seed \(seed)")
        }
    }

    /// Texts of few different characters, so that many begin alike, with the ends of UTF-8's
    /// lengths.
    @Test(arguments: UInt64(0)..<20) func randomTextsSortAsTheirBytes(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let letters = ["\0", "\u{1}", "\u{2}", "a", "b", "\u{7F}", "\u{80}", "é", "\u{FFFF}", "👩‍👩‍👧"]
        let texts = (0..<60).map { _ in
            (0..<Int(generator.next() % 5)).map { _ in letters[Int(generator.next() % 10)] }
                .joined()
        }
        checkOrder(texts, seed: seed) { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for text in texts {
            #expect(try decoded(bytes(text), as: String.self) == text, "seed \(seed)")
        }
    }

    @Test(arguments: UInt64(0)..<20) func randomBytesSort(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        // Half of them of the bytes that are written as two, and their neighbours.
        let values: [[UInt8]] = (0..<60).map { index in
            let some = generator.bytes(0...6)
            return index % 2 == 0 ? some : some.map { [0, 1, 2, 255][Int($0) % 4] }
        }
        checkOrder(values, seed: seed, isBefore: precedes)
        for value in values {
            #expect(try decoded(bytes(value), as: [UInt8].self) == value, "seed \(seed)")
        }
    }

    @Test(arguments: UInt64(0)..<10) func pairsSortByTheFirstAndThenTheSecond(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let texts = ["", "\0", "\u{1}", "a", "a\0", "a\u{1}", "ab", "\u{FFFF}"]
        let pairs = (0..<60).map { _ in
            Pair(
                texts[Int(generator.next() % 8)],
                Pair(Int8(truncatingIfNeeded: generator.next() % 3 &- 1), generator.bytes(0...2)))
        }
        checkOrder(pairs, seed: seed) { left, right in
            if left.first != right.first { return left.first < right.first }
            if left.second.first != right.second.first {
                return left.second.first < right.second.first
            }
            return precedes(left.second.second, right.second.second)
        }
        for pair in pairs {
            let back = try decoded(bytes(pair), as: Pair<String, Pair<Int8, [UInt8]>>.self)
            #expect(back == pair, "seed \(seed)")
        }
    }

    @Test func equivalentTextsAreDifferentKeys() {
        let (one, two) = ("\u{E9}", "e\u{301}")
        #expect(one == two)
        #expect(bytes(one) != bytes(two))
    }

    @Test func bytesThatAreNoKeyAreErrors() {
        func fails<Key: KeyCodable>(_ bytes: [UInt8], _ type: Key.Type) -> Bool {
            code { _ = try decoded(bytes, as: type) } == .corruptRecord
        }
        #expect(fails([1, 2, 3], UInt32.self))
        #expect(fails([], UInt8.self))
        #expect(fails([97, 98], String.self))
        #expect(fails([97, 1], String.self))
        #expect(fails([97, 1, 0, 0], String.self))
        #expect(fails([97, 1, 3, 0], [UInt8].self))
        #expect(fails([0xC3, 0], String.self))
        #expect(fails([97, 0, 0], String.self))
        #expect(fails([97, 0], Pair<String, UInt8>.self))
        #expect(fails([UInt8](repeating: 0, count: 7), Double.self))
    }

    /// Random bytes are read as some key or refused, and never more.
    @Test(arguments: UInt64(0)..<20) func whateverIsReadIsReadOrRefused(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func check<Key: KeyCodable>(_ bytes: [UInt8], _ type: Key.Type) {
            let failure = code { _ = try decoded(bytes, as: type) }
            #expect(failure == nil || failure == .corruptRecord, "seed \(seed)")
        }
        for _ in 0..<200 {
            let some = generator.bytes(0...20)
            check(some, Int64.self)
            check(some, Double.self)
            check(some, String.self)
            check(some, Pair<[UInt8], UInt16>.self)
        }
    }
}
