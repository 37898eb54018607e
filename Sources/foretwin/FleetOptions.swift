import ArgumentParser
import Foundation
import Futures
import Prediction
import PropertyGraph
import Twins

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

    @Flag(help: "Restart, whatever an earlier run has left.")
    var fresh = false

    /// Whether nothing was asked for.
    var isDefault: Bool {
        output == nil && count == nil && shard == nil && !anyContact && !fresh
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
        _ store: TwinStore, _ model: PredictionModel, _ futures: FutureOptions,
        from storePlace: String, _ modelsPlace: String, _ version: String
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
        let fleet = try Fleet(store, model, settings: settings)
        let work = Work(
            settings: settings, store: storePlace, models: modelsPlace, version: version,
            items: model.catalogue.count)
        let file = try FleetFile(path, work: try work.text(), isFresh: fresh)
        let twins = try store.twinNumbers()
        let progress = ProgressBar()
        let first = file.next
        if first > 0 {
            progress.show("resume", fraction: nil, detail: "")
            progress.finish("after \(grouped(first)) twins")
        }
        var written = 0
        while file.next < twins {
            let batch = Self.batch * futures.threads * settings.shard.count
            let numbers = file.next..<min(twins, file.next + batch)
            let forecasts = try fleet.forecasts(of: numbers, threads: futures.threads)
            written += forecasts.count
            try file.append(
                lines(forecasts, settings, model.catalogue), next: numbers.upperBound)
            let rate = Double(file.next - first) / max(0.001, progress.seconds)
            progress.show(
                "simulate", fraction: Double(file.next - first) / Double(twins - first),
                detail: "\(grouped(file.next)) of \(grouped(twins)) twins, "
                    + "\(grouped(Int(rate)))/s")
        }
        try file.finish()
        progress.finish("\(grouped(written)) twins")
        print("The forecasts are in \(path).")
    }

    /// What the lines of a file are of.
    private struct Work: Codable {
        var settings: FleetSettings
        var store: String
        var models: String
        var version: String
        var items: Int

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

    private struct Line: Encodable {
        var twin: String
        var itemID: String
        var asOf: String
        var horizonDays: Double
        var probability: Double
        var low: Double
        var high: Double
        var expectedCount: Double
        var firstTenth: String
        var firstHalf: String
        var firstNineTenths: String
    }

    private func lines(
        _ forecasts: [TwinForecast], _ settings: FleetSettings, _ catalogue: ModelCatalogue
    ) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let origin = Timestamp(seconds: settings.origin).iso8601
        var data = Data()
        for forecast in forecasts {
            for item in forecast.items {
                let times = item.firstTimes.map { Timestamp(seconds: $0).iso8601 }
                let line = Line(
                    twin: forecast.pseudonym,
                    itemID: catalogue.itemIDs[Int(item.predicted.item)], asOf: origin,
                    horizonDays: Double(settings.horizonSeconds) / 86_400,
                    probability: item.predicted.probability,
                    low: item.predicted.interval.lowerBound,
                    high: item.predicted.interval.upperBound, expectedCount: item.expectedCount,
                    firstTenth: times[0], firstHalf: times[1], firstNineTenths: times[2])
                data.append(try encoder.encode(line))
                data.append(UInt8(ascii: "\n"))
            }
        }
        return data
    }
}
