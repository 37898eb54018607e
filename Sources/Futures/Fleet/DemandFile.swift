import Foundation
package import Simulation
import Time

/// Writes expected demand as CSV, which pandas and spreadsheets read.
///
/// A row holds a level (`all`, `category` or `item`), a day from 1 on, or 0 for the whole horizon,
/// and what is expected then. Expectations and errors of the model of parts of a fleet add up, and
/// so do the squares of deviations and of errors by the number of paths.
package enum DemandFile {
    static let header = [
        "level", "item_id", "category", "day", "from", "to", "expected", "low", "high",
        "deviation", "error", "model_error",
    ]

    /// Bytes that are kept before they are written.
    private static let chunk = 1 << 20

    /// Writes a file, which appears under its name when it is complete.
    ///
    /// Days on which an item is never taken are left out.
    ///
    /// - Parameters:
    ///   - demand: The sums over all twins.
    ///   - settings: What was asked.
    ///   - itemIDs: The ids of the model's catalogue.
    ///   - demandError: How far demand was off in the model's back-test.
    ///   - path: Where the file will be.
    /// - Throws: ``FuturesError`` if it cannot be written.
    package static func write(
        _ demand: FleetDemand, _ settings: FleetSettings, itemIDs: [String],
        demandError: DemandError = .none, to path: String
    ) throws {
        let partial = path + ".partial"
        guard FileManager.default.createFile(atPath: partial, contents: nil),
            let handle = FileHandle(forWritingAtPath: partial)
        else { throw FuturesError("\(partial) cannot be written. Choose another --demand.") }
        defer { try? handle.close() }
        var text = header.joined(separator: ",") + "\n"
        let shape = demand.shape
        try rows(
            demand, settings, row: shape.rowOfAll, names: ["all", "", ""],
            modelError: demandError.all, handle, &text)
        for (place, name) in shape.categories.enumerated() {
            try rows(
                demand, settings, row: shape.row(ofCategory: place),
                names: ["category", "", name], modelError: demandError.category, handle, &text)
        }
        for (place, category) in shape.categoryPlaces.enumerated()
        where itemIDs.indices.contains(place) {
            try rows(
                demand, settings, row: place,
                names: ["item", itemIDs[place], shape.categories[Int(category)]],
                modelError: demandError.item, handle, &text)
        }
        try handle.write(contentsOf: Data(text.utf8))
        try handle.synchronize()
        guard rename(partial, path) == 0 else {
            throw FuturesError("\(path) cannot be written. Its content is in \(partial).")
        }
    }

    private static func rows(
        _ demand: FleetDemand, _ settings: FleetSettings, row: Int, names: [String],
        modelError: Double, _ handle: FileHandle, _ text: inout String
    ) throws {
        let days = demand.shape.days
        let start = names.map(quoted).joined(separator: ",")
        for day in 0...days {
            let estimate = demand.estimate(
                row: row, column: day == 0 ? days : day - 1, modelError: modelError)
            guard estimate.expected > 0 || names[0] != "item" else { continue }
            let (from, to) = span(ofDay: day, origin: settings.origin, settings.horizonSeconds)
            let interval = estimate.interval
            let numbers = [
                estimate.expected, interval.lowerBound, interval.upperBound, estimate.deviation,
                estimate.error, estimate.modelError,
            ]
            text += "\(start),\(day),\(Timestamp(seconds: from).iso8601),"
            text += "\(Timestamp(seconds: to).iso8601),"
            text += numbers.map { "\($0)" }.joined(separator: ",") + "\n"
        }
        guard text.utf8.count >= chunk else { return }
        try handle.write(contentsOf: Data(text.utf8))
        text = ""
    }

    /// From when to when a day reaches, in seconds since 1970; day 0 is the whole horizon.
    static func span(
        ofDay day: Int, origin: Int64, _ horizonSeconds: Int64
    ) -> (from: Int64, to: Int64) {
        guard day > 0 else { return (origin, origin + horizonSeconds) }
        let from = origin + Int64(day - 1) * 86_400
        return (from, min(from + 86_400, origin + horizonSeconds))
    }

    /// A field as it stands in a line: ends of lines in it become blanks.
    package static func quoted(_ field: String) -> String {
        let line = String(
            String.UnicodeScalarView(
                field.unicodeScalars.map { $0 == "\n" || $0 == "\r" ? " " : $0 }))
        guard line.unicodeScalars.contains(where: { $0 == "," || $0 == "\"" }) else { return line }
        return "\"" + line.replacing("\"", with: "\"\"") + "\""
    }
}
