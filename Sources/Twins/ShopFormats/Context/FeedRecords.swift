import Foundation
import Shop
import Time

/// Reads the lines of a CSV feed file, with their fields by column name.
struct FeedRecords {
    private var records: RecordReader
    private let columns: [String]
    private var count = 0

    /// Opens a file and checks that it has the required columns.
    init(
        _ path: String, required: [String], optional: [String], what: String
    ) throws(TwinsError) {
        records = try RecordReader(path: path, format: .csv)
        columns = records.columns.map(Self.folded)
        let missing = required.filter { !columns.contains($0) }
        guard missing.isEmpty else {
            throw TwinsError(
                .format,
                "The header of \(path) lacks \(missing.joined(separator: ", ")). A file of \(what) "
                    + "needs \(required.joined(separator: ",")) and may have "
                    + "\(optional.joined(separator: ",")).")
        }
    }

    /// A column's name in lower case, without blanks around it.
    static func folded(_ name: String) -> String {
        name.trimmingCharacters(in: .whitespaces).lowercased()
    }

    /// The fields of the next line, or its rejection; `nil` at the end.
    ///
    /// - Throws: ``TwinsError`` if the file cannot be read or has too many lines.
    mutating func next() throws(TwinsError) -> Result<Fields, Rejection>? {
        guard let record = try records.next() else { return nil }
        count += 1
        guard count <= Limits.feedRecordCountMax else {
            throw TwinsError(
                .format,
                "\(records.lines.name) has more than \(Limits.feedRecordCountMax) lines. Give it "
                    + "in parts.")
        }
        switch record {
        case .rejected(let rejection): return .failure(rejection)
        case .row(let texts): return .success(Fields(texts, columns))
        case .object: return .failure(atLine(FlatObject.notFlat))
        }
    }

    /// A rejection, at the line last returned.
    func atLine(_ rejection: Rejection) -> Rejection {
        rejection.at(.line(records.lineNumber))
    }

    /// The fields of one line.
    struct Fields {
        private var texts: [String: String] = [:]

        fileprivate init(_ texts: [String], _ columns: [String]) {
            for (column, text) in zip(columns, texts) where !text.isEmpty {
                self.texts[column] = text
            }
        }

        /// A field that may be empty.
        subscript(name: String) -> String? { texts[name] }

        /// A field that may not be empty.
        func text(_ name: String) throws(Rejection) -> String {
            guard let text = texts[name] else { throw Rejection(.missing, name) }
            return text
        }

        func day(_ name: String) throws(Rejection) -> Int {
            let text = try text(name)
            guard let day = Day.number(text) else {
                throw Rejection(
                    .timestamp, "\(name) is \(Rejection.quoted(text)); write a day as 2026-03-01")
            }
            return day
        }

        func number(_ name: String) throws(Rejection) -> Double {
            let text = try text(name)
            guard let number = DecimalText.parse(text) else {
                throw Rejection(.number, "\(name) is \(Rejection.quoted(text)); write it as 1.5")
            }
            return number
        }
    }
}
