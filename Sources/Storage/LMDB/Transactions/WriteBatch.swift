import CLMDB

/// Changes made ready beforehand, for a transaction to carry out in one go.
///
/// The one write transaction at a time is what all writers share, so whatever can be worked out
/// before it begins should be:
///
/// ```swift
/// var batch = WriteBatch()
/// batch.put(in: events, key: { $0.appendUInt64(7) }, value: { $0.appendString("hello") })
/// try environment.write { try $0.apply(batch) }
/// ```
///
/// Changes in the order of their keys are carried out fastest.
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

    /// Makes a batch without changes.
    public init() {}

    /// How many changes there are.
    public var count: Int { changes.count }

    /// Keys and values one after the other.
    var bytes: [UInt8] { writer.bytes }

    /// Adds that a value be stored under a key.
    ///
    /// - Parameters:
    ///   - table: A table of the environment that the batch will be applied to.
    ///   - isOnlyIfAbsent: Whether a value that is there already stays.
    ///   - key: Writes the key, 1 to 511 bytes.
    ///   - value: Writes the value.
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
    /// Carries out the changes of a batch, in its order.
    ///
    /// - Parameter batch: Changes of tables of this transaction's environment.
    /// - Throws: ``LMDBError``, as for a put; then the transaction is to be given up.
    public func apply(_ batch: WriteBatch) throws {
        // A cursor finds the next of several sorted keys on the page where it stands.
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
                // UnsafeRawBufferPointer: the slices, for the length of the call.
                let key = UnsafeRawBufferPointer(
                    rebasing: bytes[change.keyStart..<change.valueStart])
                // UnsafeRawBufferPointer: as above.
                let value = UnsafeRawBufferPointer(
                    rebasing: bytes[change.valueStart..<change.valueEnd])
                let flags = change.isOnlyIfAbsent ? MDB_NOOVERWRITE : 0
                try store(value, key, change.table, cursor: cursor, flags: flags)
            }
        }
    }
}
