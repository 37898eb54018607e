import CLMDB

/// The four bytes after each value in the file: the CRC-32C of key and value, big-endian.
enum Checksum {
    static let byteCount = 4

    /// Writes `value` and its checksum into memory that LMDB reserved for them.
    ///
    /// - Parameters:
    ///   - value: The value.
    ///   - key: Its key.
    ///   - reserved: What `mdb_put` with `MDB_RESERVE` returned; `byteCount` longer than `value`.
    // UnsafeRawBufferPointer: read inside the bounds, during the call.
    static func write(
        // UnsafeRawBufferPointer: see above.
        _ value: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, into reserved: MDB_val
    ) {
        // UnsafeMutableRawBufferPointer: a page of this write transaction, valid until its next
        // change.
        let target = UnsafeMutableRawBufferPointer(
            start: reserved.mv_data, count: reserved.mv_size)
        precondition(target.count == value.count + byteCount, "LMDB reserved another length.")
        target.copyMemory(from: value)
        target.storeBytes(
            of: CRC32C.checksum(key: key, value: value).bigEndian, toByteOffset: value.count,
            as: UInt32.self)
    }

    /// The stored bytes without the checksum at their end; nil if the checksum is wrong.
    // UnsafeRawBufferPointer: memory in the map, read inside the bounds.
    @inline(__always)
    static func verified(
        // UnsafeRawBufferPointer: see above.
        _ stored: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer
            // UnsafeRawBufferPointer: a part of `stored`.
    ) -> UnsafeRawBufferPointer? {
        let count = stored.count - byteCount
        guard count >= 0 else { return nil }
        // UnsafeRawBufferPointer: the value without its checksum.
        let value = UnsafeRawBufferPointer(rebasing: stored[..<count])
        let checksum = UInt32(
            bigEndian: stored.loadUnaligned(fromByteOffset: count, as: UInt32.self))
        return CRC32C.checksum(key: key, value: value) == checksum ? value : nil
    }

    static func failure(_ table: String) -> LMDBError {
        LMDBError(
            .corruptRecord,
            "A record of table \(table) fails its checksum: the file was damaged. "
                + "Restore a backup.")
    }
}
