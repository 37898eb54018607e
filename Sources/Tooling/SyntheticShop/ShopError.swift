/// An error in making or writing a synthetic shop.
package struct ShopError: Error, CustomStringConvertible, Sendable, Hashable {
    /// The kind of error, for programs.
    package enum Code: Sendable, Hashable {
        /// A setting is out of range, or the settings together are too large.
        case setting
        /// A file or folder cannot be written.
        case file
    }

    /// The kind of error.
    package let code: Code
    /// What happened, where, and what to do.
    package let description: String

    /// An error with a code and a description.
    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
