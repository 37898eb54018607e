/// Reads what ``ByteWriter`` wrote, from bytes that may be anything.
///
/// Every method checks its bounds and throws ``LMDBError`` with code `corruptRecord` where the bytes
/// do not fit; none traps. A reader made by `init` has a copy of its bytes. The `reading` functions
/// lend one that reads in place, without a copy, for values borrowed from a transaction:
///
/// ```swift
/// let name = try transaction.value(for: key, in: table) { span in
///     try ByteReader.reading(span) { reader in
///         try reader.readString()
///     }
/// }
/// ```
public struct ByteReader: ~Copyable {
    // UnsafeRawBufferPointer: either `copy` or memory lent for the length of `reading`.
    @usableFromInline let bytes: UnsafeRawBufferPointer
    // UnsafeMutableRawBufferPointer: this reader's own copy, freed at its end; nil when lent.
    @usableFromInline let copy: UnsafeMutableRawBufferPointer?
    @usableFromInline var position = 0

    /// How many bytes were read.
    @inlinable public var offset: Int { position }

    /// How many bytes are left.
    @inlinable public var remaining: Int { bytes.count - position }
    /// Whether everything was read.
    @inlinable public var isAtEnd: Bool { position == bytes.count }

    /// A reader of a copy of all bytes of `span`, such as a key.
    public init(_ span: RawSpan) {
        // UnsafeMutableRawBufferPointer: filled entirely by the copy, freed in `deinit`.
        let copy = UnsafeMutableRawBufferPointer.allocate(
            byteCount: span.byteCount, alignment: 1)
        // withUnsafeBytes: both buffers have the same length and do not overlap.
        span.withUnsafeBytes { copy.copyMemory(from: $0) }
        self.copy = copy
        // UnsafeRawBufferPointer: a read-only view of the copy.
        bytes = UnsafeRawBufferPointer(copy)
    }

    /// A reader of a copy of `bytes`, such as a key.
    public init(_ bytes: [UInt8]) { self.init(bytes.span.bytes) }

    // UnsafeRawBufferPointer: memory that outlives this reader, see `lend`.
    @inlinable init(lent bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        copy = nil
    }

    @inlinable deinit { copy?.deallocate() }

    /// Lends `body` a reader of all bytes of `span`, without a copy.
    @inlinable
    public static func reading<T>(
        _ span: RawSpan, _ body: (inout ByteReader) throws -> T
    ) throws -> T {
        // withUnsafeBytes: `lend` sees to it that the reader ends with the closure.
        try span.withUnsafeBytes { try lend($0, body) }
    }

    // A reader cannot be copied, and if `body` exchanged it for another, this traps before returning.
    // So the reader is proved to end while `bytes` is valid, which is during the call.
    @inlinable static func lend<T>(
        // UnsafeRawBufferPointer: see above.
        _ bytes: UnsafeRawBufferPointer, _ body: (inout ByteReader) throws -> T
    ) throws -> T {
        var reader = ByteReader(lent: bytes)
        defer {
            precondition(
                reader.copy == nil && reader.bytes.baseAddress == bytes.baseAddress
                    && reader.bytes.count == bytes.count,
                "A lent ByteReader was exchanged for another one.")
        }
        return try body(&reader)
    }

    /// Reads one byte.
    @inlinable
    public mutating func readUInt8() throws(LMDBError) -> UInt8 { try readFixed() }

    /// Reads two bytes, the greater first.
    @inlinable
    public mutating func readUInt16() throws(LMDBError) -> UInt16 { try readFixed() }

    /// Reads four bytes, the greatest first.
    @inlinable
    public mutating func readUInt32() throws(LMDBError) -> UInt32 { try readFixed() }

    /// Reads eight bytes, the greatest first.
    @inlinable
    public mutating func readUInt64() throws(LMDBError) -> UInt64 { try readFixed() }

