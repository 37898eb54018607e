import Foundation
import LMDB
import Shop

/// Puts a new folder in the place of a store's, so that whoever looks finds the old or the new one.
///
/// The new one is made beside the store as `STORE.STAGE`, then both change names in one step, and
/// the old one is kept as `STORE.KEPT`. The process may end at any point; the next run finishes
/// what was exchanged and throws away what was not. They are told apart by a mark that only an
/// unfinished folder bears.
struct StoreSwap {
    /// What the store's folder is called while a new one is made: "restoring", "migrating".
    let stage: String
    /// What the old store is called afterwards.
    let kept: String

    private static let mark = "unfinished"

    func stagePath(_ store: String) -> String { Self.plain(store) + ".\(stage)" }
    func keptPath(_ store: String) -> String { Self.plain(store) + ".\(kept)" }

    /// Makes the new folder, empty; first brings to an end what an earlier run has left.
    ///
    /// To be called while the store's folder is held.
    func begin(_ store: String) throws -> String {
        try finish(store)
        let staging = stagePath(store)
        let kept = keptPath(store)
        guard StoreFiles.isEmpty(store) || !FileManager.default.fileExists(atPath: kept) else {
            throw TwinsError(
                .file, "\(kept) is there already, from an earlier time. Move or remove it.")
        }
        try StoreFiles.makeFolder(staging)
        // Before anything else is in the folder: a folder without the mark counts as the old store.
        try makeEmptyFile("\(staging)/\(Self.mark)")
        return staging
    }

    /// Brings to an end what an earlier run has left: throws away what was not exchanged, and keeps
    /// the old store of what was.
    ///
    /// To be called while the store's folder is held.
    ///
    /// - Returns: Whether there was an old store to be kept.
    @discardableResult
    func finish(_ store: String) throws -> Bool {
        let staging = stagePath(store)
        let isThere = FileManager.default.fileExists(atPath: staging)
        let isOld = isThere && !hasMark(staging) && !StoreFiles.isEmpty(staging)
        if isOld {
            try keep(store)
        } else if isThere {
            try FileManager.default.removeItem(atPath: staging)
        }
        try? FileManager.default.removeItem(atPath: "\(store)/\(Self.mark)")
        return isOld
    }

    /// Exchanges the folders, and keeps the old one unless it is empty.
    func commit(_ store: String) throws {
        try exchange(Self.plain(store), stagePath(store))
        try FileManager.default.removeItem(atPath: "\(store)/\(Self.mark)")
        try keep(store)
    }

    /// Throws the new folder away.
    func abandon(_ store: String) {
        let staging = stagePath(store)
        if hasMark(staging) { try? FileManager.default.removeItem(atPath: staging) }
    }

    private func keep(_ store: String) throws {
        let staging = stagePath(store)
        if StoreFiles.isEmpty(staging) {
            try FileManager.default.removeItem(atPath: staging)
        } else {
            try move(staging, to: keptPath(store))
        }
    }

    private func hasMark(_ folder: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(folder)/\(Self.mark)")
    }

    /// The path without a slash at its end, and not through a link, which must stay what it is.
    private static func plain(_ path: String) -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
    }
}
