import CLMDB

/// One consistent state of the database, as it was when ``Environment/read(_:)`` began.
///
/// It exists only inside the closure that was given it: it can be neither copied nor kept.
/// Use it on the thread of that closure.
public struct ReadTransaction: ~Copyable, ReadingTransaction {
    @usableFromInline let context: TransactionContext

    init(_ context: TransactionContext) { self.context = context }

    /// Lends the value of `key` to `body`, without a copy; nil if there is none.
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

    /// A copy of what is stored under `key`, its checksum behind it and not looked at.
    public func storedBytes(for key: [UInt8], in table: Table) throws -> [UInt8]? {
        try context.stored(key, in: table).map { Array($0) }
    }

    /// The number of this state of the database.
    public var number: Int { mdb_txn_id(context.handle) }
}
