import Foundation

/// Names that occur over and over, each known in this process by a small number.
///
/// So a label or an edge type costs no more to copy and compare than an integer. Names are never
/// let go: they come from a program's vocabulary or from a store's, not from requests.
// @unchecked Sendable: every variable is guarded by `lock`.
final class SymbolTable: @unchecked Sendable {
    private let lock = NSLock()
    private var numbers: [String: UInt32] = [:]
    private var names: [String] = []

    /// The number of a name, the same whenever it is asked for in this process.
    func number(of name: String) -> UInt32 {
        lock.withLock {
            if let number = numbers[name] { return number }
            let number = UInt32(names.count)
            numbers[name] = number
            names.append(name)
            return number
        }
    }

    /// The name that `number(of:)` gave a number.
    func name(of number: UInt32) -> String { lock.withLock { names[Int(number)] } }
}

/// The kind of a node, such as `Item` or `Customer`.
public struct Label: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    private static let symbols = SymbolTable()
    let number: UInt32

    /// Makes a label from its name.
    public init(rawValue: String) { number = Self.symbols.number(of: rawValue) }

    /// The label's name.
    public var rawValue: String { Self.symbols.name(of: number) }

    /// The label's name.
    public var description: String { rawValue }

    // Written out because the standard library would compare and hash raw values, that is names.

    /// Whether two labels are the same.
    public static func == (left: Label, right: Label) -> Bool { left.number == right.number }

    /// Feeds the label to a hasher.
    public func hash(into hasher: inout Hasher) { hasher.combine(number) }
}

/// The kind of an edge, such as `PURCHASED`.
public struct EdgeType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    private static let symbols = SymbolTable()
    /// The number by which this process knows the type; another process may use another.
    package let number: UInt32

    /// Makes an edge type from its name.
    public init(rawValue: String) { number = Self.symbols.number(of: rawValue) }

    /// The type's name.
    public var rawValue: String { Self.symbols.name(of: number) }

    /// The type's name.
    public var description: String { rawValue }

    // Written out because the standard library would compare and hash raw values, that is names.

    /// Whether two edge types are the same.
    public static func == (left: EdgeType, right: EdgeType) -> Bool { left.number == right.number }

    /// Feeds the type to a hasher.
    public func hash(into hasher: inout Hasher) { hasher.combine(number) }
}
