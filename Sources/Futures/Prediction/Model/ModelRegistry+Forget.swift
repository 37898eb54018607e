import Foundation
import Learning
import TextFiles

/// The result of erasing customers from models.
package struct ForgettingReceipt: Sendable, Equatable {
    /// The versions from which customers were erased.
    package var rewritten: [String] = []
    /// The versions that cannot be read, and therefore not used; they may contain the customers.
    package var unreadable: [String] = []

    /// Makes an empty receipt.
    package init() {}
}

/// Erasing customers from models.
///
/// A model contains the newest items of each customer for the neighbours expert. All else in it is
/// counted or trained over all customers together.
extension ModelRegistry {
    /// The file of erased customers, one ``RowKey`` a line.
    private static let erasedName = "erased"
    /// The greatest length of that file, in bytes: two million customers.
    private static let erasedLengthMax = 64 << 20

    /// Erases customers from all versions, and removes the checkpoints of an unfinished training.
    ///
    /// First the customers' keys are written to the file `erased`. From then on, no version is read
    /// or published with their data. So neither a training that read the store before nor a version
    /// restored from a backup brings them back. The method is idempotent; the next call completes
    /// an interrupted one.
    ///
    /// - Parameter pseudonyms: The customers' pseudonyms in the store.
    /// - Returns: The changed versions, and those that cannot be read.
    /// - Throws: ``PredictionError`` if files cannot be changed.
    package func forget(_ pseudonyms: some Sequence<String>) throws -> ForgettingReceipt {
        guard FileManager.default.fileExists(atPath: folder.path) else {
            return ForgettingReceipt()
        }
        return try whileLocked { try forgetLocked(pseudonyms) }
    }

    private func forgetLocked(_ pseudonyms: some Sequence<String>) throws -> ForgettingReceipt {
        var receipt = ForgettingReceipt()
        do {
            let erased = try erased().union(pseudonyms.map { RowKey(pseudonym: $0) })
            try record(erased)
            try removeUnfinished()
            for version in versions {
                do {
                    if try rewrite(version, without: erased) { receipt.rewritten.append(version) }
                } catch let error as PredictionError where error.code == .model {
                    receipt.unreadable.append(version)
                }
            }
            // A server watches the date of this file, and loads the version again.
            if let current, receipt.rewritten.contains(current) { try write(history: history) }
        } catch let error as PredictionError {
            throw error
        } catch {
            throw PredictionError(
                .file, "The models in \(folder.path) cannot be changed: \(error)")
        }
        return receipt
    }

    /// The customers whose data no version may contain.
    ///
    /// - Throws: ``PredictionError`` if the file exists and cannot be read, because the erased
    ///   customers are unknown then.
    func erased() throws(PredictionError) -> Set<RowKey> {
        let path = folder.appending(path: Self.erasedName).path
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        let data: Data
        do {
            data = try RegularFile.contents(of: path, upTo: Self.erasedLengthMax)
        } catch {
            throw PredictionError(.file, error.description)
        }
        let lines = data.split(separator: UInt8(ascii: "\n"))
        let keys = lines.compactMap { RowKey(String(decoding: $0, as: UTF8.self)) }
        guard keys.count == lines.count else {
            throw PredictionError(
                .file,
                "\(path) is damaged, so the erased customers are unknown. Restore it.")
        }
        return Set(keys)
    }

    /// Writes the list of erased customers durably.
    private func record(_ erased: Set<RowKey>) throws {
        let draft = folder.appending(path: ".draft-\(Self.erasedName)")
        try Data(erased.sorted().map { $0.text + "\n" }.joined().utf8).write(to: draft)
        try Self.sync(draft.path)
        try Self.rename(draft.path, folder.appending(path: Self.erasedName).path)
        try Self.sync(folder.path)
    }

    /// Removes the checkpoints of an unfinished training, and versions that were never completed.
    private func removeUnfinished() throws {
        let manager = FileManager.default
        for name in try manager.contentsOfDirectory(atPath: folder.path)
        where name == training.lastPathComponent || name.hasPrefix(".draft-") {
            try manager.removeItem(at: folder.appending(path: name))
        }
    }

    /// Rewrites the tensors of a version if they contain data of some customers.
    ///
    /// The manifest allows old and new tensors during the exchange, so the version can be used
    /// whenever the process ends.
    ///
    /// - Returns: Whether the version was rewritten.
    private func rewrite(_ version: String, without erased: Set<RowKey>) throws -> Bool {
        let path = folder.appending(path: version)
        let name = ModelFiles.tensorsName
        let stored = try stored(version)
        // The remains of an interrupted run.
        for other in try FileManager.default.contentsOfDirectory(atPath: path.path)
        where other.hasPrefix(name + ".") {
            try FileManager.default.removeItem(at: path.appending(path: other))
        }
        var manifest = try ModelManifest(in: path)
        let model = stored.model.forgetting(erased)
        guard model != nil || manifest.replacements != nil else { return false }
        let former = try ModelManifest(
            formatVersion: manifest.formatVersion, of: [name], in: path)
        manifest.files[name] = former.files[name]
        manifest.replacements = nil
        if let model {
            let next = name + ".next"
            try ModelFiles.write(tensorsOf: model, to: path.appending(path: next))
            let new = try ModelManifest(
                formatVersion: manifest.formatVersion, of: [next], in: path)
            manifest.replacements = new.files[next].map { [name: $0] }
            try write(manifest, to: path)
            try Self.rename(
                path.appending(path: next).path, path.appending(path: name).path)
            try Self.sync(path.path)
            manifest.files[name] = new.files[next]
            manifest.replacements = nil
        }
        try write(manifest, to: path)
        return true
    }

    private func write(_ manifest: ModelManifest, to folder: URL) throws {
        try manifest.write(to: folder)
        try Self.sync(folder.appending(path: ModelManifest.fileName).path)
        try Self.sync(folder.path)
    }

    private static func rename(_ old: String, _ new: String) throws(PredictionError) {
        guard Foundation.rename(old, new) == 0 else {
            throw PredictionError(
                .file, "\(old) cannot be renamed to \(new) (errno \(errno)).")
        }
    }
}
