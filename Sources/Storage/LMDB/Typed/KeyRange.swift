/// A range of keys of a ``TypedTable``.
///
/// ```swift
/// let all = KeyRange<Int>.all
/// let twenties = KeyRange(from: 20, upTo: 30)
/// let upToTen = KeyRange(through: 10)
/// let ofAnn = KeyRange<Pair<String, Int>>(beginningWith: "ann")
/// ```
public struct KeyRange<Key: KeyCodable>: Sendable {
    /// The encoding of the first key.
    @usableFromInline let lower: [UInt8]
    /// The encoding to stop before; nil for the end of the table.
    @usableFromInline let upper: [UInt8]?

    @usableFromInline
    init(lower: [UInt8], upper: [UInt8]?) {
        self.lower = lower
        self.upper = upper
    }

    /// All keys.
    public static var all: KeyRange { KeyRange(lower: [], upper: nil) }

    /// Creates the range from `lower` up to, and not including, `upper`.
    ///
    /// - Parameters:
    ///   - lower: The first key; nil for the start of the table.
    ///   - upper: The key to stop before; nil for the end of the table.
    @inlinable
    public init(from lower: Key? = nil, upTo upper: Key? = nil) {
        self.init(lower: lower.map(keyBytes) ?? [], upper: upper.map(keyBytes))
    }

    /// Creates the range from `lower` through `upper`.
    ///
    /// - Parameters:
    ///   - lower: The first key; nil for the start of the table.
    ///   - upper: The last key.
    @inlinable
    public init(from lower: Key? = nil, through upper: Key) {
        // No other key has the encoding of the last one as a prefix.
        self.init(lower: lower.map(keyBytes) ?? [], upper: keyAfter(prefix: keyBytes(upper)))
    }

    /// Creates the range of all pairs with one first part.
    @inlinable
    public init<First, Second>(beginningWith first: First) where Key == Pair<First, Second> {
        let prefix = keyBytes(first)
        self.init(lower: prefix, upper: keyAfter(prefix: prefix))
    }
}

/// The encoding of a key.
@inlinable
func keyBytes(_ key: some KeyCodable) -> [UInt8] {
    var writer = ByteWriter(capacity: 16)
    key.encodeKey(to: &writer)
    return writer.bytes
}
