package import Simulation
import TextFiles
import Time

/// Writes expected demand as CSV, which pandas and spreadsheets read.
///
/// A row holds a level (`all`, `category` or `item`), a day from 1 on, or 0 for the whole horizon,
/// and what is expected then. Expectations and errors of the model of parts of a fleet add up, and
/// so do the squares of deviations and of errors by the number of paths. Texts are guarded by
/// `FormulaGuard`; ``DemandTable`` reads them as they were.
package enum DemandFile {
    static let header = [
        "level", "item_id", "category", "day", "from", "to", "expected", "low", "high",
        "standard_deviation", "monte_carlo_error", "model_error",
    ]

    /// The header of files of earlier versions.
    static let oldHeader = Array(header[..<9]) + ["deviation", "error", "model_error"]

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
        do throws(FileError) {
            try write(demand, settings, itemIDs, demandError, to: AtomicFile(path))
        } catch {
            throw FuturesError(error.description)
        }
    }

    private static func write(
        _ demand: FleetDemand, _ settings: FleetSettings, _ itemIDs: [String],
        _ demandError: DemandError, to file: AtomicFile
    ) throws(FileError) {
        var table = CSVWriter(header: header)
        let shape = demand.shape
        try rows(
            demand, settings, row: shape.rowOfAll, names: ["all", "", ""],
            modelError: demandError.all, file, &table)
        for (place, name) in shape.categories.enumerated() {
            try rows(
                demand, settings, row: shape.row(ofCategory: place),
                names: ["category", "", name], modelError: demandError.category, file, &table)
        }
        for (place, category) in shape.categoryPlaces.enumerated()
        where itemIDs.indices.contains(place) {
            try rows(
                demand, settings, row: place,
                names: ["item", itemIDs[place], shape.categories[Int(category)]],
                modelError: demandError.item, file, &table)
        }
        try file.write(table.bytes)
        try file.commit()
    }

    private static func rows(
        _ demand: FleetDemand, _ settings: FleetSettings, row: Int, names: [String],
        modelError: Double, _ file: AtomicFile, _ table: inout CSVWriter
    ) throws(FileError) {
        let days = demand.shape.days
        for day in 0...days {
            let estimate = demand.estimate(
                row: row, column: day == 0 ? days : day - 1, modelError: modelError)
            guard estimate.expected > 0 || names[0] != "item" else { continue }
            let (from, to) = span(ofDay: day, origin: settings.origin, settings.horizonSeconds)
            let interval = estimate.interval
            for name in names { table.add(text: name) }
            table.add(day)
            for moment in [from, to] { table.add(Timestamp(seconds: moment).iso8601) }
            for number in [
                estimate.expected, interval.lowerBound, interval.upperBound, estimate.deviation,
                estimate.error, estimate.modelError,
            ] {
                table.add(number)
            }
            table.endRow()
        }
        guard table.bytes.count >= chunk else { return }
        try file.write(table.bytes)
        table.bytes.removeAll(keepingCapacity: true)
    }

    /// From when to when a day reaches, in seconds since 1970; day 0 is the whole horizon.
    static func span(
        ofDay day: Int, origin: Int64, _ horizonSeconds: Int64
    ) -> (from: Int64, to: Int64) {
        guard day > 0 else { return (origin, origin + horizonSeconds) }
        let from = origin + Int64(day - 1) * 86_400
        return (from, min(from + 86_400, origin + horizonSeconds))
    }
}
