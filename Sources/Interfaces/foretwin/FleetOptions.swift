import ArgumentParser
import Fleet
import Foundation
import Prediction
import Shop
import Simulation
import Time
import TwinStorage

/// How all twins are simulated, and where it is written.
struct FleetOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: "The file to write. (default: fleet.jsonl, or fleet-3-of-64.jsonl of a part)")
    var output: String?

    @Option(
        name: [.customShort("n"), .customLong("count")],
        help: "How many items of each customer. (default: 20)")
    var count: Int?

    @Flag(help: "Count any contact with an item, not only purchases.")
    var anyContact = false

    @Option(
        help: ArgumentHelp(
            "Only this part of the customers: 3/64 is the third of 64.", valueName: "part"))
    var shard: String?

    @Option(
        help: ArgumentHelp(
            "Also write there what all customers take together, by item, category and day, as CSV.",
            valueName: "file"))
    var demand: String?

    @Flag(help: "Restart, whatever an earlier run has left.")
    var fresh = false

    /// Whether nothing was asked for.
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
                "--shard is '\(shard.prefix(40))'. Write it as 3/64, the third of 64 parts.")
        }
        return part
    }

    /// Twins between two points from which a run can be resumed, for each thread.
    private static let batch = 16

    /// Simulates all twins and writes the file.
    func run(
        _ store: TwinStore, _ model: PredictionModel, _ calibration: ModelCalibration?,
        _ futures: FutureOptions, from storePlace: String, _ modelsPlace: String, _ version: String
    ) throws {
        let path = try output ?? defaultOutput()
        // A run that is resumed looks from where it began, though the store may have newer events.
        let earlier = fresh ? nil : FleetFile.unfinishedWork(path).flatMap(Work.read)
        let begun = try futures.moment()?.seconds ?? earlier?.settings.origin
        guard let origin = try begun ?? store.newestEvent()?.seconds else {
            throw ValidationError("The store has no events. Run 'foretwin ingest' first.")
        }
        let settings = FleetSettings(
            origin: origin, horizonSeconds: try futures.horizonSeconds(),
            paths: futures.paths, count: count ?? 20,
            types: anyContact ? [] : [EventType.purchase.rawValue], seed: futures.seed,
            shard: try part())
        let work = Work(
            settings: settings, store: storePlace, models: modelsPlace, version: version,
            items: model.catalogue.count, hasDemand: demand == nil ? nil : true)
        let file = try FleetFile(path, work: try work.text(), isFresh: fresh)
        // Items keep the categories that they had when the run began.
        let sums = try demand.map { _ in
            try file.demand ?? emptySums(settings, model.catalogue, store)
        }
        let fleet = try Fleet(
            store, model, settings: settings, demand: sums?.shape,
            calibration: calibration)
        let total = try simulate(
            fleet, settings, sums, to: file, itemIDs: model.catalogue.itemIDs,
            twins: try store.twinNumbers(), threads: futures.threads)
        if let demand, let total {
            try DemandFile.write(
                total, settings, itemIDs: model.catalogue.itemIDs,
                demandError: calibration?.demandError ?? .none, to: demand)
        }
        try file.finish()
        print("The forecasts are in \(path)\(demand.map { ", expected demand in \($0)" } ?? "").")
    }

    /// Sums of demand before the first twin.
    private func emptySums(
        _ settings: FleetSettings, _ catalogue: ModelCatalogue, _ store: TwinStore
    ) throws -> FleetDemand {
        let items = try store.items(catalogue.itemIDs)
        let shape = try DemandShape(
            categories: catalogue.itemIDs.map { items[$0]?.category ?? "" },
            horizonSeconds: settings.horizonSeconds)
        return try FleetDemand(shape, paths: settings.paths)
    }

    /// Simulates the twins that are not done yet.
    ///
    /// - Returns: The sums over all twins, if any are kept.
    private func simulate(
        _ fleet: Fleet, _ settings: FleetSettings, _ sums: FleetDemand?, to file: FleetFile,
        itemIDs: [String], twins: Int, threads: Int
    ) throws -> FleetDemand? {
        var sums = sums
        let progress = ProgressBar()
        let first = file.next
        if first > 0 {
            progress.show("resume", fraction: nil, detail: "")
            progress.finish("after \(grouped(first)) twins")
        }
        var written = 0
        while file.next < twins {
            let batch = Self.batch * threads * settings.shard.count
            let numbers = file.next..<min(twins, file.next + batch)
            let forecasts = try fleet.forecasts(of: numbers, threads: threads)
            written += forecasts.count
            for forecast in forecasts { try sums?.add(forecast) }
            try file.append(
                FleetLine.lines(forecasts, settings, itemIDs: itemIDs), demand: sums,
                next: numbers.upperBound)
            let rate = Double(file.next - first) / max(0.001, progress.seconds)
            progress.show(
                "simulate", fraction: Double(file.next - first) / Double(twins - first),
                detail: "\(grouped(file.next)) of \(grouped(twins)) twins, "
                    + "\(grouped(Int(rate)))/s")
        }
        progress.finish("\(grouped(written)) twins")
        return sums
    }

    /// What the lines of a file are of.
    private struct Work: Codable {
        var settings: FleetSettings
        var store: String
        var models: String
        var version: String
        var items: Int
        /// Whether demand is summed up; lines alone cannot be gone on with then.
        var hasDemand: Bool?

        /// Reads what ``text()`` has written; `nil` for anything else.
        static func read(_ text: String) -> Work? {
            try? JSONDecoder().decode(Work.self, from: Data(text.utf8))
        }

        func text() throws -> String {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }
}
