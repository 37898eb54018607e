import Kernels
package import Prediction
package import Shop
package import Simulation
import Time
package import TwinStorage

/// The settings of a fleet simulation.
package struct FleetSettings: Sendable, Hashable, Codable {
    /// The origin of all paths, in seconds since 1970; later events are left out.
    package var origin: Int64
    /// The length of the paths, in seconds.
    package var horizonSeconds: Int64
    /// The number of paths of each twin.
    package var paths: Int
    /// The number of items that are reported of each twin, the most probable ones.
    package var count: Int
    /// The types of events that count, ascending; all if empty.
    package var types: [EventType]
    /// The seed of all random numbers.
    package var seed: UInt64
    /// The shard of the twins to simulate.
    package var shard: Shard

    /// Creates settings: all twins, four weeks, 100 paths and twenty items of each.
    package init(
        origin: Int64, horizonSeconds: Int64 = 28 * 86_400, paths: Int = 100, count: Int = 20,
        types: [EventType] = [], seed: UInt64 = 7, shard: Shard = .whole
    ) {
        self.origin = origin
        self.horizonSeconds = horizonSeconds
        self.paths = paths
        self.count = count
        self.types = types
        self.seed = seed
        self.shard = shard
    }

    func validate() throws(FuturesError) {
        guard (1...1_000_000).contains(count) else {
            throw FuturesError("The list has \(count) items. Use a number from 1 to 1000000.")
        }
        try simulation(seed: seed).validate()
    }

    /// The settings of one twin's simulation.
    func simulation(seed: UInt64) -> SimulationSettings {
        SimulationSettings(horizonSeconds: horizonSeconds, paths: paths, seed: seed, threads: 1)
    }
}

/// A part of the twins: `3/64` is the third of 64 shards of about the same size.
package struct Shard: Sendable, Hashable, Codable {
    /// The number of the shard, from 1 to ``count``.
    package let number: Int
    /// The number of shards.
    package let count: Int

    /// All twins.
    package static let whole = Shard(number: 1, count: 1)

    private init(number: Int, count: Int) {
        self.number = number
        self.count = count
    }

    /// Parses `3/64`; `nil` if the text is not valid.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let number = parts[0], let count = parts[1],
            (1...100_000).contains(count), (1...count).contains(number)
        else { return nil }
        self.init(number: number, count: count)
    }

    /// Whether a customer belongs to this shard.
    func contains(_ customer: CustomerKey) -> Bool {
        ShardKey(customer).part(of: count) == number - 1
    }
}

/// The forecast of one item of a twin.
package struct ItemForecast: Sendable, Hashable {
    /// The item with its path probability.
    package let predicted: PredictedItem
    /// The expected number of events with it within the horizon.
    package let expectedCount: Double
    /// The Monte Carlo error of ``expectedCount``, as a standard error; 0 with one path.
    package let expectedError: Double
    /// The 10 % quantile, median and 90 % quantile of the time of its first event, over the paths
    /// with one, in seconds since 1970.
    package let firstTimes: [Int64]
}

/// The forecast of one twin.
package struct TwinForecast: Sendable {
    /// The pseudonym under which the store knows the customer.
    package let pseudonym: String
    /// The most probable items, most probable first.
    package let items: [ItemForecast]
    /// The calibrated probabilities of ``items``; empty without a calibration, or if it was fitted
    /// to other types of events.
    package let calibrated: [Int32: ModelCalibration.Probability]
    /// The twin's contributions to the sums of demand; empty if none are kept.
    let demand: [DemandCell]
}

