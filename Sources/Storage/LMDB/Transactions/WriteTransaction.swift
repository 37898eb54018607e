import CLMDB

/// An atomic change of the database; ``Environment/write(_:)`` creates it.
///
/// It reads its own changes. It exists only inside the closure of that call, on the writer thread:
/// it can be neither copied nor stored.
///
/// LMDB changes the pages of a write transaction in place. A change during the body of a `value` or
/// `scan` could therefore overwrite the value that the body reads. Such a change throws
/// ``LMDBError`` with code `borrowed`: collect first, then change.
public struct WriteTransaction: ~Copyable, ReadingTransaction {
    @usableFromInline let context: TransactionContext
    @usableFromInline let borrows = BorrowCounter()

    init(_ context: TransactionContext) { self.context = context }

    /// Calls `body` with the value of `key`, without a copy; returns nil if the key is absent.
    ///
    /// See ``ReadingTransaction/value(for:in:_:)``.
    @inlinable
    public func value<T>(
        for key: [UInt8], in table: Table, _ body: (RawSpan) throws -> T
    ) throws -> T? {
        guard let found = try context.lookup(key, in: table) else { return nil }
        borrows.count += 1
        defer { borrows.count -= 1 }
        return try body(found.bytes)
    }

    /// Visits the entries with `lower` <= key < `upper` until `body` returns false.
    ///
    /// See ``ReadingTransaction/scan(_:from:to:reversed:_:)``.
    @inlinable
    public func scan(
        _ table: Table, from lower: [UInt8], to upper: [UInt8]?, reversed: Bool,
        _ body: (RawSpan, RawSpan) throws -> Bool
    ) throws {
        borrows.count += 1
        defer { borrows.count -= 1 }
        var cursor = try Cursor(
            context, table, from: lower, to: upper, reversed: reversed, isReadOnly: false)
        defer { cursor.close() }
        var next = try cursor.first()
        while let entry = next {
            guard try body(entry.key.bytes, entry.value.bytes) else { return }
            next = try cursor.next()
        }
    }

    /// The number of entries in `table`, this transaction's changes included.
    @inlinable
    public func count(_ table: Table) throws -> Int {
        try context.count(table)
    }

    /// A copy of the stored bytes of `key`: the value, then its checksum, which is not checked.
    public func storedBytes(for key: [UInt8], in table: Table) throws -> [UInt8]? {
        try context.stored(key, in: table).map { Array($0) }
    }

    /// LMDB's transaction ID, which the database has once this transaction commits.
    public var id: Int { mdb_txn_id(context.handle) }

    /// Stores `value` under `key`, in place of an existing value.
    ///
    /// - Parameters:
    ///   - value: Less than 4 GiB; may be empty.
    ///   - key: 1 to 511 bytes.
    ///   - table: A table of this transaction's environment.
    /// - Throws: ``LMDBError`` with code `keySize`, `valueSize`, `mapFull`, `transactionFull`,
    ///   `borrowed`, `corrupted` or `io`.
    /// - Complexity: O(log *n*) in the entries of the table.
    public func put(_ value: [UInt8], for key: [UInt8], in table: Table) throws {
        // withUnsafeBytes: LMDB copies the value into its page during the call.
        let code = try value.withUnsafeBytes { try store($0, key, table, flags: 0) }
        try check(code, table)
    }

    /// Stores the bytes of `value` under `key`, in place of an existing value.
    public func put(_ value: RawSpan, for key: [UInt8], in table: Table) throws {
        // withUnsafeBytes: LMDB copies the value into its page during the call.
        let code = try value.withUnsafeBytes { try store($0, key, table, flags: 0) }
        try check(code, table)
    }

    /// Stores `value` under `key` if the key is absent.
    ///
    /// - Parameters:
    ///   - value: Less than 4 GiB; may be empty.
    ///   - key: 1 to 511 bytes.
    ///   - table: A table of this transaction's environment.
    /// - Returns: Whether the value was stored.
    /// - Throws: As ``put(_:for:in:)-([UInt8],_,_)``.
    public func putIfAbsent(_ value: [UInt8], for key: [UInt8], in table: Table) throws -> Bool {
        // withUnsafeBytes: LMDB copies the value into its page during the call.
        let code = try value.withUnsafeBytes { try store($0, key, table, flags: MDB_NOOVERWRITE) }
        if code == MDB_KEYEXIST { return false }
        try check(code, table)
        return true
    }

