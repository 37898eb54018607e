import Foundation
import LMDB
import PropertyGraph
import Shop
import TwinStorage

/// Makes a store's file as small as it can be.
package enum StoreCompaction {
    private static let newName = "data.mdb.compacted"

    /// Puts a compact copy of a store's file in its place; all deleted data is gone from it.
    ///
    /// - Parameters:
    ///   - store: The store's folder; no other process may be using it.
    ///   - verify: Looks at the copy before it takes the file's place.
    /// - Returns: The sizes in bytes before and after.
    /// - Throws: `LMDBError`, ``TwinsError``, or what `verify` throws; then the store is unchanged.
    package static func compact(
        _ store: String, verify: (String) throws -> Void
    ) throws -> (before: Int, after: Int) {
        guard GraphStore.exists(at: store) else {
            throw TwinsError(
                .notFound, "There is no store at \(store).", remedy: .nameStore)
        }
        let hold = try ExclusiveDirectoryLock(store)
        defer { hold.release() }
        removeLeftovers(store)
        defer { removeLeftovers(store) }
        let new = "\(store)/\(newName)"
        let before = StoreFiles.size(of: store + "/data.mdb")
        let environment = try StoreFiles.openForReading(store)
        do {
            defer { environment.close() }
            _ = try StoreBackup.copy(environment, to: new)
        }
        try verify(new)
        try removeMark(from: new)
        try move(new, to: store + "/data.mdb")
        // Nobody has the store open, so nobody's readers are in it; it knows the old file's states.
        try? FileManager.default.removeItem(atPath: store + "/lock.mdb")
        return (before, StoreFiles.size(of: store + "/data.mdb"))
    }

    /// Removes the mark that erased data waits for compaction: a compact file holds none.
    private static func removeMark(from file: String) throws {
        // Only stores of the current format have the mark, and some files are no stores.
        guard try GraphStore.storedFormat(ofFile: file) == GraphStore.formatVersion else { return }
        try StoreFiles.withFolder(for: file) { folder in
            func open(_ access: GraphStore.Access) throws -> GraphStore {
                try GraphStore(path: folder, labels: [], edgeTypes: [], access: access)
            }
            let reading = try open(.read)
            let time = try reading.read { try CompactionMark.time(in: $0, of: reading) }
            reading.environment.close()
            // A file without a mark stays as compact as it is.
            guard time != nil else { return }
            let writing = try open(.write)
            defer { writing.environment.close() }
            try writing.write { try CompactionMark.remove(in: $0, of: writing) }
        }
    }

    /// Removes what a run has left that was cut off.
    private static func removeLeftovers(_ store: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: store)) ?? []
        for name in names where name.hasPrefix(newName) || name.hasPrefix(".foretwin-") {
            try? FileManager.default.removeItem(atPath: "\(store)/\(name)")
        }
    }
}
