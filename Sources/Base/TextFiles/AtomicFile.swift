import Foundation

/// A file that is written beside its place and gets its name when it is complete and on the disk.
///
/// Whoever looks finds the whole file or none of it, whenever the process ends. Only its owner may
/// read it (mode 0600), from the first byte on. It is discarded unless ``commit()`` returns.
package final class AtomicFile {
    /// What may be under the file's name before.
    package enum Target: Sendable {
        /// Nothing, or a file, which is replaced.
        case replacing
        /// Nothing: a file that is there stays, and is an error. Several may be written at once.
        case new
    }

    /// Where the file will be.
    package let path: String
    /// Where its bytes are until then: `PATH.partial`, and for a new file with a random ending.
    package let partialPath: String

    private let target: Target
    private let descriptor: Int32
    private var isOpen = true

    /// Starts a file.
    ///
    /// - Parameters:
    ///   - path: Where the file will be.
    ///   - target: What may be there before.
    /// - Throws: ``FileError`` with code `exists` if there is a folder or a device of that name, or
    ///   a file where there must be none, and `inUse` if another program is replacing the file.
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
    /// - Throws: ``FileError``; then there is no file, or the one that was there before.
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

    /// Gives the file its name, and waits until bytes and name are on the disk.
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
            // A link never replaces, where a rename would.
            case .new: link(partialPath, path) == 0
            }
        guard isNamed else { throw FileError(errno: errno, path, cannot: "be written") }
        if target == .replacing { close() } else { discard() }
        try Folders.sync(Folders.parent(of: path))
    }

    /// Closes the file and removes its bytes, unless it has its name.
    package func discard() {
        guard isOpen else { return }
        // Before it is closed: afterwards another program may have begun one of the same name.
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

    /// Makes a file and locks it, in the place of one that a run has left that was cut off.
    ///
    /// The lock tells whether somebody is still writing a file that is found.
    private static func createLocked(
        _ partialPath: String, for path: String
    ) throws(FileError) -> Int32 {
        for _ in 0..<100 {
            let file = create(partialPath)
            if file >= 0 {
                // Nobody has it open but one who takes it for a leftover, and removes it.
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

    /// Removes what runs have left that were cut off while they made a new file.
    private static func removeLeftovers(of path: String) {
        let parent = Folders.parent(of: path)
        let start = URL(fileURLWithPath: path).lastPathComponent + ".partial-"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        for name in names where name.hasPrefix(start) {
            // One that is still being written stays, and so does what cannot be removed.
            try? removeLeftover("\(parent)/\(name)")
        }
    }

    private static func removeLeftover(_ path: String) throws(FileError) {
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else {
            // Gone meanwhile, or a link: nothing that could be locked is lost with it.
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

    /// Locks a file without waiting; where the file system has no locks, it counts as locked.
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
