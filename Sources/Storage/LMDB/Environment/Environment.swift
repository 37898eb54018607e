import CLMDB
import Foundation

/// An LMDB database directory, opened once, used from all threads and tasks.
///
/// ```swift
/// let environment = try Environment(path: "graph-data", tables: ["events"])
/// let events = environment.table("events")
/// try environment.write { transaction in
///     try transaction.put(Array("hello".utf8), for: [1], in: events)
/// }
/// let text = try environment.read { transaction in
///     try transaction.bytes(for: [1], in: events)
/// }
/// ```
///
/// Reads run on the caller's thread, in parallel, each on a snapshot, and block nobody. Writes run
/// one after the other on a thread of the environment's own and are durable (written and synced)
/// when they return. Modes that trade durability for speed are not offered.
///
/// One process opens a directory once, and one process at a time opens it for writing. Others may
/// read it meanwhile, with the same map size.
public final class Environment: Sendable {
    /// How to open an environment.
    public struct Options: Sendable {
        /// The address space set aside, in bytes: the size the data can grow to.
        ///
        /// It costs no memory and no disk until used, but a process has addresses for 512 stores of
        /// this size, and no more. Rounded up to whole pages.
        public var mapSizeBytes = Self.mapSizeBytesUsual
        #if FORETWIN_SANITIZED
            // Sanitizers keep notes beside all addresses, and many tests run at once.
            private static let mapSizeBytesUsual = 1 << 30
        #else
            private static let mapSizeBytesUsual = 1 << 38
        #endif
        /// The number of tables the file may hold.
        public var maximumTables = 32
        /// The number of reads that may run at once, over all processes.
        public var maximumReaders = 1024
        /// Whether to refuse all writes.
        ///
        /// The database and its tables must exist.
        public var readOnly = false
        /// Whether values carry checksums; only stores from before there were any have none.
        package var isChecksummed = true

        /// The defaults.
        public init() {}
    }

    /// The version of LMDB in use, such as "0.9.24".
    public static var version: String {
        var major: Int32 = 0
        var minor: Int32 = 0
        var patch: Int32 = 0
        _ = mdb_version(&major, &minor, &patch)
        return "\(major).\(minor).\(patch)"
    }

    /// The directory this environment lives in, as given.
    public let path: String
    let handle: EnvironmentHandle
    let writer: Writer
    private let tables: [String: Table]

    /// Opens the database in directory `path`, made with mode 0700 if missing, its files with 0600.
    ///
    /// - Parameters:
    ///   - path: the directory.
    ///   - tables: the names of all tables that will be used; missing ones are made.
    ///   - options: sizes and mode.
    /// - Throws: ``LMDBError``; among others `alreadyOpen`, `inUse`, `notADatabase`, `truncated`,
    ///   `versionMismatch`, `permission`, `unsupportedFileSystem`, and `notFound` when read-only.
    public init(
        path: String, tables: [String], options: Options = Options()
    ) throws(LMDBError) {
        let handle = try openEnvironment(path, options, tableCount: tables.count)
        do {
            self.tables = try openTables(
                tables, isChecksummed: options.isChecksummed, in: handle)
        } catch {
            // No writer thread yet, so close here.
            _ = handle.beginClosing()
            handle.finishClosing()
            throw error
        }
        self.path = path
        self.handle = handle
        writer = Writer(handle)
        writer.start()
    }

    deinit {
        // In a child after fork the environment is the parent's: leave it alone.
        guard !handle.isForked, handle.beginClosing() else { return }
        writer.stop()
        // The last reference can go inside a job; the writer thread then closes after it.
        if !writer.isCurrentThread { handle.waitUntilClosed() }
    }

    /// The table `name`, which must be one of those the environment was opened with.
    public func table(_ name: String) -> Table {
        guard let table = tables[name] else {
            preconditionFailure("Table \(name) was not named when \(path) was opened.")
        }
        return table
    }

    /// Runs `body` on a snapshot of the database, on the caller's thread.
    ///
    /// Keep it short: pages freed by later writes cannot be reused while it runs. Reads may be
    /// nested. Closing the environment waits for `body`, so `body` must not close it.
    ///
    /// - Parameter body: gets the transaction and copies out what it keeps.
    /// - Returns: what `body` returned.
    /// - Throws: ``LMDBError`` with code `closed`, `forked` or `readersFull`, or what `body` throws.
    @inlinable
    public func read<T>(_ body: (borrowing ReadTransaction) throws -> T) throws -> T {
        let transaction = try beginRead()
        defer { endRead(transaction) }
        return try body(transaction)
    }

