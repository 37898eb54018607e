/// What is wrong with a file that is read or written, where, and what to do about it.
public struct InterchangeError: Error, CustomStringConvertible, Sendable, Hashable {
    /// The kind of error, for programs.
    public enum Code: Sendable, Hashable {
        /// The file cannot be opened, read or written.
        case file
        /// The file does not follow the grammar of its format.
        case syntax
        /// A record lacks something or holds a value that cannot be.
        case value
        /// Something is larger than its bound in ``Interchange``.
        case limit
        /// The store holds something that no file can name.
        case store
    }

    /// The kind of error.
    public let code: Code
    /// The file.
    public let file: String
    /// The line of the file, from 1, if the error has one.
    public let line: Int?
    /// What happened, where, and what to do; no ids of nodes and no values.
    public let description: String

    init(_ fault: Fault, file: String, line: Int?) {
        code = fault.code
        self.file = file
        self.line = line
        description = line.map { "\(file), line \($0): \(fault.text)" } ?? "\(file): \(fault.text)"
    }
}

/// An ``InterchangeError`` whose place is not known yet.
struct Fault: Error {
    let code: InterchangeError.Code
    /// What is wrong and what to do: a sentence that begins in lower case, with its full stop.
    let text: String
    /// Whether the place where the file was being read says something about the error.
    var hasLine: Bool { code != .file && code != .store }

    init(_ code: InterchangeError.Code, _ text: String) {
        self.code = code
        self.text = text
    }
}
