import Foundation

/// Keeps other programs from doing the same work at the same time, by a lock on a file.
///
/// The lock ends with the process however it ends; the empty file stays.
package enum FileLock {
    /// Does some work while this process holds a lock.
    ///
    /// - Parameters:
    ///   - path: The file that is locked; it is made if it is missing, with its folder.
    ///   - waits: Whether to wait for one who holds it.
    ///   - body: The work. It must not take the same lock.
    /// - Returns: What `body` returns.
    /// - Throws: ``FileError`` with code `inUse` if somebody holds it and `waits` is false; or what
    ///   `body` throws.
    package static func holding<T>(
        _ path: String, waits: Bool, _ body: () throws -> T
    ) throws -> T {
        try Folders.make(Folders.parent(of: path))
        let file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw FileError(errno: errno, path, cannot: "be locked") }
        defer {
            // Unlocked, not only closed: a child on its way from `fork` to `exec` has a copy.
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
