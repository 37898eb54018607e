import TextFiles

/// A file that is written in constant memory and appears whole or not at all.
///
/// Until ``finish()`` its bytes are in a file beside it, named with `.partial` at the end. Only the
/// owner may read it: a graph of customers is private.
final class OutputFile {
    private static let bufferByteCount = 1 << 18

    let path: String
    /// Bytes that are not in the file yet; writers add to them and then end their record.
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