    /// Stores `value` under a key that is greater than all keys of `table`.
    ///
    /// This is several times as fast as a put, and fills pages completely.
    ///
    /// - Parameters:
    ///   - value: Less than 4 GiB; may be empty.
    ///   - key: 1 to 511 bytes, greater than every key of the table.
    ///   - table: A table of this transaction's environment.
    /// - Throws: ``LMDBError`` with code `keyOrder` if the key is not the greatest; otherwise as
    ///   ``put(_:for:in:)-([UInt8],_,_)``.
    /// - Complexity: O(1) amortised.
    public func append(_ value: [UInt8], for key: [UInt8], in table: Table) throws {
        // withUnsafeBytes: LMDB copies the value into its page during the call.
        let code = try value.withUnsafeBytes { try store($0, key, table, flags: MDB_APPEND) }
        if code == MDB_KEYEXIST {
            throw LMDBError(
                .keyOrder,
                "An appended key is not greater than all in table \(table.name). Sort or use put.")
        }
        try check(code, table)
    }

    /// Removes `key` and its value.
    ///
    /// - Parameters:
    ///   - key: 1 to 511 bytes.
    ///   - table: A table of this transaction's environment.
    /// - Returns: Whether the key was present.
    /// - Throws: ``LMDBError``, as for a put.
    @discardableResult
    public func remove(_ key: [UInt8], in table: Table) throws -> Bool {
        try checkChange(table)
        try TransactionContext.check(key: key)
        // withUnsafeBytes: LMDB only reads the key, and only during the call.
        let code = key.withUnsafeBytes { bytes in
            var key = MDB_val(reading: bytes)
            return mdb_del(context.handle, table.handle, &key, nil)
        }
        if code == MDB_NOTFOUND { return false }
        try check(code, table)
        return true
    }

    /// Removes the entries with `lower` <= key < `upper`, at most the first `limit` of them.
    ///
    /// - Parameters:
    ///   - lower: The first key to remove; empty for the start of the table.
    ///   - upper: The key to stop before; nil for the end of the table.
    ///   - limit: The most entries to remove; at least 0.
    ///   - table: A table of this transaction's environment.
    /// - Returns: The number of entries removed.
    /// - Throws: ``LMDBError``, as for a put.
    /// - Complexity: O(*k* log *n*) for *k* entries removed; O(pages) for a whole table.
    @discardableResult
    public func removeRange(
        from lower: [UInt8], to upper: [UInt8]?, limit: Int = .max, in table: Table
    ) throws -> Int {
        precondition(limit >= 0, "A limit of entries to remove is negative.")
        try checkChange(table)
        if lower.isEmpty, upper == nil, limit == .max { return try removeAll(in: table) }
        // A removal moves the entries under a cursor, so keys are collected first.
        var removed = 0
        while removed < limit {
            let chunk = min(1024, limit - removed)
            var keys: [[UInt8]] = []
            try scan(table, from: lower, to: upper, reversed: false) { key, _ in
                keys.append(Array(copying: key))
                return keys.count < chunk
            }
            for key in keys where try remove(key, in: table) { removed += 1 }
            if keys.count < chunk { break }
        }
        return removed
    }

    /// Removes the entries whose key begins with `prefix`; all entries if it is empty.
    ///
    /// - Parameters:
    ///   - prefix: At most 511 bytes.
    ///   - table: A table of this transaction's environment.
    /// - Returns: The number of entries removed.
    /// - Throws: ``LMDBError``, as for a put.
    @discardableResult
    public func removeAll(prefix: [UInt8], in table: Table) throws -> Int {
        try removeRange(from: prefix, to: keyAfter(prefix: prefix), in: table)
    }

    private func removeAll(in table: Table) throws -> Int {
        let entries = try count(table)
        try check(mdb_drop(context.handle, table.handle, 0), table)
        return entries
    }

