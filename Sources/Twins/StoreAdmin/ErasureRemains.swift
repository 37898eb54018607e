import Foundation

/// What erasing a customer does not reach: copies and results beside the store that may hold data
/// of the customer.
package enum ErasureRemains {
    /// A file or folder, and what it is.
    package struct Remain: Codable, Sendable, Hashable {
        /// Where it is.
        package var path: String
        /// What it is, in a word or two: "backup", "fleet file".
        package var kind: String
    }

    /// How many names of a folder are looked at.
    private static let nameCountMax = 10_000
    /// How many bytes at the beginning of a file are looked at.
    private static let headByteCount = 4096

    /// The files and folders that may hold data of customers: former stores, backups, rejected
    /// lines, fleet files, reports and exports of twins.
    ///
    /// Files are known by how they begin, so that their names do not matter. Folders in the folders
    /// are not searched, and nothing is changed.
    ///
    /// - Parameters:
    ///   - store: The store's folder.
    ///   - folders: Where to look beside the folder that the store is in.
    /// - Returns: What was found, in the order of paths.
    /// - Complexity: O(names in the folders); a few kilobytes of each file are read.
    package static func find(store: String, in folders: [String]) -> [Remain] {
        let store = URL(fileURLWithPath: store).standardizedFileURL.path
        var seen: Set<String> = []
        var found: [Remain] = []
        for folder in [StoreFiles.parent(of: store)] + folders {
            let folder = URL(fileURLWithPath: folder).standardizedFileURL.path
            guard seen.insert(folder).inserted else { continue }
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            for name in names.prefix(nameCountMax) {
                let path = folder == "/" ? "/" + name : "\(folder)/\(name)"
                guard path != store, let kind = kind(of: path, store: store) else { continue }
                found.append(Remain(path: path, kind: kind))
            }
        }
        return found.sorted { $0.path < $1.path }
    }

    private static func kind(of path: String, store: String) -> String? {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            return nil
        }
        if isFolder.boolValue { return folderKind(path, store: store) }
        guard let head = head(of: path) else { return nil }
        return fileKind(head)
    }

    private static func folderKind(_ path: String, store: String) -> String? {
        func holds(_ name: String) -> Bool {
            FileManager.default.fileExists(atPath: "\(path)/\(name)")
        }
        if path.hasPrefix(store + "."), holds("data.mdb") { return "former store" }
        if holds("twin.json"), holds("events.jsonl") { return "export of a twin" }
        return nil
    }

    /// The beginning of a regular file; `nil` for anything else.
    private static func head(of path: String) -> [UInt8]? {
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
        // Opening a pipe would wait for its other end.
        guard attributes?[.type] as? FileAttributeType == .typeRegular,
            let file = FileHandle(forReadingAtPath: path)
        else { return nil }
        defer { try? file.close() }
        return (try? file.read(upToCount: headByteCount)).map(Array.init)
    }

    private static func fileKind(_ head: [UInt8]) -> String? {
        // The mark of LMDB, behind the head of the first page.
        let mark: [UInt8] = [0xDE, 0xC0, 0xEF, 0xBE]
        if head.count >= 20, head[16..<20].elementsEqual(mark) { return "backup" }
        let text = String(decoding: head, as: UTF8.self)
        let line = text.prefix { !$0.isNewline }
        if line.hasPrefix("# foretwin") { return "rejected lines" }
        if line.prefixMatch(of: #/# .+ line \d+: /#) != nil { return "rejected lines" }
        // Files of earlier versions have `twin` for `customer_key`.
        let hasCustomer = line.contains("\"customer_key\":") || line.contains("\"twin\":")
        if line.hasPrefix("{"), hasCustomer, line.contains("\"expected_count\":") {
            return "fleet file"
        }
        if text.contains("<meta name=\"generator\" content=\"Foretwin\"/>") { return "report" }
        return nil
    }
}
