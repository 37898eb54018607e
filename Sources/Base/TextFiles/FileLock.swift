import Foundation

/// Keeps other programs from doing the same work at the same time, by a lock on a file.
///
/// The lock ends with the process, however the process ends. The empty file stays.
package enum FileLock {
    /// Does some work while this process holds a lock.
    ///
    /// - Parameters:
    ///   - path: The file to lock; a missing file is created, with its folder.
    ///   - waits: Whether to wait while another program holds the lock.
    ///   - body: The work. It must not take the same lock.
    /// - Returns: The result of `body`.
    /// - Throws: ``FileError`` with code `inUse` if another program holds the lock and `waits` is
    ///   false; or the error of `body`.
    package static func holding<T>(
        _ path: String, waits: Bool, _ body: () throws -> T
    ) throws -> T {
        try Folders.make(Folders.parent(of: path))
        let file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw FileError(errno: errno, path, cannot: "be locked") }
        defer {
            // Closing is not enough: a child between `fork` and `exec` has a copy of it.
            flock(file, LOCK_UN)
            close(file)
        }
        while flock(file, waits ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK:
                throw FileError(
                    .inUse, path, "is locked by another program. Wait until it has ended.")
            default: throw FileError(errno: errno, path, cannot: "be locked")
            }
        }
        return try body()
    }
}
