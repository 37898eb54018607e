import LMDB

/// A type-erased transaction that a struct can store while a closure runs.
///
/// A transaction is a noncopyable `borrowing` parameter, so it cannot be a stored property.
/// Closures that use it can: `withoutActuallyEscaping` lets them be stored, and traps if one of
/// them outlives the call. That cannot happen here. Their only owner is a ``StoredGraph``, which is
/// noncopyable and which its users only borrow.
struct ErasedTransaction: ~Copyable, ReadingTransaction {
    typealias Lookup = ([UInt8], Table, (RawSpan) throws -> Void) throws -> Void
    typealias Scan =
        (Table, [UInt8], [UInt8]?, Bool, (RawSpan, RawSpan) throws -> Bool) throws -> Void
    typealias Count = (Table) throws -> Int
    typealias Copy = ([UInt8], Table) throws -> [UInt8]?

    let id: Int
    private let lookup: Lookup
    private let scanning: Scan
    private let counting: Count
    private let copying: Copy

    private init(
        id: Int, lookup: @escaping Lookup, scanning: @escaping Scan,
        counting: @escaping Count, copying: @escaping Copy
    ) {
        self.id = id
        self.lookup = lookup
        self.scanning = scanning
        self.counting = counting
        self.copying = copying
    }

    /// Calls `body` with a type-erased transaction.
    static func withErased<T>(
        _ transaction: borrowing some ReadingTransaction & ~Copyable,
        _ body: (consuming ErasedTransaction) throws -> T
    ) throws -> T {
        try withErased(
            id: transaction.id,
            lookup: { key, table, use in _ = try transaction.value(for: key, in: table, use) },
            scan: { table, lower, upper, reversed, visit in
                try transaction.scan(table, from: lower, to: upper, reversed: reversed, visit)
            },
            count: { try transaction.count($0) },
            copy: { try transaction.storedBytes(for: $0, in: $1) },
            body)
    }

    private static func withErased<T>(
        id: Int, lookup: Lookup, scan: Scan, count: Count, copy: Copy,
        _ body: (consuming ErasedTransaction) throws -> T
    ) throws -> T {
        try withoutActuallyEscaping(lookup) { lookup in
            try withoutActuallyEscaping(scan) { scan in
                try withoutActuallyEscaping(count) { count in
                    try withoutActuallyEscaping(copy) { copy in
                        try body(
                            ErasedTransaction(
                                id: id, lookup: lookup, scanning: scan, counting: count,
                                copying: copy))
                    }
                }
            }
        }
    }

    func value<T>(
        for key: [UInt8], in table: Table, _ body: (RawSpan) throws -> T
    ) throws -> T? {
        var result: T?
        try lookup(key, table) { result = try body($0) }
        return result
    }

    func scan(
        _ table: Table, from lower: [UInt8], to upper: [UInt8]?, reversed: Bool,
        _ body: (RawSpan, RawSpan) throws -> Bool
    ) throws {
        try scanning(table, lower, upper, reversed, body)
    }

    func count(_ table: Table) throws -> Int { try counting(table) }

    func storedBytes(for key: [UInt8], in table: Table) throws -> [UInt8]? {
        try copying(key, table)
    }
}
