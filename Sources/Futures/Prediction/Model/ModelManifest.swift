import Crypto
import Foundation
import Learning
import TextFiles

/// The lengths and SHA-256 digests of the files of a model's version.
///
/// It is written last. A file that differs from it is refused, so tensors, catalogue, settings and
/// calibration of a version always belong together.
struct ModelManifest: Codable, Equatable {
    /// The digest of a file's content.
    struct Digest: Codable, Equatable {
        /// The length in bytes.
        var bytes: Int
        /// The SHA-256 in hexadecimal digits.
        var sha256: String
    }

    /// The name of the file in a version's folder.
    static let fileName = "manifest.json"
    /// The longest JSON file that is read: 64 MiB.
    static let jsonLengthMax = 64 << 20

    /// The version of the layout of all files.
    var formatVersion: Int
    /// The files by name.
    var files: [String: Digest]
    /// The digests of files that are being replaced.
    ///
    /// Such a file may have its old or its new content, because file and manifest cannot be changed
    /// in one step.
    var replacements: [String: Digest]?

    /// Describes files of a folder.
    init(formatVersion: Int, of names: [String], in folder: URL) throws {
        self.formatVersion = formatVersion
        files = [:]
        for name in names { files[name] = try Self.digest(of: folder.appending(path: name)) }
    }

    /// Reads the manifest of a version.
    init(in folder: URL) throws {
        let file = folder.appending(path: Self.fileName)
        self = try Self.decode(try Self.contents(of: file), of: file)
        guard files.keys.allSatisfy(Self.isPlain) else { throw Self.damage(file) }
    }

    /// Writes the manifest atomically.
    func write(to folder: URL) throws {
        try ModelFiles.json(self).write(
            to: folder.appending(path: Self.fileName), options: .atomic)
    }

    /// Reads a short file, such as JSON, and checks its digest.
    ///
    /// - Throws: ``PredictionError`` if it is missing, too long, or not as published.
    func contents(of name: String, in folder: URL) throws -> Data {
        let file = folder.appending(path: name)
        let data = try Self.contents(of: file)
        try check(Digest(data), of: file)
        return data
    }

    /// Throws unless a digest is that of a file's published content, or of its replacement.
    func check(_ digest: Digest, of file: URL) throws(PredictionError) {
        let name = file.lastPathComponent
        guard digest == files[name] || digest == replacements?[name] else {
            throw PredictionError(
                .model,
                "\(file.path) is not the file that was published: it does not match "
                    + "\(Self.fileName). Train again, or restore the folder.")
        }
    }

    /// The content of a short file, without a check.
    static func contents(of file: URL) throws(PredictionError) -> Data {
        do {
            return try RegularFile.contents(of: file.path, upTo: jsonLengthMax)
        } catch {
            throw PredictionError(
                .model,
                "A file of the model cannot be used. \(error.description) Train again, or "
                    + "restore the folder.")
        }
    }

    /// The value that a JSON file holds.
    static func decode<Value: Decodable>(_ data: Data, of file: URL) throws(PredictionError)
        -> Value
    {
        do {
            return try JSONDecoder().decode(Value.self, from: data)
        } catch {
            throw damage(file)
        }
    }

    /// Whether a name is a plain file name, without a path.
    static func isPlain(_ name: String) -> Bool {
        !name.hasPrefix(".") && name.utf8.count <= 100
            && name.utf8.allSatisfy { byte in
                let scalar = Unicode.Scalar(byte)
                return scalar.properties.isAlphabetic && byte < 0x80
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || ".-_".utf8.contains(byte)
            }
    }

    private static func damage(_ file: URL) -> PredictionError {
        PredictionError(.model, "\(file.path) is damaged. Train again, or restore the folder.")
    }

    /// The digest of a file, which is read in chunks of 1 MiB.
    private static func digest(of file: URL) throws -> Digest {
        let handle = try RegularFile.handle(file.path)
        defer { try? handle.close() }
        var sum = RunningDigest()
        while let part = try handle.read(upToCount: 1 << 20), !part.isEmpty { sum.add(part) }
        return sum.digest
    }
}

extension ModelManifest.Digest {
    /// The digest of bytes.
    init(_ data: Data) {
        var sum = RunningDigest()
        sum.add(data)
        self = sum.digest
    }
}

/// The digest of bytes that arrive in chunks.
struct RunningDigest {
    private var hash = SHA256()
    private var bytes = 0

    /// Adds the next bytes.
    mutating func add(_ data: Data) {
        hash.update(data: data)
        bytes += data.count
    }

    /// The digest of all bytes so far.
    var digest: ModelManifest.Digest {
        ModelManifest.Digest(bytes: bytes, sha256: hexadecimal(hash.finalize()))
    }
}
