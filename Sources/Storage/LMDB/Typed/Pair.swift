/// A key of two parts, ordered by the first and then by the second.
///
/// ``KeyRange/init(beginningWith:)`` is the range of all keys with one first part. For more than
/// two parts, use a pair of pairs: `Pair(customer, Pair(year, number))`.
public struct Pair<First: KeyCodable, Second: KeyCodable>: KeyCodable {
    /// The part that is compared first.
    public var first: First
    /// The part that is compared if the first parts are equal.
    public var second: Second

    /// Creates a key of two parts.
    @inlinable
    public init(_ first: First, _ second: Second) {
        self.first = first
        self.second = second
    }

    /// Appends the first part, then the second.
    @inlinable
    public func encodeKey(to writer: inout ByteWriter) {
        first.encodeKey(to: &writer)
        second.encodeKey(to: &writer)
    }

    /// Reads what ``encodeKey(to:)`` wrote.
    @inlinable
    public init(decodingKey reader: inout ByteReader) throws(LMDBError) {
        first = try First(decodingKey: &reader)
        second = try Second(decodingKey: &reader)
    }
}

extension Pair: Equatable where First: Equatable, Second: Equatable {}
extension Pair: Hashable where First: Hashable, Second: Hashable {}
