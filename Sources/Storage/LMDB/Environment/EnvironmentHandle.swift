import CLMDB
import Foundation

/// LMDB's environment with the bookkeeping that makes closing it safe.
///
/// States: open, then closing (new transactions are refused, running ones end), then closed.
// @unchecked Sendable: `raw` may be used from all threads (MDB_NOTLS), and every variable is
// guarded by `condition`.
@usableFromInline
final class EnvironmentHandle: @unchecked Sendable {
    /// Distinguishes environments, also those of the same file opened one after the other.
    let identifier: UInt64
    // OpaquePointer: LMDB's MDB_env, valid until `finishClosing`.
    let raw: OpaquePointer
    let path: String
    let isReadOnly: Bool
    /// The size of pages, if they are aligned to it in memory; else 0.
    let leafBytes: Int
    private let process = getpid()
    private let claim: EnvironmentRegistry.Claim
    private let lock: DirectoryLock?

    private enum State { case open, closing, closed }

    private let condition = NSCondition()
    private var state = State.open
    private var poison: LMDBError?
    private var readers = 0
    /// Read transactions that were reset; renewing one is cheaper than a new one.
    private var idleReaders: [OpaquePointer] = []
    private let idleReadersMax = 16
    /// When the read transactions under way began, in nanoseconds.
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
        // The map begins at a page of the system's.
        let isAligned = isKnown && Int(statistics.ms_psize) <= Int(getpagesize())
        leafBytes = isAligned ? Int(statistics.ms_psize) : 0
    }

    // MARK: Errors

    /// The error for LMDB's `code`; remembers codes after which nothing may be written.
    func failure(_ code: Int32, _ action: String) -> LMDBError {
        var error = lmdbError(code, "\(action) in \(path)")
        // LMDB reports the short write of a full disk as EIO.
        if code == EIO, freeBytes(of: path) < 1 << 20 {
            error = LMDBError(
                .diskFull,
                "Could not \(action) in \(path): the disk is full. Free space and try again.")
        }
        if isPoisonous(code) { stopWriting(after: error) }
        return error
    }

    /// The error for LMDB's `code` of a commit.
    ///
    /// A disk that says it could not write is not asked again: on some systems a second sync
    /// reports success for pages that the first one has lost. That holds for a disk that is nearly
    /// full as well. Only a short write of a full disk is known to be harmless: LMDB reports it as EIO
    /// too, but the system has said no such thing.
    ///
    /// - Parameters:
    ///   - code: What LMDB returned.
    ///   - number: The value of `errno` right afterwards, if it was 0 before.
    /// - Returns: The error to throw.
    func commitFailure(_ code: Int32, errno number: Int32) -> LMDBError {
        let isRefused = code == EIO && number == EIO
        let error = isRefused ? lmdbError(code, "commit in \(path)") : failure(code, "commit")
        if error.code == .io(errno: EIO) { stopWriting(after: error) }
        return error
    }

    private func stopWriting(after error: LMDBError) {
        condition.withLock { if poison == nil { poison = error } }
    }

    /// The error after which writes are refused, if there was one.
    var poisonedBy: LMDBError? { condition.withLock { poison } }

    /// Whether this is a child made by `fork` of the process that opened the environment.
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

    /// Starts a read transaction, which keeps the environment open until `endRead`.
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
            // Slots of processes that were killed stay taken until somebody looks.
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

    /// How many reads have begun so far.
    var readCount: Int { condition.withLock { reads } }

    /// How many reads have been slow so far, those under way included.
    var slowReadCount: Int {
        condition.withLock {
            let now = Self.nanoseconds()
            return slowReads + readStarts.values.count { now &- $0 >= slowReadNanoseconds }
        }
    }

    /// Sets how long a read takes that counts as slow.
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

    /// To be called with `condition` locked.
    private func noteEnd(_ transaction: OpaquePointer) {
        guard let start = readStarts.removeValue(forKey: transaction) else { return }
        if Self.nanoseconds() &- start >= slowReadNanoseconds { slowReads += 1 }
    }

    /// A clock that nobody sets, in nanoseconds.
    static func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Ends a read transaction from `beginRead`.
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

    /// Keeps the environment open for `body`, which uses `raw` without a transaction of ours.
    // OpaquePointer: `raw`.
    func holdingOpen<T>(_ body: (OpaquePointer) throws -> T) throws -> T {
        let idle = try enterRead()
        if let idle { mdb_txn_abort(idle) }
        defer { leaveRead() }
        return try body(raw)
    }

    private func enterRead() throws(LMDBError) -> OpaquePointer? {
        try checkProcess()
        condition.lock()
        defer { condition.unlock() }
        guard state == .open else { throw closedError }
        readers += 1
        return idleReaders.popLast()
    }

    private func leaveRead() { condition.withLock { countReaderOut() } }

    /// To be called with `condition` locked.
    private func countReaderOut() {
        readers -= 1
        if readers == 0, state != .open { condition.broadcast() }
    }

    // MARK: Closing

    /// Refuses new transactions from here on; true for the first caller.
    func beginClosing() -> Bool {
        condition.withLock {
            guard state == .open else { return false }
            state = .closing
            return true
        }
    }

    /// Waits for readers, then closes the environment.
    ///
    /// Called once, by the writer thread at its end.
    func finishClosing() {
        condition.lock()
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
}
