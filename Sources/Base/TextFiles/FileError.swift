import Foundation

/// A file or folder that cannot be written, and what to do about it.
package struct FileError: Error, CustomStringConvertible, Sendable, Hashable {
    /// The kind of error, for programs.
    package enum Code: Sendable, Hashable {
        /// The name is taken.
        case exists
        /// Another program is writing it.
        case inUse
        /// The disk is full.
        case full
        /// Another error of the system, with its `errno`.
        case system(Int32)
    }

    /// The kind of error.
    package let code: Code
    /// The file or folder.
    package let path: String
    /// What is wrong and what to do: the rest of a sentence that begins with the path.
    package let reason: String

    /// The whole sentence.
    package var description: String { "\(path) \(reason)" }

    init(_ code: Code, _ path: String, _ reason: String) {
        self.code = code
        self.path = path
        self.reason = reason
    }

    /// The error for the system's `errno`.
    ///
    /// - Parameters:
    ///   - number: The value of `errno`.
    ///   - path: The file or folder.
    ///   - action: What was tried, such as `be written`.
    init(errno number: Int32, _ path: String, cannot action: String) {
        let (code, why): (Code, String) =
            switch number {
            case ENOSPC, EDQUOT: (.full, "the disk is full. Free space and try again.")
            case EEXIST, ENOTEMPTY:
                (.exists, "the name is taken. Choose another name.")
            case EACCES, EPERM, EROFS:
                (.system(number), "permission is denied. Check the permissions of its folder.")
            case ENOENT, ENOTDIR:
                (.system(number), "its folder does not exist. Make the folder, or choose another.")
            case ENAMETOOLONG: (.system(number), "the name is too long. Choose another one.")
            default: (.system(number), "\(String(cString: strerror(number))). Check the disk.")
            }
        self.init(code, path, "cannot \(action): \(why)")
    }
}
