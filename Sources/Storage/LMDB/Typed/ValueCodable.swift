/// A type whose values can be values of a ``TypedTable``.
///
/// Integers, `Bool`, `Float`, `Double`, `String`, and optionals and arrays of these conform. A type
/// of your own encodes and decodes its fields in the same order:
///
/// ```swift
/// struct Order: ValueCodable {
///     var item: String
///     var price: Double
///     func encodeValue(to writer: inout ByteWriter) {
///         item.encodeValue(to: &writer)
///         price.encodeValue(to: &writer)
///     }
///     init(decodingValue reader: inout ByteReader) throws(LMDBError) {
///         item = try String(decodingValue: &reader)
///         price = try Double(decodingValue: &reader)
///     }
/// }
/// ```
public protocol ValueCodable: Sendable {
    /// Appends the encoding of this value.
    func encodeValue(to writer: inout ByteWriter)

    /// Reads what ``encodeValue(to:)`` wrote, and no byte more.
    ///
    /// - Throws: ``LMDBError`` with code `corruptRecord` if the bytes encode no such value.
    init(decodingValue reader: inout ByteReader) throws(LMDBError)
}

extension FixedWidthInteger where Self: ValueCodable {
    /// Appends the integer's bytes, big-endian.
    @inlinable
    public func encodeValue(to writer: inout ByteWriter) { writer.appendFixed(self) }

    /// Reads what ``encodeValue(to:)`` wrote.
    @inlinable
    public init(decodingValue reader: inout ByteReader) throws(LMDBError) {
        self = try reader.readFixed()
    }
}

extension UInt8: ValueCodable {}
extension UInt16: ValueCodable {}
extension UInt32: ValueCodable {}
extension UInt64: ValueCodable {}
extension UInt: ValueCodable {}
extension Int8: ValueCodable {}
extension Int16: ValueCodable {}
extension Int32: ValueCodable {}
extension Int64: ValueCodable {}
extension Int: ValueCodable {}

extension Bool: ValueCodable {
    /// Appends 1 or 0.
    @inlinable
    public func encodeValue(to writer: inout ByteWriter) { writer.appendUInt8(self ? 1 : 0) }

    /// Reads what ``encodeValue(to:)`` wrote.
    @inlinable
    public init(decodingValue reader: inout ByteReader) throws(LMDBError) {
        switch try reader.readUInt8() {
        case 0: self = false
        case 1: self = true
        default: throw reader.corrupt("a truth value that is neither 0 nor 1")
        }
    }
}

extension Float: ValueCodable {
    /// Appends the IEEE 754 bit pattern, four bytes, big-endian.
    @inlinable
    public func encodeValue(to writer: inout ByteWriter) { writer.appendFloat(self) }

    /// Reads what ``encodeValue(to:)`` wrote.
    @inlinable
    public init(decodingValue reader: inout ByteReader) throws(LMDBError) {
        self = try reader.readFloat()
    }
}

extension Double: ValueCodable {
    /// Appends the IEEE 754 bit pattern, eight bytes, big-endian.
    @inlinable
    public func encodeValue(to writer: inout ByteWriter) { writer.appendDouble(self) }

    /// Reads what ``encodeValue(to:)`` wrote.
    @inlinable
    public init(decodingValue reader: inout ByteReader) throws(LMDBError) {
        self = try reader.readDouble()
    }
}

extension String: ValueCodable {
    /// Appends the length in UTF-8 as a varint, then the UTF-8.
    @inlinable
    public func encodeValue(to writer: inout ByteWriter) { writer.appendString(self) }

    /// Reads what ``encodeValue(to:)`` wrote; the bytes must be UTF-8.
    @inlinable
    public init(decodingValue reader: inout ByteReader) throws(LMDBError) {
        self = try reader.readString()
    }
}

extension Optional: ValueCodable where Wrapped: ValueCodable {
    /// Appends 1 and the value, or 0 for nil.
    @inlinable
    public func encodeValue(to writer: inout ByteWriter) {
        (self != nil).encodeValue(to: &writer)
        self?.encodeValue(to: &writer)
    }

    /// Reads what ``encodeValue(to:)`` wrote.
    @inlinable
    public init(decodingValue reader: inout ByteReader) throws(LMDBError) {
        self = try Bool(decodingValue: &reader) ? try Wrapped(decodingValue: &reader) : nil
    }
}

/// An array cannot be read back if its elements have encodings without bytes.
extension Array: ValueCodable where Element: ValueCodable {
    /// Appends the number of elements as a varint, then the elements.
    @inlinable
    public func encodeValue(to writer: inout ByteWriter) {
        writer.appendVarint(UInt64(count))
        for element in self { element.encodeValue(to: &writer) }
    }

    /// Reads what ``encodeValue(to:)`` wrote.
    @inlinable
    public init(decodingValue reader: inout ByteReader) throws(LMDBError) {
        let count = try reader.readLength()
        // Each element has at least one byte, so a damaged count cannot reserve too much memory.
        guard count <= reader.remaining else { throw reader.corrupt("\(count) elements") }
        self = []
        reserveCapacity(count)
        for _ in 0..<count { append(try Element(decodingValue: &reader)) }
    }
}
