import CLMDB
import Foundation

/// The result of ``Environment/audit(file:isChecksummed:progress:)``.
public struct FileAudit: Sendable, Hashable {
    /// The size of a page, in bytes.
    public var pageSizeBytes = 0
    /// The number of pages of the current state, the two meta pages included.
    public var pagesInUse = 0
    /// The number of pages in the free list.
    public var freePages = 0
    /// The number of pages that are neither in use nor free.
    ///
    /// They waste space and do no harm. A compacting copy has none.
    public var lostPages = 0
    /// The number of records by table, of the tables that could be read.
    public var records: [String: Int] = [:]
    /// The number of records with a wrong checksum.
    public var badRecordCount = 0
    /// The first hundred errors, as text that names pages and tables, never keys or values.
    public var findings: [String] = []
    /// The number of all errors.
    public var findingCount = 0

    /// Whether there are no errors.
    public var isSound: Bool { findingCount == 0 }
}

extension Environment {
    /// Checks every page and record of a database file.
    ///
    /// It does not use LMDB, so it is safe on any file.
    ///
    /// - Parameters:
    ///   - file: A backup, or the `data.mdb` of a database that no process writes to.
    ///   - isChecksummed: Whether values have checksums.
    ///   - progress: Called after each page of a tree with the number of pages checked, and of all
    ///     pages.
    /// - Returns: What was found.
    /// - Throws: ``LMDBError`` with code `notADatabase`, `versionMismatch`, `truncated`,
    ///   `corrupted`, `alreadyOpen` or `io` if the file is too damaged to find its trees.
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

    /// Checks every page and record of the database in a directory, also while a process writes to
    /// it.
    ///
    /// A read transaction keeps the pages of one state from being reused. See
    /// ``audit(file:isChecksummed:progress:)``.
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

    /// Audits the state of a read transaction of `raw`.
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
            // Opened after the transaction began, so that all its pages are in the file.
            let pages = try PageFile(file, descriptor: descriptor)
            let id = UInt64(mdb_txn_id(transaction))
            // Each write overwrites the older of two meta pages: after two writes, ours is gone.
            guard let metas = try? pages.checkedMetas(),
                let meta = metas.all.first(where: { $0.transaction == id })
            else { continue }
            return try PageAudit(
                pages, meta, isChecksummed: isChecksummed, progress: progress
            ).run()
        }
        throw LMDBError(
            .other(EAGAIN), "\(file) changes too fast to be looked at. Look at a backup of it.")
    }

    /// The stored bytes of a key, read from a database file without LMDB.
    ///
    /// Use it for what must be known before the file is opened, such as the version of its format.
    ///
    /// - Returns: The value, with its checksum if it has one; nil if the key is absent, its value
    ///   is on overflow pages, or the path to it is damaged.
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
    /// Both meta pages, after a check that they fit each other, and the newest of them.
    ///
    /// LMDB writes the state of an even transaction ID to page 0 and that of an odd one to page 1,
    /// so the two IDs differ by one. Both are 0 in a database without any write.
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

    /// The value of a key in a leaf; nil if it is absent, on overflow pages, or if a page is
    /// damaged.
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
