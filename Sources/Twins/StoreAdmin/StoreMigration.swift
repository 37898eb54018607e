import Foundation
import LMDB
import PropertyGraph
import Shop

/// Makes a store of the current format from one of an older format.
package enum StoreMigration {
    /// The oldest format that can be migrated.
    package static let oldestFormat = 1
    static let swap = StoreSwap(stage: "migrating", kept: "format-1")

    /// Migrates a store.
    ///
    /// Whoever looks finds the old store or the new one, whenever the process ends; a run that was
    /// cut off is begun anew by the next. The old store stays, as `STORE.format-1`.
    ///
    /// - Parameters:
    ///   - store: The store's folder; no other process may be using it.
    ///   - progress: Called with the stage, the work done, and the total work.
    ///   - verify: Checks the new store, in the folder given, before it replaces the old one.
    /// - Returns: Where the old store is now; `nil` if the store has the current format already.
    /// - Throws: `LMDBError`, `GraphError`, ``TwinsError``, or what `verify` throws; then the store
    ///   is unchanged.
    package static func migrate(
        _ store: String, progress: StoreVerification.Progress = { _, _, _ in },
        verify: (String) throws -> Void
    ) throws -> String? {
        guard GraphStore.exists(at: store) else {
            throw TwinsError(
                .notFound, "There is no store at \(store).", remedy: .nameStore)
        }
        let hold = try ExclusiveDirectoryLock(store)
        defer { hold.release() }
        let file = store + "/data.mdb"
        let format = try GraphStore.storedFormat(ofFile: file)
        guard let format, (oldestFormat...GraphStore.formatVersion).contains(format) else {
            throw TwinsError(
                .format,
                "The store at \(store) has format \(format.map(String.init) ?? "unknown"), "
                    + "and this program migrates \(oldestFormat) to \(GraphStore.formatVersion). "
                    + "Use a newer foretwin, or check the path.")
        }
        guard format < GraphStore.formatVersion else {
            return try swap.finish(store) ? swap.keptPath(store) : nil
        }
        let audit = try Environment.audit(file: file, isChecksummed: false)
        guard audit.isSound else {
            throw TwinsError(
                .corrupt,
                "The store at \(store) is damaged: \(audit.findings.first ?? ""). "
                    + "Restore a backup, and migrate that.")
        }
        let staging = try swap.begin(store)
        defer { swap.abandon(store) }
        try FormatOne.convert(store, into: staging, progress)
        try verify(staging)
        try swap.commit(store)
        return swap.keptPath(store)
    }
}
