import Foundation
import TestSupport
import Testing
import TwinFixtures

@testable import Shop
@testable import ShopFormats

/// One line of comma-separated values.
@Suite struct CSVTests {
    private func fields(_ bytes: [UInt8], separator: Character = ",") throws(Rejection) -> [String]
    {
        var fields = ["left over"]
        let code = separator.asciiValue ?? 0
        try CSV.fields(of: bytes[...], separator: code, into: &fields)
        return fields
    }

    private func reason(_ bytes: [UInt8]) -> Rejection.Reason? {
        do throws(Rejection) {
            _ = try fields(bytes)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test(arguments: [
        ("a", ["a"]), ("", [""]), (",", ["", ""]), ("a,b,c", ["a", "b", "c"]),
        ("a,,c", ["a", "", "c"]), (",a,", ["", "a", ""]), (" a , b ", [" a ", " b "]),
        ("\"a\"", ["a"]), ("\"\"", [""]), ("\"\",\"\"", ["", ""]), ("\"a,b\",c", ["a,b", "c"]),
        ("\"say \"\"hi\"\"\",x", ["say \"hi\"", "x"]), ("\"\"\"\"", ["\""]),
        ("\"\"\"\"\"\"", ["\"\""]), ("a\"b,c", ["a\"b", "c"]), ("a,\"b\",", ["a", "b", ""]),
        ("ä,日本,🛒", ["ä", "日本", "🛒"]), ("\"ä,\",ß", ["ä,", "ß"]), ("a;b\tc", ["a;b\tc"]),
        ("\"a\u{0}\",b", ["a\u{0}", "b"]),
    ])
    func fieldsAreSplit(_ line: String, _ expected: [String]) throws {
        #expect(try fields(Array(line.utf8)) == expected)
    }

    @Test(arguments: [
        "\"", "\"a", "a,\"", "a,\"b,c", "\"a\"b,c", "\"a\" ,b", "\"a\"\"", "\"a\"\"b", "\"\"\"",
    ])
    func openQuotesAreRejected(_ line: String) {
        #expect(reason(Array(line.utf8)) == .quote)
    }

    @Test(
        arguments: [
            [0xFF], [0xC3], [0x61, 0x2C, 0x80], [0x22, 0xC3, 0x22], [0xED, 0xA0, 0x80],
            [0xC0, 0xAF], [0xF5, 0x80, 0x80, 0x80], [0xE4, 0x2C, 0x61],
        ] as [[UInt8]])
    func otherEncodingsAreRejected(_ line: [UInt8]) {
        #expect(reason(line) == .encoding)
    }

    @Test(arguments: [
        ("a,b,c", ","), ("a;b;c", ";"), ("a\tb\tc", "\t"), ("a", ","), ("", ","),
        ("a,b;c;d", ";"), ("a,b;c", ","), ("a b|c", ","),
    ])
    func theSeparatorIsTheMostFrequentOne(_ header: String, _ separator: String) {
        #expect(CSV.separator(ofHeader: Array(header.utf8)[...]) == separator.utf8.first)
    }

    @Test(arguments: UInt64(0)..<20) func anyFieldsRoundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("ab,;\"\t äß🛒\u{0}")
        for separator in [",", ";", "\t"] as [Character] {
            for _ in 0..<200 {
                let wanted = (0...generator.below(6)).map { _ in
                    String(
                        (0..<generator.below(8)).map { _ in
                            alphabet[generator.below(alphabet.count)]
                        })
                }
                let line = wanted.map { field in
                    "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
                }
                .joined(separator: String(separator))
                let read = try fields(Array(line.utf8), separator: separator)
                #expect(read == wanted, "seed \(seed)")
            }
        }
    }

    @Test(arguments: UInt64(0)..<20) func randomBytesNeverTrap(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let likely = Array("\",;a".utf8)
        for _ in 0..<2000 {
            let line = (0..<generator.below(20)).map { _ in
                generator.chance(0.8)
                    ? likely[generator.below(4)] : UInt8.random(in: 0...255, using: &generator)
            }
            let reason = reason(line)
            #expect(reason == nil || reason == .quote || reason == .encoding, "seed \(seed)")
        }
    }
}

/// Files as lines in constant memory.
@Suite struct LineReaderTests {
    private func lines(_ bytes: [UInt8]) throws -> [(number: Int, bytes: [UInt8]?)] {
        let folder = try TemporaryFolder()
        var reader = try LineReader(path: folder.file(bytes))
        var lines: [(number: Int, bytes: [UInt8]?)] = []
        while let line = try reader.next() {
            lines.append((line.number, line.bytes.map(Array.init)))
        }
        #expect(reader.bytesRead == bytes.count)
        #expect(reader.byteCount == bytes.count)
        return lines
    }

