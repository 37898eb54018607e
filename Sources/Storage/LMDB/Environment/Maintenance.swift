import CCorruptionHandler
import CLMDB
import Foundation

extension Environment {
    /// The size and shape of a table.
    ///
    /// - Parameter table: A table of this environment.
    /// - Returns: The statistics of the last committed state.
    /// - Throws: ``LMDBError``.
    /// - Complexity: O(1).
    public func statistics(of table: Table) throws -> TableStatistics {
        try read { transaction in
            let raw = try transaction.context.statistics(table)
            return TableStatistics(
                entries: Int(clamping: raw.ms_entries), depth: Int(raw.ms_depth),
                branchPages: Int(clamping: raw.ms_branch_pages),
                leafPages: Int(clamping: raw.ms_leaf_pages),
                overflowPages: Int(clamping: raw.ms_overflow_pages),
                pageSizeBytes: Int(raw.ms_psize))
        }
    }

    /// The size of the data file, in bytes.
    ///
    /// The file never shrinks. A compacting copy has the smallest size.
    public var fileSizeBytes: Int {
        get throws {
            try holdingOpen { raw in
                // LMDB's own descriptor: closing another one would release LMDB's locks.
                var file: mdb_filehandle_t = -1
                let code = mdb_env_get_fd(raw, &file)
                guard code == MDB_SUCCESS else { throw handle.failure(code, "size the file") }
                var status = stat()
                guard fstat(file, &status) == 0 else {
                    throw handle.failure(errno, "size the file")
                }
                return Int(status.st_size)
            }
        }
    }

    /// Frees the reader slots of processes that were killed during a read.
    ///
    /// Such a slot pins the pages of its snapshot: they cannot be reused, and the file grows.
    /// Opening an environment frees these slots, and so does a read that finds no free slot. A
    /// program that writes for days while other processes read calls this from time to time.
    ///
    /// - Returns: The number of slots freed.
    /// - Throws: ``LMDBError``.
    public func clearStaleReaders() throws -> Int {
        try holdingOpen { raw in
            var stale: Int32 = 0
            let code = mdb_reader_check(raw, &stale)
            guard code == MDB_SUCCESS else { throw handle.failure(code, "clear stale readers") }
            return Int(stale)
        }
    }

    /// The number of reads that took longer than 5 seconds, running ones included.
    ///
    /// A read pins the pages of its snapshot, so a read that never ends makes the file grow without
    /// bound. If this number rises, let the callers read less per transaction.
    public var slowReadCount: Int { handle.slowReadCount }

    /// The number of reads that began since this environment was opened.
    public var readCount: Int { handle.readCount }

    /// Sets the duration from which ``slowReadCount`` counts a read; for tests.
    package func setSlowRead(nanoseconds: UInt64) {
        handle.setSlowRead(nanoseconds: nanoseconds)
    }

    /// Writes a consistent copy of the data file, while reads and writes continue.
    ///
    /// The copy has mode 0600. It appears under its name when it is complete and synced. To open
    /// it, move it to a directory of its own, with the name `data.mdb`.
    ///
    /// - Parameters:
    ///   - path: A file that does not exist, in a directory that exists.
    ///   - compacting: Whether to omit free pages, and with them all deleted data; slower.
    /// - Throws: ``LMDBError`` with code `alreadyExists`, `diskFull`, `io`, `permission`, `closed`,
    ///   `reentrantWrite` (called inside a write), or `corrupted` if the compaction found lost
    ///   pages. In that case, a copy without compaction works.
    /// - Complexity: O(size of the file).
    public func copy(to path: String, compacting: Bool) throws {
        guard !writer.isCurrentThread else { throw reentrantWrite }
        var status = stat()
        guard lstat(path, &status) != 0 else { throw lmdbError(EEXIST, "copy to \(path)") }
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let partial = "\(path).partial-\(UUID().uuidString)"
        let file = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw lmdbError(errno, "create \(partial)") }
        var isComplete = false
        defer {
            Foundation.close(file)
            if !isComplete { unlink(partial) }
        }
        corruption_handler_copying(1)
        defer { corruption_handler_copying(-1) }
        let code = try holdingOpen { raw in
            mdb_env_copyfd2(raw, file, UInt32(compacting ? MDB_CP_COMPACT : 0))
        }
        if code == MDB_INCOMPATIBLE {
            throw LMDBError(
                .corrupted, "\(self.path) has lost pages. Copy it without compacting.")
        }
        guard code == MDB_SUCCESS, fsync(file) == 0, rename(partial, path) == 0 else {
            let reason = code == MDB_SUCCESS ? errno : code
            // LMDB reports the short write of a full disk as EIO.
            let isFull = reason == EIO && freeBytes(of: directory) < 1 << 20
            throw lmdbError(isFull ? ENOSPC : reason, "copy \(self.path) to \(path)")
        }
        isComplete = true
        try synchronise(directory)
    }

    /// Reads every page in use of a database file, and checks that they form valid trees.
    ///
    /// It uses neither LMDB nor a memory map, so it is safe on any file; opening a damaged database
    /// can end the process. It does not check values: ``audit(file:isChecksummed:progress:)`` does.
    ///
    /// - Parameter file: A backup, or the `data.mdb` of a database that no process has open.
    /// - Returns: The number of pages in use.
    /// - Throws: ``LMDBError`` with code `notADatabase`, `versionMismatch`, `truncated`,
    ///   `corrupted`, `alreadyOpen` or `io`.
    /// - Complexity: O(size of the file).
    public static func verify(file: String) throws(LMDBError) -> Int {
        let claim = try EnvironmentRegistry.shared.claim(file)
        defer { EnvironmentRegistry.shared.release(claim) }
        let pages = try PageFile(file)
        return try pages.countPagesInUse(of: try pages.newestMeta())
    }
}
