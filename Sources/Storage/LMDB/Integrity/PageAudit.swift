import Foundation

/// Checks every page of one state of a database file, without LMDB and without trust in the file.
///
/// It checks what LMDB takes for granted:
/// - keys are in order, also from page to page;
/// - no page is used twice, or is both used and free;
/// - the counts of pages and entries in the records of the trees are right;
/// - every checksum is right.
final class PageAudit {
    /// The tree that is being visited.
    private struct TreeVisit {
        var name: String
        var kind: Kind
        var counts = Counts()
    }

    private enum Kind { case free, main, table }

    private struct Counts: Equatable {
        var branches: UInt64 = 0
        var leaves: UInt64 = 0
        var overflows: UInt64 = 0
        var entries: UInt64 = 0
    }

    /// Ends the visit of a subtree, after the error was recorded.
    private struct Malformed: Error {}

    private static let findingsMax = 100
    private static let depthMax = 32

    private let file: PageFile
    private let meta: PageFile.Meta
    private let pageSize: Int
    private let isChecksummed: Bool
    private let progress: (Int, Int) -> Void
    private var report = FileAudit()
    /// Whether each page of the file is in use.
    private var used: [Bool]
    /// The pages of the free list, also those beyond the end of the file.
    private var free: Set<UInt64> = []

    /// Prepares the audit of the state that a meta page describes.
    init(
        _ file: consuming PageFile, _ meta: PageFile.Meta, isChecksummed: Bool,
        progress: @escaping (Int, Int) -> Void
    ) {
        let pages = file.size / meta.pageSize
        pageSize = meta.pageSize
        self.meta = meta
        self.file = file
        self.isChecksummed = isChecksummed
        self.progress = progress
        used = [Bool](repeating: false, count: pages)
    }

    /// Checks everything.
    ///
    /// Errors are in the result; it throws only if the file cannot be read.
    func run() throws -> FileAudit {
        for page in 0..<min(2, used.count) { used[page] = true }
        report.pageSizeBytes = pageSize
        report.pagesInUse = 2
        let records = try file.read(at: meta.offset, count: 152)
        try visitTree(Bytes(records), 40, "the free list", .free)
        try visitTree(Bytes(records), 88, "the list of tables", .main)
        checkFreePages()
        return report
    }

    // MARK: Trees

    /// Visits the tree whose record is at `offset` of `page`, and compares it with that record.
    private func visitTree(_ page: Bytes, _ offset: Int, _ name: String, _ kind: Kind) throws {
        let root = page.uint64(offset + 40)
        let depth = Int(page.uint16(offset + 6))
        let stated = Counts(
            branches: page.uint64(offset + 8), leaves: page.uint64(offset + 16),
            overflows: page.uint64(offset + 24), entries: page.uint64(offset + 32))
        var walk = TreeVisit(name: name, kind: kind)
        if kind == .table, page.uint16(offset + 4) != 0 || page.uint32(offset) != 0 {
            note("table \(name) has flags that this program never sets")
        }
        if root == PageFile.noPage {
            if depth != 0 { note("\(name) is empty and states a depth of \(depth)") }
        } else if depth < 1 || depth > Self.depthMax {
            note("\(name) states a depth of \(depth)")
            return
        } else {
            do {
                try visit(root, depth: depth, from: nil, to: nil, &walk)
            } catch is Malformed { return }
        }
        if walk.counts != stated { note("\(name) states wrong numbers of pages and records") }
        if kind == .table { report.records[name] = Int(clamping: walk.counts.entries) }
    }

    /// Visits a page and its descendants.
    ///
    /// Their keys must be at least `lower` and less than `upper`.
    private func visit(
        _ number: UInt64, depth: Int, from lower: [UInt8]?, to upper: [UInt8]?,
        _ walk: inout TreeVisit
    ) throws {
        try claim(number, 1, walk.name)
        let page = Bytes(try file.read(at: Int(number) * pageSize, count: pageSize))
        let slotsEnd = Int(page.uint16(12))
        let nodesStart = Int(page.uint16(14))
        let expected = depth > 1 ? PageFile.Flags.branch : PageFile.Flags.leaf
        let count = (slotsEnd - 16) / 2
        guard page.uint64(0) == number, page.uint16(10) == expected, slotsEnd >= 16,
            slotsEnd & 1 == 0, slotsEnd <= nodesStart, nodesStart <= pageSize,
            count >= (depth > 1 ? 2 : 1)
        else { throw malformed(number, walk.name) }
        if depth > 1 { walk.counts.branches += 1 } else { walk.counts.leaves += 1 }
        let nodes = (0..<count).map { Int(page.uint16(16 + 2 * $0)) }
        try checkExtents(of: nodes, page, nodesStart, isLeaf: depth == 1, number, walk.name)
        if depth == 1 {
            try visitLeaf(page, nodes, from: lower, to: upper, number, &walk)
        } else {
            try visitBranch(page, nodes, depth, from: lower, to: upper, number, &walk)
        }
        progress(report.pagesInUse, used.count)
    }

