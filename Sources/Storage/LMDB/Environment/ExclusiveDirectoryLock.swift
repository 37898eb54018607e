import CLMDB
import Foundation

/// Locks a database directory against all other processes while its files are replaced.
///
/// This process can open the database meanwhile; other processes get ``LMDBError`` with code
/// `inUse`.
///
/// ```swift
/// let lock = try ExclusiveDirectoryLock(path)
/// defer { lock.release() }
/// try exchange(path + "/data.mdb", path + "/new.mdb")
/// ```
public struct ExclusiveDirectoryLock: Sendable {
    private let lock: DirectoryLock
    private let claim: EnvironmentRegistry.Claim

    /// Locks an existing directory; never waits.
    ///
    /// - Throws: ``LMDBError`` with code `inUse` if another process has the database open, for
    ///   reading or writing, or `alreadyOpen` if this process has.
    public init(_ path: String) throws(LMDBError) {
        guard !EnvironmentRegistry.shared.isHeld(folder: path) else {
            throw LMDBError(.alreadyOpen, "This process is replacing the files of \(path) already.")
        }
        lock = try DirectoryLock(path, for: .replacing)
        do {
            claim = try EnvironmentRegistry.shared.hold(folder: path)
        } catch {
            lock.release()
            throw error
        }
    }

    /// Releases the lock.
    ///
    /// - Precondition: It is called once.
    public func release() {
        EnvironmentRegistry.shared.release(folder: claim)
        lock.release()
    }
}

/// Exchanges two files or folders of one folder atomically, and waits until that is durable.
///
/// After a crash, either both names are exchanged or neither is.
///
/// - Throws: ``LMDBError``, also if the file system cannot exchange names.
public func exchange(_ one: String, _ other: String) throws(LMDBError) {
    guard exchange_files(one, other) == 0 else {
        throw lmdbError(errno, "exchange \(one) and \(other)")
    }
    try synchronise(URL(fileURLWithPath: one).deletingLastPathComponent().path)
}

/// Renames a file or folder inside its folder, and waits until that is durable.
///
/// A file replaces an existing file, and a folder replaces an empty folder.
///
/// - Throws: ``LMDBError``; with code `alreadyExists` if anything else has the new name.
public func move(_ path: String, to target: String) throws(LMDBError) {
    guard rename(path, target) == 0 else {
        throw lmdbError(errno == ENOTEMPTY ? EEXIST : errno, "move \(path) to \(target)")
    }
    try synchronise(URL(fileURLWithPath: target).deletingLastPathComponent().path)
}
