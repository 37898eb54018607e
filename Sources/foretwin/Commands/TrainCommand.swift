import ArgumentParser
import Foundation
import Learning
import Prediction
import PropertyGraph
import Twins

/// `foretwin train`.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Learn from all twins of the store and publish a new version of the model.",
        discussion: """
            Trains item vectors and an LSTM, counts the other evidence, and learns on customers \
            that were held out how much each source counts. The new version becomes the current \
            one unless it foresees those customers worse than the one in use; then it is kept, \
            and 'foretwin models promote' puts it into use all the same.

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
    }

    @Option(
        help: ArgumentHelp(
            "When the new version is put into use: if-good if it foresees customers that were "
                + "held out no worse than the one in use, always, or never."))
    var promote = Promotion.ifGood

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
            registry: folder.registry, promotion: promote, progress: progress)
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
        registry: ModelRegistry, promotion: Promotion = .ifGood, progress: ProgressBar
    ) throws -> Outcome {
        progress.show("read", fraction: nil, detail: "the twins")
        let data = try TrainingData(store, minimumItemCount: configuration.minimumItemCount)
        progress.finish(
            "\(grouped(data.sequences.items.count)) events of \(grouped(data.sequences.count)) "
                + "customers, \(grouped(data.catalogue.count)) items")
        let trainer = try Trainer(configuration, checkpoints: registry.training)
        let (model, metrics, heldOut) = try trainer.train(data) { progress.show($0) }
        progress.finish("done")
        progress.show("compare", fraction: nil, detail: "with the model in use")
        let gate = QualityGate(registry, threads: configuration.sequence.threads)
            .verdict(on: metrics, heldOut: heldOut)
        progress.finish(gate.passes ? "no worse" : "worse")
        progress.show("publish", fraction: nil, detail: "the model")
        let version = try registry.publish(model, metrics: metrics)
        try? FileManager.default.removeItem(at: registry.training)
        let isPromoted = promotion == .always || (promotion == .ifGood && gate.passes)
        if isPromoted {
            try registry.promote(version)
            if isWritable { try publish(model, to: store) }
        }
        progress.finish(version)
        return Outcome(version: version, isPromoted: isPromoted, gate: gate, metrics: metrics)
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
        return [use(outcome, in: folder), ""] + table.lines() + [
            "",
            "Bits: mean log2 of the probability given to what came next; nearer to 0 is better.",
        ]
    }

    private static func use(_ outcome: Outcome, in folder: String) -> String {
        let version = outcome.version
        guard !outcome.isPromoted else { return "Model \(version) in \(folder) is now in use." }
        let kept = "Model \(version) is kept in \(folder), but not in use"
        guard let current = outcome.gate.current, let bits = outcome.gate.currentBits else {
            return kept + "."
        }
        let (ours, theirs) = (bitsText(outcome.gate.bits), bitsText(bits))
        return kept
            + ": on customers held out it gets \(ours) bits, \(current) \(theirs). 'foretwin models "
            + "promote \(version)' puts it into use."
    }

    /// Bits with as many places as tell models apart.
    static func bitsText(_ bits: Double) -> String { String(format: "%.3f", bits) }
}

extension ProgressBar {
    /// Shows a report of training.
    func show(_ report: TrainingProgress) {
        let rate = Double(report.eventsDone) / max(0.001, report.secondsElapsed)
        let fraction = Double(report.eventsDone) / Double(max(1, report.eventsTotal))
        var parts: [String] = []
        if report.epochs > 1 { parts.append("epoch \(report.epoch)/\(report.epochs)") }
        if let loss = report.loss { parts.append("loss \((loss * 1000).rounded() / 1000)") }
        parts.append("\(grouped(Int(rate)))/s")
        show(report.stage, fraction: fraction, detail: parts.joined(separator: ", "))
    }
}
