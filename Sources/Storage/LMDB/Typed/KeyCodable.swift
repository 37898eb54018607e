/// A type whose values can be keys of a ``TypedTable``: their bytes sort as the values do.
///
/// Integers, `Double`, `String`, `[UInt8]` and ``Pair`` of these conform. A type of your own is best
/// written as one of them:
///
/// ```swift
/// struct OrderID: KeyCodable {
///     var number: UInt64
///     func encodeKey(to writer: inout ByteWriter) { number.encodeKey(to: &writer) }
///     init(decodingKey reader: inout ByteReader) throws(LMDBError) {
///         number = try UInt64(decodingKey: &reader)
///     }
/// }
/// ```
///
/// A conforming type keeps three promises: equal values have equal bytes, a lesser value has bytes
/// that sort first, and no value's bytes are the beginning of another's. The last is what lets keys
/// stand one behind the other.
public protocol KeyCodable: Sendable {
    /// Appends the bytes that stand for this value; a whole key has 1 to 511 of them.
    func encodeKey(to writer: inout ByteWriter)

    /// Reads what ``encodeKey(to:)`` wrote, and nothing behind it.
    ///
    /// - Throws: ``LMDBError`` with code `corruptRecord` where the bytes cannot be such a value.
    init(decodingKey reader: inout ByteReader) throws(LMDBError)
}

extension FixedWidthInteger where Self: KeyCodable {
    /// Appends the integer's bytes, the greatest first, with the sign bit of a signed one flipped.
    @inlinable
    public func encodeKey(to writer: inout ByteWriter) {
        // The least value of a signed type is its sign bit; of an unsigned one it is 0.
        writer.appendFixed(self ^ .min)
    }

    /// Reads what ``encodeKey(to:)`` wrote.
    @inlinable
    public init(decodingKey reader: inout ByteReader) throws(LMDBError) {
        self = try reader.readFixed() ^ .min
    }
}

extension UInt8: KeyCodable {}
extension UInt16: KeyCodable {}
extension UInt32: KeyCodable {}
extension UInt64: KeyCodable {}
extension UInt: KeyCodable {}
extension Int8: KeyCodable {}
extension Int16: KeyCodable {}
extension Int32: KeyCodable {}
extension Int64: KeyCodable {}
extension Int: KeyCodable {}

/// The two zeros are one key, and so are all NaN, which come after infinity.
extension Double: KeyCodable {
    /// Appends eight bytes: the IEEE 754 pattern, made to sort.
    @inlinable
    public func encodeKey(to writer: inout ByteWriter) {
        let bits = (self == 0 ? 0 : isNaN ? .nan : self).bitPattern
        // Patterns of negative numbers sort the wrong way round, and after those of the others.
        writer.appendUInt64(self < 0 ? ~bits : bits ^ 1 << 63)
    }

    /// Reads what ``encodeKey(to:)`` wrote.
    @inlinable
    public init(decodingKey reader: inout ByteReader) throws(LMDBError) {
        let key = try reader.readUInt64()
        self.init(bitPattern: key >> 63 == 1 ? key ^ 1 << 63 : ~key)
    }
}

/// Bytes, of which those equal to 0 and 1 take two.
extension Array: KeyCodable where Element == UInt8 {
    /// Appends the bytes and a 0 that ends them; a 0 among them becomes 1 1, and a 1 becomes 1 2.
    @inlinable
    public func encodeKey(to writer: inout ByteWriter) { writer.appendOrdered(self) }

    /// Reads what ``encodeKey(to:)`` wrote.
    @inlinable
    public init(decodingKey reader: inout ByteReader) throws(LMDBError) {
        self = try reader.readOrdered()
    }
}

/// Text in the order of its UTF-8, which is that of its Unicode scalars.
///
/// Swift takes texts as equal that are written differently, such as é and e with an accent behind
/// it; as keys they differ.
extension String: KeyCodable {
    /// Appends the UTF-8 as bytes are appended.
    @inlinable
    public func encodeKey(to writer: inout ByteWriter) { writer.appendOrdered(utf8) }

    /// Reads what ``encodeKey(to:)`` wrote; the bytes must be UTF-8.
    @inlinable
    public init(decodingKey reader: inout ByteReader) throws(LMDBError) {
        guard let text = String(validating: try reader.readOrdered(), as: UTF8.self) else {
            throw reader.corrupt("text that is not UTF-8")
        }
        self = text
    }
}

extension ByteWriter {
    /// Appends bytes so that they sort, whatever stands behind them, and are seen to end.
    @usableFromInline
    mutating func appendOrdered(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            if byte < 2 { appendUInt8(1) }
            appendUInt8(byte < 2 ? byte + 1 : byte)
        }
        appendUInt8(0)
    }
}

extension ByteReader {
    /// Reads what ``ByteWriter/appendOrdered(_:)`` wrote.
    @usableFromInline
    mutating func readOrdered() throws(LMDBError) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            switch try readUInt8() {
            case 0: return bytes
            case 1:
                let byte = try readUInt8()
                guard byte == 1 || byte == 2 else { throw corrupt("a key that cannot be") }
                bytes.append(byte - 1)
            case let byte: bytes.append(byte)
            }
        }
    }
}
