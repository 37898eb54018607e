import CLMDB
import Foundation

/// LMDB's environment, with the state that makes it safe to close.
///
/// States: open, then closing (new transactions are refused, running ones end), then closed.
// @unchecked Sendable: all threads may use `raw` (MDB_NOTLS), and `condition` guards every
// variable.
@usableFromInline
final class EnvironmentHandle: @unchecked Sendable {
    /// A number that no other environment of this process has, not even an earlier one of this
    /// file.
    let identifier: UInt64
    // OpaquePointer: LMDB's MDB_env, valid until `finishClosing` closes it.
    let raw: OpaquePointer
    let path: String
    let isReadOnly: Bool
    /// The page size, if pages are aligned to it in memory; otherwise 0.
    let leafBytes: Int
    private let process = getpid()
    private let claim: EnvironmentRegistry.Claim
    private let lock: DirectoryLock?

    private enum State { case open, closing, closed }

    private let condition = NSCondition()
    private var state = State.open
    private var firstWriteFailure: LMDBError?
    /// The number of calls that keep the environment open: reads, and bodies of `holdingOpen`.
    private var readers = 0
    /// Read transactions that were reset; to renew one is cheaper than to begin a new one.
    private var idleReaders: [OpaquePointer] = []
    private let idleReadersMax = 16
    /// The start time of each running read transaction, in nanoseconds of ``nanoseconds()``.
    private var readStarts: [OpaquePointer: UInt64] = [:]
    private var slowReads = 0
    private var reads = 0
    private var slowReadNanoseconds: UInt64 = 5_000_000_000

    init(
        raw: OpaquePointer, path: String, isReadOnly: Bool, claim: EnvironmentRegistry.Claim,
        lock: DirectoryLock?
    ) {
        self.raw = raw
        self.path = path
        self.isReadOnly = isReadOnly
        self.claim = claim
        self.lock = lock
        identifier = EnvironmentRegistry.shared.nextIdentifier()
        var statistics = MDB_stat()
        let isKnown = mdb_env_stat(raw, &statistics) == MDB_SUCCESS
        // The map starts at a page of the operating system, so smaller pages are aligned too.
        let isAligned = isKnown && Int(statistics.ms_psize) <= Int(getpagesize())
        leafBytes = isAligned ? Int(statistics.ms_psize) : 0
    }

    // MARK: Errors

    /// The error for LMDB's `code`; refuses all further writes if the code says so.
    func failure(_ code: Int32, _ action: String) -> LMDBError {
        var error = lmdbError(code, "\(action) in \(path)")
        // LMDB reports the short write of a full disk as EIO.
        if code == EIO, freeBytes(of: path) < 1 << 20 {
            error = LMDBError(
                .diskFull,
                "Could not \(action) in \(path): the disk is full. Free space and try again.")
        }
        if stopsWrites(code) { refuseWrites(after: error) }
        return error
    }

    /// The error for LMDB's `code` of a commit.
    ///
    /// After a failed write or sync of the disk, all further writes are refused: on some systems, a
    /// second `fsync` reports success although the first one lost pages. A short write on a full
    /// disk is harmless. LMDB reports both as EIO, but only a failed system call sets `errno` to
    /// EIO.
    ///
    /// - Parameters:
    ///   - code: What LMDB returned.
    ///   - systemCode: `errno` after the commit; the caller sets it to 0 before.
    /// - Returns: The error to throw.
    func commitFailure(_ code: Int32, errno systemCode: Int32) -> LMDBError {
        let isRefused = code == EIO && systemCode == EIO
        let error = isRefused ? lmdbError(code, "commit in \(path)") : failure(code, "commit")
        if error.code == .io(errno: EIO) { refuseWrites(after: error) }
        return error
    }

    private func refuseWrites(after error: LMDBError) {
        condition.withLock { if firstWriteFailure == nil { firstWriteFailure = error } }
    }

    /// The error that made the environment refuse writes; nil if it accepts them.
    var writeFailure: LMDBError? { condition.withLock { firstWriteFailure } }

    /// Whether this process is a child, made by `fork`, of the one that opened the environment.
    var isForked: Bool { getpid() != process }

    func checkUsable() throws(LMDBError) {
        try checkProcess()
        let open = condition.withLock { state == .open }
        guard open else { throw closedError }
    }

    private func checkProcess() throws(LMDBError) {
        guard isForked else { return }
        throw LMDBError(
            .forked, "\(path) was opened by another process. Open it again after fork.")
    }

    private var closedError: LMDBError { LMDBError(.closed, "\(path) was closed.") }

    // MARK: Readers

