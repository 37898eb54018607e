import Foundation

/// A file that is written in constant memory and appears whole or not at all.
///
/// Until ``finish()`` its bytes are in a file beside it, named with `.partial` at the end. Only the
/// owner may read it: a graph of customers is private.
final class OutputFile {
    private static let bufferByteCount = 1 << 18

    let path: String
    /// Bytes that are not in the file yet; writers add to them and then end their record.
    var bytes: [UInt8] = []
    private let handle: FileHandle
    private var recordStart = 0
    private var isFinished = false

    private var partialPath: String { path + ".partial" }

    init(path: String) throws(Fault) {
        let partialPath = path + ".partial"
        var isDirectory: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
            isDirectory.boolValue
        {
            throw Fault(.file, "this is a folder; name a file in it.")
        }
        guard
            FileManager.default.createFile(
                atPath: partialPath, contents: nil, attributes: [.posixPermissions: 0o600]),
            let opened = FileHandle(forWritingAtPath: partialPath)
        else {
            throw Fault(.file, "the file cannot be written; check the folder and its permissions.")
        }
        self.path = path
        handle = opened
    }

    deinit {
        if !isFinished {
            try? handle.close()
            try? FileManager.default.removeItem(atPath: partialPath)
        }
    }

    func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Writes a text between quotation marks, with the escapes that JSON and Cypher share.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - mark: The quotation mark, in ASCII.
    func write(_ text: String, quotedBy mark: UInt8) {
        bytes.append(mark)
        for byte in text.utf8 {
            switch byte {
            case mark, UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): write("\\n")
            case UInt8(ascii: "\r"): write("\\r")
            case UInt8(ascii: "\t"): write("\\t")
            case 0..<0x20, 0x7F:
                write(byte < 0x10 ? "\\u000" : "\\u00")
                write(String(byte, radix: 16))
            default: bytes.append(byte)
            }
        }
        bytes.append(mark)
    }

    /// Ends what was written since the last record: the bound of a line holds for it.
    func endRecord() throws(Fault) {
        try Bounds.checkLine(bytes.count - recordStart)
        if bytes.count >= Self.bufferByteCount { try flush() }
        recordStart = bytes.count
    }

    /// Makes the file durable under its name, in place of one that was there.
    func finish() throws(Fault) {
        try flush()
        do {
            try handle.synchronize()
            try handle.close()
        } catch {
            throw Fault(.file, "the file cannot be finished (\(error)); check the disk's space.")
        }
        guard rename(partialPath, path) == 0 else {
            throw Fault(.file, "the file cannot be put in place; check the folder's permissions.")
        }
        isFinished = true
    }

    private func flush() throws(Fault) {
        do {
            try handle.write(contentsOf: bytes)
        } catch {
            throw Fault(.file, "the file cannot be written (\(error)); check the disk's space.")
        }
        bytes.removeAll(keepingCapacity: true)
    }
}
