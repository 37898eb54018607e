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
            one; item vectors and what follows what are put into the shared graph as well.
            """)

    @OptionGroup var storeOptions: StoreOptions
    @OptionGroup var modelOptions: ModelOptions
    @OptionGroup var training: TrainingOptions

    @Flag(help: "Print the metrics as JSON.")
    var json = false

    func run() throws {
        let store = try storeOptions.open(.write)
        let progress = ProgressBar(quiet: json)
        let (version, metrics) = try TrainCommand.train(
            store, configuration: try training.configuration(), registry: modelOptions.registry,
            progress: progress)
        if json {
            try printJSON(metrics)
        } else {
            printLines(TrainCommand.summary(metrics, version: version, in: modelOptions.models))
            print("Next: foretwin recommend CUSTOMER, foretwin report CUSTOMER, foretwin serve")
        }
    }

    /// Trains on a store and publishes the model.
    static func train(
        _ store: TwinStore, configuration: TrainingConfiguration, registry: ModelRegistry,
        progress: ProgressBar
    ) throws -> (version: String, metrics: TrainingMetrics) {
        progress.show("read", fraction: nil, detail: "the twins")
        let data = try TrainingData(store, minimumItemCount: configuration.minimumItemCount)
        progress.finish(
            "\(grouped(data.sequences.items.count)) events of \(grouped(data.sequences.count)) "
                + "customers, \(grouped(data.catalogue.count)) items")
        let (model, metrics) = try Trainer(configuration).train(data) { progress.show($0) }
        progress.finish("done")
        progress.show("publish", fraction: nil, detail: "the model")
        let version = try registry.publish(model, metrics: metrics)
        try publish(model, to: store)
        progress.finish(version)
        return (version, metrics)
    }

    /// Puts what was learned of items into the shared graph.
    private static func publish(_ model: PredictionModel, to store: TwinStore) throws {
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
    static func summary(
        _ metrics: TrainingMetrics, version: String, in folder: String
    ) -> [String] {
        var table = Table("evidence", "#share", "#bits on held-out events")
        for name in EvidenceName.allCases.map(\.rawValue) + ["mixture"] {
            table.add(
                name, metrics.meanShares[name].map { percent($0) } ?? "",
                metrics.heldOutBits[name].map { "\(($0 * 100).rounded() / 100)" } ?? "")
        }
        return ["Model \(version) in \(folder) is now in use.", ""] + table.lines() + [
            "",
            "Bits: mean log2 of the probability given to what came next; nearer to 0 is better.",
        ]
    }
}

extension ProgressBar {
    /// Shows a report of training.
    func show(_ report: TrainingProgress) {
        let rate = Double(report.eventsDone) / max(0.001, report.secondsElapsed)
        let fraction = Double(report.eventsDone) / Double(max(1, report.eventsTotal))
        let loss = (report.loss * 1000).rounded() / 1000
        show(
            report.stage, fraction: fraction,
            detail: "epoch \(report.epoch)/\(report.epochs), loss \(loss), \(grouped(Int(rate)))/s")
    }
}
