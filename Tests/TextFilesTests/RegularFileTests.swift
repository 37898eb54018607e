import Foundation
import TestSupport
import Testing

@testable import TextFiles

@Suite("Regular files")
struct RegularFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("A file is read up to its limit, and a longer one is an error")
    func limit() throws {
        let path = folder("file")
        let content = Data((0..<5000).map { UInt8(truncatingIfNeeded: $0) })
        try content.write(to: URL(filePath: path))
        #expect(try RegularFile.contents(of: path, upTo: 5000) == content)
        let error = #expect(throws: FileError.self) {
            try RegularFile.contents(of: path, upTo: 4999)
        }
        #expect(error?.code == .system(EFBIG) && error?.path == path)
        #expect(error?.description.contains("5000") == true)
        try Data().write(to: URL(filePath: path))
        #expect(try RegularFile.contents(of: path, upTo: 0).isEmpty)
    }

    @Test("Links, folders, pipes and missing files are errors without waiting")
    func others() throws {
        try Data("secret".utf8).write(to: URL(filePath: folder("file")))
        try FileManager.default.createSymbolicLink(
            atPath: folder("link"), withDestinationPath: folder("file"))
        try FileManager.default.createDirectory(
            atPath: folder("sub"), withIntermediateDirectories: false)
        try #require(mkfifo(folder("pipe"), 0o600) == 0)
        for (name, word, code) in [
            ("link", "symbolic link", ELOOP), ("sub", "regular", EINVAL),
            ("pipe", "regular", EINVAL), ("none", "opened", ENOENT),
        ] {
            let error = #expect(throws: FileError.self) {
                try RegularFile.contents(of: folder(name), upTo: 100)
            }
            #expect(error?.code == .system(code) && error?.path == folder(name), "\(name)")
            #expect(error?.description.contains(word) == true, "\(name): \(error?.reason ?? "")")
        }
    }
}
