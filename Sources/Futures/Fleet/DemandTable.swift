import Shop
import ShopFormats
package import Simulation
import TextFiles
package import Time

/// The content of a file of expected demand, or of the files of several shards together.
package struct DemandTable: Sendable {
    /// The subject of a row.
    package enum Subject: Sendable, Hashable {
        /// All items together.
        case all
        /// A category; empty for items without one.
        case category(String)
        /// An item, by the shop's id.
        case item(String)
    }

    /// The expected demand of a subject.
    package struct Series: Sendable, Hashable {
        /// The demand on each day from the origin.
        package var days: [DemandEstimate]
        /// The demand over the whole horizon.
        package var whole: DemandEstimate
    }

    /// The origin of the paths.
    package let origin: Timestamp
    /// The end of the horizon.
    package let end: Timestamp
    /// The expected demand by subject.
    package private(set) var series: [Subject: Series]

    /// The number of days of the horizon, 24 hours each; the last one may be shorter.
    package var dayCount: Int { Int((end.seconds - origin.seconds + 86_399) / 86_400) }

    /// Reads a file.
    ///
    /// - Parameter path: The path of the file.
    /// - Throws: ``FuturesError`` with the line number if the content is wrong; `TwinsError` if the
    ///   file cannot be read.
    /// - Complexity: O(bytes of the file) in time, O(items · days) in memory.
    package init(path: String) throws {
        var reader = try DemandReader(path: path)
        guard let first = try reader.next(), first.subject == .all, first.day == 0,
            first.from < first.to, first.to.seconds - first.from.seconds <= 366 * 86_400
        else {
            throw reader.fault("the first row is not the row of all items over the whole horizon")
        }
        (origin, end) = (first.from, first.to)
        series = [:]
        try add(first, reader)
        while let row = try reader.next() { try add(row, reader) }
    }

    /// The expected demand of a subject; `nil` if the file has none.
    package subscript(subject: Subject) -> Series? { series[subject] }

    /// Adds another shard of the fleet.
    ///
    /// - Parameter other: The demand of other twins, with the same origin and horizon.
    /// - Throws: ``FuturesError`` if origin or horizon differ.
    package mutating func add(_ other: DemandTable) throws(FuturesError) {
        guard origin == other.origin, end == other.end else {
            throw FuturesError(
                "One file has the demand from \(origin.iso8601) to \(end.iso8601), another from "
                    + "\(other.origin.iso8601) to \(other.end.iso8601). Give the files of one run.")
        }
        series.merge(other.series) { left, right in
            Series(
                days: zip(left.days, right.days).map { $0 + $1 }, whole: left.whole + right.whole)
        }
    }

    private mutating func add(_ row: DemandReader.Row, _ reader: DemandReader) throws {
        let (from, to) = DemandFile.span(
            ofDay: row.day, origin: origin.seconds,
            horizonSeconds: end.seconds - origin.seconds)
        guard row.day <= dayCount, row.from.seconds == from, row.to.seconds == to else {
            throw reader.fault("day \(row.day) belongs to another run than the first row")
        }
        guard (series.count + 1) * (dayCount + 1) <= DemandLayout.cellLimit else {
            throw reader.fault("there are more items than fit into memory")
        }
        let empty = Series(
            days: [DemandEstimate](repeating: .zero, count: dayCount), whole: .zero)
        if row.day == 0 {
            guard series[row.subject] == nil else { throw reader.fault("the row occurs twice") }
            series[row.subject, default: empty].whole = row.estimate
        } else {
            series[row.subject, default: empty].days[row.day - 1] = row.estimate
        }
    }
}

/// Reads the rows of a file of expected demand in order.
private struct DemandReader {
    struct Row {
        var subject: DemandTable.Subject
        var day: Int
        var from: Timestamp
        var to: Timestamp
        var estimate: DemandEstimate
    }

    private var lines: LineReader
    private var number = 0
    private var fields: [String] = []

    init(path: String) throws {
        lines = try LineReader(path: path)
        guard try nextFields(), [DemandFile.header, DemandFile.oldHeader].contains(fields) else {
            throw FuturesError(
                "\(path) does not begin with the header of a demand file. Give the demand "
                    + "file of a fleet simulation.")
        }
    }

    /// An error with the line number.
    func fault(_ what: String) -> FuturesError {
        FuturesError(
            "\(lines.name), line \(max(1, number)): \(what). Simulate the fleet "
                + "with demand again.")
    }

    mutating func next() throws -> Row? {
        guard try nextFields() else { return nil }
        guard fields.count == DemandFile.header.count else {
            throw fault("it has \(fields.count) fields instead of \(DemandFile.header.count)")
        }
        let numbers = fields[6...].compactMap { Double($0) }
            .filter { $0.isFinite && $0 >= 0 && $0 < 1e15 }
        guard numbers.count == 6, let day = Int(fields[3]), (0...366).contains(day),
            let from = Timestamp(text: fields[4]), let to = Timestamp(text: fields[5])
        else { throw fault("a number or a time is not valid") }
        guard let subject = subject() else { throw fault("the level is unknown") }
        return Row(
            subject: subject, day: day, from: from, to: to,
            estimate: DemandEstimate(
                expected: numbers[0], deviation: numbers[3], error: numbers[4],
                modelError: numbers[5]))
    }

    private func subject() -> DemandTable.Subject? {
        switch fields[0] {
        case "all": .all
        case "category": .category(FormulaGuard.unguarded(fields[2]))
        case "item": .item(FormulaGuard.unguarded(fields[1]))
        default: nil
        }
    }

    /// Reads the fields of the next line; false at the end.
    private mutating func nextFields() throws -> Bool {
        guard let line = try lines.next() else { return false }
        number = line.number
        guard let bytes = line.bytes else { throw fault("it is longer than the limit of a line") }
        do {
            try CSV.fields(of: bytes, separator: UInt8(ascii: ","), into: &fields)
        } catch {
            throw fault("\(error.detail)")
        }
        return true
    }
}