    private func store(
        // UnsafeRawBufferPointer: the value, read during the call only.
        _ value: UnsafeRawBufferPointer, _ key: [UInt8], _ table: Table, flags: Int32
    ) throws(LMDBError) -> Int32 {
        try checkChange(table)
        try TransactionContext.check(key: key)
        try check(value)
        // withUnsafeBytes: LMDB copies the key into its page during the call.
        return key.withUnsafeBytes { bytes in
            reserve(value, bytes, table, flags) { key, value, flags in
                mdb_put(context.handle, table.handle, &key, &value, flags)
            }
        }
    }

    /// Opens a cursor for many puts. Close it before the transaction ends.
    // OpaquePointer: LMDB's MDB_cursor.
    func openCursor(_ table: Table) throws(LMDBError) -> OpaquePointer {
        try checkChange(table)
        var cursor: OpaquePointer?
        let code = mdb_cursor_open(context.handle, table.handle, &cursor)
        guard code == MDB_SUCCESS, let cursor else {
            throw context.environment.failure(code, "change table \(table.name)")
        }
        return cursor
    }

    /// Stores an entry through a cursor, which then is at the entry.
    ///
    /// With `MDB_NOOVERWRITE` in `flags`, an existing value stays and nothing is thrown.
    func store(
        // UnsafeRawBufferPointer: value and key, read during the call only.
        _ value: UnsafeRawBufferPointer, _ key: UnsafeRawBufferPointer, _ table: Table,
        // OpaquePointer: from `openCursor`.
        cursor: OpaquePointer, flags: Int32
    ) throws(LMDBError) {
        guard 1...TransactionContext.keyBytesMax ~= key.count else {
            throw LMDBError(
                .keySize,
                "A key has \(key.count) bytes; keys are 1 to \(TransactionContext.keyBytesMax) "
                    + "bytes long.")
        }
        try check(value)
        let code = reserve(value, key, table, flags) { key, value, flags in
            mdb_cursor_put(cursor, &key, &value, flags)
        }
        if code != MDB_KEYEXIST { try check(code, table) }
    }

    /// Makes LMDB reserve space for an entry, and writes value and checksum into it.
    ///
    /// So value and checksum need not be concatenated first.
    private func reserve(
        // UnsafeRawBufferPointer: value and key, read during the call only.
        _ value: UnsafeRawBufferPointer, _ key: UnsafeRawBufferPointer, _ table: Table,
        _ flags: Int32, _ put: (inout MDB_val, inout MDB_val, UInt32) -> Int32
    ) -> Int32 {
        var stored = MDB_val(reading: key)
        guard table.isChecksummed else {
            var value = MDB_val(reading: value)
            return put(&stored, &value, UInt32(flags))
        }
        var reserved = MDB_val(mv_size: value.count + Checksum.byteCount, mv_data: nil)
        let code = put(&stored, &reserved, UInt32(flags | MDB_RESERVE))
        if code == MDB_SUCCESS { Checksum.write(value, key: key, into: reserved) }
        return code
    }

    // UnsafeRawBufferPointer: only its length is used.
    private func check(_ value: UnsafeRawBufferPointer) throws(LMDBError) {
        guard value.count < Int(UInt32.max) - Checksum.byteCount else {
            throw LMDBError(.valueSize, "A value has \(value.count) bytes; the limit is 4 GiB.")
        }
    }

    private func checkChange(_ table: Table) throws(LMDBError) {
        context.check(table)
        guard borrows.count == 0 else {
            throw LMDBError(
                .borrowed,
                "Table \(table.name) was changed inside a value or scan body. Collect, then change."
            )
        }
    }

    private func check(_ code: Int32, _ table: Table) throws(LMDBError) {
        guard code == MDB_SUCCESS else {
            throw context.environment.failure(code, "change table \(table.name)")
        }
    }
}

/// Counts the bodies of `value` and `scan` of a write transaction that are running.
///
/// It is a class because a transaction is passed as `borrowing`, and so cannot change itself.
@usableFromInline
final class BorrowCounter {
    @usableFromInline var count = 0
    init() {}
}

extension WriteTransaction {
    /// Checks that every borrowed value was returned, which is so outside of all bodies.
    ///
    /// - Complexity: O(1).
    package func checkInvariants() {
        precondition(borrows.count == 0, "\(borrows.count) bodies of a transaction are running.")
    }
}