    /// Checks that nodes are inside the page and do not overlap.
    private func checkExtents(
        of nodes: [Int], _ page: Bytes, _ start: Int, isLeaf: Bool, _ number: UInt64, _ name: String
    ) throws {
        var end = start
        for node in nodes.sorted() {
            guard node >= end, node + 8 <= pageSize else { throw malformed(number, name) }
            end = node + 8 + Int(page.uint16(node + 6))
            if isLeaf {
                let isBig = page.uint16(node + 4) & PageFile.Flags.bigValue != 0
                end += isBig ? 8 : Int(page.uint32(node))
            }
            guard end <= pageSize else { throw malformed(number, name) }
        }
    }

    private func visitBranch(
        _ page: Bytes, _ nodes: [Int], _ depth: Int, from lower: [UInt8]?, to upper: [UInt8]?,
        _ number: UInt64, _ walk: inout TreeVisit
    ) throws {
        // LMDB ignores the key of the first node: all keys below the second go there.
        var keys: [[UInt8]?] = [lower]
        for node in nodes.dropFirst() { keys.append(page.slice(node + 8, page.uint16(node + 6))) }
        keys.append(upper)
        for (index, node) in nodes.enumerated() {
            guard inOrder(keys[index], keys[index + 1], walk.kind) else {
                throw malformed(number, walk.name)
            }
            let child =
                UInt64(page.uint32(node)) | UInt64(page.uint16(node + 4)) << 32
            do {
                try visit(
                    child, depth: depth - 1, from: keys[index], to: keys[index + 1], &walk)
            } catch is Malformed {
                // Recorded. The siblings may be intact. This makes the counts differ, which is
                // right.
                walk.counts.entries = .max / 2
            }
        }
    }

    private func visitLeaf(
        _ page: Bytes, _ nodes: [Int], from lower: [UInt8]?, to upper: [UInt8]?,
        _ number: UInt64, _ walk: inout TreeVisit
    ) throws {
        var before: [UInt8]?
        for node in nodes {
            let flags = page.uint16(node + 4)
            let key = page.slice(node + 8, page.uint16(node + 6))
            let isOrdered =
                before.map { precedes($0, key, walk.kind) } ?? true
                && (lower.map { !precedes(key, $0, walk.kind) } ?? true)
                && (upper.map { precedes(key, $0, walk.kind) } ?? true)
            guard isOrdered, !key.isEmpty, key.count <= TransactionContext.keyBytesMax else {
                throw malformed(number, walk.name)
            }
            before = key
            walk.counts.entries &+= 1
            let value = node + 8 + key.count
            let length = page.uint32(node)
            switch (walk.kind, flags) {
            case (.main, PageFile.Flags.subtree) where length == PageFile.treeRecordSize:
                try visitTree(page, value, String(decoding: key, as: UTF8.self), .table)
            case (.free, 0), (.table, 0):
                take(key, page.slice(value, UInt16(clamping: length)), walk)
            case (.free, PageFile.Flags.bigValue), (.table, PageFile.Flags.bigValue):
                let first = page.uint64(value)
                take(key, try overflow(first, Int(length), number, &walk), walk)
            default: throw malformed(number, walk.name)
            }
        }
    }

    /// Reads a value on overflow pages.
    private func overflow(
        _ first: UInt64, _ length: Int, _ number: UInt64, _ walk: inout TreeVisit
    ) throws -> [UInt8] {
        guard first < UInt64(used.count) else {
            note("page \(number) of \(walk.name) leads to page \(first), which the file lacks")
            throw Malformed()
        }
        let head = Bytes(try file.read(at: Int(first) * pageSize, count: 16))
        let pages = head.uint32(12)
        guard head.uint64(0) == first, head.uint16(10) == PageFile.Flags.overflow,
            Int(pages) >= (length + 15) / pageSize + 1
        else { throw malformed(first, walk.name) }
        try claim(first, UInt64(pages), walk.name)
        walk.counts.overflows += UInt64(pages)
        return try file.read(at: Int(first) * pageSize + 16, count: length)
    }

