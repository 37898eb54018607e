package import Foundation

/// A folder of its own for one test, removed when the test lets go of it.
package final class TemporaryFolder: Sendable {
    /// The folder.
    package let path: String

    /// The folder as a URL.
    package var url: URL { URL(filePath: path, directoryHint: .isDirectory) }

    /// Creates a folder in `parent`, or where the system keeps temporary files.
    package init(in parent: String? = nil) throws {
        let parent = parent ?? FileManager.default.temporaryDirectory.path
        path = parent + "/foretwin-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of something in the folder.
    package func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// Writes a file of bytes and returns its path.
    package func file(_ bytes: [UInt8], name: String = "events") throws -> String {
        try put(Data(bytes), name)
        return self(name)
    }

    /// Writes a text file and returns its path.
    package func file(_ text: String, name: String = "events") throws -> String {
        try file(Array(text.utf8), name: name)
    }

    /// The bytes of a file.
    package func bytes(_ name: String) throws -> Data {
        try Data(contentsOf: URL(filePath: self(name)))
    }

    /// Writes a file.
    package func put(_ data: Data, _ name: String) throws {
        try data.write(to: URL(filePath: self(name)))
    }
}
