import Foundation
import Shop

/// The format of a file of records.
package enum RecordFormat: String, Sendable, CaseIterable {
    /// Comma-, semicolon- or tab-separated values under a header.
    case csv
    /// One JSON object a line.
    case jsonLines = "jsonl"
}

/// Reads records from CSV or JSON Lines, one at a time.
struct RecordReader {
    /// One line of the source.
    enum Record {
        /// A line of CSV: a text for each of ``RecordReader/columns``.
        case row([String])
        /// A line of JSON: keys with their values.
        case object([FlatObject.Field])
        /// A line that was not accepted.
        case rejected(Rejection)
    }

    private(set) var lines: LineReader
    let format: RecordFormat
    /// Names of the columns of CSV.
    private(set) var columns: [String] = []
    /// The bytes of the line last returned, for a file of rejects.
    private(set) var lineBytes: ArraySlice<UInt8> = []
    private(set) var lineNumber = 0
    private var separator = UInt8(ascii: ",")
    private var fields: [String] = []

    /// Opens a source, detects its format unless given, and reads a CSV header.
    init(path: String, format: RecordFormat?) throws(TwinsError) {
        lines = try LineReader(path: path)
        let start = try lines.peek(4096)
        guard !start.isEmpty else {
            throw TwinsError(.format, "\(lines.name) is empty. There is nothing to read.")
        }
        // A stray zero byte spoils its line only. Many zeros mean an image, an archive or UTF-16.
        guard start.count(where: { $0 == 0 }) <= start.count / 64 else {
            throw TwinsError(
                .format, "\(lines.name) is not a text file. Give a CSV or JSON Lines file.")
        }
        self.format = format ?? RecordReader.format(of: start)
        if self.format == .csv { try readHeader() }
    }

    /// The next record, or `nil` at the end; blank lines are skipped.
    mutating func next() throws(TwinsError) -> Record? {
        while let line = try lines.next() {
            lineNumber = line.number
            guard let bytes = line.bytes else {
                lineBytes = []
                let limit = Limits.lineByteCountMax
                return .rejected(
                    Rejection(
                        .value, "the line is longer than \(limit) bytes", at: .line(line.number)))
            }
            guard bytes.contains(where: { $0 != UInt8(ascii: " ") }) else { continue }
            lineBytes = bytes
            do throws(Rejection) {
                return format == .csv ? .row(try csv(bytes)) : .object(try json(bytes))
            } catch {
                return .rejected(error.at(.line(line.number)))
            }
        }
        return nil
    }

    private static func format(of start: ArraySlice<UInt8>) -> RecordFormat {
        let first = start.first { $0 > 0x20 && ![0xEF, 0xBB, 0xBF].contains($0) }
        return first == UInt8(ascii: "{") ? .jsonLines : .csv
    }

    private mutating func readHeader() throws(TwinsError) {
        guard let line = try lines.next(), let bytes = line.bytes else {
            throw TwinsError(.format, "\(lines.name) has no readable header line.")
        }
        separator = CSV.separator(ofHeader: bytes)
        do throws(Rejection) {
            try CSV.fields(of: bytes, separator: separator, into: &columns)
        } catch {
            throw TwinsError(
                .format, "\(lines.name) has no readable header: \(error.reason.rawValue).")
        }
        let folded = columns.map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
        if let twice = Dictionary(grouping: folded, by: { $0 }).first(where: { $1.count > 1 }) {
            throw TwinsError(
                .format, "The header of \(lines.name) names '\(twice.key)' twice. Keep one.")
        }
    }

    private mutating func csv(_ bytes: ArraySlice<UInt8>) throws(Rejection) -> [String] {
        try CSV.fields(of: bytes, separator: separator, into: &fields)
        guard fields.count == columns.count else {
            throw Rejection(.fieldCount, "\(fields.count), the header has \(columns.count)")
        }
        return fields
    }

    private func json(_ bytes: ArraySlice<UInt8>) throws(Rejection) -> [FlatObject.Field] {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw Rejection(.encoding, "save the file as UTF-8")
        }
        return try FlatObject.line(bytes)
    }
}
