import Foundation
import Shop
import ShopFormats
package import Simulation
package import Time

/// What a fleet file says of one twin: its lines, in their order.
package struct FleetTwin: Sendable, Hashable {
    /// The pseudonym under which the store knows the customer.
    package let pseudonym: String
    /// What is foreseen, most probable first; at least one.
    package let items: [Item]

    /// What is foreseen of one item.
    package struct Item: Sendable, Hashable {
        /// What the file says.
        package let line: FleetLine
        /// When the item has been taken first in a tenth, half and nine tenths of the futures that
        /// hold it.
        package let firstTimes: [Timestamp]
    }
}

/// Reads a fleet file twin by twin, or the files of the parts of a run one after the other.
///
/// Memory holds one twin at a time. Lines of more than one run are told of, and so is a file that
/// ends in the middle of a line.
package struct FleetReader {
    /// What all lines have in common.
    package struct Span: Sendable, Hashable {
        /// The moment from which the futures start.
        package let origin: Timestamp
        /// How far they reach, in days.
        package let days: Double

        /// The moment that they reach to.
        package var end: Timestamp {
            Timestamp(seconds: origin.seconds + Int64((days * 86_400).rounded()))
        }
    }

    /// What all lines have in common; `nil` until the first was read.
    package private(set) var span: Span?

    private var paths: ArraySlice<String>
    private var lines: LineReader?
    private var next: FleetTwin.Item?
    private var number = 0
    private var first: String?
    private var asOf: String?
    private let decoder = JSONDecoder()
    private let byteCount: Int
    private var bytesOfDone = 0

    /// Starts to read.
    ///
    /// - Parameter paths: The files, at least one.
    /// - Throws: ``FuturesError`` if a file is not there, or not complete yet.
    package init(paths: [String]) throws(FuturesError) {
        for path in paths where !FileManager.default.fileExists(atPath: path) {
            guard FileManager.default.fileExists(atPath: path + ".partial") else {
                throw FuturesError("There is no file \(path). Check the path.")
            }
            throw FuturesError(
                "\(path) is not complete. Run 'foretwin simulate --all' again; it goes on where it "
                    + "was.")
        }
        self.paths = paths[...]
        byteCount = paths.reduce(0) { sum, path in
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            return sum + ((attributes?[.size] as? NSNumber)?.intValue ?? 0)
        }
    }

    /// The share of the bytes that was read, 0 to 1.
    package var fraction: Double {
        Double(bytesOfDone + (lines?.bytesRead ?? 0)) / Double(max(1, byteCount))
    }

    /// The next twin; `nil` after the last.
    ///
    /// - Throws: ``FuturesError`` that names the line if it is none of a fleet file, or of another
    ///   run than those before; `TwinsError` if the file cannot be read.
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
            throw fault("the first twin comes again, so two runs are mixed")
        }
        first = first ?? pseudonym
        return FleetTwin(pseudonym: pseudonym, items: items)
    }

    /// The next line that is not empty, of this file or of the next.
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
                bytesOfDone += reader.bytesRead
                try finish(reader)
                lines = nil
                continue
            }
            number = line.number
            guard let bytes = line.bytes else { throw fault("it is longer than a line can be") }
            if !bytes.isEmpty { return try item(Data(bytes)) }
        }
    }

    /// A file without any line is a part without any twin; but the first must have one.
    private func finish(_ reader: LineReader) throws {
        guard paths.isEmpty, span == nil else { return }
        throw FuturesError(
            "\(reader.name) holds no forecasts. Give a file that 'foretwin simulate --all' has "
                + "written.")
    }

    private mutating func item(_ data: Data) throws -> FleetTwin.Item {
        let line: FleetLine
        do {
            line = try decoder.decode(FleetLine.self, from: data)
        } catch {
            let isCut = data.first == UInt8(ascii: "{") && data.last != UInt8(ascii: "}")
            throw fault(
                isCut ? "it is cut off" : "it is no line of a fleet file (\(Self.reason(error)))")
        }
        let times = [line.firstTenth, line.firstHalf, line.firstNineTenths]
            .compactMap { Timestamp(text: $0) }
        let numbers = [line.probability, line.low, line.high]
        guard !line.twin.isEmpty, !line.itemID.isEmpty, times.count == 3, times == times.sorted(),
            numbers.allSatisfy({ (0...1).contains($0) }),
            (0...1e9).contains(line.expectedCount), (0...1e9).contains(line.expectedError)
        else { throw fault("a value is out of its range") }
        try check(line)
        return FleetTwin.Item(line: line, firstTimes: times)
    }

    /// Sees to it that all lines are of one run.
    private mutating func check(_ line: FleetLine) throws {
        if asOf == nil {
            guard let origin = Timestamp(text: line.asOf), (0.0...366).contains(line.horizonDays),
                line.horizonDays > 0
            else { throw fault("a value is out of its range") }
            asOf = line.asOf
            span = Span(origin: origin, days: line.horizonDays)
        }
        guard asOf == line.asOf, span?.days == line.horizonDays else {
            throw fault("it is of another run than the lines before")
        }
    }

    private func fault(_ what: String) -> FuturesError {
        FuturesError(
            "\(lines?.name ?? "The file"), line \(number): \(what). Write the file again with "
                + "'foretwin simulate --all', or give each run its own.")
    }

    /// What a decoder has found wrong, in a few words and without what the line says.
    private static func reason(_ error: any Error) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, _): "without \(key.stringValue)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "another type of \(context.codingPath.last?.stringValue ?? "object")"
        default: "not JSON"
        }
    }
}
