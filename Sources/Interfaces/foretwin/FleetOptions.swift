import ArgumentParser
import Fleet
import Operations
import Prediction
import Simulation
import TwinStorage

/// The options of a fleet simulation.
struct FleetOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: "The file to write. (default: fleet.jsonl, or fleet-3-of-64.jsonl for a shard)")
    var output: String?

    @Option(
        name: [.customShort("n"), .customLong("count")],
        help: "The number of items of each customer. (default: 20)")
    var count: Int?

    @Flag(help: "Count any event with an item, not only purchases.")
    var anyContact = false

    @Option(
        help: ArgumentHelp(
            "Only this shard of the customers: 3/64 is the third of 64.", valueName: "part"))
    var shard: String?

    @Option(
        help: ArgumentHelp(
            "Also write the demand of all customers together to this file, by item, category and "
                + "day, as CSV.",
            valueName: "file"))
    var demand: String?

    @Flag(help: "Start afresh, even if an earlier run could be resumed.")
    var fresh = false

    /// Whether no option was given.
    var isDefault: Bool {
        output == nil && count == nil && shard == nil && demand == nil && !anyContact && !fresh
    }

    func validate() throws { _ = try part() }

    private func defaultOutput() throws -> String {
        let part = try part()
        return part == .whole ? "fleet.jsonl" : "fleet-\(part.number)-of-\(part.count).jsonl"
    }

    private func part() throws -> Shard {
        guard let shard else { return .whole }
        guard let part = Shard(shard) else {
            throw ValidationError(
                "--shard is '\(shard.prefix(40))'. Write it as 3/64, the third of 64 shards.")
        }
        return part
    }

    /// Simulates all twins and writes the file.
    func run(
        _ store: TwinStore, _ model: PredictionModel, _ calibration: ModelCalibration?,
        _ futures: FutureOptions, from source: FleetRun.Source
    ) throws {
        let path = try output ?? defaultOutput()
        var settings = FleetRun.Settings(
            output: path, horizonSeconds: try futures.horizonSeconds(), paths: futures.paths,
            count: count ?? 20, seed: futures.seed, threads: futures.threads)
        settings.demandOutput = demand
        settings.isFresh = fresh
        settings.origin = try futures.time()
        settings.countsAnyContact = anyContact
        settings.shard = try part()
        let progress = ProgressBar()
        try FleetRun(store, model, calibration: calibration, from: source, settings: settings)
            .run { progress.show($0) }
        print("The forecasts are in \(path)\(demand.map { ", expected demand in \($0)" } ?? "").")
    }
}
