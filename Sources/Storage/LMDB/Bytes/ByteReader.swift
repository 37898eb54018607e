/// Reads what ``ByteWriter`` wrote, and never trusts it.
///
/// Every method checks its bounds. It throws ``LMDBError`` with code `corruptRecord` if the bytes
/// are too short or malformed; no input makes it trap. A reader that `init` made has a copy of its
/// bytes. The static function `reading` passes a reader that reads in place, without a copy, to a
/// closure. Use it for values that a transaction lends:
///
/// ```swift
/// let name = try transaction.value(for: key, in: table) { span in
///     try ByteReader.reading(span) { reader in
///         try reader.readString()
///     }
/// }
/// ```
public struct ByteReader: ~Copyable {
    // UnsafeRawBufferPointer: either `copy`, or memory that is valid until `reading` returns.
    @usableFromInline let bytes: UnsafeRawBufferPointer
    // UnsafeMutableRawBufferPointer: this reader's own copy, freed in `deinit`; nil if borrowed.
    @usableFromInline let copy: UnsafeMutableRawBufferPointer?
    @usableFromInline var position = 0

    /// The number of bytes read so far.
    @inlinable public var offset: Int { position }

    /// The number of bytes left.
    @inlinable public var remaining: Int { bytes.count - position }
    /// Whether all bytes are read.
    @inlinable public var isAtEnd: Bool { position == bytes.count }

    /// Creates a reader of a copy of all bytes of `span`.
    public init(_ span: RawSpan) {
        // UnsafeMutableRawBufferPointer: filled entirely by the copy, freed in `deinit`.
        let copy = UnsafeMutableRawBufferPointer.allocate(
            byteCount: span.byteCount, alignment: 1)
        // withUnsafeBytes: both buffers have the same length and do not overlap.
        span.withUnsafeBytes { copy.copyMemory(from: $0) }
        self.copy = copy
        // UnsafeRawBufferPointer: the same memory, for reading only.
        bytes = UnsafeRawBufferPointer(copy)
    }

    /// Creates a reader of a copy of `bytes`.
    public init(_ bytes: [UInt8]) { self.init(bytes.span.bytes) }

    // UnsafeRawBufferPointer: memory that outlives this reader; see `withReader`.
    @inlinable init(borrowing bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        copy = nil
    }

    @inlinable deinit { copy?.deallocate() }

    /// Calls `body` with a reader of all bytes of `span`, without a copy.
    ///
    /// - Parameters:
    ///   - span: The bytes.
    ///   - body: Reads. It may not assign another reader to its parameter: that traps.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` throws.
    @inlinable
    public static func reading<T>(
        _ span: RawSpan, _ body: (inout ByteReader) throws -> T
    ) throws -> T {
        // withUnsafeBytes: `withReader` ends the reader before the closure returns.
        try span.withUnsafeBytes { try withReader(of: $0, body) }
    }

    // The reader ends while `bytes` is valid, that is, during this call. A reader cannot be copied,
    // and if `body` replaced it with another one, the precondition fails before this returns.
    @inlinable static func withReader<T>(
        // UnsafeRawBufferPointer: see above.
        of bytes: UnsafeRawBufferPointer, _ body: (inout ByteReader) throws -> T
    ) throws -> T {
        var reader = ByteReader(borrowing: bytes)
        defer {
            precondition(
                reader.copy == nil && reader.bytes.baseAddress == bytes.baseAddress
                    && reader.bytes.count == bytes.count,
                "The body of `reading` replaced its reader with another one.")
        }
        return try body(&reader)
    }

    /// Reads one byte.
    @inlinable
    public mutating func readUInt8() throws(LMDBError) -> UInt8 { try readFixed() }

    /// Reads two bytes, big-endian.
    @inlinable
    public mutating func readUInt16() throws(LMDBError) -> UInt16 { try readFixed() }

    /// Reads four bytes, big-endian.
    @inlinable
    public mutating func readUInt32() throws(LMDBError) -> UInt32 { try readFixed() }

    /// Reads eight bytes, big-endian.
    @inlinable
    public mutating func readUInt64() throws(LMDBError) -> UInt64 { try readFixed() }

    /// Reads what ``ByteWriter/appendInt64(_:)`` wrote.
    @inlinable
    public mutating func readInt64() throws(LMDBError) -> Int64 {
        Int64(bitPattern: try readUInt64() ^ 1 << 63)
    }

    /// Reads four bytes as an IEEE 754 bit pattern, big-endian; every pattern is a value.
    @inlinable
    public mutating func readFloat() throws(LMDBError) -> Float {
        Float(bitPattern: try readUInt32())
    }

    /// Reads eight bytes as an IEEE 754 bit pattern, big-endian; every pattern is a value.
    @inlinable
    public mutating func readDouble() throws(LMDBError) -> Double {
        Double(bitPattern: try readUInt64())
    }

    /// Reads what ``ByteWriter/appendVarint(_:)`` wrote; longer encodings of a number are refused.
    @inlinable
    public mutating func readVarint() throws(LMDBError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            let byte = try readUInt8()
            // Nine bytes hold 63 bits, so the tenth holds one bit.
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

    /// Reads what ``ByteWriter/appendString(_:)`` wrote, without an allocation if it equals a
    /// string.
    ///
    /// Use it where neighbouring records often hold the same string.
    ///
    /// - Parameter before: The same field of the previous record, or nil.
    /// - Returns: The string; `before` if it has the same bytes.
    /// - Throws: ``LMDBError`` with code `corruptRecord`, as ``readString()``.
    @inlinable
    public mutating func readString(after before: String?) throws(LMDBError) -> String {
        let start = position
        let range = try take(try readLength())
        if var text = before, text.utf8.count == range.count {
            // withUTF8: compared with the same number of bytes of the record, inside its bounds.
            let isSame = text.withUTF8 { $0.elementsEqual(bytes[range]) }
            if isSame { return text }
        }
        position = start
        return try readString()
    }

    /// Skips what ``ByteWriter/appendString(_:)`` wrote, without a check of the UTF-8.
    @inlinable
    public mutating func skipString() throws(LMDBError) { _ = try take(try readLength()) }

    /// Reads the next `count` bytes.
    @inlinable
    public mutating func readRaw(_ count: Int) throws(LMDBError) -> [UInt8] {
        Array(bytes[try take(count)])
    }

    /// Throws unless all bytes are read.
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

    /// Advances by `count` bytes and returns their range.
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
