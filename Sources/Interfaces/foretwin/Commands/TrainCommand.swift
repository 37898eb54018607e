import ArgumentParser
import Backtesting
import Foundation
import Learning
import Prediction
import PropertyGraph
import Shop
import Simulation
import Time
import TwinStorage

/// `foretwin train`.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Learn from all twins of the store and publish a new version of the model.",
        discussion: """
            Trains item vectors and an LSTM, counts the other evidence, and learns on customers \
            that were held out how much each source counts. The new version becomes the current \
            one unless it foresees those customers worse than the one in use, or fails its \
            back-test; then it is kept, and 'foretwin models promote' puts it into use all the same.

            The back-test trains models on what was known some weeks ago, asks them about \
            customers whose later purchases are known by now, and fits the calibration with which \
            probabilities are told (calibration.json in the version's folder). A store with less \
            than eighteen weeks of events has none.

            A training that was interrupted goes on from its last whole epoch when it is run \
            again with the same settings and data, and ends with the same bytes.

            Item vectors and what follows what are put into the shared graph of a version that is \
            put into use, unless a server has the store open.
            """)

    @OptionGroup var storeOptions: StoreOptions
    @OptionGroup var folder: ModelFolder
    @OptionGroup var training: TrainingOptions

    /// When a new version is put into use.
    enum Promotion: String, CaseIterable, ExpressibleByArgument {
        case ifGood = "if-good"
        case always, never
    }

    /// What came of it.
    struct Outcome: Encodable {
        var version: String
        var isPromoted: Bool
        var gate: QualityGate.Verdict
        var metrics: TrainingMetrics
        /// What the back-test found; `nil` if there was none.
        var backtest: Backtested?
    }

    /// What the back-test found.
    struct Backtested: Encodable {
        /// Why the version should not be used; empty if it may.
        var objections: [String]
        var customers: Int
        var checks: [ModelCalibration.Check]
    }

    @Option(
        help: ArgumentHelp(
            "When the new version is put into use: if-good if it foresees customers that were "
                + "held out no worse than the one in use, always, or never."))
    var promote = Promotion.ifGood

    @Option(
        name: .customLong("backtest-customers"),
        help: ArgumentHelp(
            "How many customers the back-test asks about at most at each of three moments; 0 does "
                + "without it.", valueName: "n"))
    var backtestCustomers = 300

    @Flag(help: "Begin anew, although an interrupted training could go on.")
    var fresh = false

    @Flag(help: "Print the metrics as JSON.")
    var json = false

    func run() throws {
        if fresh { try? FileManager.default.removeItem(at: folder.registry.training) }
        let (store, isWritable) = try openStore()
        let progress = ProgressBar(quiet: json)
        let outcome = try TrainCommand.train(
            store, isWritable: isWritable, configuration: try training.configuration(),
            registry: folder.registry, promotion: promote,
            backtestCustomers: backtestCustomers, progress: progress)
        guard !json else { return try printJSON(outcome) }
        printLines(TrainCommand.summary(outcome, in: folder.models))
        if !isWritable {
            print("The shared graph keeps the former item vectors: a server has the store open.")
        }
        print("Next: foretwin recommend CUSTOMER, foretwin report CUSTOMER, foretwin serve")
    }

    /// Opens the store for writing, or only for reading while a server writes to it.
    private func openStore() throws -> (store: TwinStore, isWritable: Bool) {
        do {
            return (try storeOptions.open(.write), true)
        } catch  where GraphStore.failure(error) == .inUse {
            return (try storeOptions.open(.read), false)
        }
    }

    /// Trains on a store and publishes the model.
    static func train(
        _ store: TwinStore, isWritable: Bool = true, configuration: TrainingConfiguration,
        registry: ModelRegistry, promotion: Promotion = .ifGood, backtestCustomers: Int,
        progress: ProgressBar
    ) throws -> Outcome {
        progress.show("read", fraction: nil, detail: "the twins")
        let data = try TrainingData(store, minimumItemCount: configuration.minimumItemCount)
        progress.finish(
            "\(grouped(data.sequences.items.count)) events of \(grouped(data.sequences.count)) "
                + "customers, \(grouped(data.catalogue.count)) items")
        let times = data.sequences.times
        let calibrated = try backtest(
            store, configuration, from: times.min() ?? 0, to: times.max() ?? 0,
            customers: backtestCustomers, progress)
        let trainer = try Trainer(configuration, checkpoints: registry.training)
        let (model, metrics, heldOut) = try trainer.train(data) { progress.show($0) }
        progress.finish("done")
        progress.show("compare", fraction: nil, detail: "with the model in use")
        let gate = QualityGate(registry, threads: configuration.sequence.threads)
            .verdict(on: metrics, heldOut: heldOut)
        progress.finish(gate.passes ? "no worse" : "worse")
        progress.show("publish", fraction: nil, detail: "the model")
        let version = try registry.publish(model, metrics: metrics, calibrated)
        try? FileManager.default.removeItem(at: registry.training)
        let calibration = calibrated.calibration
        let objections = calibration?.objections ?? []
        let isGood = gate.passes && objections.isEmpty
        let isPromoted = promotion == .always || (promotion == .ifGood && isGood)
        if isPromoted {
            try registry.promote(version)
            if isWritable { try publish(model, to: store) }
        }
        progress.finish(version)
        return Outcome(
            version: version, isPromoted: isPromoted, gate: gate, metrics: metrics,
            backtest: calibration.map {
                Backtested(
                    objections: objections, customers: $0.customers, checks: $0.checks)
            })
    }

    /// Back-tests the way in which the model is trained, where there are events enough.
    private static func backtest(
        _ store: TwinStore, _ configuration: TrainingConfiguration, from oldest: Int64,
        to newest: Int64, customers: Int, _ progress: ProgressBar
    ) throws -> CalibrationOutcome {
        let horizons: [Int64] = [7 * 86_400, 28 * 86_400]
        let longest = horizons[1]
        guard customers > 0 else {
            return .uncalibrated(reason: "the training was asked to do without a back-test")
        }
        let moments = RollingBacktest.Moments(
            origin: newest - longest, longest: longest, calibrations: 2)
        // As long as all that comes after the first moment, at least, must be learned from.
        guard moments.first - oldest >= newest - moments.first else {
            progress.show("back-test", fraction: nil, detail: "")
            let reason = "there are less than eighteen weeks of events"
            progress.finish("none: \(reason)")
            return .uncalibrated(reason: reason)
        }
        let backtest = try RollingBacktest(
            store, at: moments,
            settings: BacktestSettings(
                horizons: horizons, types: [EventType.purchase.rawValue], paths: 100,
                seed: configuration.seed, threads: configuration.sequence.threads),
            configuration: configuration)
        let models = try backtest.models { progress.show($1, before: "back-test \($0): ") }
        progress.finish("done")
        let people = try backtest.people(models, count: customers)
        let result = try backtest.result(models, people) { progress.show($0, of: $1) }
        progress.finish("done")
        return .calibrated(result.calibration)
    }

    /// Puts what was learned of items into the shared graph.
    static func publish(_ model: PredictionModel, to store: TwinStore) throws {
        let ids = model.catalogue.itemIDs
        let following = model.transitions.following
        let followersKept = 10
        try store.publish(
            vectors: ids.indices.map { (ids[$0], Array(model.embeddings.vector($0))) },
            followers: ids.indices.map { place in
                let row = following.row(place).prefix(followersKept)
                return (
                    ids[place],
                    row.map { (ids[Int(following.columns[$0])], Double(following.weights[$0])) }
                )
            },
            at: try store.newestEvent() ?? Timestamp(seconds: 0))
    }

    /// What a person wants to know of a training run.
    static func summary(_ outcome: Outcome, in folder: String) -> [String] {
        let metrics = outcome.metrics
        var table = Table("evidence", "#share", "#bits on held-out events")
        for name in EvidenceName.allCases.map(\.rawValue) + ["mixture"] {
            table.add(
                name, metrics.meanShares[name].map { percent($0) } ?? "",
                metrics.heldOutBits[name].map { "\(($0 * 100).rounded() / 100)" } ?? "")
        }
        return [use(outcome, in: folder)] + trust(outcome.backtest) + [""] + table.lines() + [
            "",
            "Bits: mean log2 of the probability given to what came next; nearer to 0 is better.",
        ]
    }

    /// What the back-test found, in a sentence for each horizon.
    private static func trust(_ backtest: Backtested?) -> [String] {
        guard let backtest else {
            return ["Probabilities are shares of simulated futures: there was no back-test."]
        }
        return backtest.checks.map { check in
            let days = Int((Double(check.seconds) / 86_400).rounded())
            let ece = decimals(check.model.ece, 3)
            let brier = decimals(check.model.brier, 4)
            let own = decimals(check.frequencyBrier, 4)
            return "Within \(days) days, probabilities of the past were off by \(ece) on average; "
                + "Brier score \(brier), customers' own frequencies \(own)."
        }
    }

    private static func use(_ outcome: Outcome, in folder: String) -> String {
        let version = outcome.version
        guard !outcome.isPromoted else { return "Model \(version) in \(folder) is now in use." }
        let kept = "Model \(version) is kept in \(folder), but not in use"
        if let objections = outcome.backtest?.objections, !objections.isEmpty {
            return kept
                + ": it failed its back-test, for \(objections.joined(separator: ", and ")). "
                + "'foretwin models promote \(version)' puts it into use all the same."
        }
        guard let current = outcome.gate.current, let bits = outcome.gate.currentBits else {
            return kept + "."
        }
        let (ours, theirs) = (bitsText(outcome.gate.bits), bitsText(bits))
        return kept
            + ": on customers held out it gets \(ours) bits, \(current) \(theirs). 'foretwin models "
            + "promote \(version)' puts it into use."
    }

    /// Bits with as many places as tell models apart.
    static func bitsText(_ bits: Double) -> String { decimals(bits, 3) }
}

extension ProgressBar {
    /// Shows how many questions of a back-test are answered.
    func show(_ done: Int, of total: Int) {
        show(
            "foresee", fraction: Double(done) / Double(max(1, total)),
            detail: "\(grouped(done)) of \(grouped(total)) questions, "
                + "\(grouped(Int(Double(done) / max(0.001, seconds))))/s")
    }

    /// Shows a report of training.
    func show(_ report: TrainingProgress, before: String = "") {
        let rate = Double(report.eventsDone) / max(0.001, report.secondsElapsed)
        let fraction = Double(report.eventsDone) / Double(max(1, report.eventsTotal))
        var parts: [String] = []
        if report.epochs > 1 { parts.append("epoch \(report.epoch)/\(report.epochs)") }
        if let loss = report.loss { parts.append("loss \((loss * 1000).rounded() / 1000)") }
        parts.append("\(grouped(Int(rate)))/s")
        show(before + report.stage, fraction: fraction, detail: parts.joined(separator: ", "))
    }
}
