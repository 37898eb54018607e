import Foundation

/// Checks that LMDB can open the data file at `path` without touching missing pages.
///
/// LMDB trusts its file: to read a page beyond its end ends the process by SIGBUS. A file can be
/// shorter than its meta page says, if its last pages were allocated and freed in one transaction
/// and so were never written. Only in that case, this reads all pages in use, to check that the
/// file has them.
func checkDatabaseFile(_ path: String) throws(LMDBError) {
    let file = try PageFile(path)
    let meta = try file.newestMeta()
    if !file.holds(page: meta.lastPage, pageSize: meta.pageSize) {
        _ = try file.countPagesInUse(of: meta)
    }
}

/// Reads a database file page by page, without LMDB and without trust in its contents.
///
/// This is the layout of version 1 on 64-bit machines. Integers are in the machine's byte order,
/// and offsets and sizes are in bytes:
///
/// | structure | offset | size | field |
/// |---|---|---|---|
/// | page | 0 | 8 | page number |
/// | | 10 | 2 | flags, see ``Flags`` |
/// | | 12 | 2 | end of the slots (branch and leaf pages) |
/// | | 12 | 4 | number of pages of the value (first overflow page) |
/// | | 14 | 2 | start of the nodes |
/// | | 16 | 2 each | slots: the offsets of the nodes, sorted by key |
/// | meta page | 16 | 4 | magic number |
/// | | 20 | 4 | version |
/// | | 32 | 8 | size of the memory map |
/// | | 40 | 48 | tree record of the free list |
/// | | 88 | 48 | tree record of the main tree, which lists the tables |
/// | | 136 | 8 | number of the last page |
/// | | 144 | 8 | transaction ID |
/// | tree record | 0 | 4 | page size; only in the record of the free list |
/// | | 4 | 2 | flags |
/// | | 6 | 2 | depth |
/// | | 8, 16, 24 | 8 each | numbers of branch, leaf and overflow pages |
/// | | 32 | 8 | number of entries |
/// | | 40 | 8 | number of the root page |
/// | node | 0 | 6 | page number of a child (branch page) |
/// | | 0 | 4 | size of the value (leaf page) |
/// | | 4 | 2 | flags (leaf page) |
/// | | 6 | 2 | size of the key |
/// | | 8 | | key, then value |
struct PageFile: ~Copyable {
    /// One of the two meta pages, which describe the newest two states.
    struct Meta {
        /// Its offset in the file, in bytes.
        let offset: Int
        let pageSize: Int
        let lastPage: UInt64
        /// The transaction ID of the state.
        let transaction: UInt64
        /// The free list and the main tree.
        let roots: [Tree]
    }

    /// A B+ tree: the number of its root page, and its depth in pages.
    struct Tree {
        let root: UInt64
        let depth: Int
    }

    /// Flags of pages, and of nodes (the last two).
    enum Flags {
        static let branch: UInt16 = 1
        static let leaf: UInt16 = 2
        static let overflow: UInt16 = 4
        static let meta: UInt16 = 8
        /// Keys of one size without nodes, in tables with duplicate keys of other programs.
        static let packedLeaf: UInt16 = 0x20
        /// The mask of the four kinds of pages.
        static let kinds: UInt16 = 0xF
        /// The value is on overflow pages; the node has the number of the first.
        static let bigValue: UInt16 = 1
        /// The value is the record of a tree.
        static let subtree: UInt16 = 2
    }

    static let noPage = UInt64.max
    static let treeRecordSize = 48
    let path: String
    let size: Int
    private let file: Int32
    private let isOwner: Bool

