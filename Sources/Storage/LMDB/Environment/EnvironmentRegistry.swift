import Foundation

/// The environments this process has open, by the device and inode of their data file.
///
/// Opening one file twice in a process, by whatever path, would break LMDB's locks without an error.
// @unchecked Sendable: every variable is guarded by `lock`.
final class EnvironmentRegistry: @unchecked Sendable {
    /// A file that is in use by one environment.
    struct Claim: Hashable, Sendable {
        let device: UInt64
        let inode: UInt64
    }

    static let shared = EnvironmentRegistry()

    private let lock = NSLock()
    private var claims: Set<Claim> = []
    private var heldFolders: Set<Claim> = []
    private var identifiers: UInt64 = 0

    func nextIdentifier() -> UInt64 {
        lock.withLock {
            identifiers += 1
            return identifiers
        }
    }

    /// Claims the file at `path` for one environment.
    func claim(_ path: String) throws(LMDBError) -> Claim {
        let claim = try identity(of: path)
        let isNew = lock.withLock { claims.insert(claim).inserted }
        guard isNew else {
            throw LMDBError(
                .alreadyOpen, "This process has \(path) open already. Share one Environment.")
        }
        return claim
    }

    /// Gives a claim back after `close` has closed the file.
    ///
    /// Both are one step for everybody else: once a deleted file is closed, its inode may be given
    /// to a new one, which must not find the claim of the old.
    func release(_ claim: Claim, closing close: () -> Void = {}) {
        lock.withLock {
            close()
            claims.remove(claim)
        }
    }

    // MARK: Folders

    /// Notes that this process holds the folder at `path` alone, so that its own environments need
    /// not lock it again.
    func hold(folder path: String) throws(LMDBError) -> Claim {
        let folder = try identity(of: path)
        lock.withLock { _ = heldFolders.insert(folder) }
        return folder
    }

    /// Ends what `hold` began.
    func release(folder: Claim) { lock.withLock { _ = heldFolders.remove(folder) } }

    /// Whether this process holds the folder at `path` alone.
    func isHeld(folder path: String) -> Bool {
        guard let folder = try? identity(of: path) else { return false }
        return lock.withLock { heldFolders.contains(folder) }
    }

    private func identity(of path: String) throws(LMDBError) -> Claim {
        var status = stat()
        guard stat(path, &status) == 0 else { throw lmdbError(errno, "look at \(path)") }
        return Claim(
            device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(status.st_ino))
    }
}
