package import Shop

/// Reads the events of one file or of standard input, one at a time, in constant memory.
///
/// A bad line is returned as a ``Rejection`` with its number and reason. It does not affect other
/// lines.
package struct EventReader {
    /// One line of the source.
    package enum Line: Sendable {
        /// An event.
        case event(Event, line: Int)
        /// A line that was not accepted.
        case rejected(Rejection)
    }

    private var records: RecordReader
    /// The fields of the columns of CSV.
    private var fields: [EventField] = []
    private var fieldNames = EventFieldNames()
    /// The number of values by column that were dropped because they are personal or finer than a
    /// city.
    ///
    /// Columns beyond the first hundred are counted under `…`.
    package private(set) var droppedCounts: [String: Int] = [:]

    /// Opens a source of events.
    ///
    /// - Parameters:
    ///   - path: A file, or `-` for standard input.
    ///   - format: The file's format; detected from its first character unless given.
    /// - Throws: ``TwinsError`` if the source cannot be read, is empty, is not text or lacks a
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
        for (index, field) in fields.enumerated() where field.isKnown {
            guard let other = fields[..<index].firstIndex(of: field) else { continue }
            throw TwinsError(
                .format,
                "The header of \(records.lines.name) names one field twice: "
                    + "\(Rejection.quoted(records.columns[other])) and "
                    + "\(Rejection.quoted(records.columns[index])). Keep one.")
        }
    }

    /// The next line, or `nil` at the end.
    package mutating func next() throws(TwinsError) -> Line? {
        guard let record = try records.next() else { return nil }
        if case .rejected(let rejection) = record { return .rejected(rejection) }
        do throws(Rejection) {
            return .event(try event(record), line: records.lineNumber)
        } catch {
            return .rejected(error.at(.line(records.lineNumber)))
        }
    }

    private mutating func event(_ record: RecordReader.Record) throws(Rejection) -> Event {
        var builder = EventBuilder()
        switch record {
        case .row(let texts):
            for (field, text) in zip(fields, texts) { try builder.set(field, text) }
        case .object(let pairs):
            for (name, text) in pairs { try builder.set(fieldNames[name], text) }
        case .rejected(let rejection): throw rejection
        }
        let event = try builder.build()
        for name in builder.dropped { count(dropped: name) }
        return event
    }

    private mutating func count(dropped name: String) {
        let isNew = droppedCounts.count >= 100 && droppedCounts[name] == nil
        droppedCounts[isNew ? "…" : name, default: 0] += 1
    }

    /// The bytes of the line last returned.
    package var lineBytes: [UInt8] { Array(records.lineBytes) }

    /// The fraction of the source read so far, 0 to 1; `nil` if its size is unknown.
    package var fractionRead: Double? {
        records.lines.byteCount.map { min(1, Double(records.lines.bytesRead) / Double(max($0, 1))) }
    }
}
