import Foundation

/// One text file of the repository.
struct SourceFile: Sendable {
    /// The path from the repository's root, such as `Sources/Twins/Shop/Events/Event.swift`.
    let path: String
    /// The lines as they are, without their ends.
    let lines: [String]
    /// Code and comments apart; empty for files that are not Swift.
    let text: SourceText

    init(path: String, source: String) {
        self.path = path
        lines = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        text = SourceText(path.hasSuffix(".swift") ? source : "")
    }

    var isSwift: Bool { path.hasSuffix(".swift") }
    var isTest: Bool { path.hasPrefix("Tests/") }

    /// The target of `Sources/` that the file belongs to or tests, such as `Shop`.
    var target: String? {
        let parts = path.split(separator: "/")
        guard parts.count > 2 else { return nil }
        switch parts[0] {
        case "Sources" where parts.count > 3: return String(parts[2])
        case "Tests" where parts[1].hasSuffix("Tests"): return String(parts[1].dropLast(5))
        default: return nil
        }
    }

    /// A finding on a line, counted from 1.
    func finding(line: Int, _ message: String) -> Finding {
        Finding(path: path, line: line, message: message)
    }
}

/// Something that breaks a rule: where it is and what to do.
struct Finding: CustomStringConvertible, Equatable, Sendable {
    let path: String
    let line: Int
    let message: String

    var description: String { "\(path):\(line): \(message)" }
}

/// The files of the repository that the rules are about.
enum SourceTree {
    /// The folders and files that are read, from the root.
    ///
    /// What is absent is passed over.
    private static let roots = [
        "Package.swift", "Sources", "Tests", "tools", "Benchmarks", "README.md",
        "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs", ".ci",
        "graph-data/README.md", "models/README.md",
    ]

    /// Ends of names whose contents are text that people write.
    private static let textEndings: Set<String> = [
        "", "swift", "h", "modulemap", "md", "py", "sh", "mustache", "css", "js", "html",
    ]

    /// The repository's root: three folders up from this file.
    static var root: URL {
        URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
    }

    /// All files, sorted by path; read once for all tests.
    static let files: Result<[SourceFile], any Error> = Result { try read() }

    private static func read() throws -> [SourceFile] {
        var paths: [String] = []
        for start in roots {
            let url = root.appending(path: start)
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
                continue
            }
            let below =
                isFolder.boolValue
                ? try FileManager.default.subpathsOfDirectory(atPath: url.path)
                    .map { "\(start)/\($0)" } : [start]
            paths += below.filter(isText)
        }
        return try paths.sorted().compactMap { path in
            let data = try Data(contentsOf: root.appending(path: path))
            // Fixtures may be databases.
            guard !data.contains(0) else { return nil }
            return SourceFile(path: path, source: String(decoding: data, as: UTF8.self))
        }
    }

    private static func isText(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        let isHidden = parts.dropFirst().contains { $0.hasPrefix(".") || $0 == "__pycache__" }
        let url = root.appending(path: path)
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
        return exists && !isHidden && !isFolder.boolValue && textEndings.contains(url.pathExtension)
    }
}
