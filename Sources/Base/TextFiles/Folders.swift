import Foundation

/// Creates, renames and syncs folders so that their content survives a power cut.
package enum Folders {
    /// Creates a folder that only its owner may enter (mode 0700), and the folders above it.
    ///
    /// The names of all new folders are on the disk afterwards. An existing folder stays as it is.
    ///
    /// - Throws: ``FileError``.
    package static func make(_ path: String) throws(FileError) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw FileError(.exists, path, "is a file. Choose another name for the folder.")
            }
            return
        }
        let parent = parent(of: path)
        if parent != path { try make(parent) }
        guard mkdir(path, 0o700) == 0 else {
            let code = errno
            // Another process may have been faster.
            if code == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                return
            }
            throw FileError(errno: code, path, cannot: "be made")
        }
        try sync(parent)
    }

    /// Waits until the names in a folder are on the disk.
    ///
    /// A folder that may be written to but not read cannot be synced; that is no error.
    ///
    /// - Throws: ``FileError``.
    package static func sync(_ path: String) throws(FileError) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else {
            if errno == EACCES { return }
            throw FileError(errno: errno, path, cannot: "be opened")
        }
        defer { close(folder) }
        // EINVAL: a file system that does not sync folders.
        guard fsync(folder) == 0 || errno == EINVAL else {
            throw FileError(errno: errno, path, cannot: "be synced")
        }
    }

    /// Renames a file or folder, and waits until the name is on the disk.
    ///
    /// A file may replace a file, and a folder an empty folder; nothing else is replaced.
    ///
    /// - Throws: ``FileError`` with code `exists` if the name is taken by something else.
    package static func move(_ path: String, to target: String) throws(FileError) {
        guard rename(path, target) == 0 else {
            let code = errno
            var status = stat()
            let isTaken = [EISDIR, ENOTDIR].contains(code) && lstat(target, &status) == 0
            throw FileError(errno: isTaken ? EEXIST : code, target, cannot: "get its name")
        }
        try sync(parent(of: target))
    }

    /// The folder that a path is in.
    package static func parent(of path: String) -> String {
        var bytes = Array(path.utf8)[...]
        let slash = UInt8(ascii: "/")
        while bytes.count > 1, bytes.last == slash { bytes.removeLast() }
        guard let last = bytes.lastIndex(of: slash) else { return "." }
        var parent = bytes[..<last]
        while parent.count > 1, parent.last == slash { parent.removeLast() }
        return parent.isEmpty ? "/" : String(decoding: parent, as: UTF8.self)
    }
}
