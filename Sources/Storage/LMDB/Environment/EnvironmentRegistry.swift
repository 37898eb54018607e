import Foundation

/// The files that this process has open as databases, by device and inode.
///
/// If a process opens a file twice, under any path, LMDB's locks stop working without an error:
/// closing one of the two descriptors releases the `fcntl` locks of both.
// @unchecked Sendable: `lock` guards every variable.
final class EnvironmentRegistry: @unchecked Sendable {
    /// The exclusive use of a file, or of a folder, by this process.
    struct Claim: Hashable, Sendable {
        let device: UInt64
        let inode: UInt64
    }

    static let shared = EnvironmentRegistry()

    private let lock = NSLock()
    private var claims: Set<Claim> = []
    private var heldFolders: Set<Claim> = []
    private var identifiers: UInt64 = 0

    /// A number that it returns once in a process.
    func nextIdentifier() -> UInt64 {
        lock.withLock {
            identifiers += 1
            return identifiers
        }
    }

    /// Claims the file at `path`.
    ///
    /// - Throws: ``LMDBError`` with code `alreadyOpen` if this process has a claim on it already.
    func claim(_ path: String) throws(LMDBError) -> Claim {
        let claim = try identity(of: path)
        let isNew = lock.withLock { claims.insert(claim).inserted }
        guard isNew else {
            throw LMDBError(
                .alreadyOpen, "This process has \(path) open already. Share one Environment.")
        }
        return claim
    }

    /// Calls `close`, which closes the file, and releases its claim.
    ///
    /// Both are one atomic step: once a deleted file is closed, a new file may get its inode, and
    /// must not meet the old claim.
    func release(_ claim: Claim, closing close: () -> Void = {}) {
        lock.withLock {
            close()
            let wasClaimed = claims.remove(claim) != nil
            precondition(wasClaimed, "A database file was released twice.")
        }
    }

    /// Whether a claim is not released yet.
    func isClaimed(_ claim: Claim) -> Bool { lock.withLock { claims.contains(claim) } }

    // MARK: Folders

    /// Records that this process has locked the folder at `path` exclusively, so that its own
    /// environments do not lock it again.
    func hold(folder path: String) throws(LMDBError) -> Claim {
        let folder = try identity(of: path)
        lock.withLock { _ = heldFolders.insert(folder) }
        return folder
    }

    /// Ends what ``hold(folder:)`` began.
    func release(folder: Claim) {
        let wasHeld = lock.withLock { heldFolders.remove(folder) != nil }
        precondition(wasHeld, "A folder was released twice.")
    }

    /// Whether this process has locked the folder at `path` exclusively.
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

    /// Checks that no file is claimed as a folder as well.
    ///
    /// - Complexity: O(*n*) for *n* claims.
    func checkInvariants() {
        lock.withLock {
            precondition(claims.isDisjoint(with: heldFolders), "A database file is a folder too.")
        }
    }
}
