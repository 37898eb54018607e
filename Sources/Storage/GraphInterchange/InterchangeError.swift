/// An error of a file that is read or written: what happened, where, and what to do.
public struct InterchangeError: Error, CustomStringConvertible, Sendable, Hashable {
    /// The kind of an error.
    public enum Code: Sendable, Hashable {
        /// The file cannot be opened, read or written.
        case file
        /// The file does not follow the grammar of its format.
        case syntax
        /// A record lacks a field, or has an invalid value.
        case value
        /// A value exceeds a bound of ``Interchange``.
        case limit
        /// The store has a node without an external id.
        case store
    }

    /// The kind of error.
    public let code: Code
    /// The file.
    public let file: String
    /// The line of the file, from 1, or `nil` if the error concerns the whole file.
    public let line: Int?
    /// What happened, where, and what to do, without ids of nodes and values.
    public let description: String

    init(_ fault: Fault, file: String, line: Int?) {
        code = fault.code
        self.file = file
        self.line = line
        description = line.map { "\(file), line \($0): \(fault.text)" } ?? "\(file): \(fault.text)"
    }
}

/// An ``InterchangeError`` whose location is added later.
struct Fault: Error {
    let code: InterchangeError.Code
    /// What happened and what to do: a sentence that begins in lower case and ends with a period.
    let text: String
    /// Whether the error belongs to a line.
    var hasLine: Bool { code != .file && code != .store }

    init(_ code: InterchangeError.Code, _ text: String) {
        self.code = code
        self.text = text
    }
}
