/// Neighbouring keys of a ``TypedTable``.
public struct KeyRange<Key: KeyCodable>: Sendable {
    /// The bytes of the first key.
    @usableFromInline let lower: [UInt8]
    /// The bytes to stop before; nil for the end of the table.
    @usableFromInline let upper: [UInt8]?

    @usableFromInline
    init(lower: [UInt8], upper: [UInt8]?) {
        self.lower = lower
        self.upper = upper
    }

    /// All keys.
    public static var all: KeyRange { KeyRange(lower: [], upper: nil) }

    /// The keys from one on, and before another.
    ///
    /// - Parameters:
    ///   - lower: The first key; nil for the beginning of the table.
    ///   - upper: The key to stop before; nil for the end of the table.
    @inlinable
    public init(from lower: Key? = nil, upTo upper: Key? = nil) {
        self.init(lower: lower.map(keyBytes) ?? [], upper: upper.map(keyBytes))
    }

    /// The keys from one on through another.
    ///
    /// - Parameters:
    ///   - lower: The first key; nil for the beginning of the table.
    ///   - upper: The last key.
    @inlinable
    public init(from lower: Key? = nil, through upper: Key) {
        // No other key begins with the last one's bytes.
        self.init(lower: lower.map(keyBytes) ?? [], upper: keyAfter(prefix: keyBytes(upper)))
    }

    /// The keys with a first part.
    @inlinable
    public init<First, Second>(beginningWith first: First) where Key == Pair<First, Second> {
        let prefix = keyBytes(first)
        self.init(lower: prefix, upper: keyAfter(prefix: prefix))
    }
}

/// The bytes of a key.
@inlinable
func keyBytes(_ key: some KeyCodable) -> [UInt8] {
    var writer = ByteWriter(capacity: 16)
    key.encodeKey(to: &writer)
    return writer.bytes
}
