import Foundation
import TestSupport
import Testing

@testable import GraphInterchange

/// Files in constant memory, on their way in and out.
@Suite struct ByteSourceTests {
    private func source(_ bytes: [UInt8], _ workshop: Workshop) throws -> ByteSource {
        let path = workshop.path("bytes-\(UUID().uuidString)")
        try Data(bytes).write(to: URL(filePath: path))
        return try ByteSource(path: path)
    }

    private func lines(_ text: String) throws -> [String] {
        let workshop = try Workshop()
        var source = try source(Array(text.utf8), workshop)
        var lines: [String] = []
        while let line = try source.nextLine() {
            lines.append(String(decoding: line, as: UTF8.self))
        }
        return lines
    }

    @Test(
        arguments: [
            ("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]), ("\n", [""]),
            ("\n\n", ["", ""]), ("a\r\nb\r\n", ["a", "b"]), ("a\rb", ["a\rb"]),
            ("\u{FEFF}a\n", ["a"]), ("\u{FEFF}", []), ("a\n\u{FEFF}b", ["a", "\u{FEFF}b"]),
            ("a\u{0}b\n", ["a\u{0}b"]), ("\r\n", [""]), ("a\r\r\n", ["a\r"]),
        ] as [(String, [String])])
    func linesAreSplit(_ text: String, _ expected: [String]) throws {
        let found = try lines(text)
        #expect(found.map(exact) == expected.map(exact))
    }

    /// Lines of random lengths, some across the end of a chunk, are those that were written.
    @Test(arguments: UInt64(0)..<6) func linesAcrossChunksAreWhole(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var expected: [String] = []
        var byteCount = 0
        while byteCount < 700_000 {
            let length = generator.pick([0, 1, 10, 1000, 70_000, 262_143, 262_144])
            let line = String(repeating: generator.pick(["a", "ä", "日", "🛒"]), count: length / 4)
            expected.append(line)
            byteCount += line.utf8.count + 1
        }
        let ending = generator.pick(["\n", "\r\n"])
        let found = try lines(expected.joined(separator: ending) + ending)
        #expect(found == expected, "seed \(seed)")
    }

    @Test func bytesAndLineNumbersAgree() throws {
        let workshop = try Workshop()
        let bytes = Array("ab\nc\r\n\nd".utf8)
        var source = try source(bytes, workshop)
        var found: [UInt8] = []
        var numbers: [Int] = []
        while let byte = try source.peek() {
            numbers.append(source.line)
            #expect(try source.next() == byte)
            found.append(byte)
        }
        #expect(found == bytes)
        #expect(numbers == [1, 1, 1, 2, 2, 2, 3, 4])
        #expect(try source.next() == nil && source.line == 4)
        #expect(try source.nextLine() == nil)
    }

    @Test(arguments: UInt64(0)..<6) func takingUpToABytesTakesAllBefore(seed: UInt64) throws {
        let workshop = try Workshop()
        var generator = SeededGenerator(seed: seed)
        var bytes: [UInt8] = []
        for _ in 0..<6 {
            let length = generator.pick([0, 5, 100_000, 262_144])
            bytes.append(contentsOf: repeatElement(generator.pick([0x61, 0x0A]), count: length))
            bytes.append(generator.pick([0x3C, 0x27]))
        }
        var source = try source(bytes, workshop)
        var rest = bytes[...]
        while !rest.isEmpty {
            var found: [UInt8] = []
            try source.take(upTo: 0x3C, or: 0x27, into: &found)
            let end = rest.firstIndex { $0 == 0x3C || $0 == 0x27 } ?? rest.endIndex
            #expect(found == Array(rest[..<end]), "seed \(seed)")
            rest = rest[end...]
            #expect(try source.next() == rest.popFirst(), "seed \(seed)")
        }
        #expect(source.line == 1 + bytes.count { $0 == 0x0A }, "seed \(seed)")
    }

    @Test func whatIsNoFileIsRefused() throws {
        let workshop = try Workshop()
        for path in [workshop.path("none"), workshop.folder.path] {
            let fault = try #require(throws: Fault.self) { try ByteSource(path: path) }
            #expect(fault.code == .file && !fault.hasLine)
        }
    }

    @Test func aTooLongLineIsRefused() throws {
        let workshop = try Workshop()
        let long = [UInt8](repeating: 0x61, count: Interchange.lineByteCountMax)
        var fitting = try source(long + [0x0A], workshop)
        #expect(try fitting.nextLine()?.count == long.count)
        var tooLong = try source(long + [0x61, 0x0A], workshop)
        let fault = try #require(throws: Fault.self) { try tooLong.nextLine() }
        #expect(fault.code == .limit)
    }
}

/// A file that appears whole or not at all.
@Suite struct OutputFileTests {
    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    @Test func nothingIsThereUntilItIsFinished() throws {
        let workshop = try Workshop()
        let path = workshop.path("out")
        let file = try OutputFile(path: path)
        file.write("hello")
        try file.endRecord()
        #expect(!exists(path) && exists(path + ".partial"))
        try file.finish()
        #expect(exists(path) && !exists(path + ".partial"))
        #expect(try workshop.read("out") == "hello")
    }

    @Test func aFileThatIsLetGoOfIsGone() throws {
        let workshop = try Workshop()
        let path = workshop.path("out")
        do {
            let file = try OutputFile(path: path)
            file.write("hello")
            try file.endRecord()
        }
        #expect(!exists(path) && !exists(path + ".partial"))
    }

    @Test func aLeftOverPartIsReplaced() throws {
        let workshop = try Workshop()
        try workshop.write(String(repeating: "old", count: 1000), to: "out.partial")
        let file = try OutputFile(path: workshop.path("out"))
        file.write("new")
        try file.finish()
        #expect(try workshop.read("out") == "new")
    }

    @Test(arguments: UInt64(0)..<4) func manyRecordsAreAllThere(seed: UInt64) throws {
        let workshop = try Workshop()
        var generator = SeededGenerator(seed: seed)
        let file = try OutputFile(path: workshop.path("out"))
        var expected = ""
        for _ in 0..<200 {
            let record = String(repeating: "x", count: generator.pick([0, 1, 999, 20_000]))
            expected += record
            file.write(record)
            try file.endRecord()
        }
        try file.finish()
        #expect(try workshop.read("out") == expected, "seed \(seed)")
    }

    @Test func theBoundHoldsForOneRecordAndNotForAll() throws {
        let workshop = try Workshop()
        let file = try OutputFile(path: workshop.path("out"))
        let half = String(repeating: "x", count: Interchange.lineByteCountMax / 2 + 1)
        file.write(half)
        try file.endRecord()
        file.write(half)
        try file.endRecord()
        file.write(half)
        file.write(half)
        let fault = try #require(throws: Fault.self) { try file.endRecord() }
        #expect(fault.code == .limit && fault.hasLine)
    }
}
