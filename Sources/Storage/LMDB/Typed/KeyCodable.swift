/// A type whose values can be keys of a ``TypedTable``: their encodings sort as the values do.
///
/// Integers, `Double`, `String`, `[UInt8]` and a ``Pair`` of these conform. Encode a type of your
/// own as one of them:
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
/// The encodings of a conforming type fulfil three requirements:
/// - equal values have equal encodings;
/// - the encoding of a lesser value sorts before that of a greater one, as unsigned bytes;
/// - no encoding is a prefix of another one, so that encodings can be concatenated.
public protocol KeyCodable: Sendable {
    /// Appends the encoding of this value; a whole key has 1 to 511 bytes.
    func encodeKey(to writer: inout ByteWriter)

    /// Reads what ``encodeKey(to:)`` wrote, and no byte more.
    ///
    /// - Throws: ``LMDBError`` with code `corruptRecord` if the bytes encode no such value.
    init(decodingKey reader: inout ByteReader) throws(LMDBError)
}

extension FixedWidthInteger where Self: KeyCodable {
    /// Appends the integer's bytes, big-endian, with the sign bit flipped if it is signed.
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

/// Both zeros have one encoding, and so have all NaN, which sort after infinity.
extension Double: KeyCodable {
    /// Appends eight bytes: the IEEE 754 bit pattern, changed so that it sorts as the number.
    @inlinable
    public func encodeKey(to writer: inout ByteWriter) {
        let bits = (self == 0 ? 0 : isNaN ? .nan : self).bitPattern
        // Bit patterns of negative numbers sort in reverse, and after those of positive numbers.
        writer.appendUInt64(self < 0 ? ~bits : bits ^ 1 << 63)
    }

    /// Reads what ``encodeKey(to:)`` wrote.
    @inlinable
    public init(decodingKey reader: inout ByteReader) throws(LMDBError) {
        let key = try reader.readUInt64()
        self.init(bitPattern: key >> 63 == 1 ? key ^ 1 << 63 : ~key)
    }
}

/// Bytes in lexicographic order; each 0 and each 1 takes two bytes.
extension Array: KeyCodable where Element == UInt8 {
    /// Appends the bytes, then a 0; a 0 among them becomes 1 1, and a 1 becomes 1 2.
    @inlinable
    public func encodeKey(to writer: inout ByteWriter) { writer.appendOrdered(self) }

    /// Reads what ``encodeKey(to:)`` wrote.
    @inlinable
    public init(decodingKey reader: inout ByteReader) throws(LMDBError) {
        self = try reader.readOrdered()
    }
}

/// Strings in the order of their UTF-8, which is the order of their Unicode scalars.
///
/// Canonically equivalent strings, such as "é" as one scalar and as two, are equal in Swift; as
/// keys they are different.
extension String: KeyCodable {
    /// Appends the UTF-8, encoded as `[UInt8]` is.
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
    /// Appends bytes so that they sort in lexicographic order, whatever follows them.
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
