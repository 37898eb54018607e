import Backtesting
import Foundation
import Learning
package import Prediction
import Shop
package import Simulation
import Time
package import TwinStorage

/// Trains a model on a store and publishes it as a new version.
///
/// The steps: read the twins, back-test the way of training, train, compare with the model in use,
/// publish, and put the version into use if it is good enough. A version in use writes its item
/// vectors to the shared graph.
///
/// A task that is cancelled ends the run with `CancellationError` at the next step, at the next
/// question of the back-test, or after an epoch of the LSTM; the next run goes on from that epoch.
package struct TrainingWorkflow: Sendable {
    /// When a new version is put into use.
    package enum Promotion: String, CaseIterable, Sendable {
        /// When it is no worse than the version in use and has passed its back-test.
        case ifGood = "if-good"
        case always, never
    }

    /// The settings of a run.
    package struct Settings: Sendable {
        /// How the model is trained.
        package var configuration: TrainingConfiguration
        /// When the new version is put into use.
        package var promotion = Promotion.ifGood
        /// The maximum number of customers of the back-test at each origin; 0 skips the back-test.
        package var backtestCustomers: Int
        /// Whether to begin anew although an interrupted training could go on.
        package var isFresh = false
        /// Whether the store may be written to: the shared graph stays as it is if not.
        package var writesGraph = true

        /// Makes settings.
        package init(configuration: TrainingConfiguration, backtestCustomers: Int = 300) {
            self.configuration = configuration
            self.backtestCustomers = backtestCustomers
        }
    }

    /// The result of a run.
    package struct Outcome: Sendable {
        /// The new version.
        package let version: String
        /// Whether it is in use.
        package let isPromoted: Bool
        /// How it compares with the version that was in use.
        package let gate: QualityGate.Verdict
        /// How its training went.
        package let metrics: TrainingMetrics
        /// The result of the back-test; `nil` if there was none.
        package let backtest: Backtested?
    }

    /// The result of the back-test.
    package struct Backtested: Sendable {
        /// Why the version should not be used; empty if it may.
        package let objections: [String]
        /// How many customers were asked about.
        package let customers: Int
        /// How well the probabilities held, by horizon.
        package let checks: [ModelCalibration.Check]
    }

    private static let horizons: [Int64] = [7 * 86_400, 28 * 86_400]
    /// How many followers of an item go into the shared graph.
    private static let followersKept = 10

    private let store: TwinStore
    private let registry: ModelRegistry
    private let settings: Settings

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - store: The store to learn from.
    ///   - registry: Where the version is published.
    ///   - settings: How to train.
    package init(_ store: TwinStore, registry: ModelRegistry, settings: Settings) {
        self.store = store
        self.registry = registry
        self.settings = settings
    }

    /// Trains and publishes.
    ///
    /// - Parameter progress: Receives reports of the work as it goes.
    /// - Returns: The new version and how good it is.
    /// - Throws: ``PredictionError`` when there is too little data, what the store throws, or
    ///   `CancellationError`.
    package func run(progress: @escaping ProgressSink) throws -> Outcome {
        // The lock keeps other trainings out of the folder.
        try registry.whileTraining { try runAlone(progress: progress) }
    }

    private func runAlone(progress: @escaping ProgressSink) throws -> Outcome {
        if settings.isFresh { try? FileManager.default.removeItem(at: registry.training) }
        let configuration = settings.configuration
        progress(OperationProgress(.twins))
        let data = try TrainingData(store, minimumItemCount: configuration.minimumItemCount)
        progress(
            OperationProgress(
                .twins,
                finding: .data(
                    events: data.sequences.items.count, customers: data.sequences.count,
                    items: data.catalogue.count)))
        let times = data.sequences.times
        let calibrated = try backtest(
            from: times.min() ?? 0, to: times.max() ?? 0, progress: progress)
        try Task.checkCancellation()
        let trainer = try Trainer(configuration, checkpoints: registry.training)
        let (model, metrics, heldOut) = try trainer.train(data) {
            progress(OperationProgress(.training, training: $0))
        }
        progress(OperationProgress(.training, finding: .complete))
        progress(OperationProgress(.comparison))
        let gate = QualityGate(registry, threads: configuration.sequence.threads)
            .verdict(on: metrics, heldOut: heldOut)
        progress(OperationProgress(.comparison, finding: .comparison(passes: gate.passes)))
        try Task.checkCancellation()
        return try publish(model, metrics, gate, calibrated, progress)
    }

    /// Publishes a model as a version, and puts it into use if it is good enough.
    private func publish(
        _ model: PredictionModel, _ metrics: TrainingMetrics, _ gate: QualityGate.Verdict,
        _ calibrated: CalibrationOutcome, _ progress: ProgressSink
    ) throws -> Outcome {
        progress(OperationProgress(.publication))
        let version = try registry.publish(model, metrics: metrics, calibrated)
        let calibration = calibrated.calibration
        try? FileManager.default.removeItem(at: registry.training)
        let objections = calibration?.objections ?? []
        let isGood = gate.passes && objections.isEmpty
        let isPromoted =
            settings.promotion == .always || (settings.promotion == .ifGood && isGood)
        if isPromoted {
            try registry.promote(version)
            if settings.writesGraph { try Self.publish(model, to: store) }
        }
        progress(OperationProgress(.publication, finding: .version(version)))
        return Outcome(
            version: version, isPromoted: isPromoted, gate: gate, metrics: metrics,
            backtest: calibration.map {
                Backtested(
                    objections: objections, customers: $0.customers, checks: $0.checks)
            })
    }

    /// Back-tests the way in which the model is trained, where there are events enough.
    private func backtest(
        from oldest: Int64, to newest: Int64, progress: @escaping ProgressSink
    ) throws -> CalibrationOutcome {
        let longest = Self.horizons.max() ?? 0
        guard settings.backtestCustomers > 0 else {
            return .uncalibrated(reason: "the training was asked to do without a back-test")
        }
        let origins = RollingBacktest.Origins(
            origin: newest - longest, longest: longest, calibrations: 2)
        // The training data must span at least as long as the time after the first origin.
        guard origins.first - oldest >= newest - origins.first else {
            progress(OperationProgress(.backtestCheck, finding: .tooShort))
            return .uncalibrated(reason: "there are less than eighteen weeks of events")
        }
        let configuration = settings.configuration
        let backtest = try RollingBacktest(
            store, at: origins,
            settings: BacktestSettings(
                horizons: Self.horizons, types: [.purchase], paths: 100,
                seed: configuration.seed, threads: configuration.sequence.threads),
            configuration: configuration)
        let models = try backtest.models {
            progress(OperationProgress(.backtestModel($0), training: $1))
        }
        progress(OperationProgress(.backtestModel(2), finding: .complete))
        try Task.checkCancellation()
        let cohort = try backtest.cohort(models, count: settings.backtestCustomers)
        let result = try backtest.result(models, cohort) {
            progress(OperationProgress(.questions, done: $0, total: $1))
        }
        progress(OperationProgress(.questions, finding: .complete))
        return .calibrated(result.calibration)
    }

    /// Writes what a model has learned of items to the shared graph of a store.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - store: The store.
    /// - Throws: What the store throws.
    package static func publish(_ model: PredictionModel, to store: TwinStore) throws {
        let ids = model.catalogue.itemIDs
        let following = model.transitions.following
        try store.publish(
            vectors: ids.indices.map { (ids[$0], Array(model.embeddings.vector($0))) },
            followers: ids.indices.map { index in
                let row = following.row(index).prefix(followersKept)
                return (
                    ids[index],
                    row.map { (ids[Int(following.columns[$0])], Double(following.weights[$0])) }
                )
            },
            at: try store.newestEvent() ?? Timestamp(seconds: 0))
    }
}
