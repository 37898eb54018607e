import Foundation
import Learning
import TextFiles

/// What was done so that no model holds some customers any more.
package struct ForgettingReceipt: Sendable, Equatable {
    /// The versions that held any of them, and do no longer.
    package var rewritten: [String] = []
    /// The versions that cannot be read, and so may hold them; they cannot be used either.
    package var unreadable: [String] = []

    /// A receipt of nothing.
    package init() {}
}

/// Erasing customers from models.
///
/// A model holds the newest items of each customer as what neighbours vote with. All else in it is
/// counted or trained over all customers together.
extension ModelRegistry {
    /// The file that names erased customers, by ``RowKey``.
    private static let erasedName = "erased"
    /// The longest such file: two million customers.
    private static let erasedLengthMax = 64 << 20

    /// Erases customers from all versions, and removes what an unfinished training has kept.
    ///
    /// From the beginning on, no version is read with them, and none is published with them: their
    /// keys are noted in the file `erased` first. So a training that has read the store before does
    /// not bring them back, nor does a version that is restored from a backup. A run that was
    /// interrupted is finished by the next one. Running it again does no harm.
    ///
    /// - Parameter pseudonyms: What the store calls the customers.
    /// - Returns: Which versions were changed, and which cannot be read.
    /// - Throws: ``PredictionError`` when files cannot be changed.
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
            try note(erased)
            try sweep()
            for version in versions {
                do {
                    if try rewrite(version, without: erased) { receipt.rewritten.append(version) }
                } catch let error as PredictionError where error.code == .model {
                    receipt.unreadable.append(version)
                }
            }
            // A server looks at the date of this file, and so takes up the version anew.
            if let current, receipt.rewritten.contains(current) { try write(history: history) }
        } catch let error as PredictionError {
            throw error
        } catch {
            throw PredictionError(
                .file, "The models in \(folder.path) cannot be changed: \(error)")
        }
        return receipt
    }

    /// The customers that no version may hold.
    ///
    /// - Throws: ``PredictionError`` when the file is there and cannot be read: then nobody knows
    ///   whom a model may hold.
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
                "\(path) is damaged, so it is not known which customers were erased. Restore it.")
        }
        return Set(keys)
    }

    /// Notes who was erased, on the disk before this returns.
    private func note(_ erased: Set<RowKey>) throws {
        let draft = folder.appending(path: ".draft-\(Self.erasedName)")
        try Data(erased.sorted().map { $0.text + "\n" }.joined().utf8).write(to: draft)
        try Self.sync(draft.path)
        try Self.rename(draft.path, folder.appending(path: Self.erasedName).path)
        try Self.sync(folder.path)
    }

    /// Removes the checkpoints of an unfinished training, and versions that were never completed.
    private func sweep() throws {
        let manager = FileManager.default
        for name in try manager.contentsOfDirectory(atPath: folder.path)
        where name == training.lastPathComponent || name.hasPrefix(".draft-") {
            try manager.removeItem(at: folder.appending(path: name))
        }
    }

    /// Rewrites the numbers of a version if they hold any of some customers.
    ///
    /// The manifest allows the former and the new numbers while they are exchanged, so the version
    /// can be used whenever the process ends.
    ///
    /// - Returns: Whether there was anything to do.
    private func rewrite(_ version: String, without erased: Set<RowKey>) throws -> Bool {
        let path = folder.appending(path: version)
        let name = ModelFiles.tensorsName
        let stored = try stored(version)
        // What a run that was interrupted has left.
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
