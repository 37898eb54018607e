package import Fleet
import Foundation
package import Prediction
import Shop
package import Simulation
package import Time
package import TwinStorage

/// Simulates all twins of a store and writes the forecasts to a file.
///
/// The work goes in batches. A run that ends early, also by a cancelled task, is resumed by the
/// next run with the same settings.
package struct FleetRun: Sendable {
    /// The settings of a run.
    package struct Settings: Sendable {
        /// The file to write.
        package var output: String
        /// The file of expected demand to write; none unless given.
        package var demandOutput: String?
        /// Whether to start afresh, even if an earlier run could be resumed.
        package var isFresh = false
        /// The origin of the forecast; the newest event by default.
        package var origin: Timestamp?
        /// How far to forecast, in seconds.
        package var horizonSeconds: Int64
        /// How many futures of each twin to simulate.
        package var paths: Int
        /// How many items of each twin to report.
        package var count: Int
        /// Whether any contact with an item counts, not only purchases.
        package var countsAnyContact = false
        /// Decides every random choice.
        package var seed: UInt64
        /// The part of the twins to simulate.
        package var shard = Shard.whole
        /// How many threads to use; the result does not depend on it.
        package var threads: Int

        /// Makes settings.
        package init(
            output: String, horizonSeconds: Int64 = 28 * 86_400, paths: Int = 500,
            count: Int = 20, seed: UInt64 = 7, threads: Int = 1
        ) {
            self.output = output
            self.horizonSeconds = horizonSeconds
            self.paths = paths
            self.count = count
            self.seed = seed
            self.threads = threads
        }
    }

    /// The origin of the data: a run is resumed only with the same store and model.
    package struct Source: Sendable {
        /// The path of the store.
        package var store: String
        /// The path of the models.
        package var models: String
        /// The version of the model.
        package var version: String

        /// Makes a source.
        package init(store: String, models: String, version: String) {
            self.store = store
            self.models = models
            self.version = version
        }
    }

    /// Twins between two points from which a run can be resumed, for each thread.
    private static let batch = 16

    private let store: TwinStore
    private let model: PredictionModel
    private let calibration: ModelCalibration?
    private let source: Source
    private let settings: Settings

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - store: The store.
    ///   - model: The model that forecasts.
    ///   - calibration: The calibration of path probabilities; `nil` reports none.
    ///   - source: Where store and model come from.
    ///   - settings: What to ask.
    package init(
        _ store: TwinStore, _ model: PredictionModel, calibration: ModelCalibration?,
        from source: Source, settings: Settings
    ) {
        self.store = store
        self.model = model
        self.calibration = calibration
        self.source = source
        self.settings = settings
    }

    /// Simulates the twins that are not done yet and completes the files.
    ///
    /// - Parameter progress: Receives reports of the work as it goes.
    /// - Throws: ``OperationError`` when the store has no events, `FuturesError` when a setting is
    ///   out of its range or the file is of another run, what the store and the file system throw,
    ///   or `CancellationError`.
    package func run(progress: ProgressSink) throws {
        let path = settings.output
        // A resumed run keeps its origin, even if the store has newer events.
        let earlier = settings.isFresh ? nil : FleetFile.unfinishedWork(path).flatMap(Work.read)
        let begun = settings.origin?.seconds ?? earlier?.settings.origin
        guard let origin = try begun ?? store.newestEvent()?.seconds else {
            throw OperationError.noEvents
        }
        let questions = FleetSettings(
            origin: origin, horizonSeconds: settings.horizonSeconds, paths: settings.paths,
            count: settings.count,
            types: settings.countsAnyContact ? [] : [.purchase],
            seed: settings.seed, shard: settings.shard)
        let work = Work(
            settings: questions, store: source.store, models: source.models,
            version: source.version, items: model.catalogue.count,
            hasDemand: settings.demandOutput == nil ? nil : true)
        let file = try FleetFile(path, work: try work.text(), isFresh: settings.isFresh)
        // Items have the categories that they had at the origin.
        let sums = try settings.demandOutput.map { _ in
            try file.demand ?? emptySums(questions)
        }
        let fleet = try FleetSimulator(
            store, model, settings: questions, demand: sums?.layout, calibration: calibration)
        let total = try simulate(fleet, questions, sums, to: file, progress)
        if let demand = settings.demandOutput, let total {
            try DemandFile.write(
                total, questions, itemIDs: model.catalogue.itemIDs,
                demandError: calibration?.demandError ?? .none, to: demand)
        }
        try file.finish()
    }

    /// Sums of demand before the first twin.
    private func emptySums(_ questions: FleetSettings) throws -> FleetDemand {
        let itemIDs = model.catalogue.itemIDs
        let items = try store.items(itemIDs, asOf: Timestamp(seconds: questions.origin))
        let shape = try DemandLayout(
            categories: itemIDs.map { items[$0]?.category ?? "" },
            horizonSeconds: questions.horizonSeconds)
        return try FleetDemand(shape, paths: questions.paths)
    }

    /// Simulates the twins that are not done yet.
    ///
    /// - Returns: The sums over all twins, if any are kept.
    private func simulate(
        _ fleet: FleetSimulator, _ questions: FleetSettings, _ sums: FleetDemand?,
        to file: FleetFile,
        _ progress: ProgressSink
    ) throws -> FleetDemand? {
        var sums = sums
        let twins = try store.allocatedTwinCount()
        let first = file.next
        if first > 0 { progress(OperationProgress(.resumption, finding: .count(first))) }
        var written = 0
        while file.next < twins {
            try Task.checkCancellation()
            let batch = Self.batch * settings.threads * questions.shard.count
            let numbers = file.next..<min(twins, file.next + batch)
            let forecasts = try fleet.forecasts(
                of: numbers.map(TwinID.init(rawValue:)), threads: settings.threads)
            written += forecasts.count
            for forecast in forecasts { try sums?.add(forecast) }
            try file.append(
                FleetLine.lines(forecasts, questions, itemIDs: model.catalogue.itemIDs),
                demand: sums, next: numbers.upperBound)
            progress(
                OperationProgress(.simulation, done: file.next, total: twins, resumed: first))
        }
        progress(OperationProgress(.simulation, finding: .count(written)))
        return sums
    }

    /// What the lines of a file are of.
    private struct Work: Codable {
        var settings: FleetSettings
        var store: String
        var models: String
        var version: String
        var items: Int
        /// Whether demand is summed up: a run with demand cannot resume lines alone.
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
