package import Simulation
import TextFiles
import Time

/// Writes expected demand as CSV, which pandas and spreadsheets read.
///
/// A row holds a level (`all`, `category` or `item`), a day from 1 on, or 0 for the whole horizon,
/// and the demand on it. The files of the shards of a fleet can be merged: expected values and
/// model errors add up, and so do the squares of deviations and Monte Carlo errors. Texts are
/// guarded by `FormulaGuard`; ``DemandTable`` removes the guard.
package enum DemandFile {
    static let header = [
        "level", "item_id", "category", "day", "from", "to", "expected", "low", "high",
        "standard_deviation", "monte_carlo_error", "model_error",
    ]

    /// The header of files of earlier versions.
    static let oldHeader = Array(header[..<9]) + ["deviation", "error", "model_error"]

    /// Bytes that are kept before they are written.
    private static let chunk = 1 << 20

    /// Writes a file in one atomic step.
    ///
    /// Days without demand for an item are left out.
    ///
    /// - Parameters:
    ///   - demand: The sums over all twins.
    ///   - settings: The settings of the run.
    ///   - itemIDs: The ids of the model's catalogue.
    ///   - demandError: The relative errors of demand, from the model's back-test.
    ///   - path: The path of the file.
    /// - Throws: ``FuturesError`` if the file cannot be written.
    package static func write(
        _ demand: FleetDemand, _ settings: FleetSettings, itemIDs: [String],
        demandError: DemandError = .none, to path: String
    ) throws {
        do throws(FileError) {
            try write(
                demand, settings, itemIDs: itemIDs, demandError: demandError, to: AtomicFile(path))
        } catch {
            throw FuturesError(error.description)
        }
    }

    private static func write(
        _ demand: FleetDemand, _ settings: FleetSettings, itemIDs: [String],
        demandError: DemandError, to file: AtomicFile
    ) throws(FileError) {
        var table = CSVWriter(header: header)
        let layout = demand.layout
        try rows(
            demand, settings, row: layout.rowOfAll, names: ["all", "", ""],
            modelError: demandError.all, to: file, &table)
        for (index, name) in layout.categories.enumerated() {
            try rows(
                demand, settings, row: layout.row(ofCategory: index),
                names: ["category", "", name], modelError: demandError.category, to: file, &table)
        }
        for (item, category) in layout.categoryIndices.enumerated()
        where itemIDs.indices.contains(item) {
            try rows(
                demand, settings, row: item,
                names: ["item", itemIDs[item], layout.categories[Int(category)]],
                modelError: demandError.item, to: file, &table)
        }
        try file.write(table.bytes)
        try file.commit()
    }

    private static func rows(
        _ demand: FleetDemand, _ settings: FleetSettings, row: Int, names: [String],
        modelError: Double, to file: AtomicFile, _ table: inout CSVWriter
    ) throws(FileError) {
        let days = demand.layout.days
        for day in 0...days {
            let estimate = demand.estimate(
                row: row, column: day == 0 ? days : day - 1, modelError: modelError)
            guard estimate.expected > 0 || names[0] != "item" else { continue }
            let (from, to) = span(
                ofDay: day, origin: settings.origin, horizonSeconds: settings.horizonSeconds)
            let interval = estimate.interval
            for name in names { table.add(text: name) }
            table.add(day)
            for time in [from, to] { table.add(Timestamp(seconds: time).iso8601) }
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

    /// The start and the end of a day, in seconds since 1970; day 0 is the whole horizon.
    static func span(
        ofDay day: Int, origin: Int64, horizonSeconds: Int64
    ) -> (from: Int64, to: Int64) {
        guard day > 0 else { return (origin, origin + horizonSeconds) }
        let from = origin + Int64(day - 1) * 86_400
        return (from, min(from + 86_400, origin + horizonSeconds))
    }
}
