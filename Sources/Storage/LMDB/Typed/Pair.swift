/// A key of two parts, ordered by the first and then by the second.
///
/// ``KeyRange/init(beginningWith:)`` finds all keys with one first part. More parts are pairs of
/// pairs: `Pair(customer, Pair(year, number))`.
public struct Pair<First: KeyCodable, Second: KeyCodable>: KeyCodable {
    /// The part that decides first.
    public var first: First
    /// The part that decides between keys with the same first part.
    public var second: Second

    /// Makes a key of two parts.
    @inlinable
    public init(_ first: First, _ second: Second) {
        self.first = first
        self.second = second
    }

    /// Appends both parts, one behind the other.
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
