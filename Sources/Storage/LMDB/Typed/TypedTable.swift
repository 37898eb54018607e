/// A ``Table`` with typed keys and values, which it encodes and decodes.
///
/// ```swift
/// let prices = TypedTable<String, Double>(environment.table("prices"))
/// try environment.write { transaction in
///     try transaction.put(4.2, for: "tea", in: prices)
/// }
/// let price = try environment.read { try $0.value(for: "tea", in: prices) }
/// ```
///
/// The file does not record the types. If a table is read with other types than it was written
/// with, a read throws ``LMDBError`` with code `corruptRecord`, or returns other values.
public struct TypedTable<Key: KeyCodable, Value: ValueCodable>: Sendable {
    /// The table of bytes.
    public let table: Table

    /// Adds types to a table.
    public init(_ table: Table) { self.table = table }

    /// Decodes a whole key.
    @inlinable
    func key(_ span: RawSpan) throws -> Key {
        try ByteReader.reading(span) { reader in
            let key = try Key(decodingKey: &reader)
            try reader.expectEnd()
            return key
        }
    }

    /// Decodes a whole value.
    @inlinable
    func value(_ span: RawSpan) throws -> Value {
        try ByteReader.reading(span) { reader in
            let value = try Value(decodingValue: &reader)
            try reader.expectEnd()
            return value
        }
    }
}

extension ReadingTransaction where Self: ~Copyable {
    /// The value of a key, or nil if the key is absent.
    ///
    /// - Throws: ``LMDBError`` with code `keySize` for a key of more than 511 bytes,
    ///   `corruptRecord`, `corrupted` or `io`.
    /// - Complexity: O(log *n*) in the entries of the table.
    @inlinable
    public func value<Key, Value>(
        for key: Key, in table: TypedTable<Key, Value>
    ) throws -> Value? {
        try value(for: keyBytes(key), in: table.table) { try table.value($0) }
    }

    /// Whether a table has an entry with a key.
    @inlinable
    public func contains<Key, Value>(
        _ key: Key, in table: TypedTable<Key, Value>
    ) throws -> Bool {
        try contains(keyBytes(key), in: table.table)
    }

    /// Visits the entries of a range in the order of their keys, until `body` returns false.
    ///
    /// - Parameters:
    ///   - table: A table of this transaction's environment.
    ///   - range: The keys to visit.
    ///   - reversed: Whether to visit the greatest key first.
    ///   - body: Gets key and value; returns whether to continue.
    /// - Throws: ``LMDBError`` as for one value, or what `body` throws.
    /// - Complexity: O(log *n* + *k*) for *k* entries visited.
    @inlinable
    public func scan<Key, Value>(
        _ table: TypedTable<Key, Value>, _ range: KeyRange<Key> = .all, reversed: Bool = false,
        _ body: (Key, Value) throws -> Bool
    ) throws {
        try scan(table.table, from: range.lower, to: range.upper, reversed: reversed) {
            try body(table.key($0), table.value($1))
        }
    }

    /// The entry with the least key of a range, or nil if the range is empty.
    @inlinable
    public func first<Key, Value>(
        _ table: TypedTable<Key, Value>, _ range: KeyRange<Key> = .all
    ) throws -> (key: Key, value: Value)? {
        try end(table, range, reversed: false)
    }

    /// The entry with the greatest key of a range, or nil if the range is empty.
    @inlinable
    public func last<Key, Value>(
        _ table: TypedTable<Key, Value>, _ range: KeyRange<Key> = .all
    ) throws -> (key: Key, value: Value)? {
        try end(table, range, reversed: true)
    }

    /// The number of entries of a range.
    ///
    /// - Complexity: O(1) for the whole table, O(log *n* + *k*) for *k* entries of a range.
    @inlinable
    public func count<Key, Value>(
        _ table: TypedTable<Key, Value>, _ range: KeyRange<Key> = .all
    ) throws -> Int {
        if range.lower.isEmpty, range.upper == nil { return try count(table.table) }
        var count = 0
        try scan(table.table, from: range.lower, to: range.upper) { _, _ in
            count += 1
            return true
        }
        return count
    }

    /// The first entry of a range in one direction.
    @inlinable
    func end<Key, Value>(
        _ table: TypedTable<Key, Value>, _ range: KeyRange<Key>, reversed: Bool
    ) throws -> (key: Key, value: Value)? {
        var found: (key: Key, value: Value)?
        try scan(table, range, reversed: reversed) { key, value in
            found = (key, value)
            return false
        }
        return found
    }
}

extension WriteTransaction {
    /// Stores a value under a key, in place of an existing value.
    ///
    /// - Throws: ``LMDBError`` with code `keySize` for a key of more than 511 bytes, `valueSize`,
    ///   `mapFull`, `transactionFull`, `borrowed`, `corrupted` or `io`.
    /// - Complexity: O(log *n*) in the entries of the table.
    @inlinable
    public func put<Key, Value>(
        _ value: Value, for key: Key, in table: TypedTable<Key, Value>
    ) throws {
        var writer = ByteWriter()
        value.encodeValue(to: &writer)
        try put(writer.bytes, for: keyBytes(key), in: table.table)
    }

    /// Removes a key and its value.
    ///
    /// - Returns: Whether the key was present.
    /// - Throws: ``LMDBError``, as for a put.
    @inlinable @discardableResult
    public func remove<Key, Value>(
        _ key: Key, in table: TypedTable<Key, Value>
    ) throws -> Bool {
        try remove(keyBytes(key), in: table.table)
    }

    /// Removes the entries of a range.
    ///
    /// - Returns: The number of entries removed.
    /// - Throws: ``LMDBError``, as for a put.
    /// - Complexity: O(*k* log *n*) for *k* entries removed; O(pages) for a whole table.
    @inlinable @discardableResult
    public func removeRange<Key, Value>(
        _ range: KeyRange<Key>, in table: TypedTable<Key, Value>
    ) throws -> Int {
        try removeRange(from: range.lower, to: range.upper, in: table.table)
    }
}
