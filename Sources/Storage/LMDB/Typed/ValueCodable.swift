/// A type whose values can be values of a ``TypedTable``.
///
/// Integers, `Bool`, `Float`, `Double`, `String`, and optionals and arrays of what conforms do. A
/// type of your own names its fields, in one order for both ways:
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
    /// Appends the bytes that stand for this value.
    func encodeValue(to writer: inout ByteWriter)

    /// Reads what ``encodeValue(to:)`` wrote, and nothing behind it.
    ///
    /// - Throws: ``LMDBError`` with code `corruptRecord` where the bytes cannot be such a value.
    init(decodingValue reader: inout ByteReader) throws(LMDBError)
}

extension FixedWidthInteger where Self: ValueCodable {
    /// Appends the integer's bytes, the greatest first.
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
    /// Appends the four bytes of the IEEE 754 pattern, exact for every value.
    @inlinable
    public func encodeValue(to writer: inout ByteWriter) { writer.appendFloat(self) }

    /// Reads what ``encodeValue(to:)`` wrote.
    @inlinable
    public init(decodingValue reader: inout ByteReader) throws(LMDBError) {
        self = try reader.readFloat()
    }
}

extension Double: ValueCodable {
    /// Appends the eight bytes of the IEEE 754 pattern, exact for every value.
    @inlinable
    public func encodeValue(to writer: inout ByteWriter) { writer.appendDouble(self) }

    /// Reads what ``encodeValue(to:)`` wrote.
    @inlinable
    public init(decodingValue reader: inout ByteReader) throws(LMDBError) {
        self = try reader.readDouble()
    }
}

extension String: ValueCodable {
    /// Appends the length of the UTF-8, then the UTF-8.
    @inlinable
    public func encodeValue(to writer: inout ByteWriter) { writer.appendString(self) }

    /// Reads what ``encodeValue(to:)`` wrote; the bytes must be UTF-8.
    @inlinable
    public init(decodingValue reader: inout ByteReader) throws(LMDBError) {
        self = try reader.readString()
    }
}

extension Optional: ValueCodable where Wrapped: ValueCodable {
    /// Appends whether there is a value, then the value.
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

/// Elements that take no bytes at all cannot be read back.
extension Array: ValueCodable where Element: ValueCodable {
    /// Appends the number of elements, then each of them.
    @inlinable
    public func encodeValue(to writer: inout ByteWriter) {
        writer.appendVarint(UInt64(count))
        for element in self { element.encodeValue(to: &writer) }
    }

    /// Reads what ``encodeValue(to:)`` wrote.
    @inlinable
    public init(decodingValue reader: inout ByteReader) throws(LMDBError) {
        let count = try reader.readLength()
        // So that a damaged length asks for no more memory than the record is long.
        guard count <= reader.remaining else { throw reader.corrupt("\(count) elements") }
        self = []
        reserveCapacity(count)
        for _ in 0..<count { append(try Element(decodingValue: &reader)) }
    }
}
