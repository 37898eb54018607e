package import Backtesting
import Learning
package import Prediction
import PropertyGraph
import Shop
package import Simulation
package import SyntheticShop
package import Time
package import TwinStorage

/// Back-tests a store: trains on past data, forecasts, and compares with outcomes.
///
/// A task that is cancelled ends the run with `CancellationError` after the model that is being
/// trained, or at the next question.
package struct BacktestRun: Sendable {
    /// The settings of a run.
    package struct Settings: Sendable {
        /// How models are trained.
        package var configuration: TrainingConfiguration
        /// How far to forecast, in seconds, shortest first.
        package var horizons: [Int64]
        /// The number of paths of each customer.
        package var paths = 200
        /// The number of calibration origins, a week apart.
        package var calibrations = 3
        /// The maximum number of customers; all by default.
        package var customers: Int?
        /// The origin, in seconds since 1970; by default the longest horizon before the newest
        /// event.
        package var origin: Int64?

        /// Makes settings.
        package init(configuration: TrainingConfiguration, horizons: [Int64]) {
            self.configuration = configuration
            self.horizons = horizons
        }
    }

    /// The result of a run.
    package struct Outcome: Sendable {
        /// The origin of the forecasts.
        package let origin: Timestamp
        /// How well the forecasts held.
        package let report: BacktestReport
        /// The calibration that comes of the forecasts.
        package let calibration: ModelCalibration
        /// The model that was trained at the origin.
        package let model: PredictionModel
    }

    private let store: TwinStore
    private let shop: ShopGenerator?
    private let settings: Settings

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - store: The store.
    ///   - shop: The synthetic shop that the store was made from. All its customers are asked
    ///     about, on the eve of a whole day, and their true probabilities are compared with too.
    ///   - settings: What to ask.
    package init(_ store: TwinStore, of shop: ShopGenerator? = nil, settings: Settings) {
        self.store = store
        self.shop = shop
        self.settings = settings
    }

    /// Runs the back-test.
    ///
    /// - Parameter progress: Receives reports of the work as it goes.
    /// - Returns: The result.
    /// - Throws: ``OperationError`` when there are no events or the outcome is not known yet,
    ///   `FuturesError` when a setting is out of its range, ``PredictionError`` when there is too
    ///   little data, what the store throws, or `CancellationError`.
    package func run(progress: @escaping ProgressSink) throws -> Outcome {
        let configuration = settings.configuration
        guard let newest = try store.newestEvent(), let longest = settings.horizons.last else {
            throw OperationError.noEvents
        }
        let origin = try origin(newest: newest, longest: longest)
        let questions = BacktestSettings(
            horizons: settings.horizons, types: [.purchase],
            paths: settings.paths, seed: configuration.seed,
            threads: configuration.sequence.threads)
        let backtest = try RollingBacktest(
            store,
            at: .init(origin: origin, longest: longest, calibrations: settings.calibrations),
            settings: questions, configuration: configuration)
        let models = try backtest.models {
            progress(OperationProgress(.model($0), training: $1))
        }
        progress(OperationProgress(.model(2), finding: .complete))
        try Task.checkCancellation()
        var cohort = try cohort(backtest, models)
        if let shop {
            progress(OperationProgress(.truth))
            try addTruth(
                of: shop, at: origin, models.last, threads: questions.threads, to: &cohort.last)
            progress(OperationProgress(.truth, finding: .complete))
        }
        let result = try backtest.result(models, cohort) {
            progress(OperationProgress(.questions, done: $0, total: $1))
        }
        progress(OperationProgress(.questions, finding: .complete))
        return Outcome(
            origin: Timestamp(seconds: origin), report: result.report,
            calibration: result.calibration, model: models.last)
    }

    /// The origin, in seconds since 1970.
    private func origin(newest: Timestamp, longest: Int64) throws -> Int64 {
        if let shop {
            // On the eve of a whole day, to its end.
            return shop.configuration.end - (longest + 86_399) / 86_400 * 86_400 - 1
        }
        let origin = settings.origin ?? newest.seconds - longest
        guard origin + longest <= newest.seconds else {
            throw OperationError.unknownOutcome(newest: newest, days: longest / 86_400)
        }
        return origin
    }

    /// The customers at each origin.
    private func cohort(
        _ backtest: RollingBacktest, _ models: RollingBacktest.Models
    ) throws -> RollingBacktest.Cohort {
        guard let shop else { return try backtest.cohort(models, count: settings.customers) }
        return try backtest.cohort(
            models,
            of: shop.truth.customers.map { try store.snapshot(of: $0.userID).id })
    }

    /// Adds the true probabilities of a shop's customers, if the horizons are whole days.
    private func addTruth(
        of shop: ShopGenerator, at origin: Int64, _ model: PredictionModel, threads: Int,
        to people: inout [BacktestCase]
    ) throws {
        let horizons = settings.horizons
        guard horizons.allSatisfy({ $0.isMultiple(of: 86_400) }) else { return }
        let day = Int((origin + 1 - shop.configuration.start.seconds) / 86_400)
        let propensities = try shop.purchasePropensities(
            from: day, within: horizons.map { Int($0 / 86_400) }, threads: threads)
        let itemIDs = model.catalogue.itemIDs
        for customer in people.indices {
            people[customer].truth = { item, seconds in
                guard let horizon = horizons.firstIndex(of: seconds) else { return nil }
                return propensities.probability(
                    of: itemIDs[Int(item)], customer: customer, horizon: horizon)
            }
        }
    }
}
