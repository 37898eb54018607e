import Foundation
import LMDB
import PropertyGraph
import Shop
import TwinStorage

/// Looks whether a store is sound: pages, checksums, graphs, and each twin against its events.
package enum StoreVerification {
    /// Told what is being done, how much of it is done, and how much there is.
    package typealias Progress = (_ stage: String, _ done: Int, _ total: Int) -> Void

    /// Looks at a whole store or backup.
    ///
    /// Pages and checksums are read without LMDB; only when they are sound is the store opened.
    /// Even so this is best done in a process of its own, which damage nobody has thought of may
    /// end.
    ///
    /// - Parameters:
    ///   - path: A store's folder, which may be in use, or the file of a backup.
    ///   - progress: Told how it goes.
    /// - Returns: What was found.
    /// - Throws: `LMDBError`, `GraphError` or ``TwinsError`` when there is no store to look at, or
    ///   one of another format.
    /// - Complexity: O(size of the file).
    package static func verify(
        _ path: String, progress: @escaping Progress = { _, _, _ in }
    ) throws -> VerificationReport {
        var report = VerificationReport(path: path)
        // The data file of a store stands for the store: it may be in use.
        let isDataFile = URL(fileURLWithPath: path).lastPathComponent == "data.mdb"
        let isFolder = try Self.isFolder(path) || isDataFile
        let path = isDataFile ? StoreFiles.parent(of: path) : path
        let file = isFolder ? path + "/data.mdb" : path
        guard FileManager.default.fileExists(atPath: file) else {
            throw TwinsError(.notFound, "There is no store at \(path). Check the path.")
        }
        do {
            report.format = try GraphStore.storedFormat(ofFile: file)
            try verifyPages(path, isFolder: isFolder, &report, progress)
        } catch let error as LMDBError where GraphStore.failure(error) == .damaged {
            report.add(error.message)
        }
        guard report.isSound else { return report }
        guard report.format != nil else {
            report.add("it is a database, and no store of Foretwin", advice: "Check the path.")
            return report
        }
        do {
            if isFolder {
                try verifyTwins(path, &report, progress)
            } else {
                try StoreFiles.withFolder(for: file) { try verifyTwins($0, &report, progress) }
            }
        } catch  where GraphStore.failure(error) == .damaged {
            report.add("\(error)")
        }
        return report
    }

    /// Whether there is a folder at a path.
    private static func isFolder(_ path: String) throws -> Bool {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw TwinsError(.notFound, "There is nothing at \(path). Check the path.")
        }
        return isFolder.boolValue
    }

    private static func verifyPages(
        _ path: String, isFolder: Bool, _ report: inout VerificationReport,
        _ progress: @escaping Progress
    ) throws {
        // Values have checksums that the database itself checks since format 2.
        let isChecksummed = report.format != 1
        let told: (Int, Int) -> Void = { done, total in
            if done & 0xFF == 0 { progress("pages", done, total) }
        }
        let audit =
            isFolder
            ? try Environment.audit(path: path, isChecksummed: isChecksummed, progress: told)
            : try Environment.audit(file: path, isChecksummed: isChecksummed, progress: told)
        report.pages = .init(
            sizeBytes: audit.pageSizeBytes, inUse: audit.pagesInUse, free: audit.freePages,
            lost: audit.lostPages)
        report.records = audit.records
        for finding in audit.findings { report.add(finding) }
        report.findingCount = audit.findingCount
    }

    private static func verifyTwins(
        _ path: String, _ report: inout VerificationReport, _ progress: @escaping Progress
    ) throws {
        // A store of other graphs than twins has no journal.
        let hasTwins = report.hasTwins
        let store = try GraphStore(
            path: path, labels: Label.all, edgeTypes: EdgeType.all,
            tables: hasTwins ? ["journal"] : [], access: .read)
        defer { store.environment.close() }
        try store.read { transaction in
            var findings: [String] = []
            let graphs = try store.audit(
                in: transaction, note: { findings.append($0) },
                progress: { progress("records", $0, $1) })
            for finding in findings { report.add(finding) }
            // A compact backup of a store that waits for compaction has the mark and no old pages.
            let hasOldPages = report.pages.free + report.pages.lost > 0
            report.isCompactionDue =
                try hasOldPages && CompactionMark.time(in: transaction, of: store) != nil
            report.nodes = graphs.nodes
            report.edges = graphs.edges
            // Twins of a graph with loose ends cannot be compared with anything.
            guard findings.isEmpty, hasTwins else { return }
            var items = ItemAudit(store)
            try items.run(in: transaction)
            for finding in items.findings { report.add(finding) }
            var audit = try TwinAudit(store, in: transaction)
            try audit.run(in: transaction) { progress("twins", $0, $1) }
            report.twins = audit.twins
            report.mergedEvents = audit.mergedEvents
            report.pendingEvents = audit.pendingEvents
            for finding in audit.findings { report.add(finding) }
        }
    }
}
