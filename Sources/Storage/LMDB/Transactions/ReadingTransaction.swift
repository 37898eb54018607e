/// The reading half of both kinds of transaction.
///
/// Write a function that reads once, and call it with either kind:
///
/// ```swift
/// func greeting(_ transaction: borrowing some ReadingTransaction & ~Copyable) throws -> [UInt8]? {
///     try transaction.bytes(for: Array("hello".utf8), in: table)
/// }
/// ```
///
/// Keys are ordered as unsigned bytes, a prefix before longer keys (`memcmp` order).
///
/// The spans that a closure gets point into the memory map and end with the closure, so it must
/// copy what it keeps. While it runs, the same transaction cannot change data.
public protocol ReadingTransaction: ~Copyable {
    /// Calls `body` with the value of `key`, without a copy; returns nil if the key is absent.
    ///
    /// - Parameters:
    ///   - key: 1 to 511 bytes.
    ///   - table: A table of this transaction's environment.
    ///   - body: Gets the value, which may be empty and has no alignment.
    /// - Returns: What `body` returned, or nil if the key is absent.
    /// - Throws: ``LMDBError`` with code `keySize`, `corrupted` or `io`, or what `body` throws.
    /// - Complexity: O(log *n*) in the entries of the table.
    func value<T>(
        for key: [UInt8], in table: Table, _ body: (RawSpan) throws -> T
    ) throws -> T?

    /// Visits the entries with `lower` <= key < `upper` until `body` returns false.
    ///
    /// - Parameters:
    ///   - table: A table of this transaction's environment.
    ///   - lower: The first key, at most 511 bytes; empty for the start of the table.
    ///   - upper: The key to stop before, at most 511 bytes; nil for the end of the table.
    ///   - reversed: Whether to visit the greatest key first.
    ///   - body: Gets key and value; returns whether to continue.
    /// - Throws: ``LMDBError``, or what `body` throws.
    /// - Complexity: O(log *n* + *k*) for *k* entries visited.
    func scan(
        _ table: Table, from lower: [UInt8], to upper: [UInt8]?, reversed: Bool,
        _ body: (RawSpan, RawSpan) throws -> Bool
    ) throws

    /// The number of entries in `table`.
    ///
    /// - Parameter table: A table of this transaction's environment.
    /// - Returns: 0 or more.
    /// - Throws: ``LMDBError``.
    /// - Complexity: O(1).
    func count(_ table: Table) throws -> Int

    /// A copy of the stored bytes of `key`: the value, then its checksum, which is not checked.
    ///
    /// Use it to read a record before the format of the database is known.
    ///
    /// - Parameters:
    ///   - key: 1 to 511 bytes.
    ///   - table: A table of this transaction's environment.
    /// - Returns: The bytes, or nil if the key is absent.
    /// - Throws: ``LMDBError`` with code `keySize`, `corrupted` or `io`.
    func storedBytes(for key: [UInt8], in table: Table) throws -> [UInt8]?

    /// LMDB's transaction ID of this state of the database; each write that commits increments it.
    var id: Int { get }
}

extension ReadingTransaction where Self: ~Copyable {
    /// A copy of the value of `key`, or nil if the key is absent.
    @inlinable
    public func bytes(for key: [UInt8], in table: Table) throws -> [UInt8]? {
        try value(for: key, in: table) { span in Array(copying: span) }
    }

    /// Whether `table` has an entry with the key `key`.
    @inlinable
    public func contains(_ key: [UInt8], in table: Table) throws -> Bool {
        try value(for: key, in: table) { _ in true } ?? false
    }

    /// Visits the entries with `lower` <= key < `upper` in ascending order until `body` returns
    /// false.
    @inlinable
    public func scan(
        _ table: Table, from lower: [UInt8], to upper: [UInt8]?,
        _ body: (RawSpan, RawSpan) throws -> Bool
    ) throws {
        try scan(table, from: lower, to: upper, reversed: false, body)
    }

    /// Visits the entries whose key begins with `prefix` until `body` returns false.
    @inlinable
    public func scan(
        _ table: Table, prefix: [UInt8], reversed: Bool = false,
        _ body: (RawSpan, RawSpan) throws -> Bool
    ) throws {
        try scan(
            table, from: prefix, to: keyAfter(prefix: prefix), reversed: reversed, body)
    }
}

/// The least key that is greater than every key with the prefix `prefix`; nil if there is none.
///
/// - Parameter prefix: Any bytes. There is no such key if it is empty or all its bytes are 0xFF.
/// - Returns: `prefix` without its trailing 0xFF bytes, and with its last byte incremented.
public func keyAfter(prefix: [UInt8]) -> [UInt8]? {
    var key = prefix
    while let last = key.popLast() {
        if last < 255 {
            key.append(last + 1)
            return key
        }
    }
    return nil
}

extension Array where Element == UInt8 {
    /// Creates an array with a copy of the bytes of `span`.
    @inlinable
    public init(copying span: RawSpan) {
        // `withUnsafeBytes`: the closure copies inside the buffer's bounds and keeps nothing.
        self = span.withUnsafeBytes { Array($0) }
    }
}
