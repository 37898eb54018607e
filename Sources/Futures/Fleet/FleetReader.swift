import Foundation
import Shop
import ShopFormats
package import Simulation
package import Time

/// The lines of one twin in a fleet file, in order.
package struct FleetTwin: Sendable, Hashable {
    /// The pseudonym under which the store knows the customer.
    package let pseudonym: String
    /// The forecasts of its items, most probable first; at least one.
    package let items: [Item]

    /// The forecast of one item.
    package struct Item: Sendable, Hashable {
        /// The line of the file.
        package let line: FleetLine
        /// The 10 % quantile, median and 90 % quantile of the time of the item's first event.
        package let firstTimes: [Timestamp]
    }
}

/// Reads a fleet file twin by twin, or the files of a run's shards in order.
///
/// It holds one twin in memory at a time. Lines of different runs, and a file that ends in the
/// middle of a line, are errors.
package struct FleetReader {
    /// Origin and horizon, which all lines share.
    package struct Span: Sendable, Hashable {
        /// The origin of the paths.
        package let origin: Timestamp
        /// The horizon, in days.
        package let days: Double

        /// The end of the horizon.
        package var end: Timestamp {
            Timestamp(seconds: origin.seconds + Int64((days * 86_400).rounded()))
        }
    }

    /// Origin and horizon; `nil` until the first line was read.
    package private(set) var span: Span?

    private var paths: ArraySlice<String>
    private var lines: LineReader?
    private var next: FleetTwin.Item?
    private var number = 0
    private var first: String?
    private var asOf: String?
    private let decoder = JSONDecoder()
    private let byteCount: Int
    /// The size of the files that were read to their end.
    private var finishedByteCount = 0

    /// Opens files.
    ///
    /// - Parameter paths: The paths of the files, at least one.
    /// - Throws: ``FuturesError`` if a file is missing or not complete.
    package init(paths: [String]) throws(FuturesError) {
        for path in paths where !FileManager.default.fileExists(atPath: path) {
            guard FileManager.default.fileExists(atPath: path + ".partial") else {
                throw FuturesError("There is no file \(path). Check the path.")
            }
            throw FuturesError(
                "\(path) is not complete. Resume the fleet simulation that writes it.")
        }
        self.paths = paths[...]
        byteCount = paths.reduce(0) { sum, path in
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            return sum + ((attributes?[.size] as? NSNumber)?.intValue ?? 0)
        }
    }

    /// The fraction of the bytes that were read, 0 to 1.
    package var fraction: Double {
        Double(finishedByteCount + (lines?.bytesRead ?? 0)) / Double(max(1, byteCount))
    }

    /// The next twin; `nil` after the last.
    ///
    /// - Throws: ``FuturesError`` with the line number if a line is wrong or belongs to another
    ///   run; `TwinsError` if the file cannot be read.
    package mutating func nextTwin() throws -> FleetTwin? {
        guard let start = try next ?? nextLine() else { return nil }
        next = nil
        let pseudonym = start.line.twin
        var items = [start]
        while let item = try nextLine() {
            guard item.line.twin == pseudonym else {
                next = item
                break
            }
            items.append(item)
            guard items.count <= 1_000_000 else { throw fault("the twin has too many items") }
        }
        guard first != pseudonym else {
            throw fault("the first twin occurs again, so two runs are mixed")
        }
        first = first ?? pseudonym
        return FleetTwin(pseudonym: pseudonym, items: items)
    }

    /// The next line that is not empty, of this or a later file.
    private mutating func nextLine() throws -> FleetTwin.Item? {
        while true {
            guard var reader = lines else {
                guard let path = paths.popFirst() else { return nil }
                lines = try LineReader(path: path)
                number = 0
                continue
            }
            let read = try reader.next()
            lines = reader
            guard let line = read else {
                finishedByteCount += reader.bytesRead
                try finish(reader)
                lines = nil
                continue
            }
            number = line.number
            guard let bytes = line.bytes else {
                throw fault("it is longer than the limit of a line")
            }
            if !bytes.isEmpty { return try item(Data(bytes)) }
        }
    }

    /// Checks at the end of the last file that there was any line; single shards may be empty.
    private func finish(_ reader: LineReader) throws {
        guard paths.isEmpty, span == nil else { return }
        throw FuturesError(
            "\(reader.name) holds no forecasts.", remedy: .giveForecasts)
    }

    private mutating func item(_ data: Data) throws -> FleetTwin.Item {
        let line: FleetLine
        do {
            line = try decoder.decode(FleetLine.self, from: data)
        } catch {
            let isCut = data.first == UInt8(ascii: "{") && data.last != UInt8(ascii: "}")
            throw fault(
                isCut ? "it is cut off" : "it is not a line of a fleet file (\(Self.reason(error)))"
            )
        }
        let times = [line.firstTime10, line.firstTimeMedian, line.firstTime90]
            .compactMap { Timestamp(text: $0) }
        let numbers = [line.probability, line.low, line.high]
        guard !line.twin.isEmpty, !line.itemID.isEmpty, times.count == 3, times == times.sorted(),
            numbers.allSatisfy({ (0...1).contains($0) }),
            (0...1e9).contains(line.expectedCount), (0...1e9).contains(line.expectedError)
        else { throw fault("a value is out of range") }
        try check(line)
        return FleetTwin.Item(line: line, firstTimes: times)
    }

    /// Checks that all lines belong to one run.
    private mutating func check(_ line: FleetLine) throws {
        if asOf == nil {
            guard let origin = Timestamp(text: line.asOf), (0.0...366).contains(line.horizonDays),
                line.horizonDays > 0
            else { throw fault("a value is out of range") }
            asOf = line.asOf
            span = Span(origin: origin, days: line.horizonDays)
        }
        guard asOf == line.asOf, span?.days == line.horizonDays else {
            throw fault("it belongs to another run than the lines before")
        }
    }

    private func fault(_ what: String) -> FuturesError {
        FuturesError(
            "\(lines?.name ?? "The file"), line \(number): \(what). Simulate the fleet "
                + "again, or give the files of one run only.")
    }

    /// The reason of a decoding error in a few words, without the content of the line.
    private static func reason(_ error: any Error) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, _): "\(key.stringValue) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(context.codingPath.last?.stringValue ?? "it") has another type"
        default: "not JSON"
        }
    }
}
