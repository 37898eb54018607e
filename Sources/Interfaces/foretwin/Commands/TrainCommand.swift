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
            Trains item vectors, an LSTM and the other experts, and fits the mixture weights and \
            the reranker on held-out customers. The new version is put into use unless its \
            held-out log-likelihood is worse than that of the version in use, or it fails its \
            back-test. Then it is kept, and 'foretwin models promote' puts it into use.

            The back-test trains models on the data before some weeks ago, compares their \
            forecasts with the purchases since then, and fits the calibration of probabilities \
            (calibration.json in the version's folder). It needs eighteen weeks of events.

            An interrupted training is resumed after its last complete epoch when it is run again \
            with the same settings and data, and gives the same bytes. A second training of the \
            same folder at the same time ends with code 75.

            A version that is put into use writes its item vectors and transitions to the shared \
            graph, unless a server has the store open.
            """)

    @OptionGroup var storeOptions: StoreOptions
    @OptionGroup var folder: ModelFolder
    @OptionGroup var training: TrainingOptions

    @Option(
        help: ArgumentHelp(
            "When the new version is put into use: if-good (its held-out log-likelihood is not "
                + "worse and it passes its back-test), always, or never."))
    var promote = TrainingWorkflow.Promotion.ifGood

    @Option(
        name: .customLong("backtest-customers"),
        help: ArgumentHelp(
            "The number of customers of the back-test at each of its three origins; 0 skips the "
                + "back-test.", valueName: "n"))
    var backtestCustomers = 300

    @Flag(help: "Start afresh, even if an interrupted training could be resumed.")
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
        guard !json else { return try printJSON(TrainingJSON(outcome)) }
        printLines(TrainCommand.summary(outcome, in: folder.models))
        if !isWritable {
            print(
                "The shared graph keeps the old item vectors, because a server has the store open.")
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

    /// The result of a training run as text.
    static func summary(_ outcome: TrainingWorkflow.Outcome, in folder: String) -> [String] {
        let metrics = outcome.metrics
        var table = Table("expert", "#weight", "#log-likelihood, bits")
        for name in ExpertID.allCases.map(\.rawValue) + ["mixture"] {
            table.add(
                ExpertID(rawValue: name)?.title ?? name,
                metrics.meanShares[name].map { percent($0) } ?? "",
                metrics.heldOutBits[name].map { decimals($0, 2) } ?? "")
        }
        return [use(outcome, in: folder)] + trust(outcome.backtest) + [""] + table.lines() + [
            "",
            "Log-likelihood: the mean log2 probability of the next event of held-out customers. "
                + "Nearer to 0 is better.",
        ]
    }

    /// The result of the back-test, one line for each horizon.
    private static func trust(_ backtest: TrainingWorkflow.Backtested?) -> [String] {
        guard let backtest else {
            return [
                "There was no back-test, so probabilities are path probabilities without "
                    + "calibration."
            ]
        }
        return backtest.checks.map { check in
            let days = Int((Double(check.seconds) / 86_400).rounded())
            let ece = decimals(check.model.ece, 3)
            let brier = decimals(check.model.brier, 4)
            let own = decimals(check.frequencyBrier, 4)
            return
                "Back-test, \(days) days: calibration error \(ece), Brier score \(brier) "
                + "(customers' own frequencies: \(own))."
        }
    }

    private static func use(_ outcome: TrainingWorkflow.Outcome, in folder: String) -> String {
        let version = outcome.version
        guard !outcome.isPromoted else { return "Model \(version) in \(folder) is now in use." }
        let kept = "Model \(version) is kept in \(folder), but not in use"
        if let objections = outcome.backtest?.objections, !objections.isEmpty {
            return kept
                + ": it failed its back-test, for \(objections.joined(separator: ", and ")). "
                + "To use it nevertheless: foretwin models promote \(version)"
        }
        guard let current = outcome.gate.current, let bits = outcome.gate.currentBits else {
            return kept + "."
        }
        let (ours, theirs) = (bitsText(outcome.gate.bits), bitsText(bits))
        return kept
            + ": its held-out log-likelihood is \(ours) bits, that of \(current) is \(theirs) "
            + "bits. To use it nevertheless: foretwin models promote \(version)"
    }

    /// Bits with as many places as tell models apart.
    static func bitsText(_ bits: Double) -> String { decimals(bits, 3) }
}

extension TrainingWorkflow.Promotion: ExpressibleByArgument {}
