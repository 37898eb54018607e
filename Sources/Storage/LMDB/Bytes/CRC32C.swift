import CLMDB

/// CRC-32C, the Castagnoli checksum of RFC 3720, appendix B.4.
///
/// It uses the processor's CRC instruction if there is one, and otherwise tables, eight bytes per
/// step. It detects every burst of errors of up to 32 bits and every odd number of flipped bits. It
/// does not protect against tampering.
public enum CRC32C {
    /// The checksum of `bytes`; 0 if empty.
    public static func checksum(_ bytes: [UInt8]) -> UInt32 {
        // withUnsafeBytes: read inside the bounds, during the call.
        bytes.withUnsafeBytes { ~update(.max, $0) }
    }

    /// The checksum of the bytes of `span`; 0 if empty.
    public static func checksum(_ span: RawSpan) -> UInt32 {
        // withUnsafeBytes: read inside the bounds, during the call.
        span.withUnsafeBytes { ~update(.max, $0) }
    }

    /// The checksum by tables, also if the processor has the instruction; for tests.
    package static func checksumByTables(_ bytes: [UInt8]) -> UInt32 {
        // withUnsafeBytes: read inside the bounds, during the call.
        bytes.withUnsafeBytes { ~updateByTables(.max, $0) }
    }

    /// The checksum of the bytes of a key followed by those of its value.
    // UnsafeRawBufferPointer: both are read inside their bounds, during the call.
    static func checksum(
        // UnsafeRawBufferPointer: see above.
        key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
    ) -> UInt32 {
        guard crc32c_has_instruction() != 0 else {
            return ~updateByTables(updateByTables(.max, key), value)
        }
        return ~crc32c_update_twice(
            .max, key.baseAddress, key.count, value.baseAddress, value.count)
    }

    /// Advances a remainder over `bytes`; the caller inverts it at both ends, as the standard says.
    // UnsafeRawBufferPointer: read inside the bounds, during the call.
    private static func update(_ remainder: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        guard let start = bytes.baseAddress else { return remainder }
        guard crc32c_has_instruction() != 0 else { return updateByTables(remainder, bytes) }
        return crc32c_update(remainder, start, bytes.count)
    }

    /// Eight tables of 256 entries: entry `b` of table `k` is the remainder of byte `b` followed by
    /// `k` zero bytes ("slicing by 8").
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var remainder = UInt32(byte)
            for _ in 0..<8 {
                // 0x82F63B78: the polynomial 0x1EDC6F41, bits reversed.
                remainder = (remainder >> 1) ^ (remainder & 1 == 1 ? 0x82F6_3B78 : 0)
            }
            tables[byte] = remainder
        }
        for entry in 256..<(8 * 256) {
            let before = tables[entry - 256]
            tables[entry] = (before >> 8) ^ tables[Int(before & 255)]
        }
        return tables
    }()

    // UnsafeRawBufferPointer: unaligned loads of eight bytes without a check for each byte.
    private static func updateByTables(
        // UnsafeRawBufferPointer: see above.
        _ initial: UInt32, _ bytes: UnsafeRawBufferPointer
    ) -> UInt32 {
        // withUnsafeBufferPointer: every index below is a byte plus a table's start, below 2,048.
        tables.withUnsafeBufferPointer { table in
            var remainder = initial
            var offset = 0
            let stepsEnd = bytes.count & ~7
            while offset < stepsEnd {
                let word = UInt64(
                    littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                let x = word ^ UInt64(remainder)
                // Two halves, so that the eight lookups do not depend on one another.
                let low =
                    table[1792 + Int(x & 255)] ^ table[1536 + Int(x >> 8 & 255)]
                    ^ table[1280 + Int(x >> 16 & 255)] ^ table[1024 + Int(x >> 24 & 255)]
                let high =
                    table[768 + Int(x >> 32 & 255)] ^ table[512 + Int(x >> 40 & 255)]
                    ^ table[256 + Int(x >> 48 & 255)] ^ table[Int(x >> 56)]
                remainder = low ^ high
                offset += 8
            }
            while offset < bytes.count {
                remainder =
                    (remainder >> 8) ^ table[Int((remainder ^ UInt32(bytes[offset])) & 255)]
                offset += 1
            }
            return remainder
        }
    }
}
