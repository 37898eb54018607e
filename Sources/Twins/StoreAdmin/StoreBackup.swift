import Foundation
import LMDB
import PropertyGraph
import Shop
import TextFiles

/// Makes copies of a store while it is in use.
package enum StoreBackup {
    /// How a copy was made.
    package enum Method: String, Codable, Sendable {
        /// By LMDB, without free pages.
        case compacting
        /// By LMDB, page by page.
        case plain
        /// Record by record, into a new database.
        case records
    }

    /// Writes a consistent copy of a store's data to a new file, for its owner alone.
    ///
    /// LMDB cannot compact a file with lost pages. Of such a one a plain copy is made, and of that
    /// one by records, which has none.
    ///
    /// - Parameters:
    ///   - store: The store's folder; other processes may be using it.
    ///   - file: The file to make; it must not exist, and appears only when it is complete.
    ///   - isCompacting: Whether free pages are left out, and with them all deleted data.
    /// - Returns: How it was made, and its size in bytes.
    /// - Throws: `LMDBError` or ``TwinsError``; then there is no file.
    package static func make(
        of store: String, at file: String, isCompacting: Bool = true
    ) throws -> (method: Method, bytes: Int) {
        guard GraphStore.exists(at: store) else {
            throw TwinsError(
                .notFound, "There is no store at \(store).", remedy: .nameStore)
        }
        guard !FileManager.default.fileExists(atPath: file) else { throw exists(file) }
        removeUnfinished(file)
        let environment = try StoreFiles.openForReading(store)
        defer { environment.close() }
        let method = try copy(environment, to: file, isCompacting: isCompacting)
        return (method, StoreFiles.size(of: file))
    }

    /// Removes what a run has left that was cut off while it made the same file.
    private static func removeUnfinished(_ file: String) {
        let parent = StoreFiles.parent(of: file)
        let start = URL(fileURLWithPath: file).lastPathComponent + ".partial-"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        for name in names where name.hasPrefix(start) {
            try? FileManager.default.removeItem(atPath: "\(parent)/\(name)")
        }
    }

    /// Copies an open database to a new file, as well as it can be.
    static func copy(
        _ environment: Environment, to file: String, isCompacting: Bool = true
    ) throws -> Method {
        guard isCompacting else {
            try environment.copy(to: file, compacting: false)
            return .plain
        }
        do {
            try environment.copy(to: file, compacting: true)
            return .compacting
        } catch let error as LMDBError where error.code == .corrupted {
            return try copyAround(environment, to: file)
        }
    }

    /// Copies a database that has lost pages.
    private static func copyAround(_ environment: Environment, to file: String) throws -> Method {
        let scratch = try StoreFiles.temporaryFolder(in: StoreFiles.parent(of: file))
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let plain = scratch + "/plain"
        try environment.copy(to: plain, compacting: false)
        do {
            let tables = try Environment.audit(file: plain).records.keys.sorted()
            try StoreFiles.withFolder(for: plain) { folder in
                let source = try StoreFiles.openForReading(folder, tables: tables)
                defer { source.close() }
                let target = try Environment(path: scratch + "/new", tables: tables)
                defer { target.close() }
                try StoreFiles.copy(tables, from: source, to: target)
                // What writing it has freed is left out, too.
                try target.copy(to: file, compacting: true)
            }
            return .records
        } catch {
            // A plain copy is a whole one too: whatever kept its records from being read, it is
            // better than none, and verifying it will say what is wrong.
            try move(plain, to: file)
            return .plain
        }
    }

    /// Copies the pseudonym key of a store to a new file, for its owner alone.
    ///
    /// - Parameters:
    ///   - key: The key file.
    ///   - file: The file to make; it must not exist.
    /// - Throws: ``TwinsError``.
    package static func copyKey(_ key: String, to file: String) throws {
        guard let contents = FileManager.default.contents(atPath: key) else {
            throw TwinsError(.key, "The key \(key) cannot be read.", remedy: .nameKey)
        }
        do throws(FileError) {
            try AtomicFile.write(contents, to: file, .new)
        } catch {
            throw error.code == .exists ? exists(file) : TwinsError(.file, error.description)
        }
    }

    private static func exists(_ file: String) -> TwinsError {
        TwinsError(.file, "\(file) exists, and backups never overwrite. Choose another.")
    }
}
