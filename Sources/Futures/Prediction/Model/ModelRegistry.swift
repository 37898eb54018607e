package import Foundation
import Glibc
import Learning
import Shop
import TextFiles

/// The versions of a model in a folder.
///
/// Versions are folders: `v0001`, `v0002` and so on. The file `current` names the version in use,
/// then those that were in use before, newest first. The file `erased` lists customers whose data
/// no version may have; see ``forget(_:)``.
///
/// A change of the folder takes the lock `.lock` and waits for it. A training run holds another
/// lock, `.trainer.lock`, from start to end.
package struct ModelRegistry: Sendable {
    /// The folder that holds the versions.
    package let folder: URL

    /// Makes a registry of a folder, which need not exist yet.
    package init(folder: String) { self.folder = URL(fileURLWithPath: folder) }

    /// The versions, oldest first.
    package var versions: [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (names ?? []).compactMap { name in Self.number(of: name).map { ($0, name) } }
            .sorted { $0 < $1 }.map(\.1)
    }

    /// The folder of a training run's checkpoints, which the run removes at its end.
    package var training: URL { folder.appending(path: ".training") }

    /// Runs a training while no other training uses this folder.
    ///
    /// - Parameter body: The training: all that uses ``training``.
    /// - Returns: What `body` returns.
    /// - Throws: ``PredictionError`` with code `inUse` if another training is running, or what
    ///   `body` throws.
    package func whileTraining<T>(_ body: () throws -> T) throws -> T {
        try holding(".trainer.lock", waits: false, body)
    }

    /// Runs work under a lock; only errors of the lock itself become ``PredictionError``.
    private func holding<T>(_ name: String, waits: Bool, _ body: () throws -> T) throws -> T {
        let result: Result<T, any Error>
        do {
            result = try FileLock.holding(folder.appending(path: name).path, waits: waits) {
                Result { try body() }
            }
        } catch let error as FileError where error.code == .inUse {
            throw PredictionError(
                .inUse,
                "Another training of \(folder.path) is running. Wait until it has ended, or use "
                    + "another folder.")
        } catch {
            throw PredictionError(.file, "\(error)")
        }
        return try result.get()
    }

    /// Changes the folder while no other process does.
    func whileLocked<T>(_ body: () throws -> T) throws -> T {
        try holding(".lock", waits: true, body)
    }

    /// The version in use; `nil` if none was promoted.
    package var current: String? { history.first }

    /// The versions that are or were in use, newest first.
    package var history: [String] {
        let path = folder.appending(path: "current").path
        let data = try? RegularFile.contents(of: path, upTo: Self.currentLengthMax)
        return String(decoding: data ?? Data(), as: UTF8.self).split(whereSeparator: \.isWhitespace)
            .map(String.init)
            .filter { Self.number(of: $0) != nil }
    }

    /// Reads a version of the model; the one in use if `nil`.
    ///
    /// The result has no sequences of erased customers, even if the files still have them.
    ///
    /// - Throws: ``PredictionError`` if there is no such version, or it cannot be used.
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

    /// Reads a version from its files, erased customers included.
    func stored(_ version: String) throws -> StoredModel {
        let path = folder.appending(path: version)
        let attributes = try? FileManager.default.attributesOfItem(atPath: path.path)
        guard attributes?[.type] as? FileAttributeType == .typeDirectory else {
            throw PredictionError(
                .model, "\(path.path) is not a folder. Put the folder of the version there.")
        }
        return try ModelFiles.read(from: path)
    }

    /// Writes a model as the next version, without putting it into use.
    ///
    /// Customers that were erased meanwhile are left out. The files are durable before the
    /// version's folder gets its name, so a crash leaves no incomplete version.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - metrics: The metrics of its training.
    ///   - files: Other files of the version, by file name.
    /// - Returns: The new version's name.
    /// - Throws: ``PredictionError`` if the files cannot be written.
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

    /// Removes the remains of interrupted or failed runs.
    private func removeDrafts() {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        for name in names ?? [] where name.hasPrefix(".draft-") {
            try? FileManager.default.removeItem(at: folder.appending(path: name))
        }
    }

    /// Puts a version into use; a running server loads it by itself.
    ///
    /// - Throws: ``PredictionError`` if there is no such version, or it cannot be used.
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

    /// Puts the version into use that was in use before the current one.
    ///
    /// - Returns: That version's name.
    /// - Throws: ``PredictionError`` if there was none, or it cannot be used any more.
    package func rollBack() throws -> String {
        // The lock must not create a folder that does not exist.
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

    /// Removes old versions, except the one in use and the one that a rollback would put into use.
    ///
    /// - Parameter count: The number of newest versions to keep.
    /// - Returns: The names of the removed versions.
    /// - Throws: ``PredictionError`` if a version cannot be removed.
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
            // Renamed first, so that no incomplete version has a version's name.
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

    /// Writes the list of versions that are and were in use, atomically and durably.
    func write(history: [String]) throws {
        let lines = history.prefix(Self.historyLimit).map { $0 + "\n" }
        do throws(FileError) {
            try AtomicFile.write(
                lines.joined().utf8, to: folder.appending(path: "current").path)
        } catch {
            throw PredictionError(.file, error.description)
        }
    }

    /// The greatest number of versions in the list.
    private static let historyLimit = 100
    /// The greatest length of the file `current`, in bytes.
    private static let currentLengthMax = 1 << 16

    /// Makes a file durable.
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
