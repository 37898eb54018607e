import Kernels
package import Learning
package import Prediction
package import Shop
package import Simulation
import Time
package import TwinStorage

/// A back-test of the way in which a store's models are trained.
///
/// Model A is trained on events until the first of the calibration origins, which are a week apart.
/// It forecasts from each of them, and the outcomes fit the calibration. Model B is trained on
/// events until the test origin, some weeks later. It forecasts from there, and the outcomes
/// measure how well the calibration holds. Both are as fresh when they forecast as a model in use
/// is.
package struct RollingBacktest: Sendable {
    /// The origins of the forecasts.
    package struct Origins: Sendable, Hashable {
        /// The test origin, in seconds since 1970.
        package let test: Int64
        /// The calibration origins, newest first.
        package let calibration: [Int64]

        /// Computes the calibration origins for a test origin.
        ///
        /// - Parameters:
        ///   - origin: The test origin, in seconds since 1970.
        ///   - longest: The longest horizon, in seconds. The outcomes of the calibration origins
        ///     must be known at the test origin.
        ///   - calibrations: The number of calibration origins, a week apart.
        package init(origin: Int64, longest: Int64, calibrations: Int) {
            test = origin
            calibration = (0..<calibrations).map { origin - longest - Int64($0) * 7 * 86_400 }
        }

        /// The earliest origin, at which the training data of model A end.
        package var first: Int64 { calibration.last ?? test }
    }

    /// The models that forecast.
    package struct Models: Sendable {
        /// Model A, which forecasts from the calibration origins.
        package let earlier: PredictionModel
        /// Model B, which forecasts from the test origin.
        package let last: PredictionModel
    }

    /// The customers of a back-test at their origins.
    package struct Cohort: Sendable {
        /// The customers at all calibration origins.
        package var earlier: [BacktestCase]
        /// The customers at the test origin.
        package var last: [BacktestCase]
    }

    private let store: TwinStore
    private let origins: Origins
    private let settings: BacktestSettings
    private let configuration: TrainingConfiguration

    /// Prepares a back-test.
    ///
    /// - Parameters:
    ///   - store: The store.
    ///   - origins: The origins of the forecasts.
    ///   - settings: The settings of the forecasts.
    ///   - configuration: The configuration of the training.
    /// - Throws: ``FuturesError`` when a setting is out of range.
    package init(
        _ store: TwinStore, at origins: Origins, settings: BacktestSettings,
        configuration: TrainingConfiguration
    ) throws(FuturesError) {
        try settings.validate()
        self.store = store
        self.origins = origins
        self.settings = settings
        self.configuration = configuration
    }

    /// Trains the models of the back-test.
    ///
    /// - Parameter progress: Receives the number of the model, from 1, and the progress of its
    ///   training.
    /// - Returns: The models.
    /// - Throws: The errors of `Trainer.train(_:progress:)` and of the store.
    package func models(
        progress: @escaping (Int, TrainingProgress) -> Void
    ) throws -> Models {
        let trainer = try Trainer(configuration)
        func train(_ number: Int, until origin: Int64) throws -> PredictionModel {
            let data = try TrainingData(
                store, minimumItemCount: configuration.minimumItemCount,
                until: Timestamp(seconds: origin))
            return try trainer.train(data) { progress(number, $0) }.model
        }
        return Models(
            earlier: try train(1, until: origins.first),
            last: try train(2, until: origins.test))
    }

    /// Some customers at all origins, with those who have no history yet.
    ///
    /// - Parameters:
    ///   - models: The models that will forecast.
    ///   - twins: The customers' twins, in the order of the result; `nil` for a customer without
    ///     one.
    /// - Returns: The customers at each of the origins.
    /// - Throws: The errors of the store.
    package func cohort(_ models: Models, of twins: [TwinID?]) throws -> Cohort {
        Cohort(
            earlier: Array(
                try cases(models.earlier, at: origins.calibration, of: twins).joined()),
            last: Array(try cases(models.last, at: [origins.test], of: twins).joined()))
    }

    /// The customers at all origins, at each of them those who have a history then.
    ///
    /// - Parameters:
    ///   - models: The models that will forecast.
    ///   - count: The largest number of customers at each origin, chosen by the seed; all unless
    ///     given.
    /// - Returns: The customers at each of the origins.
    /// - Throws: The errors of the store.
    package func cohort(_ models: Models, count: Int? = nil) throws -> Cohort {
        var twins = try store.twinIDs()
        if let count, count < twins.count {
            var generator = PhiloxGenerator(seed: settings.seed)
            // Customers without a history at an origin are left out, so more are read.
            twins = twins.shuffled(using: &generator).prefix(2 * count).sorted()
        }
        func chosen(_ model: PredictionModel, _ origins: [Int64]) throws -> [BacktestCase] {
            try cases(model, at: origins, of: twins).flatMap { cases in
                let known = cases.filter { !$0.history.isEmpty }
                guard let count, count < known.count else { return known }
                var generator = PhiloxGenerator(seed: settings.seed)
                return Array(known.shuffled(using: &generator).prefix(count))
            }
        }
        return Cohort(
            earlier: try chosen(models.earlier, origins.calibration),
            last: try chosen(models.last, [origins.test]))
    }

    /// The customers at each of some origins.
    private func cases(
        _ model: PredictionModel, at origins: [Int64], of twins: [TwinID?]
    ) throws -> [[BacktestCase]] {
        let histories = try TwinHistories(
            store, catalogue: model.catalogue, eventTypes: model.eventTypes)
        let wholeHistories = try twins.map { id in
            try id.flatMap { try store.snapshot(of: $0) }
                .map { try histories.history(of: $0) } ?? History()
        }
        let feeds = try store.contextFeeds()
        return try origins.map { origin in
            let asOf = Timestamp(seconds: origin)
            let factors = DayFactorCache(model, feeds.known(at: asOf))
            return try zip(twins, wholeHistories).map { id, history in
                var backtestCase = BacktestCase(
                    history, at: origin, horizonSeconds: settings.longest)
                guard !model.response.isNeutral else { return backtestCase }
                // City and consent are those as of the origin.
                backtestCase.factors = try id.flatMap { try store.snapshot(of: $0, asOf: asOf) }
                    .flatMap { factors.factors(of: $0, horizonSeconds: settings.longest) }
                return backtestCase
            }
        }
    }

    /// The result of a back-test.
    package struct Result: Sendable {
        /// The forecasts from the calibration origins.
        package let earlier: [Forecast]
        /// The forecasts from the test origin.
        package let last: [Forecast]
        /// The types of events that count as a purchase.
        package let types: Set<EventType>
        /// The quality of the last forecasts, calibrated by the earlier ones.
        package let report: BacktestReport
        /// The calibration for a model that is trained in the same way.
        package let calibration: ModelCalibration
    }

    /// Forecasts all customers, and compares the forecasts with the outcomes.
    ///
    /// - Parameters:
    ///   - models: The models.
    ///   - cohort: The customers at the origins; those without a history are left out.
    ///   - progress: Receives the number of finished forecasts, and the number of all.
    /// - Returns: The forecasts and their quality.
    /// - Throws: The errors of the store, or `CancellationError`.
    package func result(
        _ models: Models, _ cohort: Cohort, progress: (Int, Int) -> Void
    ) throws -> Result {
        var settings = settings
        let earlier = cohort.earlier.filter { !$0.history.isEmpty }
        let last = cohort.last.filter { !$0.history.isEmpty }
        // If the shop records no purchases, all types of events count.
        if !(earlier + last).contains(where: {
            !settings.types.isDisjoint(with: $0.history.types)
        }) {
            settings.types = Set(EventType.allCases)
        }
        let total = earlier.count + last.count
        let categories = try categories(models)
        func forecasts(
            _ model: PredictionModel, _ cases: [BacktestCase], _ categories: [Int],
            after done: Int
        ) throws -> [Forecast] {
            try Backtest(model, settings: settings, categories: categories)
                .forecasts(of: cases) { progress(done + $0, total) }
        }
        let before = try forecasts(models.earlier, earlier, categories.earlier, after: 0)
        let after = try forecasts(models.last, last, categories.last, after: before.count)
        return Result(
            earlier: before, last: after, types: settings.types,
            report: BacktestReport(
                after, calibration: Calibration(before, seed: settings.seed),
                seed: settings.seed),
            calibration: ModelCalibration(
                earlier: before, last: after, types: settings.types,
                categoryOfItem: categories.last, origin: origins.test,
                seed: settings.seed))
    }

    /// The category index of each item of the models' catalogues as of the ends of their training,
    /// counted over all categories of the store at these times from 1; 0 for items without a category.
    private func categories(_ models: Models) throws -> (earlier: [Int], last: [Int]) {
        let itemIDs = try store.itemIDs()
        let earlier = try store.items(itemIDs, asOf: Timestamp(seconds: origins.first))
        let last = try store.items(itemIDs, asOf: Timestamp(seconds: origins.test))
        let names = Set(
            [earlier, last].flatMap { $0.values.compactMap(\.category) }
        ).sorted()
        let numbers = Dictionary(
            uniqueKeysWithValues: names.enumerated().map { ($0.element, $0.offset + 1) })
        func categories(_ model: PredictionModel, _ items: [String: Item]) -> [Int] {
            model.catalogue.itemIDs.map { id in
                items[id]?.category.flatMap { numbers[$0] } ?? 0
            }
        }
        return (categories(models.earlier, earlier), categories(models.last, last))
    }
}
