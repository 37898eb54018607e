import CLMDB

/// The state of both kinds of transaction: LMDB's handle and the environment.
@usableFromInline
struct TransactionContext {
    // OpaquePointer: LMDB's MDB_txn, valid until the closure of the transaction returns.
    let handle: OpaquePointer
    // Strong, so that the last release of the environment cannot close it during a transaction.
    let environment: EnvironmentHandle

    /// The length of the longest key, in bytes, that LMDB allows.
    static let keyBytesMax = 511

    init(handle: OpaquePointer, environment: EnvironmentHandle) {
        self.handle = handle
        self.environment = environment
    }

    /// Traps if the table belongs to another environment: its handle would name a different table.
    func check(_ table: Table) {
        precondition(
            table.environmentIdentifier == environment.identifier,
            "The table belongs to another environment, or to one that was closed and reopened.")
    }

    static func check(key: [UInt8]) throws(LMDBError) {
        guard !key.isEmpty, key.count <= keyBytesMax else {
            throw LMDBError(
                .keySize, "A key has \(key.count) bytes; keys are 1 to \(keyBytesMax) bytes long.")
        }
    }

    static func check(bound: [UInt8]) throws(LMDBError) {
        guard bound.count <= keyBytesMax else {
            throw LMDBError(
                .keySize, "A bound has \(bound.count) bytes; it may have at most \(keyBytesMax).")
        }
    }

    /// The value of `key` in the map, checked and without its checksum; nil if the key is absent.
    ///
    /// It is valid until the next change or the end of the transaction.
    // UnsafeRawBufferPointer: the callers pass it on as a span that ends with a closure.
    @usableFromInline
    func lookup(_ key: [UInt8], in table: Table) throws(LMDBError) -> UnsafeRawBufferPointer? {
        guard let found = try stored(key, in: table) else { return nil }
        guard table.isChecksummed else { return found }
        // withUnsafeBytes: the key is only read, during the call.
        let value = key.withUnsafeBytes { Checksum.verified(found, key: $0) }
        guard let value else { throw Checksum.failure(table.name) }
        return value
    }

    /// The stored bytes of `key` in the map, with their checksum; nil if the key is absent.
    // UnsafeRawBufferPointer: see above.
    func stored(_ key: [UInt8], in table: Table) throws(LMDBError) -> UnsafeRawBufferPointer? {
        check(table)
        try Self.check(key: key)
        var found = MDB_val()
        // withUnsafeBytes: LMDB only reads the key, and only during the call.
        let code = key.withUnsafeBytes { bytes in
            var key = MDB_val(reading: bytes)
            return mdb_get(handle, table.handle, &key, &found)
        }
        if code == MDB_NOTFOUND { return nil }
        guard code == MDB_SUCCESS else {
            throw environment.failure(code, "read from table \(table.name)")
        }
        return found.bytes
    }

    @usableFromInline
    func count(_ table: Table) throws(LMDBError) -> Int {
        try Int(clamping: statistics(table).ms_entries)
    }

    func statistics(_ table: Table) throws(LMDBError) -> MDB_stat {
        check(table)
        var statistics = MDB_stat()
        let code = mdb_stat(handle, table.handle, &statistics)
        guard code == MDB_SUCCESS else {
            throw environment.failure(code, "read the statistics of table \(table.name)")
        }
        return statistics
    }
}

extension MDB_val {
    // UnsafeRawBufferPointer and UnsafeMutableRawPointer: LMDB's struct lacks `const`, but LMDB
    // never writes to the keys and values that it gets.
    @inline(__always)
    init(reading bytes: UnsafeRawBufferPointer) {
        self.init(
            mv_size: bytes.count,
            // UnsafeMutableRawPointer: see above.
            mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }

    // UnsafeRawBufferPointer: memory that LMDB points to; the caller bounds its lifetime.
    @inline(__always)
    var bytes: UnsafeRawBufferPointer {
        // UnsafeRawBufferPointer: see above.
        UnsafeRawBufferPointer(start: mv_data, count: mv_size)
    }
}
