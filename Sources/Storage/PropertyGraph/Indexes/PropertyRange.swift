import LMDB
import Time

/// Properties of one kind that lie between two, or equal one.
///
/// Texts are ordered by their UTF-8, moments by time, false before true. Numbers are ordered as
/// numbers, with what is no number (NaN) behind infinity; whole and real ones are different kinds.
public struct PropertyRange: Hashable, Sendable {
    /// The least property; nil for the least of its kind.
    public let lower: Property?
    /// The greatest property; nil for the greatest of its kind.
    public let upper: Property?
    /// The kind of both, as a number.
    private let kind: UInt8

    /// The properties from one through another, both included.
    ///
    /// - Parameters:
    ///   - lower: The least; nil for all that go before `upper`.
    ///   - upper: The greatest; nil for all that come after `lower`.
    /// - Throws: ``GraphError`` with code `argument` when both are nil, of different kinds, or
    ///   vectors, which have no order.
    public init(from lower: Property?, through upper: Property?) throws(GraphError) {
        let kinds = [lower, upper].compactMap { $0 }.map(OrderedProperty.kind)
        guard let kind = kinds.first ?? nil, kinds.allSatisfy({ $0 == kind }) else {
            throw GraphError(
                .argument,
                "A range of properties needs a bound, and bounds of one kind other than vectors.")
        }
        self.lower = lower
        self.upper = upper
        self.kind = kind
    }

    /// The properties that equal one.
    ///
    /// - Throws: ``GraphError`` with code `argument` for a vector.
    public init(equalTo property: Property) throws(GraphError) {
        try self.init(from: property, through: property)
    }

    /// Whether a property lies in the range.
    public func contains(_ property: Property) -> Bool {
        guard OrderedProperty.kind(of: property) == kind else { return false }
        let bytes = OrderedProperty.bytes(of: property)
        func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
            left.lexicographicallyPrecedes(right)
        }
        if let lower, precedes(bytes, OrderedProperty.bytes(of: lower)) { return false }
        if let upper, precedes(OrderedProperty.bytes(of: upper), bytes) { return false }
        return true
    }

    /// The first bytes and the bytes to stop before of all properties in the range, their texts cut.
    var byteBounds: (from: [UInt8], to: [UInt8]?) {
        let limit = OrderedProperty.textByteCountMax
        return (
            lower.map { OrderedProperty.bytes(of: $0, textByteCount: limit) } ?? [kind],
            keyAfter(
                prefix: upper.map { OrderedProperty.bytes(of: $0, textByteCount: limit) } ?? [kind])
        )
    }
}

/// Properties as bytes that sort as they do.
enum OrderedProperty {
    /// How many bytes of a text an index keeps; more would not fit into a key of 511 bytes if each
    /// of them had to be written as two.
    static let textByteCountMax = 200

    /// The number of a property's kind; nil for vectors, which have no order.
    static func kind(of property: Property) -> UInt8? {
        switch property {
        case .string: 1
        case .int: 2
        case .double: 3
        case .bool: 4
        case .timestamp: 5
        case .vector: nil
        }
    }

    /// Kind and value of a property; nothing for a vector.
    ///
    /// - Parameters:
    ///   - property: The property.
    ///   - textByteCount: How many bytes of a text to take.
    /// - Returns: Bytes none of which is the beginning of another property's.
    static func bytes(of property: Property, textByteCount: Int = .max) -> [UInt8] {
        guard let kind = kind(of: property) else { return [] }
        var writer = ByteWriter(capacity: 16)
        writer.appendUInt8(kind)
        switch property {
        case .string(let text): Array(text.utf8.prefix(textByteCount)).encodeKey(to: &writer)
        case .int(let number): number.encodeKey(to: &writer)
        case .double(let number): number.encodeKey(to: &writer)
        case .bool(let value): writer.appendUInt8(value ? 1 : 0)
        case .timestamp(let time): time.rawValue.encodeKey(to: &writer)
        case .vector: break
        }
        return writer.bytes
    }
}
