import LMDB
import TestSupport
import Testing

@Suite struct CodecTests {
    private func encoded(_ body: (inout ByteWriter) -> Void) -> [UInt8] {
        var writer = ByteWriter()
        body(&writer)
        return writer.bytes
    }

    @Test func fixedWidthNumbersHaveTheirGreatestByteFirst() {
        #expect(encoded { $0.appendUInt8(0xAB) } == [0xAB])
        #expect(encoded { $0.appendUInt16(0x0102) } == [1, 2])
        #expect(encoded { $0.appendUInt32(0x0102_0304) } == [1, 2, 3, 4])
        #expect(encoded { $0.appendUInt64(0x0102_0304_0506_0708) } == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(encoded { $0.appendInt64(0) } == [128, 0, 0, 0, 0, 0, 0, 0])
        #expect(encoded { $0.appendInt64(-1) } == [127, 255, 255, 255, 255, 255, 255, 255])
        #expect(encoded { $0.appendInt64(.min) } == [0, 0, 0, 0, 0, 0, 0, 0])
        #expect(encoded { $0.appendFloat(1) } == [0x3F, 0x80, 0, 0])
        #expect(encoded { $0.appendDouble(-2) } == [0xC0, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test func varintsAreAsShortAsTheyCanBe() throws {
        #expect(encoded { $0.appendVarint(0) } == [0])
        #expect(encoded { $0.appendVarint(127) } == [127])
        #expect(encoded { $0.appendVarint(128) } == [128, 1])
        #expect(encoded { $0.appendVarint(300) } == [0xAC, 2])
        #expect(encoded { $0.appendVarint(.max) }.count == 10)
        for shift in 0..<64 {
            let power = UInt64(1) << UInt64(shift)
            for value in [power, power - 1, power | 1] {
                var reader = ByteReader(encoded { $0.appendVarint(value) })
                #expect(try reader.readVarint() == value)
                try reader.expectEnd()
            }
        }
    }

    @Test(
        arguments: [
            [], [128], [128, 0], [255, 128, 0], [UInt8](repeating: 128, count: 10),
            [UInt8](repeating: 255, count: 9) + [2], [UInt8](repeating: 255, count: 11),
        ] as [[UInt8]])
    func badVarintsAreErrors(_ bytes: [UInt8]) {
        let result = code {
            var reader = ByteReader(bytes)
            _ = try reader.readVarint()
        }
        #expect(result == .corruptRecord)
    }

    @Test func stringsAndBytesComeBack() throws {
        let texts = ["", "pear", "größe 🍐", String(repeating: "x", count: 1000), "a\0b"]
        for text in texts {
            let bytes = encoded {
                $0.appendString(text)
                $0.appendString(text)
                $0.appendRaw([1, 2, 3])
            }
            var reader = ByteReader(bytes)
            #expect(try reader.readString() == text)
            try reader.skipString()
            #expect(try reader.readRaw(3) == [1, 2, 3])
            let offset = reader.offset
            #expect(offset == bytes.count)
            try reader.expectEnd()
        }
    }