    /// Reads what ``ByteWriter/appendInt64(_:)`` wrote.
    @inlinable
    public mutating func readInt64() throws(LMDBError) -> Int64 {
        Int64(bitPattern: try readUInt64() ^ 1 << 63)
    }

    /// Reads an IEEE 754 pattern of four bytes; any pattern is a value, NaN included.
    @inlinable
    public mutating func readFloat() throws(LMDBError) -> Float {
        Float(bitPattern: try readUInt32())
    }

    /// Reads an IEEE 754 pattern of eight bytes; any pattern is a value, NaN included.
    @inlinable
    public mutating func readDouble() throws(LMDBError) -> Double {
        Double(bitPattern: try readUInt64())
    }

    /// Reads what ``ByteWriter/appendVarint(_:)`` wrote; longer forms of a number are refused.
    @inlinable
    public mutating func readVarint() throws(LMDBError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            let byte = try readUInt8()
            // The tenth byte has room for one bit only.
            guard shift < 63 || byte < 2 else { throw corrupt("a number above 64 bits") }
            value |= UInt64(byte & 127) << shift
            if byte < 128 {
                guard byte > 0 || shift == 0 else { throw corrupt("an overlong number") }
                return value
            }
        }
        throw corrupt("a number above 64 bits")
    }

    /// Reads what ``ByteWriter/appendString(_:)`` wrote; the bytes must be UTF-8.
    @inlinable
    public mutating func readString() throws(LMDBError) -> String {
        let range = try take(try readLength())
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw corrupt("text that is not UTF-8")
        }
        return text
    }

    /// Reads what ``ByteWriter/appendString(_:)`` wrote; cheaper if it is the same text as before.
    ///
    /// - Parameter before: the text that was read in the same place of the record before this one.
    /// - Returns: the text.
    /// - Throws: ``LMDBError`` with code `corruptRecord`, as ``readString()``.
    @inlinable
    public mutating func readString(after before: String?) throws(LMDBError) -> String {
        let start = position
        let range = try take(try readLength())
        if var text = before, text.utf8.count == range.count {
            // withUTF8: compared with as many bytes of the record, inside its bounds.
            let isSame = text.withUTF8 { $0.elementsEqual(bytes[range]) }
            if isSame { return text }
        }
        position = start
        return try readString()
    }

    /// Reads what ``ByteWriter/appendBytes(_:)`` wrote.
    @inlinable
    public mutating func readBytes() throws(LMDBError) -> [UInt8] {
        Array(bytes[try take(try readLength())])
    }

    /// Passes over what ``ByteWriter/appendBytes(_:)`` or ``ByteWriter/appendString(_:)`` wrote.
    @inlinable
    public mutating func skipBytes() throws(LMDBError) { _ = try take(try readLength()) }

    /// Reads the next `count` bytes.
    @inlinable
    public mutating func readRaw(_ count: Int) throws(LMDBError) -> [UInt8] {
        Array(bytes[try take(count)])
    }

    /// Throws unless everything was read.
    @inlinable
    public func expectEnd() throws(LMDBError) {
        guard isAtEnd else { throw corrupt("\(remaining) bytes too many") }
    }

    @inlinable
    mutating func readLength() throws(LMDBError) -> Int {
        guard let length = Int(exactly: try readVarint()) else {
            throw corrupt("a length above 63 bits")
        }
        return length
    }

    @inlinable
    mutating func readFixed<T: FixedWidthInteger>() throws(LMDBError) -> T {
        let range = try take(MemoryLayout<T>.size)
        return T(bigEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: T.self))
    }

    /// Moves over `count` bytes and returns where they are.
    @inlinable
    mutating func take(_ count: Int) throws(LMDBError) -> Range<Int> {
        guard count >= 0, count <= remaining else {
            throw corrupt("\(remaining) bytes where \(count) are needed")
        }
        let start = position
        position += count
        return start..<offset
    }

    @usableFromInline
    func corrupt(_ what: String) -> LMDBError {
        LMDBError(.corruptRecord, "A record has \(what) at byte \(offset). Restore a backup.")
    }
}