    private func texts(_ text: String) throws -> [String] {
        try lines(Array(text.utf8)).map { String(decoding: $0.bytes ?? [], as: UTF8.self) }
    }

    @Test(
        arguments: [
            ("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]),
            ("a\r\nb\r\n", ["a", "b"]),
            ("\n", [""]), ("\r\n", [""]), ("\n\n", ["", ""]), ("a\n\nb", ["a", "", "b"]),
            ("a\rb\n", ["a\rb"]), ("a\r\r\n", ["a\r"]), ("\u{FEFF}a\nb", ["a", "b"]),
            ("a\n\u{FEFF}b", ["a", "\u{FEFF}b"]), ("\u{FEFF}", [""]), ("a\u{0}b\n", ["a\u{0}b"]),
        ] as [(String, [String])])
    func linesEndWithLFOrCRLF(_ text: String, _ expected: [String]) throws {
        #expect(try texts(text).map { Array($0.utf8) } == expected.map { Array($0.utf8) })
    }

    @Test func linesAreNumberedFromOne() throws {
        #expect(try lines(Array("a\n\n\nb".utf8)).map(\.number) == [1, 2, 3, 4])
    }

    @Test(arguments: [-1, 0, 1, 2, 1 << 20, 3 << 20]) func longLinesAreCutOut(_ over: Int) throws {
        let limit = Limits.lineByteCountMax
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: limit + over)
        let read = try lines(Array("before\n".utf8) + long + Array("\nafter\n".utf8))
        try #require(read.map(\.number) == [1, 2, 3])
        #expect(read[0].bytes == Array("before".utf8))
        #expect(read[1].bytes?.count == (over <= 0 ? limit + over : nil))
        #expect(read[2].bytes == Array("after".utf8))
        let unfinished = try lines(long)
        #expect(unfinished.map { $0.bytes?.count } == [over <= 0 ? limit + over : nil])
    }

    @Test func linesAcrossReadsAreWhole() throws {
        // Lines of a prime length fall on every place of the megabyte that is read at once.
        let line = String(repeating: "0123456789", count: 997) + "é7\r\n"
        let read = try texts(String(repeating: line, count: 400))
        #expect(read.count == 400)
        #expect(read.allSatisfy { $0 == line.replacingOccurrences(of: "\r\n", with: "") })
    }

    @Test func sourcesThatAreNotFilesSaySo() throws {
        let folder = try TemporaryFolder()
        let missing = twinsError { _ = try LineReader(path: folder("none.csv")) }
        #expect(missing?.code == .file)
        #expect(
            missing?.description
                == "There is no file \(folder("none.csv")). Check the path.")
        let directory = twinsError { _ = try LineReader(path: folder.path) }
        #expect(directory?.code == .file)
        #expect(
            directory?.description
                == "\(folder.path) is a folder. Name a CSV or JSON Lines file in it.")
    }

    @Test func theSizeOfALinkedFileIsThatOfTheFile() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file(String(repeating: "line\n", count: 100))
        try FileManager.default.createSymbolicLink(
            atPath: folder("link"), withDestinationPath: path)
        #expect(try LineReader(path: folder("link")).byteCount == 500)
    }

    @Test func aDeviceHasNoSize() throws {
        #expect(try LineReader(path: "/dev/null").byteCount == nil)
    }
}
