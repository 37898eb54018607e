import CCorruptionHandler
import CLMDB
import Foundation

extension Environment {
    /// The size and shape of `table`.
    ///
    /// - Parameter table: a table of this environment.
    /// - Returns: figures of the last committed state.
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

    /// The size of the data file.
    ///
    /// It never shrinks; a compacting copy is as small as it can be.
    public var fileSizeBytes: Int {
        get throws {
            try holdingOpen { raw in
                // LMDB's own descriptor: opening and closing another would be a risk to its locks.
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

    /// Frees the reader slots of processes that died without closing; done at opening as well.
    ///
    /// A forgotten slot keeps the pages of its snapshot from being reused, so long-running programs
    /// that share a directory call this now and then.
    ///
    /// - Returns: how many slots were freed.
    /// - Throws: ``LMDBError``.
    public func clearStaleReaders() throws -> Int {
        try holdingOpen { raw in
            var stale: Int32 = 0
            let code = mdb_reader_check(raw, &stale)
            guard code == MDB_SUCCESS else { throw handle.failure(code, "clear stale readers") }
            return Int(stale)
        }
    }

    /// How many reads have taken longer than 5 seconds, those that still run included.
    ///
    /// A read keeps the pages of its snapshot from being reused, so a forgotten one lets the file
    /// grow without end. A number that rises says that some caller should read less at a time.
    public var slowReadCount: Int { handle.slowReadCount }

    /// How many reads have begun in this process since the environment was opened.
    public var readCount: Int { handle.readCount }

    /// Sets what ``slowReadCount`` counts, for its tests.
    package func setSlowRead(nanoseconds: UInt64) {
        handle.setSlowRead(nanoseconds: nanoseconds)
    }

    /// Writes a consistent copy of the data file to `path` while reads and writes go on.
    ///
    /// The copy has mode 0600 and appears under its name only when it is complete and synced. To use
    /// it, put it as `data.mdb` into a directory of its own.
    ///
    /// - Parameters:
    ///   - path: a file that does not exist, in a directory that does.
    ///   - compacting: whether to leave out free pages, and with them all deleted data; slower.
    /// - Throws: ``LMDBError`` with code `alreadyExists`, `diskFull`, `io`, `permission`, `closed`,
    ///   `reentrantWrite` (called inside a write), or `corrupted` if compaction met lost pages; then
    ///   a copy without compaction still works.
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
        damage_copying(1)
        defer { damage_copying(-1) }
        let code = try holdingOpen { raw in
            mdb_env_copyfd2(raw, file, UInt32(compacting ? MDB_CP_COMPACT : 0))
        }
        if code == MDB_INCOMPATIBLE {
            throw LMDBError(
                .corrupted, "\(self.path) has lost pages. Copy it without compacting.")
        }
        guard code == MDB_SUCCESS, fsync(file) == 0, rename(partial, path) == 0 else {
            let reason = code == MDB_SUCCESS ? errno : code
            // A full disk can show as a short write, which LMDB reports as EIO.
            let isFull = reason == EIO && freeBytes(of: directory) < 1 << 20
            throw lmdbError(isFull ? ENOSPC : reason, "copy \(self.path) to \(path)")
        }
        isComplete = true
        try synchronise(directory)
    }

    /// Reads every page in use of a database file and checks that they make a sound tree.
    ///
    /// Unlike opening a damaged database, which can end the process, this uses neither LMDB nor a
    /// memory map and so is safe on any file. It does not look into values: ``audit(file:)`` does.
    ///
    /// - Parameter file: a backup, or the `data.mdb` of a database that no process has open.
    /// - Returns: the number of pages in use.
    /// - Throws: ``LMDBError`` with code `notADatabase`, `versionMismatch`, `truncated`, `corrupted`,
    ///   `alreadyOpen` or `io`.
    /// - Complexity: O(size of the file).
    public static func verify(file: String) throws(LMDBError) -> Int {
        let claim = try EnvironmentRegistry.shared.claim(file)
        defer { EnvironmentRegistry.shared.release(claim) }
        let pages = try PageFile(file)
        return try pages.countPagesInUse(of: try pages.newestMeta())
    }
}
