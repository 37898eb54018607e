import Foundation
import Synchronization
import TestSupport
import Testing

@testable import TextFiles

/// Folders for their owner alone, names that are given without replacing, and locks.
@Suite struct FoldersTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func mode(_ path: String) throws -> Int? {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue
    }

    private func code(_ body: () throws -> Void) -> FileError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? FileError)?.code
        }
    }

    @Test func newFoldersAreForTheirOwnerAlone() throws {
        try Folders.make(folder("a/b//c/"))
        for name in ["a", "a/b", "a/b/c"] { #expect(try mode(folder(name)) == 0o700) }
        #expect(chmod(folder("a"), 0o755) == 0)
        try Folders.make(folder("a"))
        #expect(try mode(folder("a")) == 0o755)
        _ = try folder.file("x", name: "file")
        #expect(code { try Folders.make(folder("file")) } == .exists)
        #expect(code { try Folders.make(folder("file/b")) } != nil)
    }

    @Test(
        arguments: [
            ("a", "."), ("a/", "."), ("a/b", "a"), ("/a", "/"), ("/", "/"), ("/a/b/", "/a"),
            ("a//b", "a"), ("./a", "."), ("../a/b", "../a"), ("//a", "/"),
        ])
    func parents(_ path: String, _ parent: String) {
        #expect(Folders.parent(of: path) == parent)
    }

    @Test func namesAreGivenWithoutReplacing() throws {
        let manager = FileManager.default
        try Folders.make(folder("new"))
        _ = try folder.file("mine", name: "new/x")
        try Folders.make(folder("full"))
        _ = try folder.file("theirs", name: "full/y")
        _ = try folder.file("a file", name: "file")
        #expect(code { try Folders.move(folder("new"), to: folder("full")) } == .exists)
        #expect(code { try Folders.move(folder("new"), to: folder("file")) } == .exists)
        #expect(code { try Folders.move(folder("file"), to: folder("full")) } == .exists)
        #expect(try manager.contentsOfDirectory(atPath: folder("full")) == ["y"])
        // An empty folder is nothing that could be lost.
        try Folders.make(folder("empty"))
        try Folders.move(folder("new"), to: folder("empty"))
        #expect(try manager.contentsOfDirectory(atPath: folder("empty")) == ["x"])
        try Folders.move(folder("empty"), to: folder("other"))
        #expect(try manager.contentsOfDirectory(atPath: folder("other")) == ["x"])
        #expect(
            code { try Folders.move(folder("empty"), to: folder("gone")) } == .system(ENOENT))
    }

    @Test func aLockIsHeldByOneAtATime() throws {
        let lock = folder("a/.lock")
        try FileLock.holding(lock, waits: true) {
            #expect(code { try FileLock.holding(lock, waits: false) {} } == .inUse)
        }
        #expect(try mode(lock) == 0o600)
        #expect(try FileLock.holding(lock, waits: false) { 5 } == 5)
        struct Stop: Error {}
        #expect(throws: Stop.self) { try FileLock.holding(lock, waits: true) { throw Stop() } }
        #expect(code { try FileLock.holding(lock, waits: false) {} } == nil)
    }

    @Test func whoWaitsForALockGetsIt() throws {
        let lock = folder(".lock")
        let inside = Mutex((now: 0, most: 0, all: 0))
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<50 {
                _ = try? FileLock.holding(lock, waits: true) {
                    inside.withLock {
                        $0.now += 1
                        $0.most = max($0.most, $0.now)
                        $0.all += 1
                    }
                    inside.withLock { $0.now -= 1 }
                }
            }
        }
        let counts = inside.withLock { $0 }
        #expect(counts.most == 1 && counts.all == 400)
    }
}
