import CLMDB
import Foundation
import Glibc

/// Makes directory `path` with mode 0700, and its parents, unless it is there.
///
/// Waits until the names of all that are new are on the disk.
func makeDirectory(_ path: String) throws(LMDBError) {
    var missing: [URL] = []
    var place = URL(fileURLWithPath: path).standardizedFileURL
    while access(place.path, F_OK) != 0, place.path != "/" {
        missing.append(place)
        place.deleteLastPathComponent()
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
        // One that may be written to but not read cannot be synced.
        if access(parent, R_OK) == 0 { try synchronise(parent) }
    }
}

/// Waits until the file or directory at `path` is on the disk.
func synchronise(_ path: String) throws(LMDBError) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw lmdbError(errno, "open \(path)") }
    defer { close(file) }
    guard fsync(file) == 0 else { throw lmdbError(errno, "sync \(path)") }
}

/// Makes an empty file for its owner alone, in one step.
///
/// `FileManager` makes another file first and gives it the name afterwards; whoever ends in between
/// leaves that one.
///
/// - Throws: ``LMDBError`` with code `alreadyExists` if there is something of that name.
public func makeEmptyFile(_ path: String) throws(LMDBError) {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw lmdbError(errno, "create \(path)") }
    close(file)
}

/// The space left for this user on the file system of `path`; `Int.max` if unknown.
func freeBytes(of path: String) -> Int {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return .max }
    let (bytes, overflow) = Int(clamping: status.f_bavail)
        .multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
    return overflow ? .max : bytes
}

/// Refuses network file systems: their memory maps and locks do not keep LMDB's promises.
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
                "\(path) lies on a network file system. Put the database on a local disk.")
        }
    #endif
}
