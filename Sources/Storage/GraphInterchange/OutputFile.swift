import TextFiles

/// Writes a file atomically and in constant memory.
///
/// Until ``finish()``, the bytes are in a temporary file with the suffix `.partial`. It has mode
/// 0600: a graph of customers is private.
final class OutputFile {
    private static let bufferByteCount = 1 << 18

    let path: String
    /// The bytes that are not written yet; append to them, then call ``endRecord()``.
    var bytes: [UInt8] = []
    private let file: AtomicFile
    private var recordStart = 0

    init(path: String) throws(Fault) {
        self.path = path
        do throws(FileError) {
            file = try AtomicFile(path)
        } catch {
            throw Self.fault(error)
        }
    }

    func write(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Writes a string in quotation marks, with the escapes that JSON and Cypher have in common.
    ///
    /// - Parameters:
    ///   - text: The string.
    ///   - mark: The quotation mark, in ASCII.
    func write(_ text: String, quotedBy mark: UInt8) {
        precondition(mark < 0x80, "A quotation mark is not in ASCII.")
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

    /// Ends a record, and checks the length of what was written since the last one.
    func endRecord() throws(Fault) {
        try Bounds.checkLine(bytes.count - recordStart)
        if bytes.count >= Self.bufferByteCount { try flush() }
        recordStart = bytes.count
    }

    /// Makes the file durable under its name, and replaces an existing file.
    func finish() throws(Fault) {
        try flush()
        do throws(FileError) {
            try file.commit()
        } catch {
            throw Self.fault(error)
        }
    }

    private func flush() throws(Fault) {
        do throws(FileError) {
            try file.write(bytes)
        } catch {
            throw Self.fault(error)
        }
        bytes.removeAll(keepingCapacity: true)
    }

    private static func fault(_ error: FileError) -> Fault {
        Fault(.file, "it \(error.reason)")
    }
}
