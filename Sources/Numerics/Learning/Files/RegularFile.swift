package import Foundation

/// Opens files that other users or programs may have changed.
///
/// A symbolic link, a folder, a pipe or a device is refused, so that reading neither leaves the
/// folder that was asked for nor waits for a writer.
package enum RegularFile {
    /// Opens a regular file for reading.
    ///
    /// - Throws: `LearningError` with `fileAccess`.
    package static func handle(_ path: String) throws(LearningError) -> FileHandle {
        // A pipe without a writer would make an open without O_NONBLOCK wait for one.
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            let code = errno
            throw LearningError(
                .fileAccess,
                code == ELOOP
                    ? "\(path) is a symbolic link. Put the file itself there."
                    : "Cannot open \(path): \(String(cString: strerror(code))). Check the path "
                        + "and its mode.")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw LearningError(.fileAccess, "\(path) is not a regular file.")
        }
        return file
    }

    /// Reads a whole file of bounded length.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - limit: The greatest length in bytes.
    /// - Throws: `LearningError` with `fileAccess` if the file cannot be read, or `malformedFile` if
    ///   it is longer.
    /// - Complexity: O(length of the file), and O(1) if it is too long.
    package static func contents(
        of path: String, upTo limit: Int
    ) throws(LearningError) -> Data {
        let file = try handle(path)
        defer { try? file.close() }
        let size: UInt64
        var data = Data()
        do {
            size = try file.seekToEnd()
            if size <= UInt64(limit) {
                try file.seek(toOffset: 0)
                // One byte more than may be there shows that the file has grown meanwhile.
                while data.count <= limit,
                    let part = try file.read(upToCount: limit + 1 - data.count), !part.isEmpty
                {
                    data.append(part)
                }
            }
        } catch {
            throw LearningError(.fileAccess, "Cannot read \(path): \(error).")
        }
        guard size <= UInt64(limit), data.count <= limit else {
            throw LearningError(
                .malformedFile, "\(path) has \(size) bytes, more than the allowed \(limit).")
        }
        return data
    }
}
