import CLMDB
import Foundation

/// What ``Environment/audit(file:isChecksummed:progress:)`` found.
public struct FileAudit: Sendable, Hashable {
    /// The size of a page, in bytes.
    public var pageSizeBytes = 0
    /// Pages that hold the current state, the two meta pages included.
    public var pagesInUse = 0
    /// Pages to be used again.
    public var freePages = 0
    /// Pages that are neither; they take space and do no harm, and a compacting copy has none.
    public var lostPages = 0
    /// The number of records of each table that could be walked.
    public var records: [String: Int] = [:]
    /// How many records fail their checksum.
    public var badRecordCount = 0
    /// What is wrong, the first hundred of it; it names pages and tables, never keys or values.
    public var findings: [String] = []
    /// How much is wrong.
    public var findingCount = 0

    /// Whether nothing is wrong.
    public var isSound: Bool { findingCount == 0 }
}

extension Environment {
    /// Looks at every page and record of a database file, without LMDB and so safe on any file.
    ///
    /// - Parameters:
    ///   - file: a backup, or the `data.mdb` of a database that nobody writes to meanwhile.
    ///   - isChecksummed: whether values carry checksums.
    ///   - progress: told the number of pages seen and of all, now and then.
    /// - Returns: what was found.
    /// - Throws: ``LMDBError`` with code `notADatabase`, `versionMismatch`, `truncated`, `corrupted`,
    ///   `alreadyOpen` or `io` when nothing can be said of the file's trees.
    /// - Complexity: O(size of the file).
    public static func audit(
        file: String, isChecksummed: Bool = true,
        progress: @escaping (Int, Int) -> Void = { _, _ in }
    ) throws -> FileAudit {
        let claim = try EnvironmentRegistry.shared.claim(file)
        defer { EnvironmentRegistry.shared.release(claim) }
        let pages = try PageFile(file)
        let meta = try pages.checkedMetas().newest
        return try PageAudit(pages, meta, isChecksummed: isChecksummed, progress: progress).run()
    }

    /// As ``audit(file:isChecksummed:progress:)``, for the database in a folder, also while another
    /// process writes to it.
    ///
    /// A snapshot is held meanwhile, which keeps the pages of one state from being reused.
    public static func audit(
        path: String, isChecksummed: Bool = true,
        progress: @escaping (Int, Int) -> Void = { _, _ in }
    ) throws -> FileAudit {
        let file = path + "/data.mdb"
        guard !EnvironmentRegistry.shared.isHeld(folder: path) else {
            return try audit(file: file, isChecksummed: isChecksummed, progress: progress)
        }
        try checkFileSystem(path)
        let lock = try DirectoryLock(path, for: .reading)
        defer { lock.release() }
        guard DirectoryLock.writerProcess(of: path) != nil else {
            return try audit(file: file, isChecksummed: isChecksummed, progress: progress)
        }
        let claim = try EnvironmentRegistry.shared.claim(file)
        defer { EnvironmentRegistry.shared.release(claim) }
        _ = try PageFile(file).newestMeta()
        var options = Options()
        options.readOnly = true
        let raw = try openRaw(path, options, tableCount: 0)
        defer { closeRaw(raw) }
        return try audit(raw, file, isChecksummed, progress)
    }

    /// Audits the state that a snapshot of `raw` shows.
    // OpaquePointer: LMDB's MDB_env, which the caller closes.
    private static func audit(
        _ raw: OpaquePointer, _ file: String, _ isChecksummed: Bool,
        _ progress: @escaping (Int, Int) -> Void
    ) throws -> FileAudit {
        var descriptor: mdb_filehandle_t = -1
        let code = mdb_env_get_fd(raw, &descriptor)
        guard code == MDB_SUCCESS else { throw lmdbError(code, "look at \(file)") }
        for _ in 0..<100 {
            var transaction: OpaquePointer?
            let code = mdb_txn_begin(raw, nil, UInt32(MDB_RDONLY), &transaction)
            guard code == MDB_SUCCESS, let transaction else {
                throw lmdbError(code, "begin a read of \(file)")
            }
            defer { mdb_txn_abort(transaction) }
            // After the transaction has begun, so that all of its pages are in the file.
            let pages = try PageFile(file, descriptor: descriptor)
            let number = UInt64(mdb_txn_id(transaction))
            // Each write goes to the older of two meta pages: after two writes ours is gone.
            guard let metas = try? pages.checkedMetas(),
                let meta = metas.all.first(where: { $0.transaction == number })
            else { continue }
            return try PageAudit(
                pages, meta, isChecksummed: isChecksummed, progress: progress
            ).run()
        }
        throw LMDBError(
            .other(EAGAIN), "\(file) changes too fast to be looked at. Look at a backup of it.")
    }