    @Test func numbersComeBackWhateverTheyAre() throws {
        let seed: UInt64 = 7
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let number = generator.next() >> UInt64.random(in: 0..<64, using: &generator)
            var writer = ByteWriter(capacity: 60)
            writer.appendUInt8(UInt8(truncatingIfNeeded: number))
            writer.appendUInt16(UInt16(truncatingIfNeeded: number))
            writer.appendUInt32(UInt32(truncatingIfNeeded: number))
            writer.appendUInt64(number)
            writer.appendInt64(Int64(bitPattern: number))
            writer.appendFloat(Float(bitPattern: UInt32(truncatingIfNeeded: number)))
            writer.appendDouble(Double(bitPattern: number))
            writer.appendVarint(number)
            var reader = ByteReader(writer.bytes)
            #expect(try reader.readUInt8() == UInt8(truncatingIfNeeded: number), "seed \(seed)")
            #expect(try reader.readUInt16() == UInt16(truncatingIfNeeded: number))
            #expect(try reader.readUInt32() == UInt32(truncatingIfNeeded: number))
            #expect(try reader.readUInt64() == number)
            #expect(try reader.readInt64() == Int64(bitPattern: number))
            // Bit patterns, since a NaN does not equal itself.
            #expect(try reader.readFloat().bitPattern == UInt32(truncatingIfNeeded: number))
            #expect(try reader.readDouble().bitPattern == number)
            #expect(try reader.readVarint() == number)
            try reader.expectEnd()
        }
    }

    @Test func encodedNumbersSortLikeNumbers() {
        let seed: UInt64 = 11
        var generator = SeededGenerator(seed: seed)
        func key(_ first: UInt32, _ second: Int64, _ third: UInt16) -> [UInt8] {
            encoded {
                $0.appendUInt32(first)
                $0.appendInt64(second)
                $0.appendUInt16(third)
            }
        }
        func draw() -> (UInt32, Int64, UInt16) {
            // Few first values and mixed magnitudes, so that all fields get to decide.
            let shift = UInt64.random(in: 0..<64, using: &generator)
            let second = Int64(bitPattern: generator.next()) >> Int64(shift)
            return (
                UInt32.random(in: 0..<3, using: &generator) << 15, second,
                UInt16.random(in: 0...1, using: &generator) * 256
            )
        }
        var wrong = 0
        for _ in 0..<100_000 {
            let left = draw()
            let right = draw()
            let byNumbers = left < right
            let byBytes = key(left.0, left.1, left.2)
                .lexicographicallyPrecedes(key(right.0, right.1, right.2))
            if byNumbers != byBytes { wrong += 1 }
        }
        #expect(wrong == 0, "seed \(seed)")
    }

    @Test func theDatabaseSortsEncodedNumbersToo() throws {
        let seed: UInt64 = 13
        var generator = SeededGenerator(seed: seed)
        let fixture = try Fixture()
        let table = fixture.table
        let numbers = (0..<1000).map { _ in
            Int64(bitPattern: generator.next()) >> Int64.random(in: 0..<64, using: &generator)
        }
        try fixture.environment.write { transaction in
            for number in numbers {
                try transaction.put([], for: encoded { $0.appendInt64(number) }, in: table)
            }
        }
        let stored = try fixture.entries().map { entry in
            var reader = ByteReader(entry[0])
            return try reader.readInt64()
        }
        #expect(stored == Set(numbers).sorted(), "seed \(seed)")
    }

    @Test(
        arguments: [
            // RFC 3720, appendix B.4, and the customary check value.
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 255, count: 32), 0x62A8_AB43),
            (Array(0..<32), 0x46DD_794E), (Array((0..<32).reversed()), 0x113F_DB5C),
            (Array("123456789".utf8), 0xE306_9283), ([], 0),
        ] as [([UInt8], UInt32)])
    func theChecksumIsCRC32C(_ bytes: [UInt8], _ expected: UInt32) {
        #expect(CRC32C.checksum(bytes) == expected)
        #expect(CRC32C.checksumByTables(bytes) == expected)
        #expect(CRC32C.checksum(bytes.span.bytes) == expected)
    }

    @Test func theChecksumIsTheSameAtEveryLengthAndAlignment() {
        var generator = SeededGenerator(seed: 3)
        let bytes = generator.bytes(100...100)
        for start in 0..<16 {
            for end in start...100 {
                // One bit a step, the definition.
                var remainder: UInt32 = .max
                for byte in bytes[start..<end] {
                    remainder ^= UInt32(byte)
                    for _ in 0..<8 {
                        remainder = (remainder >> 1) ^ (remainder & 1 == 1 ? 0x82F6_3B78 : 0)
                    }
                }
                let span = bytes.span.bytes.extracting(start..<end)
                #expect(CRC32C.checksum(span) == ~remainder)
                #expect(CRC32C.checksumByTables(Array(bytes[start..<end])) == ~remainder)
            }
        }
    }

    @Test func anyBytesGiveValuesOrErrors() {
        let seed: UInt64 = 5
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20_000 {
            var reader = ByteReader(generator.bytes(0...40))
            var last = -1
            do {
                // Every step moves on or throws, so this ends.
                while true {
                    #expect(reader.offset > last && reader.remaining >= 0, "seed \(seed)")
                    last = reader.offset
                    switch Int.random(in: 0..<9, using: &generator) {
                    case 0: _ = try reader.readUInt8()
                    case 1: _ = try reader.readUInt16()
                    case 2: _ = try reader.readUInt32()
                    case 3: _ = try reader.readInt64()
                    case 4: _ = try reader.readFloat()
                    case 5: _ = try reader.readDouble()
                    case 6: _ = try reader.readVarint()
                    case 7: _ = try reader.readString()
                    default: try reader.skipString()
                    }
                }
            } catch {
                #expect(error.code == .corruptRecord, "seed \(seed)")
            }
        }
    }

    @Test func badLengthsAndTextAreErrors() {
        func read(
            _ bytes: [UInt8], _ body: (inout ByteReader) throws -> Void
        ) -> LMDBError.Code? {
            code {
                var reader = ByteReader(bytes)
                try body(&reader)
            }
        }
        let endless = encoded { $0.appendVarint(.max) }
        let long = encoded { $0.appendVarint(UInt64(Int.max)) }
        #expect(read(endless) { try $0.skipString() } == .corruptRecord)
        #expect(read(long) { _ = try $0.readString() } == .corruptRecord)
        #expect(read([1]) { _ = try $0.readString() } == .corruptRecord)
        #expect(read([2, 0xC3, 0x28]) { _ = try $0.readString() } == .corruptRecord)
        #expect(read([1, 2]) { _ = try $0.readRaw(3) } == .corruptRecord)
        #expect(read([1, 2]) { _ = try $0.readRaw(-1) } == .corruptRecord)
        #expect(read([1, 2]) { _ = try $0.readRaw(.max) } == .corruptRecord)
        #expect(read([1, 2]) { try $0.expectEnd() } == .corruptRecord)
        #expect(read([]) { try $0.expectEnd() } == nil)
    }

    @Test func recordsAreReadInPlace() throws {
        let fixture = try Fixture()
        let table = fixture.table
        var writer = ByteWriter()
        writer.appendString("pear")
        writer.appendVarint(300)
        let record = writer.bytes
        try fixture.environment.write { transaction in
            try transaction.put(record, for: [1], in: table)
            try transaction.put(Array(record.dropLast()), for: [2], in: table)
        }
        func decoded(_ key: [UInt8]) throws -> String? {
            try fixture.environment.read { transaction in
                try transaction.value(for: key, in: table) { span in
                    try ByteReader.reading(span) { reader in
                        let text = try reader.readString()
                        let number = try reader.readVarint()
                        try reader.expectEnd()
                        return "\(number) \(text)"
                    }
                }
            }
        }
        #expect(try decoded([1]) == "300 pear")
        #expect(code { _ = try decoded([2]) } == .corruptRecord)
        #expect(try decoded([3]) == nil)
    }

    @Test func aLentReaderCannotBeKept() async {
        await #expect(processExitsWith: .failure) {
            let bytes: [UInt8] = [1, 2, 3]
            var kept = ByteReader([4])
            try ByteReader.reading(bytes.span.bytes) { reader in swap(&reader, &kept) }
        }
    }
}
