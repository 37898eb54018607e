import ArgumentParser
public import Operations
import Prediction
import PropertyGraph
import Simulation
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
            again with the same settings and data, and ends with the same bytes. While one \
            training of a folder is under way, a second one ends with code 75.

            Item vectors and what follows what are put into the shared graph of a version that is \
            put into use, unless a server has the store open.
            """)

    @OptionGroup var storeOptions: StoreOptions
    @OptionGroup var folder: ModelFolder
    @OptionGroup var training: TrainingOptions

    @Option(
        help: ArgumentHelp(
            "When the new version is put into use: if-good if it foresees customers that were "
                + "held out no worse than the one in use, always, or never."))
    var promote = TrainingWorkflow.Promotion.ifGood

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
        let (store, isWritable) = try openStore()
        let progress = ProgressBar(quiet: json)
        var settings = TrainingWorkflow.Settings(
            configuration: try training.configuration(), backtestCustomers: backtestCustomers)
        settings.promotion = promote
        settings.isFresh = fresh
        settings.writesGraph = isWritable
        let outcome = try TrainingWorkflow(store, registry: folder.registry, settings: settings)
            .run { progress.show($0) }
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

    /// What a person wants to know of a training run.
    static func summary(_ outcome: TrainingWorkflow.Outcome, in folder: String) -> [String] {
        let metrics = outcome.metrics
        var table = Table("evidence", "#share", "#bits on held-out events")
        for name in ExpertID.allCases.map(\.rawValue) + ["mixture"] {
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
    private static func trust(_ backtest: TrainingWorkflow.Backtested?) -> [String] {
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

    private static func use(_ outcome: TrainingWorkflow.Outcome, in folder: String) -> String {
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

extension TrainingWorkflow.Promotion: ExpressibleByArgument {}
