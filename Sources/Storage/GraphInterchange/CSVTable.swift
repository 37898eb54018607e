import PropertyGraph
import TextFiles

/// Reads a CSV file whose header has some fixed columns, and columns of properties.
struct CSVTable {
    struct Row {
        /// The cells of the fixed columns, in the order of `names`.
        var fixed: [String]
        var properties: [String: Property]
    }

    private enum Column {
        case fixed(Int)
        case property(PropertyColumn)
    }

    private let path: String
    private let names: [String]
    private var source: ByteSource
    private var columns: [Column] = []
    private var lineNumber = 1

    /// The file, and the line on which the last record begins.
    var location: (file: String, line: Int) { (path, lineNumber) }

    init(path: String, names: [String]) throws(Fault) {
        self.path = path
        self.names = names
        do throws(Fault) {
            source = try ByteSource(path: path)
        } catch {
            throw Fault(error.code, "\(path) is one of two files: \(error.text)")
        }
    }

    /// The next row; nil at the end.
    mutating func next() throws(Fault) -> Row? {
        if columns.isEmpty { try readHeader() }
        lineNumber = source.line
        guard let cells = try record() else { return nil }
        guard cells.count == columns.count else {
            throw Fault(
                .syntax,
                "there are \(cells.count) fields under a header of \(columns.count); add or remove "
                    + "some.")
        }
        var row = Row(fixed: Array(repeating: "", count: names.count), properties: [:])
        for (column, cell) in zip(columns, cells) {
            switch column {
            case .fixed(let index): row.fixed[index] = cell
            case .property(let property):
                guard !cell.isEmpty else { continue }
                let text = property.kind == .string ? GuardedText.decoded(cell) : cell
                try row.properties.add(
                    property.name.text, try PropertyText.property(property.kind, text))
            }
        }
        return row
    }

    private mutating func record() throws(Fault) -> [String]? {
        try CSVRecords.next(from: &source)
    }

    private mutating func readHeader() throws(Fault) {
        guard let header = try record() else {
            throw Fault(.syntax, "the file is empty; its first line names the columns.")
        }
        var seen: Set<BytewiseString> = []
        for cell in header {
            let text = GuardedText.decoded(cell)
            guard seen.insert(BytewiseString(text)).inserted else {
                throw Fault(.syntax, "the header names a column twice; keep one of them.")
            }
            columns.append(try column(text))
            try Bounds.checkColumns(columns.count - names.count)
        }
        for name in names where !seen.contains(BytewiseString(name)) {
            throw Fault(.syntax, "the header has no column '\(name)'; add it.")
        }
    }

    private func column(_ text: String) throws(Fault) -> Column {
        if let index = names.firstIndex(of: text) { return .fixed(index) }
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")),
            let kind = PropertyKind(rawValue: String(text[text.utf8.index(after: colon)...]))
        else {
            throw Fault(
                .syntax,
                "a column is neither one of \(names.joined(separator: ", ")) nor a property with "
                    + "its kind, such as price:double; rename it.")
        }
        return .property(PropertyColumn(name: BytewiseString(String(text[..<colon])), kind: kind))
    }
}
