import Foundation
import LMDB
import Shop
import TextFiles

/// Puts a backup in the place of a store.
package enum StoreRestore {
    static let swap = StoreSwap(stage: "restoring", kept: "before-restore")

    /// Makes a store from a backup.
    ///
    /// Whoever looks finds the old store or the restored one, whenever the process ends. The old
    /// one stays, as `STORE.before-restore`.
    ///
    /// - Parameters:
    ///   - backup: The file of a backup, or a folder with a `data.mdb`.
    ///   - store: The store's folder.
    ///   - isReplacing: Whether there may be a store already.
    ///   - verify: Looks at the copy, in the folder given, before it takes the store's place.
    /// - Returns: Where the old store is now, if there was one.
    /// - Throws: `LMDBError`, ``TwinsError``, or what `verify` throws; then the store is unchanged.
    package static func restore(
        _ backup: String, to store: String, isReplacing: Bool, verify: (String) throws -> Void
    ) throws -> String? {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: backup, isDirectory: &isFolder)
        let file = isFolder.boolValue ? backup + "/data.mdb" : backup
        guard exists, FileManager.default.fileExists(atPath: file) else {
            throw TwinsError(.notFound, "There is no backup at \(backup). Check the path.")
        }
        try StoreFiles.makeFolder(store)
        let hold = try ExclusiveDirectoryLock(store)
        defer { hold.release() }
        let staging = try swap.begin(store)
        defer { swap.abandon(store) }
        let hadStore = !StoreFiles.isEmpty(store)
        guard isReplacing || !hadStore else {
            throw TwinsError(
                .file, "\(store) is not empty.",
                remedy: .replaceStore(kept: swap.keptPath(store)))
        }
        // The name is on the disk before the folders are exchanged, too.
        try copy(file, to: staging + "/data.mdb")
        try verify(staging)
        try swap.commit(store)
        return hadStore ? swap.keptPath(store) : nil
    }

    /// Copies a file, for its owner alone, and waits until it is on the disk.
    private static func copy(_ file: String, to target: String) throws {
        guard let source = FileHandle(forReadingAtPath: file) else {
            throw TwinsError(.file, "\(file) cannot be read. Check the permissions.")
        }
        defer { try? source.close() }
        do {
            let copy = try AtomicFile(target)
            while let part = try source.read(upToCount: 1 << 20), !part.isEmpty {
                try copy.write(part)
            }
            try copy.commit()
        } catch {
            throw TwinsError(.file, "\(file) cannot be copied: \(error)")
        }
    }
}
