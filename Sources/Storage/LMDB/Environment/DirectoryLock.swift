import Foundation

/// Locks a database directory against conflicting uses by other processes.
///
/// There are two advisory locks (`flock`). The system releases them when the process ends, also
/// after a crash:
///
/// | lock on | reading | writing | replacing |
/// |---|---|---|---|
/// | the directory | shared | shared | exclusive |
/// | `writer.lock` in it | none | exclusive | exclusive |
///
/// `writer.lock` contains the id of the process that writes.
///
/// LMDB's own `lock.mdb` lets several processes write in turn: each would wait for the others, also
/// for one that is suspended. `exec` closes the descriptors, so child processes hold no locks.
struct DirectoryLock: Sendable {
    /// What the directory is locked for.
    enum Use {
        /// Reading, while others read and one writes.
        case reading
        /// Reading and writing, while others read.
        case writing
        /// Replacing the files while no other process has them open.
        case replacing
    }

    static let writerFile = "writer.lock"

    private let folder: Int32
    private let writer: Int32?

    /// Locks an existing directory; never waits.
    init(_ path: String, for use: Use) throws(LMDBError) {
        let folder = try Self.lockFolder(path, use == .replacing ? LOCK_EX : LOCK_SH)
        self.folder = folder
        guard use != .reading else {
            writer = nil
            return
        }
        do {
            writer = try Self.lockWriter(path)
        } catch {
            flock(folder, LOCK_UN)
            close(folder)
            throw error
        }
    }

    /// Releases the locks.
    ///
    /// Call it once, after the database is closed.
    func release() {
        // Unlocked, not only closed: a child process between `fork` and `exec` has copies.
        if let writer {
            ftruncate(writer, 0)
            flock(writer, LOCK_UN)
            close(writer)
        }
        flock(folder, LOCK_UN)
        close(folder)
    }

    /// The process that has the database at `path` open for writing; nil if none or unknown.
    static func writerProcess(of path: String) -> Int32? {
        let file = open("\(path)/\(writerFile)", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        guard flock(file, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
        // A process locks the file first and writes its id a little later.
        for _ in 0..<20 {
            if let process = processID(in: file) { return process }
            usleep(1000)
        }
        return nil
    }

    private static func lockFolder(_ path: String, _ kind: Int32) throws(LMDBError) -> Int32 {
        while true {
            let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard folder >= 0 else { throw lmdbError(errno, "open \(path)") }
            guard flock(folder, kind | LOCK_NB) == 0 else {
                let code = errno
                close(folder)
                throw failure(code, path)
            }
            // Another process may have replaced the directory between `open` and `flock`.
            if isAt(path, folder) { return folder }
            close(folder)
        }
    }

    private static func lockWriter(_ path: String) throws(LMDBError) -> Int32 {
        let name = "\(path)/\(writerFile)"
        while true {
            let file = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw lmdbError(errno, "open \(name)") }
            guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
                let code = errno
                close(file)
                throw failure(code, path)
            }
            if isAt(name, file) {
                // On a full disk the id is missing; the lock holds anyway.
                ftruncate(file, 0)
                let text = Array("\(getpid())\n".utf8)
                // withUnsafeBytes: pwrite reads the array during the call.
                _ = text.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
                return file
            }
            close(file)
        }
    }

    /// Whether a path still names an open file.
    private static func isAt(_ path: String, _ file: Int32) -> Bool {
        var held = stat()
        var named = stat()
        guard fstat(file, &held) == 0, stat(path, &named) == 0 else { return false }
        return held.st_dev == named.st_dev && held.st_ino == named.st_ino
    }

    private static func processID(in file: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        // withUnsafeMutableBytes: pread fills the array up to its length.
        let count = bytes.withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, 0) }
        guard count > 0, bytes[count - 1] == 10 else { return nil }
        return Int32(String(decoding: bytes[..<(count - 1)], as: UTF8.self))
    }

    private static func failure(_ code: Int32, _ path: String) -> LMDBError {
        guard code == EWOULDBLOCK else { return lmdbError(code, "lock \(path)") }
        let process = writerProcess(of: path)
        if process == getpid() {
            return LMDBError(
                .alreadyOpen, "This process has \(path) open already. Share one Environment.")
        }
        return inUse(path, process)
    }

    /// The error for a database that another process uses.
    static func inUse(_ path: String, _ process: Int32?) -> LMDBError {
        guard let process else {
            return LMDBError(
                .inUse(pid: 0),
                "Another process has \(path) open. Wait until it has ended, or stop it.")
        }
        return LMDBError(
            .inUse(pid: process),
            "Process \(process) has \(path) open for writing. Wait until it has ended, or stop it; "
                + "a server is started again afterwards.")
    }
}
