import Foundation
import Testing

@testable import foretwin

@Suite("The log of the server")
struct LogStreamTests {
    /// All bytes that arrive until a line with this text.
    private func read(_ descriptor: Int32, until text: String) -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while !String(decoding: bytes, as: UTF8.self).contains(text) {
            let count = Foundation.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        try #require(Foundation.pipe(&ends) == 0)
        return (ends[0], ends[1])
    }

    @Test("Lines arrive whole and in order", .timeLimit(.minutes(1)))
    func linesArrive() throws {
        let ends = try pipe()
        defer { close(ends.read) }
        let log = LogStream(descriptor: ends.write)
        for number in 0..<100 { log.write("line \(number)\n") }
        let text = read(ends.read, until: "line 99\n")
        #expect(text == (0..<100).map { "line \($0)\n" }.joined())
        log.flush(milliseconds: 10_000)
    }

    @Test("A log that nobody reads keeps nobody waiting", .timeLimit(.minutes(1)))
    func aFullPipeDoesNotBlock() throws {
        let ends = try pipe()
        defer { close(ends.read) }
        let log = LogStream(descriptor: ends.write, byteCountMax: 1 << 12)
        let line = String(repeating: "x", count: 99) + "\n"
        // Far more than a pipe holds.
        for _ in 0..<20_000 { log.write(line) }
        let text = read(ends.read, until: "left out")
        let lines = text.split(separator: "\n")
        #expect(lines.dropLast().allSatisfy { $0.count == 99 || $0.contains("left out") })
        #expect(lines.count < 20_000)
        // What comes later is written again.
        log.write("the end\n")
        #expect(read(ends.read, until: "the end\n").contains("the end"))
    }
}
