/// Why a synthetic shop cannot be made or written, and what to do about it.
package struct ShopError: Error, CustomStringConvertible, Sendable, Hashable {
    /// The kind of error, for programs.
    package enum Code: Sendable, Hashable {
        /// A setting is out of its range, or the settings together ask for too much.
        case setting
        /// A file or folder cannot be written.
        case file
    }

    /// The kind of error.
    package let code: Code
    /// What happened, where, and what to do.
    package let description: String

    /// Makes an error.
    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
