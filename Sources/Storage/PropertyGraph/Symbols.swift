import Foundation

/// Maps names to small numbers, which are the same for the whole run of the process (interning).
///
/// So a label or an edge type is copied and compared as an integer. Names are never removed: they
/// come from the vocabulary of a program or a store, not from requests.
// @unchecked Sendable: `lock` guards every variable.
final class SymbolTable: @unchecked Sendable {
    private let lock = NSLock()
    private var numbers: [String: UInt32] = [:]
    private var names: [String] = []

    /// The number of a name, which is added if it is new.
    func number(of name: String) -> UInt32 {
        lock.withLock {
            if let number = numbers[name] { return number }
            let number = UInt32(names.count)
            numbers[name] = number
            names.append(name)
            return number
        }
    }

    /// The name of a number that ``number(of:)`` returned.
    func name(of number: UInt32) -> String { lock.withLock { names[Int(number)] } }

    /// Checks that names and numbers map to each other.
    ///
    /// - Complexity: O(*n*) for *n* names.
    func checkInvariants() {
        lock.withLock {
            precondition(numbers.count == names.count, "A symbol has no name, or two.")
            for (number, name) in names.enumerated() {
                precondition(numbers[name] == UInt32(number), "A symbol has another's name.")
            }
        }
    }
}

/// The kind of a node, such as `Item` or `Customer`.
public struct Label: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    private static let symbols = SymbolTable()
    let number: UInt32

    /// Creates a label from its name.
    public init(rawValue: String) { number = Self.symbols.number(of: rawValue) }

    /// The label's name.
    public var rawValue: String { Self.symbols.name(of: number) }

    /// The label's name.
    public var description: String { rawValue }

    // Written out because the default for `RawRepresentable` compares and hashes the names.

    /// Whether two labels are the same.
    public static func == (left: Label, right: Label) -> Bool { left.number == right.number }

    /// Hashes the label.
    public func hash(into hasher: inout Hasher) { hasher.combine(number) }

    /// Checks the table of all labels of this process; for tests.
    package static func checkInvariants() { symbols.checkInvariants() }
}

/// The kind of an edge, such as `PURCHASED`.
public struct EdgeType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    private static let symbols = SymbolTable()
    /// The number of the type in this process; other processes may use other numbers.
    package let number: UInt32

    /// Creates an edge type from its name.
    public init(rawValue: String) { number = Self.symbols.number(of: rawValue) }

    /// The type's name.
    public var rawValue: String { Self.symbols.name(of: number) }

    /// The type's name.
    public var description: String { rawValue }

    // Written out because the default for `RawRepresentable` compares and hashes the names.

    /// Whether two edge types are the same.
    public static func == (left: EdgeType, right: EdgeType) -> Bool { left.number == right.number }

    /// Hashes the type.
    public func hash(into hasher: inout Hasher) { hasher.combine(number) }

    /// Checks the table of all edge types of this process; for tests.
    package static func checkInvariants() { symbols.checkInvariants() }
}
