import CLMDB

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A walk over a range of keys, from `init` to `close`.
///
/// A type that cannot be copied and closes itself would be safer, but the compiler then puts it on
/// the heap and checks every access to it, which doubles the cost of a scan.
@usableFromInline
struct Cursor {
    private let cursor: OpaquePointer
    private let environment: EnvironmentHandle
    private let table: Table
    private let lower: [UInt8]
    private let upper: [UInt8]?
    private let reversed: Bool

    /// A key and its value in the map.
    @usableFromInline
    struct Entry {
        // UnsafeRawBufferPointer: lent as a span by the scan around the cursor.
        @usableFromInline let key: UnsafeRawBufferPointer
        // UnsafeRawBufferPointer: as above.
        @usableFromInline let value: UnsafeRawBufferPointer
    }

    @usableFromInline
    init(
        _ context: TransactionContext, _ table: Table, from lower: [UInt8], to upper: [UInt8]?,
        reversed: Bool
    ) throws(LMDBError) {
        context.check(table)
        try TransactionContext.check(bound: lower)
        if let upper { try TransactionContext.check(bound: upper) }
        var opened: OpaquePointer?
        let code = mdb_cursor_open(context.handle, table.handle, &opened)
        guard code == MDB_SUCCESS, let opened else {
            throw context.environment.failure(code, "scan table \(table.name)")
        }
        cursor = opened
        environment = context.environment
        self.table = table
        self.lower = lower
        self.upper = upper
        self.reversed = reversed
    }

    /// Ends the walk; to be called once, before the transaction ends.
    @usableFromInline
    func close() { mdb_cursor_close(cursor) }

    /// Moves to the first entry of the range; nil if it is empty.
    @usableFromInline
    func first() throws(LMDBError) -> Entry? {
        var key = MDB_val()
        var value = MDB_val()
        return try entry(first(&key, &value), key, value)
    }

    /// Moves to the entry after the last one returned; nil at the end of the range.
    @usableFromInline
    func next() throws(LMDBError) -> Entry? {
        var key = MDB_val()
        var value = MDB_val()
        let code = mdb_cursor_get(cursor, &key, &value, reversed ? MDB_PREV : MDB_NEXT)
        return try entry(code, key, value)
    }

    @inline(__always)
    private func entry(
        _ code: Int32, _ key: MDB_val, _ value: MDB_val
    ) throws(LMDBError) -> Entry? {
        if code == MDB_NOTFOUND { return nil }
        guard code == MDB_SUCCESS else {
            throw environment.failure(code, "scan table \(table.name)")
        }
        let key = key.bytes
        if reversed {
            guard lower.isEmpty || !precedes(key, lower) else { return nil }
        } else if let upper {
            guard precedes(key, upper) else { return nil }
        }
        guard table.isChecksummed else { return Entry(key: key, value: value.bytes) }
        guard let value = Checksum.verified(value.bytes, key: key) else {
            throw Checksum.failure(table.name)
        }
        return Entry(key: key, value: value)
    }

    private func first(_ key: inout MDB_val, _ value: inout MDB_val) -> Int32 {
        if !reversed {
            if lower.isEmpty { return mdb_cursor_get(cursor, &key, &value, MDB_FIRST) }
            return seek(lower, &key, &value)
        }
        guard let upper else { return mdb_cursor_get(cursor, &key, &value, MDB_LAST) }
        // Nothing lies before the empty key.
        if upper.isEmpty { return MDB_NOTFOUND }
        let code = seek(upper, &key, &value)
        if code == MDB_NOTFOUND { return mdb_cursor_get(cursor, &key, &value, MDB_LAST) }
        guard code == MDB_SUCCESS else { return code }
        return mdb_cursor_get(cursor, &key, &value, MDB_PREV)
    }

    /// Moves to the first entry at or after `bound`.
    private func seek(_ bound: [UInt8], _ key: inout MDB_val, _ value: inout MDB_val) -> Int32 {
        // withUnsafeBytes: LMDB reads the bound during the call, then points `key` into the map.
        bound.withUnsafeBytes { bytes in
            key = MDB_val(reading: bytes)
            return mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE)
        }
    }
}

/// Whether `key` sorts before `bound` in LMDB's order: unsigned bytes, a prefix first.
// UnsafeRawBufferPointer: `key` lies in the map and is only read here.
@inline(__always)
private func precedes(_ key: UnsafeRawBufferPointer, _ bound: [UInt8]) -> Bool {
    // withUnsafeBytes: for memcmp, over the length both have.
    bound.withUnsafeBytes { bytes in
        let shared = min(key.count, bytes.count)
        guard shared > 0, let left = key.baseAddress, let right = bytes.baseAddress else {
            return key.count < bytes.count
        }
        let order = memcmp(left, right, shared)
        return order == 0 ? key.count < bytes.count : order < 0
    }
}
