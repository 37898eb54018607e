import Foundation
import Shop

/// Reads a feed file as a whole.
enum FeedBytes {
    /// All bytes of a file, without a byte order mark.
    ///
    /// - Throws: ``TwinsError`` for a file that cannot be read, is empty or is too large.
    static func read(_ path: String) throws(TwinsError) -> Data {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw TwinsError(.file, "There is no file \(path). Check the path.")
        }
        guard !isFolder.boolValue else {
            throw TwinsError(.file, "\(path) is a folder. Name a file in it.")
        }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw TwinsError(.file, "\(path) cannot be read. Check its permissions.")
        }
        defer { try? handle.close() }
        let limit = Limits.feedByteCountMax
        let data: Data
        do {
            data = try handle.read(upToCount: limit + 1) ?? Data()
        } catch {
            throw TwinsError(.file, "\(path) cannot be read further: \(error).")
        }
        guard data.count <= limit else {
            throw TwinsError(
                .format, "\(path) is larger than \(limit >> 20) MiB. Give it in parts.")
        }
        guard !data.isEmpty else {
            throw TwinsError(.format, "\(path) is empty. There is nothing to read.")
        }
        return data.starts(with: [0xEF, 0xBB, 0xBF]) ? Data(data.dropFirst(3)) : data
    }
}
