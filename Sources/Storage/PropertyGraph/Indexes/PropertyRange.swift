import LMDB
import Time

/// A closed range of properties of one kind.
///
/// Strings are ordered by their UTF-8, and false precedes true. Numbers are ordered by value, and
/// NaN follows infinity. Integers and floating-point numbers are different kinds.
///
/// ```swift
/// let adults = try PropertyRange(from: .int(18), through: nil)
/// let named = try PropertyRange(equalTo: .string("ann"))
/// ```
public struct PropertyRange: Hashable, Sendable {
    /// The lower bound; nil for the least property of the kind.
    public let lower: Property?
    /// The upper bound; nil for the greatest property of the kind.
    public let upper: Property?
    /// The kind of both bounds; see `OrderedProperty.kind(of:)`.
    private let kind: UInt8

    /// Creates the range from `lower` through `upper`.
    ///
    /// - Parameters:
    ///   - lower: The least property; nil for no lower bound.
    ///   - upper: The greatest property; nil for no upper bound.
    /// - Throws: ``GraphError`` with code `argument` if both are nil, of different kinds, or
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

    /// Creates the range of one property.
    ///
    /// - Throws: ``GraphError`` with code `argument` for a vector.
    public init(equalTo property: Property) throws(GraphError) {
        try self.init(from: property, through: property)
    }

    /// Whether a property is in the range.
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

    /// The range of the encodings of all properties in the range, with strings truncated.
    var byteBounds: (from: [UInt8], to: [UInt8]?) {
        let limit = OrderedProperty.textByteCountMax
        return (
            lower.map { OrderedProperty.bytes(of: $0, textByteCount: limit) } ?? [kind],
            keyAfter(
                prefix: upper.map { OrderedProperty.bytes(of: $0, textByteCount: limit) } ?? [kind])
        )
    }
}

/// Encodes properties so that the bytes sort as the properties do.
enum OrderedProperty {
    /// The number of bytes of a string that an index stores.
    ///
    /// A byte can be encoded as two, and a key has at most 511 bytes.
    static let textByteCountMax = 200

    /// The code of a property's kind; nil for vectors, which have no order.
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

    /// The encoding of a property: its kind, then its value; empty for a vector.
    ///
    /// No encoding is a prefix of another one.
    ///
    /// - Parameters:
    ///   - property: The property.
    ///   - textByteCount: The most bytes of a string to encode.
    /// - Returns: The encoding.
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
