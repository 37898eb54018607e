import CLMDB

/// Visits the entries of a range of keys in order; `close` ends it.
///
/// A noncopyable type with a `deinit` would be safer, but the compiler then allocates it on the
/// heap and checks every access for exclusivity, which doubles the cost of a scan.
///
/// In a read transaction, ``LeafWalk`` steps inside a leaf, and LMDB's cursor from leaf to leaf.
@usableFromInline
struct Cursor {
    private let cursor: OpaquePointer
    private let environment: EnvironmentHandle
    private let table: Table
    private let lower: [UInt8]
    private let upper: [UInt8]?
    private let reversed: Bool
    /// Whether leaves are walked without a call of LMDB per entry.
    private let walksLeaves: Bool
    /// The walk in the current leaf; nil if LMDB reads it.
    private var leaf: LeafWalk?

    /// A key and its value in the memory map.
    @usableFromInline
    struct Entry {
        // UnsafeRawBufferPointer: the scan passes it on as a span that ends with its closure.
        @usableFromInline let key: UnsafeRawBufferPointer
        // UnsafeRawBufferPointer: see above.
        @usableFromInline let value: UnsafeRawBufferPointer
    }

    @usableFromInline
    init(
        _ context: TransactionContext, _ table: Table, from lower: [UInt8], to upper: [UInt8]?,
        reversed: Bool, isReadOnly: Bool
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
        walksLeaves = isReadOnly && !reversed && context.environment.leafBytes > 0
    }

    /// Ends the cursor.
    ///
    /// Call it once, before the transaction ends.
    @usableFromInline
    func close() { mdb_cursor_close(cursor) }

    /// Moves to the first entry of the range; nil if the range is empty.
    @usableFromInline
    mutating func first() throws(LMDBError) -> Entry? {
        var key = MDB_val()
        var value = MDB_val()
        return try entry(first(&key, &value), key, value)
    }

    /// Moves to the next entry of the range; nil at its end.
    @usableFromInline
    mutating func next() throws(LMDBError) -> Entry? {
        if let entry = leaf?.next() {
            // Most leaves are inside the range as a whole: then no key is compared.
            if let upper, leaf?.isInside == false, !precedes(entry.key, upper) { return nil }
            return try checked(entry)
        }
        var key = MDB_val()
        var value = MDB_val()
        if let last = leaf?.last {
            // LMDB's cursor is still at the start of the walk: move it to its end.
            key = MDB_val(reading: last)
            let code = mdb_cursor_get(cursor, &key, &value, MDB_SET)
            guard code == MDB_SUCCESS else { return try entry(code, key, value) }
        }
        let code = mdb_cursor_get(cursor, &key, &value, reversed ? MDB_PREV : MDB_NEXT)
        return try entry(code, key, value)
    }

    /// The entry at LMDB's cursor; nil if there is none or it is outside the range.
    private mutating func entry(
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
        if walksLeaves {
            leaf = LeafWalk(from: key, leafBytes: environment.leafBytes)
            if let upper, let last = leaf?.lastOfLeaf { leaf?.isInside = precedes(last, upper) }
        }
        return try checked(Entry(key: key, value: value.bytes))
    }

    /// The entry with a checked value, without its checksum.
    @inline(__always)
    private func checked(_ entry: Entry) throws(LMDBError) -> Entry {
        guard table.isChecksummed else { return entry }
        guard let value = Checksum.verified(entry.value, key: entry.key) else {
            throw Checksum.failure(table.name)
        }
        return Entry(key: entry.key, value: value)
    }

    private func first(_ key: inout MDB_val, _ value: inout MDB_val) -> Int32 {
        if !reversed {
            if lower.isEmpty { return mdb_cursor_get(cursor, &key, &value, MDB_FIRST) }
            return seek(lower, &key, &value)
        }
        guard let upper else { return mdb_cursor_get(cursor, &key, &value, MDB_LAST) }
        // No key precedes the empty one.
        if upper.isEmpty { return MDB_NOTFOUND }
        let code = seek(upper, &key, &value)
        if code == MDB_NOTFOUND { return mdb_cursor_get(cursor, &key, &value, MDB_LAST) }
        guard code == MDB_SUCCESS else { return code }
        return mdb_cursor_get(cursor, &key, &value, MDB_PREV)
    }

    /// Moves to the first entry at or after `bound`.
    private func seek(_ bound: [UInt8], _ key: inout MDB_val, _ value: inout MDB_val) -> Int32 {
        // withUnsafeBytes: LMDB reads the bound during the call, then sets `key` to one in the map.
        bound.withUnsafeBytes { bytes in
            key = MDB_val(reading: bytes)
            return mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE)
        }
    }
}

/// Whether `key` precedes `bound` in LMDB's order: unsigned bytes, a prefix before longer keys.
// UnsafeRawBufferPointer: `key` is in the map and is only read here.
@inline(__always)
private func precedes(_ key: UnsafeRawBufferPointer, _ bound: [UInt8]) -> Bool {
    // withUnsafeBytes: loads inside the common length. Written out because keys are short: a call
    // of memcmp per entry takes longer than the rest of the scan.
    bound.withUnsafeBytes { bytes in
        let shared = min(key.count, bytes.count)
        var offset = 0
        while offset + 8 <= shared {
            let left = UInt64(
                bigEndian: key.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let right = UInt64(
                bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            if left != right { return left < right }
            offset += 8
        }
        while offset < shared {
            if key[offset] != bytes[offset] { return key[offset] < bytes[offset] }
            offset += 1
        }
        return key.count < bytes.count
    }
}
