public import Time

/// A typed value that a node or an edge carries under a name.
public enum Property: Hashable, Sendable {
    /// Text.
    case string(String)
    /// A whole number.
    case int(Int64)
    /// A real number.
    case double(Double)
    /// A truth value.
    case bool(Bool)
    /// A moment in time.
    case timestamp(Timestamp)
    /// A vector of single-precision numbers, such as an embedding.
    case vector([Float])

    /// The text, if this is text.
    public var string: String? { if case .string(let value) = self { value } else { nil } }

    /// The whole number, if this is one.
    public var int: Int64? { if case .int(let value) = self { value } else { nil } }

    /// The number, if this is a real or a whole one.
    public var double: Double? {
        switch self {
        case .double(let value): value
        case .int(let value): Double(value)
        default: nil
        }
    }

    /// The moment, if this is one.
    public var timestamp: Timestamp? {
        if case .timestamp(let value) = self { value } else { nil }
    }

    /// The vector, if this is one.
    public var vector: [Float]? { if case .vector(let value) = self { value } else { nil } }
}
