import Foundation
package import Shop

/// Streams the lines of a file or of standard input in constant memory.
package struct LineReader {
    /// A line without its line end; `bytes` is `nil` if it was longer than the limit.
    package struct Line {
        package var number: Int
        package var bytes: ArraySlice<UInt8>?
    }

    package let name: String
    private let handle: FileHandle
    private var buffer: [UInt8] = []
    private var position = 0
    private var atEnd = false
    private var lineNumber = 0
    /// The number of bytes read from the source so far.
    package private(set) var bytesRead = 0
    /// The size of the source; `nil` if it is not a file.
    package let byteCount: Int?

    /// Opens a file, or standard input for `-`.
    package init(path: String) throws(TwinsError) {
        guard path != "-" else {
            name = "standard input"
            handle = .standardInput
            byteCount = nil
            return
        }
        name = path
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw TwinsError(.file, "There is no file \(path). Check the path.")
        }
        guard !isDirectory.boolValue else {
            throw TwinsError(.file, "\(path) is a folder. Name a CSV or JSON Lines file in it.")
        }
        guard let opened = FileHandle(forReadingAtPath: path) else {
            throw TwinsError(.file, "\(path) cannot be read. Check its permissions.")
        }
        handle = opened
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: target)
        let isRegular = attributes?[.type] as? FileAttributeType == .typeRegular
        byteCount = isRegular ? (attributes?[.size] as? NSNumber)?.intValue : nil
    }

    /// The next bytes of the source, without consuming them.
    mutating func peek(_ count: Int) throws(TwinsError) -> ArraySlice<UInt8> {
        while buffer.count - position < count, !atEnd { try fill() }
        return buffer[position..<min(buffer.count, position + count)]
    }

    /// The next line, or `nil` at the end.
    ///
    /// Line ends are LF or CR LF. A byte order mark is dropped.
    package mutating func next() throws(TwinsError) -> Line? {
        var searched = position
        var tooLong = false
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = take(upTo: end, tooLong: tooLong)
                position = end + 1
                return line
            }
            if atEnd {
                guard position < buffer.count || tooLong else { return nil }
                let line = take(upTo: buffer.count, tooLong: tooLong)
                position = buffer.count
                return line
            }
            if buffer.count - position > Limits.lineByteCountMax {
                tooLong = true
                position = buffer.count
            }
            let pending = buffer.count - position
            try fill()
            searched = position + pending
        }
    }

    private mutating func take(upTo end: Int, tooLong: Bool) -> Line {
        lineNumber += 1
        guard !tooLong, end - position <= Limits.lineByteCountMax else {
            return Line(number: lineNumber, bytes: nil)
        }
        var bytes = buffer[position..<end]
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        if lineNumber == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        return Line(number: lineNumber, bytes: bytes)
    }

    private mutating func fill() throws(TwinsError) {
        buffer.removeSubrange(..<position)
        position = 0
        do {
            let data = try handle.read(upToCount: 1 << 20) ?? Data()
            if data.isEmpty { atEnd = true }
            bytesRead += data.count
            buffer.append(contentsOf: data)
        } catch {
            throw TwinsError(.file, "\(name) cannot be read further: \(error).")
        }
    }
}
