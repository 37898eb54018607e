public import Foundation
import Glibc

/// The versions of a model in a folder: `<folder>/v0001`, `v0002`, …, and a file `current` that
/// names the one in use.
public struct ModelRegistry: Sendable {
    /// The folder that holds the versions.
    public let folder: URL

    /// Names the folder; it need not exist yet.
    public init(folder: String) { self.folder = URL(fileURLWithPath: folder) }

    /// The versions, oldest first.
    public var versions: [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (names ?? []).compactMap { name in Self.number(of: name).map { ($0, name) } }
            .sorted { $0 < $1 }.map(\.1)
    }

    /// The version in use, or `nil` if none has been published.
    public var current: String? {
        let text = try? String(contentsOf: folder.appending(path: "current"), encoding: .utf8)
        let name = text?.trimmingCharacters(in: .whitespacesAndNewlines)
        return name.flatMap { Self.number(of: $0) == nil ? nil : $0 }
    }

    /// Reads a version of the model; the current one unless named.
    ///
    /// - Throws: ``PredictionError`` when there is none, or it cannot be used.
    public func load(version: String? = nil) throws -> (model: PredictionModel, version: String) {
        guard let version = version ?? current else {
            throw PredictionError(
                .notFound, "There is no model in \(folder.path). Run 'foretwin train' first.")
        }
        guard versions.contains(version) else {
            throw PredictionError(
                .notFound,
                "There is no model version '\(version.prefix(80))' in \(folder.path). "
                    + "There are: \(versions.joined(separator: ", ")).")
        }
        return (try ModelFiles.read(from: folder.appending(path: version)), version)
    }

    /// Writes a model as the next version and makes it the current one.
    ///
    /// The files are complete on disk before they get their name, and the version has its name
    /// before it becomes current: a crash leaves the old model in use.
    ///
    /// - Returns: The new version's name.
    public func publish(_ model: PredictionModel, metrics: TrainingMetrics) throws -> String {
        let manager = FileManager.default
        let number = (versions.last.flatMap(Self.number(of:)) ?? 0) + 1
        let version = "v" + String(format: "%04d", number)
        let draft = folder.appending(path: ".draft-\(version)")
        do {
            try? manager.removeItem(at: draft)
            try manager.createDirectory(at: draft, withIntermediateDirectories: true)
            try ModelFiles.write(model, metrics: metrics, to: draft)
            for name in try manager.contentsOfDirectory(atPath: draft.path) {
                try Self.sync(draft.appending(path: name).path)
            }
            try Self.sync(draft.path)
            try manager.moveItem(at: draft, to: folder.appending(path: version))
            try Self.sync(folder.path)
            try setCurrent(version)
        } catch let error as PredictionError {
            throw error
        } catch {
            throw PredictionError(
                .file, "The model cannot be written to \(folder.path): \(error)")
        }
        return version
    }

    /// Names the version in use, in one step; its bytes are on the disk before it has its name.
    private func setCurrent(_ version: String) throws {
        let draft = folder.appending(path: ".draft-current")
        try Data("\(version)\n".utf8).write(to: draft)
        try Self.sync(draft.path)
        guard rename(draft.path, folder.appending(path: "current").path) == 0 else {
            throw PredictionError(
                .file, "\(draft.path) cannot be made the current one (errno \(errno)).")
        }
        try Self.sync(folder.path)
    }

    /// Forces a file's or folder's bytes to the disk.
    private static func sync(_ path: String) throws(PredictionError) {
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