    @usableFromInline
    func beginRead() throws(LMDBError) -> ReadTransaction {
        ReadTransaction(TransactionContext(handle: try handle.beginRead(), environment: handle))
    }

    @usableFromInline
    func endRead(_ transaction: borrowing ReadTransaction) {
        handle.endRead(transaction.context.handle)
    }

    /// Runs `body` in a write transaction on the writer thread and waits until it is durable.
    ///
    /// If `body` throws, nothing is changed. In an async function Swift picks the awaiting overload;
    /// this one blocks its thread and is for functions that are not async.
    ///
    /// - Parameter body: makes the changes; runs once, on another thread.
    /// - Returns: what `body` returned, once committed.
    /// - Throws: what `body` throws, or ``LMDBError`` with code `reentrantWrite` (called inside a
    ///   write body), `closed`, `forked`, `permission` (read-only), `mapFull`, `diskFull`, `io` or
    ///   `corrupted`.
    public func write<T>(_ body: (borrowing WriteTransaction) throws -> T) throws -> T {
        try checkWritable()
        guard !writer.isCurrentThread else { throw reentrantWrite }
        // The environment must not be closed by its last release before the job is done.
        defer { withExtendedLifetime(self) {} }
        return try withoutActuallyEscaping(body) { body in
            let job = BlockingJob(body)
            guard writer.enqueue(job) else { throw LMDBError(.closed, "\(path) was closed.") }
            return try job.wait()
        }
    }

    /// Runs `body` in a write transaction on the writer thread and awaits that it is durable.
    ///
    /// Bodies that wait together share one commit. When one of them throws, only its own changes are
    /// undone; others of its group may run a second time, so `body` must be repeatable: it should do
    /// nothing but use its transaction and return. Cancelling the task stops a body not yet started.
    ///
    /// - Parameter body: makes the changes; may run more than once, on another thread.
    /// - Returns: what `body` returned, once committed.
    /// - Throws: as the blocking overload, or `CancellationError`.
    public func write<T: Sendable>(
        _ body: @escaping @Sendable (borrowing WriteTransaction) throws -> T
    ) async throws -> T {
        try checkWritable()
        let job = AwaitedJob(body)
        defer { withExtendedLifetime(self) {} }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                job.await(continuation)
                if !writer.enqueue(job) {
                    job.finish(LMDBError(.closed, "\(path) was closed."))
                }
            }
        } onCancel: {
            job.cancel()
        }
    }

    /// Refuses new transactions, waits for those that run and for queued writes, and closes.
    ///
    /// Afterwards every call throws ``LMDBError`` with code `closed`, and the directory may be opened
    /// again. Calling it twice is allowed; calling it inside a transaction's body is an error of the
    /// program: it traps in a write and waits for ever in a read.
    public func close() {
        guard !handle.isForked else { return }
        precondition(
            !writer.isCurrentThread, "An environment cannot be closed from inside its own write.")
        if handle.beginClosing() { writer.stop() }
        handle.waitUntilClosed()
    }

    /// Whether damage was found or the disk failed to write, after which writes are refused; reads
    /// go on as far as they can.
    public var refusesWrites: Bool { handle.poisonedBy != nil }

    /// Whether the data file is still where it was opened: not moved, deleted or replaced.
    ///
    /// Reads and writes of a file that was moved go on, but whoever opens the path next does not see
    /// them.
    ///
    /// - Throws: ``LMDBError`` with code `closed`.
    public func isInPlace() throws -> Bool {
        try holdingOpen { raw in
            var file: Int32 = -1
            var opened = stat()
            var named = stat()
            guard mdb_env_get_fd(raw, &file) == MDB_SUCCESS, fstat(file, &opened) == 0,
                stat("\(path)/data.mdb", &named) == 0
            else { return false }
            return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino
        }
    }

    /// Keeps the environment open for `body`, which uses LMDB's environment without a transaction.
    // OpaquePointer: LMDB's MDB_env, valid during the call.
    func holdingOpen<T>(_ body: (OpaquePointer) throws -> T) throws -> T {
        defer { withExtendedLifetime(self) {} }
        return try handle.holdingOpen(body)
    }

    var reentrantWrite: LMDBError {
        LMDBError(
            .reentrantWrite,
            "A write of \(path) was started inside a write. Use the transaction already at hand.")
    }

    private func checkWritable() throws(LMDBError) {
        try handle.checkUsable()
        if handle.isReadOnly {
            throw LMDBError(.permission, "\(path) was opened read-only.")
        }
    }
}
