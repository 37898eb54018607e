extension RawSpan {
    /// The big-endian integer at a byte offset.
    ///
    /// - Precondition: The integer is inside the span; compare with `byteCount` first.
    @inlinable
    public func bigEndian<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type)
        -> T
    {
        // unsafeLoadUnaligned: of an integer, for which every pattern is a value; bounds are
        // checked.
        T(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
    }
}

extension Array where Element == UInt8 {
    /// Appends the bytes of `span`.
    @inlinable
    public mutating func append(copying span: RawSpan) {
        // `withUnsafeBytes`: the closure copies inside the buffer's bounds and keeps nothing.
        span.withUnsafeBytes { append(contentsOf: $0) }
    }
}
