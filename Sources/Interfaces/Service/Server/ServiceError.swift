/// Why the service cannot start, and what to do about it.
package struct ServiceError: Error, CustomStringConvertible, Sendable, Hashable {
    /// The kind of error, for programs.
    package enum Code: Sendable, Hashable {
        /// A setting is out of its range, or would not be safe.
        case setting
        /// Other machines could reach the service, and this is not allowed.
        case remoteAddress
        /// The address cannot be listened on.
        case address
    }

    /// The kind of error.
    package let code: Code
    /// What is wrong, and what would be right.
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
