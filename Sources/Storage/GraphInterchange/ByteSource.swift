import Foundation

/// Reads the bytes of a file in constant memory, and counts its lines.
struct ByteSource {
    private static let chunkByteCount = 1 << 18

    private let handle: FileHandle
    private var buffer: [UInt8] = []
    private var position = 0
    private var atEnd = false
    /// The line of the next byte, from 1.
    private(set) var line = 1

    /// Opens a file, and skips its byte order mark.
    init(path: String) throws(Fault) {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw Fault(.file, "there is no such file; check the path.")
        }
        guard !isDirectory.boolValue else {
            throw Fault(.file, "this is a folder; name a file in it.")
        }
        guard let opened = FileHandle(forReadingAtPath: path) else {
            throw Fault(.file, "the file cannot be opened; check its permissions.")
        }
        handle = opened
        try fill()
        if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// The next byte, which is not consumed; nil at the end of the file.
    mutating func peek() throws(Fault) -> UInt8? {
        if position == buffer.count { try fill() }
        return position < buffer.count ? buffer[position] : nil
    }

    /// Consumes the next byte; nil at the end of the file.
    mutating func next() throws(Fault) -> UInt8? {
        guard let byte = try peek() else { return nil }
        position += 1
        if byte == UInt8(ascii: "\n") { line += 1 }
        return byte
    }

    /// Consumes a line, and returns it without its line break, LF or CR LF; nil at the end of the
    /// file.
    mutating func nextLine() throws(Fault) -> [UInt8]? {
        guard try peek() != nil else { return nil }
        var result: [UInt8] = []
        while try peek() != nil {
            let end = buffer[position...].firstIndex(of: UInt8(ascii: "\n"))
            result.append(contentsOf: buffer[position..<(end ?? buffer.count)])
            position = end.map { $0 + 1 } ?? buffer.count
            try Bounds.checkLine(result.count)
            if end != nil {
                line += 1
                break
            }
        }
        if result.last == UInt8(ascii: "\r") { result.removeLast() }
        return result
    }

    /// Consumes the bytes before the first occurrence of two bytes; all bytes left if there is
    /// none.
    mutating func take(
        upTo first: UInt8, or second: UInt8, into bytes: inout [UInt8]
    ) throws(Fault) {
        while try peek() != nil {
            var end = position
            while end < buffer.count, buffer[end] != first, buffer[end] != second {
                if buffer[end] == UInt8(ascii: "\n") { line += 1 }
                end += 1
            }
            bytes.append(contentsOf: buffer[position..<end])
            position = end
            try Bounds.checkLine(bytes.count)
            if end < buffer.count { return }
        }
    }

    private mutating func fill() throws(Fault) {
        guard !atEnd else { return }
        do {
            let data = try handle.read(upToCount: Self.chunkByteCount) ?? Data()
            atEnd = data.isEmpty
            buffer = Array(data)
            position = 0
        } catch {
            throw Fault(.file, "the file cannot be read further (\(error)); check the disk.")
        }
    }
}

/// The string of bytes from a file, which must be UTF-8.
func decodedText(_ bytes: some Sequence<UInt8>) throws(Fault) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
        throw Fault(.syntax, "there are bytes that are not UTF-8; save the file as UTF-8.")
    }
    return text
}
