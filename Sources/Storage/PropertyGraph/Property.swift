public import Time

/// The value of a property of a node or an edge.
public enum Property: Hashable, Sendable {
    /// A string.
    case string(String)
    /// An integer.
    case int(Int64)
    /// A floating-point number.
    case double(Double)
    /// A Boolean.
    case bool(Bool)
    /// A time.
    case timestamp(Timestamp)
    /// A vector of single-precision numbers, such as an embedding.
    case vector([Float])

    /// The string, or `nil` if it is of another kind.
    public var string: String? { if case .string(let value) = self { value } else { nil } }

    /// The integer, or `nil` if it is of another kind.
    public var int: Int64? { if case .int(let value) = self { value } else { nil } }

    /// The number, floating-point or integer, or `nil` if it is of another kind.
    public var double: Double? {
        switch self {
        case .double(let value): value
        case .int(let value): Double(value)
        default: nil
        }
    }

    /// The time, or `nil` if it is of another kind.
    public var timestamp: Timestamp? {
        if case .timestamp(let value) = self { value } else { nil }
    }

    /// The vector, or `nil` if it is of another kind.
    public var vector: [Float]? { if case .vector(let value) = self { value } else { nil } }
}
