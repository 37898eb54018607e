/// Builds keys and records byte by byte, integers with their greatest byte first.
///
/// Unsigned integers, and `Int64` by ``appendInt64(_:)``, sort as bytes the way they sort as
/// numbers, so fixed-width fields in a row make a key ordered by its fields.
///
/// ```swift
/// var writer = ByteWriter()
/// writer.appendVarint(3)
/// writer.appendString("pear")
/// let record = writer.bytes
/// ```
public struct ByteWriter: Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []

    /// An empty writer with room for `capacity` bytes.
    public init(capacity: Int = 0) { bytes.reserveCapacity(max(0, capacity)) }

    /// Appends one byte.
    public mutating func appendUInt8(_ value: UInt8) { bytes.append(value) }

    /// Appends two bytes, the greater first.
    public mutating func appendUInt16(_ value: UInt16) { appendFixed(value) }

    /// Appends four bytes, the greatest first.
    public mutating func appendUInt32(_ value: UInt32) { appendFixed(value) }

    /// Appends eight bytes, the greatest first.
    public mutating func appendUInt64(_ value: UInt64) { appendFixed(value) }

    /// Appends eight bytes that sort like `value`: its sign bit flipped, the greatest byte first.
    public mutating func appendInt64(_ value: Int64) {
        appendFixed(UInt64(bitPattern: value) ^ 1 << 63)
    }

    /// Appends the four bytes of the IEEE 754 pattern, exact for every value, not in sorting order.
    public mutating func appendFloat(_ value: Float) { appendFixed(value.bitPattern) }

    /// Appends the eight bytes of the IEEE 754 pattern, exact for every value, not in sorting order.
    public mutating func appendDouble(_ value: Double) { appendFixed(value.bitPattern) }

    /// Appends 1 to 10 bytes: seven bits each, the lowest first, the high bit set on all but the last.
    public mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest > 127 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Appends the length of `value` in UTF-8 as a varint, then the UTF-8.
    public mutating func appendString(_ value: String) {
        appendVarint(UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    /// Appends the length of `value` as a varint, then `value`.
    public mutating func appendBytes(_ value: [UInt8]) {
        appendVarint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// Appends `value` as it is, without a length.
    public mutating func appendRaw(_ value: [UInt8]) { bytes.append(contentsOf: value) }

    /// Appends `value` as it is, without a length.
    public mutating func appendRaw(_ value: ArraySlice<UInt8>) { bytes.append(contentsOf: value) }

    @usableFromInline
    mutating func appendFixed<T: FixedWidthInteger>(_ value: T) {
        // withUnsafeBytes: copies the integer's own bytes.
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