    /// The value of `key` in a small table of a database file, read without LMDB.
    ///
    /// For what has to be known of a file before it is worth opening.
    ///
    /// - Returns: the value with its checksum, if it has one; nil if there is no such key, or if it
    ///   cannot be reached.
    package static func storedBytes(
        for key: [UInt8], inTable table: String, ofFile file: String
    ) throws(LMDBError) -> [UInt8]? {
        let claim = try EnvironmentRegistry.shared.claim(file)
        defer { EnvironmentRegistry.shared.release(claim) }
        let pages = try PageFile(file)
        let meta = try pages.newestMeta()
        guard
            let record = try pages.find(Array(table.utf8), meta.roots[1], meta),
            record.count == PageFile.treeRecordSize
        else { return nil }
        let bytes = Bytes(record)
        return try pages.find(
            key, PageFile.Tree(root: bytes.uint64(40), depth: Int(bytes.uint16(6))), meta)
    }
}

extension PageFile {
    /// Both meta pages, which must fit each other, and the one that counts.
    ///
    /// LMDB writes the state of an even transaction to page 0 and that of an odd one to page 1, so
    /// they are one apart; both are 0 in a database that nobody has written to.
    func checkedMetas() throws(LMDBError) -> (newest: Meta, all: [Meta]) {
        let newest = try newestMeta()
        let all = [try meta(at: 0), try meta(at: newest.pageSize)]
        let (even, odd) = (all[0].transaction, all[1].transaction)
        let isNew = even == 0 && odd == 0
        let isNext = max(even, odd) - min(even, odd) == 1 && even & 1 == 0
        guard isNew || isNext else {
            throw corrupted("its meta pages are those of transactions \(even) and \(odd)")
        }
        for (number, page) in all.enumerated() {
            let head = Bytes(try read(at: number * newest.pageSize, count: 40))
            guard head.uint64(0) == UInt64(number), head.uint16(10) == Flags.meta,
                head.uint64(32) / UInt64(page.pageSize) > page.lastPage
            else { throw corrupted("meta page \(number) is malformed") }
        }
        return (newest, all)
    }

    /// The value of a key that lies in its leaf; nil if there is none, or the way to it is damaged.
    func find(_ key: [UInt8], _ tree: Tree, _ meta: Meta) throws(LMDBError) -> [UInt8]? {
        var number = tree.root
        for depth in stride(from: min(tree.depth, 32), through: 1, by: -1) {
            guard number >= 2, number <= meta.lastPage,
                holds(page: number, pageSize: meta.pageSize)
            else { return nil }
            let page = Bytes(try read(at: Int(number) * meta.pageSize, count: meta.pageSize))
            var next: UInt64?
            for slot in stride(from: 16, to: Int(page.uint16(12)), by: 2) {
                let node = Int(page.uint16(slot))
                let end = node + 8 + Int(page.uint16(node + 6))
                guard end <= page.bytes.count else { return nil }
                let found = page.bytes[(node + 8)..<end]
                if depth == 1, found.elementsEqual(key) {
                    let length = Int(page.uint32(node))
                    guard page.uint16(node + 4) & Flags.bigValue == 0,
                        end + length <= page.bytes.count
                    else { return nil }
                    return Array(page.bytes[end..<(end + length)])
                }
                if slot == 16 || !key.lexicographicallyPrecedes(found) {
                    next = UInt64(page.uint32(node)) | UInt64(page.uint16(node + 4)) << 32
                }
            }
            guard depth > 1, let next else { return nil }
            number = next
        }
        return nil
    }
}
