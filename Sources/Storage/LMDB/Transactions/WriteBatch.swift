import CLMDB

/// Encoded changes that a write transaction applies in one call.
///
/// There is one write transaction at a time, so encode keys and values before it begins:
///
/// ```swift
/// var batch = WriteBatch()
/// batch.put(in: events, key: { $0.appendUInt64(7) }, value: { $0.appendString("hello") })
/// try environment.write { try $0.apply(batch) }
/// ```
///
/// Changes that are sorted by key are applied fastest.
public struct WriteBatch: Sendable {
    struct Change: Sendable {
        var table: Table
        var isOnlyIfAbsent: Bool
        var keyStart: Int
        var valueStart: Int
        var valueEnd: Int
    }

    private(set) var changes: [Change] = []
    private var writer = ByteWriter()

    /// Creates an empty batch.
    public init() {}

    /// The number of changes.
    public var count: Int { changes.count }

    /// The keys and values of all changes, concatenated.
    var bytes: [UInt8] { writer.bytes }

    /// Adds a change that stores a value under a key.
    ///
    /// - Parameters:
    ///   - table: A table of the environment in which the batch will be applied.
    ///   - isOnlyIfAbsent: Whether an existing value of the key stays.
    ///   - key: Appends the key, 1 to 511 bytes.
    ///   - value: Appends the value.
    public mutating func put(
        in table: Table, onlyIfAbsent isOnlyIfAbsent: Bool = false,
        key: (inout ByteWriter) -> Void, value: (inout ByteWriter) -> Void
    ) {
        let keyStart = writer.bytes.count
        key(&writer)
        let valueStart = writer.bytes.count
        value(&writer)
        changes.append(
            Change(
                table: table, isOnlyIfAbsent: isOnlyIfAbsent, keyStart: keyStart,
                valueStart: valueStart, valueEnd: writer.bytes.count))
    }
}

extension WriteTransaction {
    /// Applies the changes of a batch in their order.
    ///
    /// - Parameter batch: Changes to tables of this transaction's environment.
    /// - Throws: ``LMDBError``, as ``put(_:for:in:)-([UInt8],_,_)``. Some changes are then applied,
    ///   so let the body of the transaction throw.
    public func apply(_ batch: WriteBatch) throws {
        // A cursor inserts the next of several sorted keys without a search from the root.
        var open: (table: Table, cursor: OpaquePointer)?
        defer { if let open { mdb_cursor_close(open.cursor) } }
        // withUnsafeBytes: keys and values are slices of the batch's bytes, inside their bounds.
        try batch.bytes.withUnsafeBytes { bytes in
            for change in batch.changes {
                if open?.table != change.table {
                    if let open { mdb_cursor_close(open.cursor) }
                    open = nil
                    open = (change.table, try openCursor(change.table))
                }
                guard let cursor = open?.cursor else { continue }
                // UnsafeRawBufferPointer: a slice, used during the call only.
                let key = UnsafeRawBufferPointer(
                    rebasing: bytes[change.keyStart..<change.valueStart])
                // UnsafeRawBufferPointer: see above.
                let value = UnsafeRawBufferPointer(
                    rebasing: bytes[change.valueStart..<change.valueEnd])
                let flags = change.isOnlyIfAbsent ? MDB_NOOVERWRITE : 0
                try store(value, key, change.table, cursor: cursor, flags: flags)
            }
        }
    }
}
