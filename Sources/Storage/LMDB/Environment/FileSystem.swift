import CLMDB
import Foundation
import Glibc

/// Creates the directory `path` and its missing parents with mode 0700, if it does not exist.
///
/// Returns when the new directories are durable.
func makeDirectory(_ path: String) throws(LMDBError) {
    var missing: [URL] = []
    var ancestor = URL(fileURLWithPath: path).standardizedFileURL
    while access(ancestor.path, F_OK) != 0, ancestor.path != "/" {
        missing.append(ancestor)
        ancestor.deleteLastPathComponent()
    }
    do {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
    } catch {
        var status = stat()
        let code = stat(path, &status) == 0 ? ENOTDIR : errno
        throw lmdbError(code == ENOENT ? EACCES : code, "create directory \(path)")
    }
    for directory in missing {
        let parent = directory.deletingLastPathComponent().path
        // A parent that this process may write to but not read cannot be synced.
        if access(parent, R_OK) == 0 { try synchronise(parent) }
    }
}

/// Waits until the file or directory at `path` is durable.
func synchronise(_ path: String) throws(LMDBError) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw lmdbError(errno, "open \(path)") }
    defer { close(file) }
    guard fsync(file) == 0 else { throw lmdbError(errno, "sync \(path)") }
}

/// Creates an empty file with mode 0600 atomically.
///
/// `FileManager` creates a file of another name first and renames it; a process that ends in
/// between leaves that file behind.
///
/// - Throws: ``LMDBError``; with code `alreadyExists` if the name is taken.
public func makeEmptyFile(_ path: String) throws(LMDBError) {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw lmdbError(errno, "create \(path)") }
    close(file)
}

/// The free space for this user on the file system of `path`, in bytes; `Int.max` if unknown.
func freeBytes(of path: String) -> Int {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return .max }
    let (bytes, overflow) = Int(clamping: status.f_bavail)
        .multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
    return overflow ? .max : bytes
}

/// Refuses network file systems: their memory maps are not coherent and their locks not reliable.
func checkFileSystem(_ path: String) throws(LMDBError) {
    #if os(Linux)
        var status = statfs()
        guard statfs(path, &status) == 0 else { throw lmdbError(errno, "look at \(path)") }
        // NFS, SMB, CIFS, SMB2, AFS, Coda, Ceph, 9p: see statfs(2).
        let remote: Set<UInt32> = [
            0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42, 0x5346_414F, 0x7375_7245, 0x00C3_6400,
            0x0102_1997,
        ]
        guard !remote.contains(UInt32(truncatingIfNeeded: status.f_type)) else {
            throw LMDBError(
                .unsupportedFileSystem,
                "\(path) is on a network file system. Put the database on a local disk.")
        }
    #endif
}
