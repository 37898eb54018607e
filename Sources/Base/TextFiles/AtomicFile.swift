import Foundation

/// A file that is written under a temporary name and renamed when it is complete and on the disk.
///
/// A reader finds the whole file or none of it, whenever the process ends. Only its owner may read
/// it (mode 0600), from the first byte on. The file is discarded unless ``commit()`` returns.
package final class AtomicFile {
    /// What happens to an existing file of the same name.
    package enum Target: Sendable {
        /// It is replaced.
        case replacing
        /// It stays, and the new file is an error. Several processes may try at the same time.
        case new
    }

    /// The final path.
    package let path: String
    /// The temporary path: `PATH.partial`; for ``Target/new`` with a random suffix.
    package let partialPath: String

    private let target: Target
    private let descriptor: Int32
    private var isOpen = true

    /// Starts a file.
    ///
    /// - Parameters:
    ///   - path: The final path.
    ///   - target: What happens to an existing file of that name.
    /// - Throws: ``FileError`` with code `exists` for a folder or a device of that name, or a file
    ///   that must not be replaced; with `inUse` if another program is replacing the file.
    package init(_ path: String, _ target: Target = .replacing) throws(FileError) {
        try Self.check(path, target)
        self.path = path
        self.target = target
        switch target {
        case .replacing:
            partialPath = path + ".partial"
        case .new:
            Self.removeLeftovers(of: path)
            partialPath = "\(path).partial-\(UUID().uuidString)"
        }
        descriptor = try Self.createLocked(partialPath, for: path)
    }

    deinit { discard() }

    /// Writes a whole file.
    ///
    /// - Throws: ``FileError``; then the path is as it was before.
    package static func write(
        _ bytes: some Collection<UInt8>, to path: String, _ target: Target = .replacing
    ) throws(FileError) {
        let file = try AtomicFile(path, target)
        try file.write(bytes)
        try file.commit()
    }

    /// Adds bytes.
    ///
    /// - Throws: ``FileError``.
    package func write(_ bytes: some Collection<UInt8>) throws(FileError) {
        precondition(isOpen, "bytes were written to a file that was committed or discarded")
        var rest = Array(bytes)
        while !rest.isEmpty {
            let count = Foundation.write(descriptor, rest, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError(errno: errno, path, cannot: "be written")
            }
            if count == rest.count { return }
            rest.removeFirst(count)
        }
    }

    /// Renames the file to its final path, and waits until bytes and name are on the disk.
    ///
    /// - Throws: ``FileError``; then the file is discarded.
    package func commit() throws(FileError) {
        precondition(isOpen, "a file was committed twice")
        defer { discard() }
        guard fsync(descriptor) == 0 else {
            throw FileError(errno: errno, path, cannot: "be written")
        }
        let isNamed =
            switch target {
            case .replacing: rename(partialPath, path) == 0
            // A link never replaces a file; a rename would.
            case .new: link(partialPath, path) == 0
            }
        guard isNamed else { throw FileError(errno: errno, path, cannot: "be written") }
        if target == .replacing { close() } else { discard() }
        try Folders.sync(Folders.parent(of: path))
    }

    /// Closes and removes the file, unless it has its final name.
    package func discard() {
        guard isOpen else { return }
        // Before closing: afterwards another program may have made a file of the same name.
        unlink(partialPath)
        close()
    }

    private func close() {
        Foundation.close(descriptor)
        isOpen = false
    }

    private static func check(_ path: String, _ target: Target) throws(FileError) {
        var status = stat()
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw FileError(errno: EINVAL, "'\(path)'", cannot: "be written")
        }
        guard lstat(path, &status) == 0 else { return }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            throw FileError(.exists, path, "is a folder. Name a file in it.")
        case S_IFREG, S_IFLNK:
            guard target == .new else { return }
            throw FileError(errno: EEXIST, path, cannot: "be written")
        default:
            throw FileError(.exists, path, "is a device or a pipe. Name a file.")
        }
    }

    private static func create(_ path: String) -> Int32 {
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    }

    /// Creates and locks a file; removes the file that an interrupted run left under the same name.
    ///
    /// The lock shows whether another program is still writing a file.
    private static func createLocked(
        _ partialPath: String, for path: String
    ) throws(FileError) -> Int32 {
        for _ in 0..<100 {
            let file = create(partialPath)
            if file >= 0 {
                // Another process may have taken it for a leftover and removed it: then try again.
                if isLocked(file), isAt(partialPath, file) { return file }
                Foundation.close(file)
                continue
            }
            guard errno == EEXIST else {
                throw FileError(errno: errno, path, cannot: "be written")
            }
            try removeLeftover(partialPath)
        }
        throw inUse(path)
    }

    /// Removes what interrupted runs left while they made the same new file.
    private static func removeLeftovers(of path: String) {
        let parent = Folders.parent(of: path)
        let start = URL(fileURLWithPath: path).lastPathComponent + ".partial-"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        for name in names where name.hasPrefix(start) {
            // A file that is still being written stays, and so does one that cannot be removed.
            try? removeLeftover("\(parent)/\(name)")
        }
    }

    private static func removeLeftover(_ path: String) throws(FileError) {
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else {
            // It is gone already, or it is a link, which is removed without a lock.
            guard errno == ENOENT || (errno == ELOOP && unlink(path) == 0) else {
                throw FileError(errno: errno, path, cannot: "be replaced")
            }
            return
        }
        defer { Foundation.close(file) }
        guard isLocked(file) else { throw inUse(path) }
        guard isAt(path, file) else { return }
        guard unlink(path) == 0 || errno == ENOENT else {
            throw FileError(errno: errno, path, cannot: "be replaced")
        }
    }

    /// Locks a file without waiting; a file system without locks counts as locked.
    private static func isLocked(_ file: Int32) -> Bool {
        flock(file, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
    }

    private static func isAt(_ path: String, _ file: Int32) -> Bool {
        var held = stat()
        var named = stat()
        guard fstat(file, &held) == 0, lstat(path, &named) == 0 else { return false }
        return held.st_dev == named.st_dev && held.st_ino == named.st_ino
    }

    private static func inUse(_ path: String) -> FileError {
        FileError(
            .inUse, path,
            "is being written by another program. Wait for it, or choose another file.")
    }
}
