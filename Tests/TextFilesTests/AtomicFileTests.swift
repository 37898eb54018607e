import Foundation
import Synchronization
import TestSupport
import Testing

@testable import TextFiles

/// Files that appear whole or not at all, for their owner alone.
@Suite struct AtomicFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    private func mode(_ path: String) throws -> Int? {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue
    }

    private func error(_ body: () throws -> Void) -> FileError? {
        do {
            try body()
            return nil
        } catch {
            return error as? FileError
        }
    }

    @Test(arguments: [AtomicFile.Target.replacing, .new])
    func nothingIsThereUntilItIsCommitted(_ target: AtomicFile.Target) throws {
        let path = folder("a")
        let file = try AtomicFile(path, target)
        #expect(try mode(file.partialPath) == 0o600)
        try file.write(Array("hello, ".utf8))
        try file.write("world".utf8)
        #expect(try names() == [URL(filePath: file.partialPath).lastPathComponent])
        try file.commit()
        #expect(try names() == ["a"])
        #expect(try folder.bytes("a") == Data("hello, world".utf8))
        #expect(try mode(path) == 0o600)
    }

    @Test(arguments: [AtomicFile.Target.replacing, .new])
    func aFileThatIsLetGoOfIsGone(_ target: AtomicFile.Target) throws {
        do {
            let file = try AtomicFile(folder("a"), target)
            try file.write([1])
        }
        #expect(try names() == [])
        let file = try AtomicFile(folder("a"), target)
        file.discard()
        file.discard()
        #expect(try names() == [])
    }

    @Test func anOlderFileIsReplacedAndItsModeWithIt() throws {
        _ = try folder.file("old, and longer than the new one", name: "a")
        #expect(chmod(folder("a"), 0o644) == 0)
        try AtomicFile.write("new".utf8, to: folder("a"))
        #expect(try folder.bytes("a") == Data("new".utf8))
        #expect(try mode(folder("a")) == 0o600)
        #expect(try names() == ["a"])
    }

    @Test func aNewFileNeverReplaces() throws {
        _ = try folder.file("old", name: "a")
        #expect(error { try AtomicFile.write("x".utf8, to: folder("a"), .new) }?.code == .exists)
        let file = try AtomicFile(folder("b"), .new)
        try file.write("mine".utf8)
        // Somebody is faster.
        _ = try folder.file("theirs", name: "b")
        #expect(error { try file.commit() }?.code == .exists)
        #expect(try folder.bytes("a") == Data("old".utf8))
        #expect(try folder.bytes("b") == Data("theirs".utf8))
        #expect(try names() == ["a", "b"])
    }

    @Test func leftoversOfAKilledRunAreReplaced() throws {
        _ = try folder.file(String(repeating: "old", count: 1000), name: "a.partial")
        #expect(chmod(folder("a.partial"), 0o644) == 0)
        try AtomicFile.write("new".utf8, to: folder("a"))
        #expect(try folder.bytes("a") == Data("new".utf8))
        #expect(try mode(folder("a")) == 0o600)
        #expect(try names() == ["a"])
    }

    @Test func leftoversOfNewFilesAreRemovedByTheNext() throws {
        _ = try folder.file("half", name: "a.partial-1")
        _ = try folder.file("of another", name: "aa.partial-1")
        let slow = try AtomicFile(folder("a"), .new)
        try slow.write("slow".utf8)
        try AtomicFile.write("quick".utf8, to: folder("a"), .new)
        let slowName = URL(filePath: slow.partialPath).lastPathComponent
        #expect(try names() == ["a", slowName, "aa.partial-1"].sorted())
        slow.discard()
        #expect(try names() == ["a", "aa.partial-1"])
    }

    @Test func twoDoNotReplaceOneFileAtTheSameTime() throws {
        let file = try AtomicFile(folder("a"))
        try file.write("one".utf8)
        #expect(error { try AtomicFile.write("two".utf8, to: folder("a")) }?.code == .inUse)
        try file.commit()
        #expect(try folder.bytes("a") == Data("one".utf8))
        try AtomicFile.write("two".utf8, to: folder("a"))
        #expect(try folder.bytes("a") == Data("two".utf8))
    }

    @Test func linksAreNotWrittenThrough() throws {
        _ = try folder.file("precious", name: "target")
        let manager = FileManager.default
        for name in ["a.partial", "b"] {
            try manager.createSymbolicLink(
                atPath: folder(name), withDestinationPath: folder("target"))
        }
        try AtomicFile.write("new".utf8, to: folder("a"))
        try AtomicFile.write("new".utf8, to: folder("b"))
        #expect(error { try AtomicFile.write("new".utf8, to: folder("b"), .new) }?.code == .exists)
        #expect(try folder.bytes("target") == Data("precious".utf8))
        #expect(try folder.bytes("a") == Data("new".utf8))
        #expect(try folder.bytes("b") == Data("new".utf8))
    }

    @Test func whatIsNoFileIsNotReplaced() throws {
        try FileManager.default.createDirectory(
            atPath: folder("full"), withIntermediateDirectories: true)
        #expect(mkfifo(folder("pipe"), 0o600) == 0)
        for target in [AtomicFile.Target.replacing, .new] {
            for name in ["full", "pipe"] {
                let error = error { try AtomicFile.write([1], to: folder(name), target) }
                #expect(error?.code == .exists)
                #expect(error?.description.contains(name) == true)
            }
            #expect(error { try AtomicFile.write([1], to: "/dev/null", target) }?.code == .exists)
            #expect(error { try AtomicFile.write([1], to: "", target) } != nil)
            let lost = error { try AtomicFile.write([1], to: folder("no/such"), target) }
            #expect(lost?.code == .system(ENOENT))
        }
        #expect(try names() == ["full", "pipe"])
    }

    @Test(arguments: UInt64(1)...3) func bytesArriveInWhateverPieces(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let file = try AtomicFile(folder("a"))
        var expected = Data()
        for _ in 0..<50 {
            let piece = random.bytes(0...(1 << 15))
            expected += piece
            try file.write(piece)
        }
        try file.commit()
        #expect(try folder.bytes("a") == expected, "seed \(seed)")
    }

    /// Many threads make one file: one of them makes it, and all find it whole.
    @Test(arguments: 0..<20) func oneOfManyMakesANewFile(round: Int) throws {
        let path = folder("a")
        let made = Mutex<[Int]>([])
        let wrong = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { number in
            let text = String(repeating: "\(number)", count: 1000)
            do {
                try AtomicFile.write(text.utf8, to: path, .new)
                made.withLock { $0.append(number) }
            } catch {
                if (error as? FileError)?.code != .exists {
                    wrong.withLock { $0.append("\(error)") }
                }
            }
            let found = try? String(contentsOfFile: path, encoding: .utf8)
            if Set(found ?? "").count != 1 || found?.utf8.count != 1000 {
                wrong.withLock { $0.append("\(number) found \(found?.count ?? -1) bytes") }
            }
        }
        #expect(wrong.withLock { $0 } == [])
        let winners = made.withLock { $0 }
        #expect(winners.count == 1)
        let text = try folder.bytes("a")
        #expect(text == Data(String(repeating: "\(winners.first ?? -1)", count: 1000).utf8))
        #expect(try names() == ["a"])
    }

    /// Many threads replace one file: it is always one of theirs, and nothing is left over.
    @Test func replacingAtTheSameTimeMixesNothing() throws {
        let path = folder("a")
        let wrong = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 8) { number in
            for _ in 0..<50 {
                do {
                    try AtomicFile.write(
                        String(repeating: "\(number)", count: 1000).utf8, to: path)
                } catch {
                    if (error as? FileError)?.code != .inUse {
                        wrong.withLock { $0.append("\(error)") }
                    }
                }
            }
        }
        #expect(wrong.withLock { $0 } == [])
        let text = String(decoding: try folder.bytes("a"), as: UTF8.self)
        #expect(Set(text).count == 1 && text.utf8.count == 1000)
        #expect(try names() == ["a"])
    }
}