    init(_ path: String) throws(LMDBError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw lmdbError(errno, "open \(path)") }
        var status = stat()
        guard fstat(file, &status) == 0 else {
            let code = errno
            close(file)
            throw lmdbError(code, "look at \(path)")
        }
        self.path = path
        self.file = file
        isOwner = true
        size = Int(status.st_size)
    }

    /// Reads through a descriptor that the caller keeps open, and closes.
    init(_ path: String, descriptor: Int32) throws(LMDBError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw lmdbError(errno, "look at \(path)") }
        self.path = path
        file = descriptor
        isOwner = false
        size = Int(status.st_size)
    }

    deinit { if isOwner { close(file) } }

    /// Whether the file has all bytes of a page.
    func holds(page: UInt64, pageSize: Int) -> Bool {
        page < UInt64(size / pageSize)
    }

    // MARK: Meta pages

    /// The meta page that LMDB would use: the one with the greater transaction ID.
    func newestMeta() throws(LMDBError) -> Meta {
        guard size > 0 else { throw truncated("is empty") }
        let first = try meta(at: 0)
        let second = try meta(at: first.pageSize)
        guard first.pageSize == second.pageSize else {
            throw corrupted("its meta pages disagree on the page size")
        }
        let newest = second.transaction > first.transaction ? second : first
        // The other meta page may have wrong trees: after the last write of a commit has failed,
        // LMDB restores the transaction ID in that page, and nothing else.
        guard newest.roots.allSatisfy({ $0.root == Self.noPage || $0.root <= newest.lastPage })
        else { throw contradiction }
        return newest
    }

    private var contradiction: LMDBError {
        corrupted("its page counts contradict each other")
    }

    /// The meta page at an offset, after the checks that both meta pages must pass.
    func meta(at offset: Int) throws(LMDBError) -> Meta {
        let length = 152
        guard size - offset >= length else {
            if offset == 0 { throw notADatabase }
            throw truncated("ends within its meta pages")
        }
        let page = Bytes(try read(at: offset, count: length))
        guard page.uint16(10) & Flags.meta != 0, page.uint32(16) == 0xBEEF_C0DE else {
            throw notADatabase
        }
        let version = page.uint32(20)
        guard version == 1 else {
            throw LMDBError(
                .versionMismatch, "\(path) has format version \(version); this reads version 1.")
        }
        let pageSize = Int(page.uint32(40))
        guard (512...65536).contains(pageSize), pageSize & (pageSize - 1) == 0 else {
            throw corrupted("its page size is \(pageSize)")
        }
        // The free list has integer keys (8). Fixed map (1) and single file (0x4000) are allowed.
        guard page.uint16(44) & ~0x4001 == 8 else { throw corrupted("its flags are unknown") }
        let meta = Meta(
            offset: offset, pageSize: pageSize, lastPage: page.uint64(136),
            transaction: page.uint64(144), roots: [tree(page, 40), tree(page, 88)])
        let lastPageMax = UInt64(Int.max / pageSize) - 1
        guard meta.lastPage >= 1, meta.lastPage <= lastPageMax else { throw contradiction }
        return meta
    }

    // MARK: Tree pages

    /// Visits the trees of `meta` and returns the number of their pages, the meta pages included.
    func countPagesInUse(of meta: Meta) throws(LMDBError) -> Int {
        var count: UInt64 = 2
        var waiting = meta.roots.filter { $0.root != Self.noPage }
        while let tree = waiting.popLast() {
            let page = try treePage(tree, meta)
            count += 1
            let flags = page.uint16(10)
            if flags & Flags.packedLeaf != 0 { continue }
            let slotsEnd = Int(page.uint16(12))
            for slot in stride(from: 16, to: slotsEnd, by: 2) {
                let node = Int(page.uint16(slot))
                guard node >= slotsEnd, node + 8 <= meta.pageSize else { throw badPage(tree.root) }
                if flags & Flags.branch != 0 {
                    let child = page.uint64(node) & 0xFFFF_FFFF_FFFF
                    waiting.append(Tree(root: child, depth: tree.depth - 1))
                } else {
                    count += try visitLeafNode(page, node, tree, meta, &waiting)
                }
            }
            // More pages than the file has: some are reached twice, perhaps in a cycle.
            guard count + UInt64(waiting.count) <= meta.lastPage + 1 else {
                throw corrupted("pages are used more than once")
            }
        }
        return Int(clamping: count)
    }

    /// Reads the root of `tree`, a branch above depth 1 and a leaf at it.
    private func treePage(_ tree: Tree, _ meta: Meta) throws(LMDBError) -> Bytes {
        let page = try self.page(tree.root, meta)
        let slotsEnd = Int(page.uint16(12))
        let kind = page.uint16(10) & Flags.kinds
        let expected = tree.depth > 1 ? Flags.branch : Flags.leaf
        guard tree.depth >= 1, kind == expected, slotsEnd >= 16, slotsEnd & 1 == 0,
            slotsEnd <= Int(page.uint16(14)), Int(page.uint16(14)) <= meta.pageSize
        else { throw badPage(tree.root) }
        return page
    }

    /// Checks the node at offset `node` of a leaf; returns the number of its overflow pages.
    private func visitLeafNode(
        _ page: Bytes, _ node: Int, _ tree: Tree, _ meta: Meta, _ waiting: inout [Tree]
    ) throws(LMDBError) -> UInt64 {
        let flags = page.uint16(node + 4)
        let length = Int(page.uint32(node))
        let value = node + 8 + Int(page.uint16(node + 6))
        let isBig = flags & Flags.bigValue != 0
        let stored = isBig ? 8 : length
        guard value + stored <= meta.pageSize else { throw badPage(tree.root) }
        if isBig {
            let first = page.uint64(value)
            let overflow = try self.page(first, meta)
            let pages = UInt64(overflow.uint32(12))
            guard overflow.uint16(10) & Flags.kinds == Flags.overflow,
                pages >= (UInt64(length) + 15) / UInt64(meta.pageSize) + 1,
                pages <= meta.lastPage - first + 1
            else { throw badPage(first) }
            guard holds(page: first + pages - 1, pageSize: meta.pageSize) else {
                throw truncated("ends before page \(first + pages - 1), which is in use")
            }
            return pages
        }
        if flags & Flags.subtree != 0 {
            guard length == Self.treeRecordSize else { throw badPage(tree.root) }
            let subtree = self.tree(page, value)
            if subtree.root != Self.noPage { waiting.append(subtree) }
        }
        return 0
    }

    private func tree(_ page: Bytes, _ offset: Int) -> Tree {
        Tree(root: page.uint64(offset + 40), depth: Int(page.uint16(offset + 6)))
    }

    /// Reads page `number`, after checks that the file has it and that it states its number.
    private func page(_ number: UInt64, _ meta: Meta) throws(LMDBError) -> Bytes {
        guard number >= 2, number <= meta.lastPage else { throw badPage(number) }
        guard holds(page: number, pageSize: meta.pageSize) else {
            throw truncated("ends before page \(number), which is in use")
        }
        let page = Bytes(try read(at: Int(number) * meta.pageSize, count: meta.pageSize))
        guard page.uint64(0) == number else { throw badPage(number) }
        return page
    }

    // MARK: Bytes and errors

    /// Reads `count` bytes at an offset.
    func read(at offset: Int, count: Int) throws(LMDBError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            // withUnsafeMutableBytes: pread fills the rest of the array, which has that length.
            let got = bytes.withUnsafeMutableBytes {
                pread(
                    file, $0.baseAddress?.advanced(by: done), count - done, off_t(offset + done))
            }
            if got < 0 {
                if errno == EINTR { continue }
                throw lmdbError(errno, "read \(path)")
            }
            guard got > 0 else { throw truncated("became shorter while it was read") }
            done += got
        }
        return bytes
    }

    private var notADatabase: LMDBError {
        LMDBError(.notADatabase, "\(path) is not an LMDB database, or its first pages are damaged.")
    }

    func truncated(_ what: String) -> LMDBError {
        LMDBError(.truncated, "\(path) \(what). Restore a backup.")
    }

    func corrupted(_ what: String) -> LMDBError {
        LMDBError(.corrupted, "\(path) is damaged: \(what). Restore a backup.")
    }

    private func badPage(_ number: UInt64) -> LMDBError { corrupted("page \(number) is malformed") }
}

/// Bytes of a page, as integers in the machine's byte order at any offset; 0 beyond their end.
struct Bytes {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func uint16(_ offset: Int) -> UInt16 { load(offset) }
    func uint32(_ offset: Int) -> UInt32 { load(offset) }
    func uint64(_ offset: Int) -> UInt64 { load(offset) }

    private func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) -> T {
        guard offset >= 0, offset + MemoryLayout<T>.size <= bytes.count else { return 0 }
        // withUnsafeBytes: an unaligned load within the bounds just checked.
        return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: T.self) }
    }
}