    // MARK: Records

    private func take(_ key: [UInt8], _ value: [UInt8], _ walk: TreeVisit) {
        if walk.kind == .free {
            takeFreePages(key, Bytes(value))
            return
        }
        guard isChecksummed else { return }
        // withUnsafeBytes: both are read during the calls.
        let isSound = value.withUnsafeBytes { value in
            key.withUnsafeBytes { Checksum.verified(value, key: $0) != nil }
        }
        if !isSound {
            report.badRecordCount += 1
            note("a record of table \(walk.name) fails its checksum")
        }
    }

    /// Checks a record of the free list.
    ///
    /// Its key is a transaction ID. Its value is a count and that many page numbers, descending.
    private func takeFreePages(_ key: [UInt8], _ value: Bytes) {
        let count = value.uint64(0)
        guard key.count == 8, Bytes(key).uint64(0) <= meta.transaction,
            value.bytes.count >= 8, value.bytes.count & 7 == 0,
            count <= UInt64(value.bytes.count / 8 - 1)
        else {
            note("a record of the free list is malformed")
            return
        }
        var before = UInt64.max
        for index in 0..<Int(count) {
            let page = value.uint64(8 + 8 * index)
            guard page < before, page >= 2, page <= meta.lastPage else {
                note("a record of the free list names page \(page)")
                return
            }
            before = page
            if !free.insert(page).inserted { note("page \(page) is free twice") }
        }
    }

    private func checkFreePages() {
        let inUse = free.filter { $0 < UInt64(used.count) && used[Int($0)] }
        for page in inUse.sorted().prefix(3) { note("page \(page) is both in use and free") }
        report.freePages = free.count
        let known = UInt64(report.pagesInUse + free.count)
        // Below a malformed page, pages are unknown rather than lost.
        guard report.findings.isEmpty else { return }
        let lost = meta.lastPage + 1 > known ? meta.lastPage + 1 - known : 0
        report.lostPages = Int(clamping: lost)
        let beyond = meta.lastPage + 1 - min(meta.lastPage + 1, UInt64(used.count))
        let freeBeyond = UInt64(free.count { $0 >= UInt64(used.count) })
        if beyond > freeBeyond { note("the file ends before pages that are not free") }
    }

    // MARK: Helpers

    /// Records that pages are in use, which is an error if they are already.
    private func claim(_ first: UInt64, _ count: UInt64, _ name: String) throws {
        guard first >= 2, first <= meta.lastPage, count >= 1, count <= meta.lastPage - first + 1
        else { throw malformed(first, name) }
        guard first + count <= UInt64(used.count) else {
            note("\(name) uses page \(first + count - 1), and the file ends before it")
            throw Malformed()
        }
        for page in Int(first)..<Int(first + count) {
            guard !used[page] else {
                note("page \(page) is used twice, once by \(name)")
                throw Malformed()
            }
            used[page] = true
        }
        report.pagesInUse += Int(count)
    }

    private func malformed(_ page: UInt64, _ name: String) -> Malformed {
        note("page \(page) of \(name) is malformed")
        return Malformed()
    }

    private func note(_ finding: String) {
        report.findingCount += 1
        if report.findings.count < Self.findingsMax { report.findings.append(finding) }
    }

    private func inOrder(_ lower: [UInt8]?, _ upper: [UInt8]?, _ kind: Kind) -> Bool {
        guard let lower, let upper else { return true }
        return precedes(lower, upper, kind)
    }

    /// Whether a key precedes another: keys of the free list are integers, all others are bytes.
    private func precedes(_ left: [UInt8], _ right: [UInt8], _ kind: Kind) -> Bool {
        if kind == .free { return Bytes(left).uint64(0) < Bytes(right).uint64(0) }
        return left.lexicographicallyPrecedes(right)
    }
}

extension Bytes {
    /// A copy of `count` bytes from `start`, or of fewer at the end.
    fileprivate func slice(_ start: Int, _ count: UInt16) -> [UInt8] {
        let end = min(bytes.count, start + Int(count))
        return start < end ? Array(bytes[start..<end]) : []
    }
}
