/// What both kinds of transaction can do: look at one consistent state of the database.
///
/// A higher layer writes a reading function once and uses it with both:
///
/// ```swift
/// func greeting(_ transaction: borrowing some ReadingTransaction & ~Copyable) throws -> [UInt8]? {
///     try transaction.bytes(for: Array("hello".utf8), in: table)
/// }
/// ```
///
/// Keys are ordered as unsigned bytes, a prefix before what it begins (`memcmp` order).
/// Spans handed to a body lie in the memory map; they end with the body, which must copy out what
/// it keeps, and may not change data through the same transaction meanwhile.
public protocol ReadingTransaction: ~Copyable {
    /// Lends the value of `key` to `body`, without a copy; nil if there is none.
    ///
    /// - Parameters:
    ///   - key: 1 to 511 bytes.
    ///   - table: a table of this transaction's environment.
    ///   - body: gets the value, which may be empty and has no alignment.
    /// - Returns: what `body` returned, or nil when the key is absent.
    /// - Throws: ``LMDBError`` with code `keySize`, `corrupted` or `io`, or what `body` throws.
    /// - Complexity: O(log *n*) in the entries of the table.
    func value<T>(
        for key: [UInt8], in table: Table, _ body: (RawSpan) throws -> T
    ) throws -> T?

    /// Visits the entries with `lower` <= key < `upper` until `body` returns false.
    ///
    /// - Parameters:
    ///   - table: a table of this transaction's environment.
    ///   - lower: the first key wanted, at most 511 bytes; empty for the beginning.
    ///   - upper: the key to stop before, at most 511 bytes; nil for the end.
    ///   - reversed: whether to go from the greatest key down.
    ///   - body: gets key and value, returns whether to go on.
    /// - Throws: ``LMDBError``, or what `body` throws.
    /// - Complexity: O(log *n* + *k*) for *k* entries visited.
    func scan(
        _ table: Table, from lower: [UInt8], to upper: [UInt8]?, reversed: Bool,
        _ body: (RawSpan, RawSpan) throws -> Bool
    ) throws

    /// The number of entries in `table`.
    ///
    /// - Parameter table: a table of this transaction's environment.
    /// - Returns: 0 or more.
    /// - Throws: ``LMDBError``.
    /// - Complexity: O(1).
    func count(_ table: Table) throws -> Int

    /// A copy of what is stored under `key`, its checksum behind it and not looked at.
    ///
    /// For what has to be read before the format of a database is known.
    func storedBytes(for key: [UInt8], in table: Table) throws -> [UInt8]?

    /// The number of this state of the database; each write that commits adds one.
    var number: Int { get }
}

extension ReadingTransaction where Self: ~Copyable {
    /// A copy of the value of `key`, or nil if there is none.
    @inlinable
    public func bytes(for key: [UInt8], in table: Table) throws -> [UInt8]? {
        try value(for: key, in: table) { span in Array(copying: span) }
    }

    /// Whether `table` has an entry for `key`.
    @inlinable
    public func contains(_ key: [UInt8], in table: Table) throws -> Bool {
        try value(for: key, in: table) { _ in true } ?? false
    }

    /// Visits the entries with `lower` <= key < `upper` in ascending order until `body` returns false.
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

/// The least key greater than every key that begins with `prefix`; nil when there is none.
///
/// - Parameter prefix: any bytes. An empty prefix, or one of 0xFF only, has no such key.
/// - Returns: `prefix` without its trailing 0xFF bytes, its last byte one higher.
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
    /// The bytes of `span` in an array of their own.
    @inlinable
    public init(copying span: RawSpan) {
        // `withUnsafeBytes`: the closure copies inside the buffer's bounds and does not keep it.
        self = span.withUnsafeBytes { Array($0) }
    }
}
