package import Shop

/// Reads the events of one file or of standard input, one at a time, in constant memory.
///
/// A bad line is returned as a ``Rejection`` with its number and reason, and never affects the
/// lines around it.
package struct EventReader {
    /// One line of the source.
    package enum Line: Sendable {
        /// An event.
        case event(Event, line: Int)
        /// A line that is not one.
        case rejected(Rejection)
    }

    private var records: RecordReader
    private var fields: [EventField] = []

    /// Opens a source of events.
    ///
    /// - Parameters:
    ///   - path: A file, or `-` for standard input.
    ///   - format: The file's format; found out from its first character unless given.
    /// - Throws: ``TwinsError`` when the source cannot be read, is empty, is not text or lacks a
    ///   required column.
    package init(path: String, format: RecordFormat? = nil) throws(TwinsError) {
        records = try RecordReader(path: path, format: format)
        fields = records.columns.map(EventField.init(name:))
        guard records.format == .csv else { return }
        let missing = EventField.required.filter { !fields.contains($0.field) }.map(\.name)
        guard missing.isEmpty else {
            throw TwinsError(
                .format,
                "The header of \(records.lines.name) lacks \(missing.joined(separator: ", ")). "
                    + "An event file needs user_id,item_id,type,timestamp.")
        }
    }

    /// The next line, or `nil` at the end.
    package mutating func next() throws(TwinsError) -> Line? {
        guard let record = try records.next() else { return nil }
        switch record {
        case .rejected(let rejection): return .rejected(rejection)
        case .fields(let pairs):
            while fields.count < records.columns.count {
                fields.append(EventField(name: records.columns[fields.count]))
            }
            do throws(Rejection) {
                var builder = EventBuilder()
                for pair in pairs { try builder.set(fields[pair.column], pair.text) }
                return .event(try builder.build(), line: records.lineNumber)
            } catch {
                return .rejected(
                    Rejection(line: records.lineNumber, error.reason, error.detail))
            }
        }
    }

    /// The bytes of the line last returned.
    package var lineBytes: [UInt8] { Array(records.lineBytes) }

    /// The share of the source read so far, 0 to 1; `nil` when its size is unknown.
    package var fractionRead: Double? {
        records.lines.byteCount.map { min(1, Double(records.lines.bytesRead) / Double(max($0, 1))) }
    }
}
