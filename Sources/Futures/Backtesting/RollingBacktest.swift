import Kernels
package import Learning
package import Prediction
import Shop
package import Simulation
import Time
package import TwinStorage

/// A back-test of the way in which a store's models are trained.
///
/// A model that was trained on what was known at the first of some moments a week apart is asked at
/// these; what came after them fits the calibration. A model that was trained at the origin, some
/// weeks later, is asked there; what came tells how well the calibration holds. Both are as fresh
/// when they are asked as a model in use is.
package struct RollingBacktest: Sendable {
    /// When the questions are asked.
    package struct Origins: Sendable, Hashable {
        /// The moment whose forecasts are judged, in seconds since 1970.
        package let origin: Int64
        /// The earlier moments that the calibration is fitted to, newest first.
        package let earlier: [Int64]

        /// A back-test from an origin.
        ///
        /// - Parameters:
        ///   - origin: The moment, in seconds since 1970.
        ///   - longest: The longest horizon, in seconds: what came after the earlier moments must be
        ///     known at the origin.
        ///   - calibrations: How many earlier moments, a week apart.
        package init(origin: Int64, longest: Int64, calibrations: Int) {
            self.origin = origin
            earlier = (0..<calibrations).map { origin - longest - Int64($0) * 7 * 86_400 }
        }

        /// The moment at which the training of the model ends that is asked at the earlier ones.
        package var first: Int64 { earlier.last ?? origin }
    }

    /// The models that are asked.
    package struct Models: Sendable {
        /// The one that is asked at the earlier moments.
        package let earlier: PredictionModel
        /// The one that is asked at the origin.
        package let last: PredictionModel
    }

    /// Customers at the moments at which they are asked about.
    package struct Cohort: Sendable {
        /// At all of the earlier moments.
        package var earlier: [BacktestCase]
        /// At the origin.
        package var last: [BacktestCase]
    }

    private let store: TwinStore
    private let moments: Origins
    private let settings: BacktestSettings
    private let configuration: TrainingConfiguration

    /// Prepares a back-test.
    ///
    /// - Parameters:
    ///   - store: The store.
    ///   - moments: When to ask.
    ///   - settings: What to ask.
    ///   - configuration: How the model is trained.
    /// - Throws: ``FuturesError`` when a setting is out of its range.
    package init(
        _ store: TwinStore, at moments: Origins, settings: BacktestSettings,
        configuration: TrainingConfiguration
    ) throws(FuturesError) {
        try settings.validate()
        self.store = store
        self.moments = moments
        self.settings = settings
        self.configuration = configuration
    }

    /// Trains the models of the back-test.
    ///
    /// - Parameter progress: Told of the work as it goes, with the number of the model from 1.
    /// - Returns: The models.
    /// - Throws: As `Trainer.train(_:progress:)`, and what the store throws.
    package func models(
        progress: @escaping (Int, TrainingProgress) -> Void
    ) throws -> Models {
        let trainer = try Trainer(configuration)
        func train(_ number: Int, until moment: Int64) throws -> PredictionModel {
            let data = try TrainingData(
                store, minimumItemCount: configuration.minimumItemCount,
                until: Timestamp(seconds: moment))
            return try trainer.train(data) { progress(number, $0) }.model
        }
        return Models(
            earlier: try train(1, until: moments.first),
            last: try train(2, until: moments.origin))
    }

    /// Customers at the moments, also those of whom nothing is known then.
    ///
    /// - Parameters:
    ///   - models: The models that will be asked.
    ///   - numbers: The running numbers of their twins, in the order of the result; `nil` for those
    ///     that have none.
    /// - Returns: Customers at each of the earlier moments, and at the origin.
    /// - Throws: What the store throws.
    package func people(_ models: Models, of numbers: [Int?]) throws -> Cohort {
        Cohort(
            earlier: Array(
                try hindsights(models.earlier, at: moments.earlier, of: numbers).joined()),
            last: Array(
                try hindsights(models.last, at: [moments.origin], of: numbers).joined()))
    }

    /// Customers at the moments, of whom something is known then.
    ///
    /// - Parameters:
    ///   - models: The models that will be asked.
    ///   - count: How many at most at each of the moments, chosen by the seed; all unless given.
    /// - Returns: Customers at each of the earlier moments, and at the origin.
    /// - Throws: What the store throws.
    package func people(_ models: Models, count: Int? = nil) throws -> Cohort {
        var numbers = Array(0..<(try store.allocatedTwinCount()))
        if let count, count < numbers.count {
            var generator = PhiloxGenerator(seed: settings.seed)
            // Some of whom nothing is known at a moment are passed over, so more are looked at.
            numbers = numbers.shuffled(using: &generator).prefix(2 * count).sorted()
        }
        func chosen(_ model: PredictionModel, _ moments: [Int64]) throws -> [BacktestCase] {
            try hindsights(model, at: moments, of: numbers.map { $0 }).flatMap { customers in
                let known = customers.filter { !$0.history.isEmpty }
                guard let count, count < known.count else { return known }
                var generator = PhiloxGenerator(seed: settings.seed)
                return Array(known.shuffled(using: &generator).prefix(count))
            }
        }
        return Cohort(
            earlier: try chosen(models.earlier, moments.earlier),
            last: try chosen(models.last, [moments.origin]))
    }

    private func hindsights(
        _ model: PredictionModel, at moments: [Int64], of numbers: [Int?]
    ) throws -> [[BacktestCase]] {
        let histories = try TwinHistories(store, catalogue: model.catalogue)
        let wholes = try numbers.map { number in
            try number.flatMap { try store.snapshot(of: TwinID(rawValue: $0)) }
                .map { try histories.history(of: $0) } ?? History()
        }
        let feeds = try store.contextFeeds()
        return try moments.map { moment in
            let outlooks = DayFactorCache(model, feeds.known(at: Timestamp(seconds: moment)))
            return try zip(numbers, wholes).map { number, whole in
                var hindsight = BacktestCase(whole, at: moment, horizonSeconds: settings.longest)
                guard !model.response.isNeutral else { return hindsight }
                hindsight.factors = try number.flatMap {
                    try store.snapshot(
                        of: TwinID(rawValue: $0), asOf: Timestamp(seconds: moment))
                }.flatMap { outlooks.factors(of: $0, horizonSeconds: settings.longest) }
                return hindsight
            }
        }
    }

    /// What was foreseen.
    package struct Result: Sendable {
        /// The forecasts from the earlier moments.
        package let earlier: [Forecast]
        /// The forecasts from the origin.
        package let last: [Forecast]
        /// The types of events that count as a purchase.
        package let types: Set<UInt8>
        /// How well the last ones held, calibrated by the earlier ones.
        package let report: BacktestReport
        /// What ships with a model that is trained in the same way.
        package let calibration: ModelCalibration
    }

    /// Asks the models, and compares with what came.
    ///
    /// - Parameters:
    ///   - models: The models.
    ///   - people: Customers at the moments.
    ///   - progress: Told how many questions of how many are answered.
    /// - Returns: The forecasts and what they tell.
    /// - Throws: What the store throws, or `CancellationError`.
    package func result(
        _ models: Models, _ people: Cohort, progress: (Int, Int) -> Void
    ) throws -> Result {
        var settings = settings
        let earlier = people.earlier.filter { !$0.history.isEmpty }
        let last = people.last.filter { !$0.history.isEmpty }
        // A shop that tells of no purchases is asked about contacts.
        if !(earlier + last).contains(where: {
            !settings.types.isDisjoint(with: $0.history.types)
        }) {
            settings.types = Set(UInt8.min...UInt8.max)
        }
        let total = earlier.count + last.count
        let categories = try categories(models)
        func forecasts(
            _ model: PredictionModel, _ people: [BacktestCase], _ categories: [Int],
            after done: Int
        ) throws -> [Forecast] {
            try Backtest(model, settings: settings, categories: categories)
                .forecasts(people) { progress(done + $0, total) }
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
                categoryOfItem: categories.last, origin: moments.origin,
                seed: settings.seed))
    }

    /// The category of each item of the models' catalogues as of the end of their training: its
    /// number among all that the store knew by then, or 0 for none.
    private func categories(_ models: Models) throws -> (earlier: [Int], last: [Int]) {
        let itemIDs = try store.itemIDs()
        let earlier = try store.items(itemIDs, asOf: Timestamp(seconds: moments.first))
        let last = try store.items(itemIDs, asOf: Timestamp(seconds: moments.origin))
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
