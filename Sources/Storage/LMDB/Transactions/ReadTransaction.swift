import CLMDB

/// A snapshot of the database, taken when ``Environment/read(_:)`` began.
///
/// It exists only inside the closure of that call: it can be neither copied nor stored. Use it on
/// the thread of that closure.
public struct ReadTransaction: ~Copyable, ReadingTransaction {
    @usableFromInline let context: TransactionContext

    init(_ context: TransactionContext) { self.context = context }

    /// Calls `body` with the value of `key`, without a copy; returns nil if the key is absent.
    ///
    /// See ``ReadingTransaction/value(for:in:_:)``.
    @inlinable
    public func value<T>(
        for key: [UInt8], in table: Table, _ body: (RawSpan) throws -> T
    ) throws -> T? {
        guard let found = try context.lookup(key, in: table) else { return nil }
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
        var cursor = try Cursor(
            context, table, from: lower, to: upper, reversed: reversed, isReadOnly: true)
        defer { cursor.close() }
        var next = try cursor.first()
        while let entry = next {
            guard try body(entry.key.bytes, entry.value.bytes) else { return }
            next = try cursor.next()
        }
    }

    /// The number of entries in `table`.
    @inlinable
    public func count(_ table: Table) throws -> Int {
        try context.count(table)
    }

    /// A copy of the stored bytes of `key`: the value, then its checksum, which is not checked.
    public func storedBytes(for key: [UInt8], in table: Table) throws -> [UInt8]? {
        try context.stored(key, in: table).map { Array($0) }
    }

    /// LMDB's transaction ID of this snapshot.
    public var id: Int { mdb_txn_id(context.handle) }
}
