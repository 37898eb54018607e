package import Foundation
import Glibc
import Learning
import Shop
import TextFiles

/// The versions of a model in a folder: `<folder>/v0001`, `v0002`, …, and a file `current` that
/// names the one in use, and below it those that were in use before, newest first.
///
/// What changes the folder holds a lock on its file `.lock`, and waits for others that do. A training
/// holds another one, `.trainer.lock`, from its beginning to its end.
///
/// A file `erased` names customers that no version may hold any more; see ``forget(_:)``.
package struct ModelRegistry: Sendable {
    /// The folder that holds the versions.
    package let folder: URL

    /// Names the folder; it need not exist yet.
    package init(folder: String) { self.folder = URL(fileURLWithPath: folder) }

    /// The versions, oldest first.
    package var versions: [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (names ?? []).compactMap { name in Self.number(of: name).map { ($0, name) } }
            .sorted { $0 < $1 }.map(\.1)
    }

    /// The folder in which a training run keeps how far it is; the run removes it at its end.
    package var training: URL { folder.appending(path: ".training") }

    /// Trains, while no other training of this folder does.
    ///
    /// - Parameter body: The training: all that uses ``training``.
    /// - Returns: What `body` returns.
    /// - Throws: ``PredictionError`` with code `inUse` if another training is under way, or what
    ///   `body` throws.
    package func whileTraining<T>(_ body: () throws -> T) throws -> T {
        try holding(".trainer.lock", waits: false, body)
    }

    /// Holds a lock, and tells apart its own errors from those of the work.
    private func holding<T>(_ name: String, waits: Bool, _ body: () throws -> T) throws -> T {
        let result: Result<T, any Error>
        do {
            result = try FileLock.holding(folder.appending(path: name).path, waits: waits) {
                Result { try body() }
            }
        } catch let error as FileError where error.code == .inUse {
            throw PredictionError(
                .inUse,
                "Another training of \(folder.path) is under way. Wait until it has ended, or name "
                    + "another folder.")
        } catch {
            throw PredictionError(.file, "\(error)")
        }
        return try result.get()
    }

    /// Changes the folder while nobody else does.
    func whileLocked<T>(_ body: () throws -> T) throws -> T {
        try holding(".lock", waits: true, body)
    }

    /// The version in use, or `nil` if none has been promoted.
    package var current: String? { history.first }

    /// The versions that are or were in use, the current one first.
    package var history: [String] {
        let path = folder.appending(path: "current").path
        let data = try? RegularFile.contents(of: path, upTo: Self.currentLengthMax)
        return String(decoding: data ?? Data(), as: UTF8.self).split(whereSeparator: \.isWhitespace)
            .map(String.init)
            .filter { Self.number(of: $0) != nil }
    }

    /// Reads a version of the model; the current one unless named.
    ///
    /// Customers that were erased are not in it, whether or not their sequences are still in its
    /// files.
    ///
    /// - Throws: ``PredictionError`` when there is none, or it cannot be used.
    package func read(version: String? = nil) throws -> StoredModel {
        guard let version = version ?? current else {
            throw PredictionError(
                .notFound, "There is no model in \(folder.path).", remedy: .train)
        }
        guard versions.contains(version) else {
            throw PredictionError(
                .notFound,
                "There is no model version '\(version.prefix(80))' in \(folder.path). "
                    + "There are: \(versions.joined(separator: ", ")).")
        }
        var stored = try stored(version)
        if let model = stored.model.forgetting(try erased()) { stored.model = model }
        return stored
    }

    /// Reads a version as it is in its files.
    func stored(_ version: String) throws -> StoredModel {
        let path = folder.appending(path: version)
        let attributes = try? FileManager.default.attributesOfItem(atPath: path.path)
        guard attributes?[.type] as? FileAttributeType == .typeDirectory else {
            throw PredictionError(
                .model, "\(path.path) is not a folder. Put the folder of the version there.")
        }
        return try ModelFiles.read(from: path)
    }

    /// Writes a model as the next version, which is in use only when it is promoted.
    ///
    /// Customers that were erased meanwhile are left out. The files are complete on disk before they get their name: a crash leaves no half version.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - metrics: How its training went.
    ///   - files: What else belongs to the version, by file name.
    /// - Returns: The new version's name.
    /// - Throws: ``PredictionError`` when the files cannot be written.
    package func publish(
        _ model: PredictionModel, metrics: TrainingMetrics, files: [String: Data] = [:]
    ) throws -> String {
        try whileLocked { try publishLocked(model, metrics, files) }
    }

    private func publishLocked(
        _ model: PredictionModel, _ metrics: TrainingMetrics, _ files: [String: Data]
    ) throws -> String {
        let manager = FileManager.default
        let number = (versions.last.flatMap(Self.number(of:)) ?? 0) + 1
        let version = "v" + String(format: "%04d", number)
        let draft = folder.appending(path: ".draft-\(version)")
        removeDrafts()
        defer { removeDrafts() }
        do {
            try Folders.make(draft.path)
            try ModelFiles.write(
                model.forgetting(try erased()) ?? model, metrics: metrics, files: files, to: draft)
            for name in try manager.contentsOfDirectory(atPath: draft.path) {
                try Self.sync(draft.appending(path: name).path)
            }
            try Folders.sync(draft.path)
            try Folders.move(draft.path, to: folder.appending(path: version).path)
        } catch let error as PredictionError {
            throw error
        } catch {
            throw PredictionError(
                .file, "The model cannot be written to \(folder.path): \(error)")
        }
        return version
    }

    /// Removes what was left by runs that were cut off, or have failed.
    private func removeDrafts() {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        for name in names ?? [] where name.hasPrefix(".draft-") {
            try? FileManager.default.removeItem(at: folder.appending(path: name))
        }
    }

    /// Makes a version the one in use; a server takes it up by itself.
    ///
    /// - Throws: ``PredictionError`` when there is no such version, or it cannot be used.
    package func promote(_ version: String) throws {
        _ = try read(version: version)
        try whileLocked {
            guard versions.contains(version) else {
                throw PredictionError(
                    .notFound, "\(version) in \(folder.path) was removed meanwhile.")
            }
            let former = history
            guard former.first != version else { return }
            try write(history: [version] + former)
        }
    }

    /// Makes the version the one in use that was so before the current one.
    ///
    /// - Returns: That version's name.
    /// - Throws: ``PredictionError`` when there was none, or it cannot be used any more.
    package func rollBack() throws -> String {
        // A folder that is not there must not be made for its lock.
        try history.isEmpty ? rollBackLocked() : whileLocked { try rollBackLocked() }
    }

    private func rollBackLocked() throws -> String {
        let kept = versions
        let former = history.dropFirst().drop { !kept.contains($0) }
        guard let version = former.first else {
            throw PredictionError(
                .notFound,
                "No version in \(folder.path) was in use before the current one.",
                remedy: .nameVersion)
        }
        _ = try read(version: version)
        try write(history: Array(former))
        return version
    }

    /// Removes old versions, but neither the one in use nor the one that a rollback leads to.
    ///
    /// - Parameter count: How many of the newest versions stay.
    /// - Returns: The names of those removed.
    /// - Throws: ``PredictionError`` when a version cannot be removed.
    package func prune(keeping count: Int) throws -> [String] {
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try whileLocked { try pruneLocked(keeping: count) }
    }

    private func pruneLocked(keeping count: Int) throws -> [String] {
        let all = versions
        let former = history.filter(all.contains)
        let needed = Set(former.prefix(1) + former.dropFirst().drop { $0 == former[0] }.prefix(1))
        let removed = all.dropLast(max(0, count)).filter { !needed.contains($0) }
        for version in removed {
            // Renamed first, so that no half version bears a version's name.
            let draft = folder.appending(path: ".draft-\(version)")
            do {
                try? FileManager.default.removeItem(at: draft)
                try FileManager.default.moveItem(at: folder.appending(path: version), to: draft)
                try FileManager.default.removeItem(at: draft)
            } catch {
                throw PredictionError(
                    .file, "\(version) in \(folder.path) cannot be removed: \(error)")
            }
        }
        return removed
    }

    /// Names the versions that are and were in use, in one step; the bytes are on the disk before
    /// they have their name.
    func write(history: [String]) throws {
        let lines = history.prefix(Self.historyLimit).map { $0 + "\n" }
        do throws(FileError) {
            try AtomicFile.write(
                lines.joined().utf8, to: folder.appending(path: "current").path)
        } catch {
            throw PredictionError(.file, error.description)
        }
    }

    /// How many promotions can be undone.
    private static let historyLimit = 100
    /// The longest file of versions that are and were in use.
    private static let currentLengthMax = 1 << 16

    /// Waits until a file's bytes are on the disk.
    static func sync(_ path: String) throws(PredictionError) {
        let descriptor = open(path, O_RDONLY)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw PredictionError(.file, "\(path) cannot be forced to disk (errno \(errno)).")
        }
    }

    private static func number(of version: String) -> Int? {
        let digits = version.utf8.dropFirst()
        guard version.utf8.first == UInt8(ascii: "v"), (4...11).contains(digits.count),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int(version.dropFirst())
    }
}