/// Simulates all twins of a store.
///
/// A twin's forecast depends only on the store, the model, the settings and the twin's id.
package struct FleetSimulator: Sendable {
    private let store: TwinStore
    private let histories: TwinHistories
    private let simulator: Simulator
    private let dayFactors: DayFactorCache
    private let calibration: ModelCalibration?
    private let settings: FleetSettings
    private let layout: DemandLayout?

    /// Creates a simulator.
    ///
    /// - Parameters:
    ///   - store: The store of the twins.
    ///   - model: The model.
    ///   - settings: The settings.
    ///   - demand: The layout of the sums of demand; `nil` if none are kept.
    ///   - calibration: The calibration of path probabilities, if there is one.
    /// - Throws: ``FuturesError`` when a setting is out of range; the errors of the store.
    package init(
        _ store: TwinStore, _ model: PredictionModel, settings: FleetSettings,
        demand: DemandLayout? = nil, calibration: ModelCalibration? = nil
    ) throws {
        try settings.validate()
        self.calibration = calibration
        layout = demand
        self.store = store
        histories = try TwinHistories(
            store, catalogue: model.catalogue, eventTypes: model.eventTypes)
        simulator = Simulator(model)
        dayFactors = DayFactorCache(
            model, model.response.isNeutral ? ContextFeeds() : try store.contextFeeds())
        self.settings = settings
    }

    /// The forecasts of some twins.
    ///
    /// Twins of other shards, erased twins, and twins without events by the origin have none.
    ///
    /// - Parameters:
    ///   - ids: The twins, among ``TwinStore/twinIDs()``.
    ///   - threads: The number of threads; it does not affect the result.
    /// - Returns: The forecasts in the order of the twins.
    /// - Throws: The errors of the store, or `CancellationError`.
    package func forecasts(
        of ids: some Collection<TwinID>, threads: Int
    ) throws -> [TwinForecast] {
        let own = try ids.filter { id in
            guard settings.shard != .whole else { return true }
            return try store.customerKey(of: id).map(settings.shard.contains) ?? false
        }
        let results = parallelMap(own.count, threads: threads) { index in
            Result { try forecast(own[index]) }
        }
        return try results.compactMap { try $0.get() }
    }

    private func calibrated(
        _ items: [PredictedItem], _ history: History
    ) -> [Int32: ModelCalibration.Probability] {
        guard let calibration, calibration.types == settings.types else { return [:] }
        return calibration.probabilities(
            items, after: history, from: settings.origin, within: settings.horizonSeconds)
    }

    private func forecast(_ id: TwinID) throws -> TwinForecast? {
        let origin = Timestamp(seconds: settings.origin)
        guard let snapshot = try store.snapshot(of: id, asOf: origin) else { return nil }
        let history = try histories.history(of: snapshot)
        guard !history.isEmpty else { return nil }
        let random = Philox(seed: settings.seed, stream: 0xF1EE7)
        let futures = try simulator.simulate(
            history, from: settings.origin,
            settings: settings.simulation(seed: random.bits(at: UInt64(id.rawValue))),
            factors: dayFactors.factors(
                of: snapshot, horizonSeconds: settings.horizonSeconds))
        let types = settings.types.isEmpty ? nil : Set(settings.types)
        let items = futures.itemForecasts(types: types, count: settings.count)
        return TwinForecast(
            pseudonym: snapshot.key.rawValue, items: items,
            calibrated: calibrated(items.map(\.predicted), history),
            demand: layout?.cells(of: futures, types: types) ?? [])
    }
}

extension Futures {
    /// The most probable items, with the number and the first times of their events.
    func itemForecasts(types: Set<EventType>?, count: Int) -> [ItemForecast] {
        let firstEvents = firstEvents(types: types)
        var counts: [Int32: [Double]] = [:]
        for index in 0..<pathCount {
            var pathCounts: [Int32: Double] = [:]
            for event in path(index) where types?.contains(event.type) ?? true {
                pathCounts[event.item, default: 0] += 1
            }
            for (item, number) in pathCounts { counts[item, default: []].append(number) }
        }
        return ranked(firstEvents).prefix(count).map { item in
            let times = (firstEvents[item.item] ?? []).map(\.time).sorted()
            let numbers = counts[item.item] ?? []
            let mean = numbers.reduce(0, +) / Double(pathCount)
            // Sums of squared integers are exact in any order.
            let squares = numbers.reduce(0) { $0 + $1 * $1 } - mean * mean * Double(pathCount)
            let variance = max(0, squares) / Double(max(1, pathCount - 1))
            return ItemForecast(
                predicted: item, expectedCount: mean,
                expectedError: (variance / Double(pathCount)).squareRoot(),
                firstTimes: [1, 5, 9].map { decile in
                    times[(decile * times.count + 9) / 10 - 1]
                })
        }
    }
}
