/// Encodes keys and records; ``ByteReader`` decodes them.
///
/// Integers are big-endian. Unsigned integers, and `Int64` by ``appendInt64(_:)``, therefore have
/// the same order as bytes and as numbers. A key of several such fields is ordered by its first
/// field, then by its second, and so on.
///
/// ```swift
/// var writer = ByteWriter()
/// writer.appendVarint(3)
/// writer.appendString("pear")
/// let record = writer.bytes
/// ```
public struct ByteWriter: Sendable {
    /// The bytes appended so far.
    public private(set) var bytes: [UInt8] = []

    /// Creates an empty writer with space for `capacity` bytes.
    public init(capacity: Int = 0) { bytes.reserveCapacity(max(0, capacity)) }

    /// Appends one byte.
    public mutating func appendUInt8(_ value: UInt8) { bytes.append(value) }

    /// Appends two bytes, big-endian.
    public mutating func appendUInt16(_ value: UInt16) { appendFixed(value) }

    /// Appends four bytes, big-endian.
    public mutating func appendUInt32(_ value: UInt32) { appendFixed(value) }

    /// Appends eight bytes, big-endian.
    public mutating func appendUInt64(_ value: UInt64) { appendFixed(value) }

    /// Appends eight bytes that sort as `value` does: big-endian, with the sign bit flipped.
    public mutating func appendInt64(_ value: Int64) {
        appendFixed(UInt64(bitPattern: value) ^ 1 << 63)
    }

    /// Appends the IEEE 754 bit pattern, four bytes, big-endian; the bytes do not sort as the
    /// values.
    public mutating func appendFloat(_ value: Float) { appendFixed(value.bitPattern) }

    /// Appends the IEEE 754 bit pattern, eight bytes, big-endian; the bytes do not sort as the
    /// values.
    public mutating func appendDouble(_ value: Double) { appendFixed(value.bitPattern) }

    /// Appends `value` in LEB128: 1 to 10 bytes of seven bits each, the low bits first.
    ///
    /// The high bit is set in all bytes but the last.
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

    /// Appends the bytes of `value` without a length.
    public mutating func appendRaw(_ value: [UInt8]) { bytes.append(contentsOf: value) }

    /// Appends the bytes of `value` without a length.
    public mutating func appendRaw(_ value: ArraySlice<UInt8>) { bytes.append(contentsOf: value) }

    @usableFromInline
    mutating func appendFixed<T: FixedWidthInteger>(_ value: T) {
        // withUnsafeBytes: copies the integer's own bytes.
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
