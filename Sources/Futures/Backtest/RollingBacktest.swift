import Kernels
public import Prediction
import PropertyGraph
public import Twins

/// A back-test of the way in which a store's models are trained.
///
/// A model is trained on what was known at the first of some moments a week apart. What came after
/// each of them fits the calibration; what came after the last, the origin, tells how well it holds.
public struct RollingBacktest: Sendable {
    /// When the questions are asked.
    public struct Moments: Sendable, Hashable {
        /// The moment whose forecasts are judged, in seconds since 1970.
        public let origin: Int64
        /// The earlier moments that the calibration is fitted to, newest first.
        public let earlier: [Int64]

        /// A back-test from an origin.
        ///
        /// - Parameters:
        ///   - origin: The moment, in seconds since 1970.
        ///   - longest: The longest horizon, in seconds: what came after the earlier moments must be
        ///     known at the origin.
        ///   - calibrations: How many earlier moments, a week apart.
        public init(origin: Int64, longest: Int64, calibrations: Int) {
            self.origin = origin
            earlier = (0..<calibrations).map { origin - longest - Int64($0) * 7 * 86_400 }
        }

        /// The moment at which training ends.
        public var first: Int64 { earlier.last ?? origin }
    }

    private let store: TwinStore
    private let moments: Moments
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
    public init(
        _ store: TwinStore, at moments: Moments, settings: BacktestSettings,
        configuration: TrainingConfiguration
    ) throws(FuturesError) {
        try settings.validate()
        self.store = store
        self.moments = moments
        self.settings = settings
        self.configuration = configuration
    }

    /// What was known when the model of the back-test is trained.
    public func trainingData() throws -> TrainingData {
        try TrainingData(
            store, minimumItemCount: configuration.minimumItemCount,
            until: Timestamp(seconds: moments.first))
    }

    /// Customers at each of the moments, the origin last.
    ///
    /// - Parameters:
    ///   - model: The model that will be asked.
    ///   - numbers: The running numbers of their twins, in the order of the result; `nil` for those
    ///     that have none.
    /// - Returns: For each moment all customers, also those of whom nothing is known then.
    /// - Throws: What the store throws.
    public func hindsights(
        _ model: PredictionModel, of numbers: [Int?]
    ) throws -> [[Hindsight]] {
        let histories = try TwinHistories(store, catalogue: model.catalogue)
        let wholes = try numbers.map { number in
            try number.flatMap { try store.twinLog(number: $0) }
                .map { try histories.history($0.entries) } ?? History()
        }
        let feeds = try store.contextFeeds()
        return try (moments.earlier + [moments.origin]).map { moment in
            let outlooks = Outlooks(model, feeds.known(at: Timestamp(seconds: moment)))
            return try zip(numbers, wholes).map { number, whole in
                var hindsight = Hindsight(
                    whole, at: moment, horizonSeconds: settings.longest)
                hindsight.factors = try number.flatMap {
                    try outlooks.factors(
                        store, twin: $0, from: moment, horizonSeconds: settings.longest)
                }
                return hindsight
            }
        }
    }

    /// Customers at each of the moments, the origin last, of whom something is known then.
    ///
    /// - Parameters:
    ///   - model: The model that will be asked.
    ///   - count: How many at most, chosen by the seed; all unless given.
    /// - Returns: For each moment its customers.
    /// - Throws: What the store throws.
    public func hindsights(
        _ model: PredictionModel, count: Int? = nil
    ) throws -> [[Hindsight]] {
        var numbers = Array(0..<(try store.twinNumbers()))
        if let count, count < numbers.count {
            var generator = PhiloxGenerator(seed: settings.seed)
            // Some of whom nothing is known at a moment are passed over, so more are looked at.
            numbers = numbers.shuffled(using: &generator).prefix(2 * count).sorted()
        }
        return try hindsights(model, of: numbers.map { $0 }).map { customers in
            let known = customers.filter { !$0.history.isEmpty }
            guard let count, count < known.count else { return known }
            var generator = PhiloxGenerator(seed: settings.seed)
            return Array(known.shuffled(using: &generator).prefix(count))
        }
    }

    /// What was foreseen.
    public struct Result: Sendable {
        /// The forecasts from the earlier moments.
        public let earlier: [Forecast]
        /// The forecasts from the origin.
        public let last: [Forecast]
        /// The types of events that count as a purchase.
        public let types: Set<UInt8>
        /// How well the last ones held, calibrated by the earlier ones.
        public let report: BacktestReport
        /// What ships with a model that is trained in the same way.
        public let calibration: ModelCalibration
    }

    /// Asks the model, and compares with what came.
    ///
    /// - Parameters:
    ///   - model: The model, trained on ``trainingData()``.
    ///   - people: Customers at each of the moments, the origin last.
    ///   - progress: Told how many questions of how many are answered.
    /// - Returns: The forecasts and what they tell.
    /// - Throws: What the store throws, or `CancellationError`.
    public func result(
        _ model: PredictionModel, _ people: [[Hindsight]], progress: (Int, Int) -> Void
    ) throws -> Result {
        var settings = settings
        let known = people.map { $0.filter { !$0.history.isEmpty } }
        // A shop that tells of no purchases is asked about contacts.
        if !known.joined().contains(where: { !settings.types.isDisjoint(with: $0.history.types) }) {
            settings.types = Set(UInt8.min...UInt8.max)
        }
        let categories = try categoryNumbers(model)
        let backtest = try Backtest(
            model, settings: settings, categories: categories.map { $0 ?? -1 }.map { $0 + 1 })
        let earlier = Array(known.dropLast().joined())
        let last = known.last ?? []
        let total = earlier.count + last.count
        let before = try backtest.forecasts(earlier) { progress($0, total) }
        let after = try backtest.forecasts(last) { progress(before.count + $0, total) }
        return Result(
            earlier: before, last: after, types: settings.types,
            report: BacktestReport(
                after, calibration: Calibration(before, seed: settings.seed),
                seed: settings.seed),
            calibration: ModelCalibration(
                earlier: before, last: after, types: settings.types,
                categoryOfItem: categories, origin: moments.origin, seed: settings.seed))
    }

    /// The category of each item of the model's catalogue, by number.
    private func categoryNumbers(_ model: PredictionModel) throws -> [Int?] {
        let items = try store.items(model.catalogue.itemIDs)
        let names = Set(items.values.compactMap(\.category)).sorted()
        let numbers = Dictionary(
            uniqueKeysWithValues: names.enumerated().map { ($0.element, $0.offset) })
        return model.catalogue.itemIDs.map { id in
            items[id]?.category.flatMap { numbers[$0] }
        }
    }
}
