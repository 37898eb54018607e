import CLMDB
import Foundation

/// An LMDB database in a directory, for use from all threads and tasks.
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
/// - Reads run on the caller's thread, in parallel, each on a snapshot. They block no other read
///   and no write.
/// - Writes run one after the other on a thread of the environment. They are durable (written and
///   synced) when they return. There are no modes that trade durability for speed.
/// - A process opens a directory once. One process at a time opens it for writing; others can read
///   it at the same time, with the same map size.
public final class Environment: Sendable {
    /// Sizes and mode of an environment.
    public struct Options: Sendable {
        /// The size of the memory map in bytes, which is the largest size of the file.
        ///
        /// The map reserves addresses, not memory or disk space: with 47 bits of address space, a
        /// process has room for 512 maps of the default size. Rounded up to whole pages.
        public var mapSizeBytes = Self.mapSizeBytesDefault
        #if FORETWIN_SANITIZED
            // Sanitizers need shadow memory for all addresses, and many tests run at the same time.
            private static let mapSizeBytesDefault = 1 << 30
        #else
            private static let mapSizeBytesDefault = 1 << 38
        #endif
        /// The most tables that can be open.
        public var maximumTables = 32
        /// The most reads that can run at the same time, in all processes together.
        public var maximumReaders = 1024
        /// Whether all writes are refused; the database and its tables must then exist.
        public var readOnly = false
        /// Whether values have checksums; false only for stores of an old format without them.
        package var isChecksummed = true

        /// Creates the default options.
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

    /// The directory, as it was passed to ``init(path:tables:options:)``.
    public let path: String
    let handle: EnvironmentHandle
    let writer: Writer
    private let tables: [String: Table]

    /// Opens the database in a directory, and creates both if they do not exist.
    ///
    /// The directory gets mode 0700 and its files get mode 0600.
    ///
    /// - Parameters:
    ///   - path: The directory.
    ///   - tables: The names of all tables that will be used; missing tables are created.
    ///   - options: Sizes and mode.
    /// - Throws: ``LMDBError``; among others with code `alreadyOpen`, `inUse`, `notADatabase`,
    ///   `truncated`, `versionMismatch`, `permission`, `unsupportedFileSystem`, or, if read-only,
    ///   `notFound`.
    public init(
        path: String, tables: [String], options: Options = Options()
    ) throws(LMDBError) {
        let handle = try openEnvironment(path, options, tableCount: tables.count)
        do {
            self.tables = try openTables(
                tables, isChecksummed: options.isChecksummed, in: handle)
        } catch {
            // There is no writer thread yet, so close here.
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
        // After fork, the environment belongs to the parent process: leave it alone.
        guard !handle.isForked, handle.beginClosing() else { return }
        writer.stop()
        // The last release can happen inside a job; the writer thread then closes after the job.
        if !writer.isCurrentThread { handle.waitUntilClosed() }
    }

    /// The table with a name.
    ///
    /// - Precondition: The environment was opened with this table.
    public func table(_ name: String) -> Table {
        guard let table = tables[name] else {
            preconditionFailure("\(path) was opened without the table \(name).")
        }
        return table
    }

    /// Calls `body` with a snapshot of the database, on the caller's thread.
    ///
    /// Keep it short: while it runs, the pages that later writes free cannot be reused. Reads can
    /// be nested. ``close()`` waits for `body`, so `body` must not call it.
    ///
    /// - Parameter body: Gets the transaction, and copies what it keeps.
    /// - Returns: What `body` returned.
    /// - Throws: ``LMDBError`` with code `closed`, `forked` or `readersFull`, or what `body`
    ///   throws.
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

    /// Calls `body` with a write transaction on the writer thread, and blocks until it is durable.
    ///
    /// If `body` throws, nothing is changed. This overload is for functions that are not `async`:
    /// in an async function, Swift chooses the other one.
    ///
    /// - Parameter body: Makes the changes; runs once, on another thread.
    /// - Returns: What `body` returned.
    /// - Throws: What `body` throws, or ``LMDBError`` with code `reentrantWrite` (called inside the
    ///   body of a write), `closed`, `forked`, `permission` (read-only), `mapFull`, `diskFull`,
    ///   `io` or `corrupted`.
    public func write<T>(_ body: (borrowing WriteTransaction) throws -> T) throws -> T {
        try checkWritable()
        guard !writer.isCurrentThread else { throw reentrantWrite }
        // The last release of the environment must not close it before the job has ended.
        defer { withExtendedLifetime(self) {} }
        return try withoutActuallyEscaping(body) { body in
            let job = BlockingJob(body)
            guard writer.enqueue(job) else { throw LMDBError(.closed, "\(path) was closed.") }
            return try job.wait()
        }
    }

    /// Calls `body` with a write transaction on the writer thread, and awaits that it is durable.
    ///
    /// Bodies that are waiting at the same time share one commit. If one of them throws, only its
    /// own changes are undone, and the others may run again. So `body` must be repeatable: let it
    /// use its transaction and return a value, without other effects. If the task is cancelled
    /// before `body` has started, `body` does not run.
    ///
    /// - Parameter body: Makes the changes; may run more than once, on another thread.
    /// - Returns: What `body` returned in the run that was committed.
    /// - Throws: As the blocking overload, or `CancellationError`.
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

    /// Refuses new transactions, waits for running reads and queued writes, and closes.
    ///
    /// Afterwards, every call throws ``LMDBError`` with code `closed`, and the directory can be
    /// opened again. A second call has no effect. Do not call it inside the body of a transaction:
    /// in a write it traps, and in a read it waits for ever.
    public func close() {
        guard !handle.isForked else { return }
        precondition(
            !writer.isCurrentThread, "An environment cannot be closed from inside its own write.")
        if handle.beginClosing() { writer.stop() }
        handle.waitUntilClosed()
    }

    /// Whether all writes fail because damage was found or the disk failed; reads still work.
    ///
    /// Close the environment and open it again, after the cause is removed.
    public var refusesWrites: Bool { handle.writeFailure != nil }

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

    /// Calls `body` with LMDB's environment, and keeps that open during the call.
    // OpaquePointer: LMDB's MDB_env, valid during the call.
    func holdingOpen<T>(_ body: (OpaquePointer) throws -> T) throws -> T {
        defer { withExtendedLifetime(self) {} }
        return try handle.holdingOpen(body)
    }

    var reentrantWrite: LMDBError {
        LMDBError(
            .reentrantWrite,
            "A write of \(path) began inside a write. Use the transaction that is already there.")
    }

    private func checkWritable() throws(LMDBError) {
        try handle.checkUsable()
        if handle.isReadOnly {
            throw LMDBError(.permission, "\(path) was opened read-only.")
        }
    }

    /// Checks that the state of the environment, its writer and the registries is consistent.
    ///
    /// It may run at any time, from any thread outside of a write body, and traps if a check fails.
    /// For the file itself see ``verify(file:)`` and ``audit(file:isChecksummed:progress:)``.
    ///
    /// - Complexity: O(open environments + running reads + queued writes).
    package func checkInvariants() {
        handle.checkInvariants()
        writer.checkInvariants()
        EnvironmentRegistry.shared.checkInvariants()
        CorruptionHandler.checkInvariants()
    }
}
