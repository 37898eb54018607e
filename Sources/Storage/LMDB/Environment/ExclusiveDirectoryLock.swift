import CLMDB
import Foundation

/// Keeps a database folder from every other process while its files are replaced.
///
/// Meanwhile this process may open the database for reading; others find it in use.
public struct ExclusiveDirectoryLock: Sendable {
    private let lock: DirectoryLock
    private let claim: EnvironmentRegistry.Claim

    /// Holds the folder at `path`, which exists.
    ///
    /// - Throws: ``LMDBError`` with code `inUse` when another process has the database open, be it
    ///   only for reading, and `alreadyOpen` when this one has.
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

    /// Lets others in; to be called once.
    public func release() {
        EnvironmentRegistry.shared.release(folder: claim)
        lock.release()
    }
}

/// Exchanges what two paths name, in one step, and waits until that is on the disk.
///
/// Both are in one folder. Whoever looks finds the one or the other, whenever the process ends.
///
/// - Throws: ``LMDBError``, also when the file system cannot exchange names.
public func exchange(_ one: String, _ other: String) throws(LMDBError) {
    guard exchange_files(one, other) == 0 else {
        throw lmdbError(errno, "exchange \(one) and \(other)")
    }
    try synchronise(URL(fileURLWithPath: one).deletingLastPathComponent().path)
}

/// Gives a file or folder another name in its folder, and waits until that is on the disk.
///
/// - Throws: ``LMDBError``; with code `alreadyExists` if there is something of that name other than
///   a file to be replaced by a file, or an empty folder by a folder.
public func move(_ path: String, to target: String) throws(LMDBError) {
    guard rename(path, target) == 0 else {
        throw lmdbError(errno == ENOTEMPTY ? EEXIST : errno, "move \(path) to \(target)")
    }
    try synchronise(URL(fileURLWithPath: target).deletingLastPathComponent().path)
}