    /// Begins a read transaction, which keeps the environment open until ``endRead(_:)``.
    // OpaquePointer: LMDB's MDB_txn.
    func beginRead() throws(LMDBError) -> OpaquePointer {
        let idle = try enterRead()
        if let idle {
            if mdb_txn_renew(idle) == MDB_SUCCESS { return noteStart(idle) }
            mdb_txn_abort(idle)
        }
        var transaction: OpaquePointer?
        var code = mdb_txn_begin(raw, nil, UInt32(MDB_RDONLY), &transaction)
        if code == MDB_READERS_FULL {
            // A killed process leaves its slots taken until some process checks for that.
            var stale: Int32 = 0
            mdb_reader_check(raw, &stale)
            if stale > 0 {
                code = mdb_txn_begin(raw, nil, UInt32(MDB_RDONLY), &transaction)
            }
        }
        guard code == MDB_SUCCESS, let transaction else {
            leaveRead()
            throw failure(code, "begin a read")
        }
        return noteStart(transaction)
    }

    /// The number of reads that have begun.
    var readCount: Int { condition.withLock { reads } }

    /// The number of slow reads, running ones included.
    var slowReadCount: Int {
        condition.withLock {
            let now = Self.nanoseconds()
            return slowReads + readStarts.values.count { now &- $0 >= slowReadNanoseconds }
        }
    }

    /// Sets the duration from which a read counts as slow.
    func setSlowRead(nanoseconds: UInt64) {
        condition.withLock { slowReadNanoseconds = nanoseconds }
    }

    private func noteStart(_ transaction: OpaquePointer) -> OpaquePointer {
        let now = Self.nanoseconds()
        condition.withLock {
            readStarts[transaction] = now
            reads += 1
        }
        return transaction
    }

    /// The caller holds `condition`.
    private func noteEnd(_ transaction: OpaquePointer) {
        guard let start = readStarts.removeValue(forKey: transaction) else { return }
        if Self.nanoseconds() &- start >= slowReadNanoseconds { slowReads += 1 }
    }

    /// The monotonic clock, in nanoseconds.
    static func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Ends a read transaction of ``beginRead()``.
    func endRead(_ transaction: OpaquePointer) {
        mdb_txn_reset(transaction)
        let isKept = condition.withLock {
            noteEnd(transaction)
            guard idleReaders.count < idleReadersMax else { return false }
            idleReaders.append(transaction)
            countReaderOut()
            return true
        }
        if !isKept {
            mdb_txn_abort(transaction)
            leaveRead()
        }
    }

    /// Calls `body` with `raw`, and keeps the environment open during the call.
    // OpaquePointer: `raw`.
    func holdingOpen<T>(_ body: (OpaquePointer) throws -> T) throws -> T {
        let idle = try enterRead()
        if let idle { mdb_txn_abort(idle) }
        defer { leaveRead() }
        return try body(raw)
    }

    /// Counts a reader in; returns an idle transaction to renew, or nil if there is none.
    private func enterRead() throws(LMDBError) -> OpaquePointer? {
        try checkProcess()
        condition.lock()
        defer { condition.unlock() }
        guard state == .open else { throw closedError }
        readers += 1
        return idleReaders.popLast()
    }

    private func leaveRead() { condition.withLock { countReaderOut() } }

    /// The caller holds `condition`.
    private func countReaderOut() {
        precondition(readers > 0, "A read of \(path) ended twice.")
        readers -= 1
        if readers == 0, state != .open { condition.broadcast() }
    }

    // MARK: Closing

    /// Refuses new transactions from now on; returns true to the first caller only.
    func beginClosing() -> Bool {
        condition.withLock {
            guard state == .open else { return false }
            state = .closing
            return true
        }
    }

    /// Waits for readers, then closes the environment.
    ///
    /// The writer thread calls it once, at its end, after ``beginClosing()``.
    func finishClosing() {
        condition.lock()
        precondition(state == .closing, "\(path) is closed in the state \(state).")
        while readers > 0 { condition.wait() }
        let idle = idleReaders
        idleReaders = []
        condition.unlock()
        for transaction in idle { mdb_txn_abort(transaction) }
        EnvironmentRegistry.shared.release(claim) { closeRaw(raw) }
        lock?.release()
        condition.lock()
        state = .closed
        condition.broadcast()
        condition.unlock()
    }

    func waitUntilClosed() {
        condition.lock()
        while state != .closed { condition.wait() }
        condition.unlock()
    }

    /// Checks what holds at any time, also while other threads use this object.
    ///
    /// - Complexity: O(running reads + idle transactions).
    func checkInvariants() {
        condition.withLock {
            // Every running read is a reader; `holdingOpen` counts as one too, without a
            // transaction.
            precondition(readers >= readStarts.count, "More reads of \(path) run than were begun.")
            precondition(idleReaders.count <= idleReadersMax, "Too many idle reads of \(path).")
            precondition(
                Set(idleReaders).count == idleReaders.count,
                "A transaction of \(path) is idle twice.")
            precondition(
                idleReaders.allSatisfy { readStarts[$0] == nil },
                "A transaction of \(path) is both idle and running.")
            precondition(
                reads >= slowReads + readStarts.count, "Reads of \(path) are miscounted.")
            if state == .open {
                precondition(
                    EnvironmentRegistry.shared.isClaimed(claim), "\(path) is open without a claim.")
            }
            if state == .closed {
                precondition(
                    readers == 0 && idleReaders.isEmpty, "\(path) is closed and still read.")
            }
        }
    }
}
