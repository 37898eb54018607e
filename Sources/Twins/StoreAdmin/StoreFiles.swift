import Foundation
import LMDB
import Shop
import TextFiles

/// What the commands that keep data share about a store's files.
enum StoreFiles {
    /// The tables of a store of the current format.
    static let tables = ["meta", "names", "ids", "graph", "journal"]

    /// Lends `body` a folder in which a file stands as the data file of a store, to be read.
    ///
    /// The file is only linked to. LMDB's own lock file comes to lie in that folder, and not beside
    /// the file, where it would surprise people.
    static func withFolder<T>(for file: String, _ body: (String) throws -> T) throws -> T {
        let folder = try temporaryFolder(in: FileManager.default.temporaryDirectory.path)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let target = URL(fileURLWithPath: file).standardizedFileURL.path
        try FileManager.default.createSymbolicLink(
            atPath: folder + "/data.mdb", withDestinationPath: target)
        return try body(folder)
    }

    /// Makes a new folder with mode 0700.
    static func temporaryFolder(in parent: String) throws -> String {
        let folder = "\(parent)/.foretwin-\(UUID().uuidString)"
        try makeFolder(folder)
        return folder
    }

    /// Makes a folder with mode 0700, and its parents.
    static func makeFolder(_ path: String) throws {
        do throws(FileError) {
            try Folders.make(path)
        } catch {
            throw TwinsError(.file, error.description)
        }
    }

    /// Opens a database for reading as it is, whatever its format.
    static func openForReading(
        _ folder: String, tables: [String] = [], isChecksummed: Bool = true
    ) throws -> Environment {
        var options = Environment.Options()
        options.readOnly = true
        options.isChecksummed = isChecksummed
        return try Environment(path: folder, tables: tables, options: options)
    }

    /// The folder that a path is in.
    static func parent(of path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.deletingLastPathComponent().path
    }

    /// Whether a folder holds nothing but locks, which opening leaves behind.
    static func isEmpty(_ folder: String) -> Bool {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return Set(names).isSubset(of: ["lock.mdb", "writer.lock"])
    }

    /// The size of a file, in bytes; 0 if there is none.
    static func size(of file: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }

    /// Copies all records of some tables, in order, into a database that has none.
    static func copy(
        _ names: [String], from source: Environment, to target: Environment
    ) throws {
        for name in names {
            try copy(from: source.table(name), of: source, to: target.table(name), of: target) {
                ($0, Array(copying: $1))
            }
        }
    }

    /// Copies the records of a table in order; `change` makes of each what is to be stored, or nil.
    static func copy(
        from: Table, of source: Environment, to: Table, of target: Environment,
        change: ([UInt8], RawSpan) throws -> (key: [UInt8], value: [UInt8])?
    ) throws {
        let batchBytes = 8 << 20
        var start: [UInt8]? = []
        while let from0 = start {
            // A part at a time, so that no transaction grows without bound.
            var next: [UInt8]?
            try source.read { transaction in
                try target.write { writer in
                    var bytes = 0
                    try transaction.scan(from, from: from0, to: nil) { key, value in
                        let key = Array(copying: key)
                        guard bytes < batchBytes else {
                            next = key
                            return false
                        }
                        bytes += key.count + value.byteCount
                        if let (newKey, newValue) = try change(key, value) {
                            try writer.append(newValue, for: newKey, in: to)
                        }
                        return true
                    }
                }
            }
            start = next
        }
    }
}
