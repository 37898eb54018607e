package import Foundation

/// Opens files that other users or programs may have changed.
///
/// Only regular files are opened. A symbolic link, a folder, a pipe or a device is an error. So a
/// read stays inside the given folder, and it never waits for the writer of a pipe.
package enum RegularFile {
    /// Opens a regular file for reading.
    ///
    /// - Throws: ``FileError`` if the file cannot be opened, or is not a regular file.
    package static func handle(_ path: String) throws(FileError) -> FileHandle {
        // Without O_NONBLOCK, opening a pipe would wait for a writer.
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            let code = errno
            throw FileError(
                .system(code), path,
                code == ELOOP
                    ? "is a symbolic link. Put the file itself there."
                    : "cannot be opened: \(String(cString: strerror(code))). Check the path and "
                        + "the permissions.")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw FileError(.system(EINVAL), path, "is not a regular file. Put a file there.")
        }
        return file
    }

    /// Reads a whole file of limited length.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - limit: The greatest length in bytes.
    /// - Returns: The content.
    /// - Throws: ``FileError`` if the file cannot be read, or is longer than the limit.
    /// - Complexity: O(length of the file), and O(1) if the file is too long.
    package static func contents(of path: String, upTo limit: Int) throws(FileError) -> Data {
        let file = try handle(path)
        defer { try? file.close() }
        let size: UInt64
        var data = Data()
        do {
            size = try file.seekToEnd()
            if size <= UInt64(limit) {
                try file.seek(toOffset: 0)
                // One byte more than the limit shows that the file has grown since.
                while data.count <= limit,
                    let part = try file.read(upToCount: limit + 1 - data.count), !part.isEmpty
                {
                    data.append(part)
                }
            }
        } catch {
            throw FileError(.system(EIO), path, "cannot be read: \(error). Check the disk.")
        }
        guard size <= UInt64(limit), data.count <= limit else {
            throw FileError(
                .system(EFBIG), path,
                "has \(max(size, UInt64(data.count))) bytes, more than the allowed \(limit).")
        }
        return data
    }
}
