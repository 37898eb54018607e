import Kernels
package import Prediction
package import Shop
package import Simulation
import Time
package import TwinStorage

/// What is asked about every twin of a store.
package struct FleetSettings: Sendable, Hashable, Codable {
    /// The moment that all paths start from, in seconds since 1970; what happened later is left out.
    package var origin: Int64
    /// How far the paths reach, in seconds.
    package var horizonSeconds: Int64
    /// How many paths of each twin are simulated.
    package var paths: Int
    /// How many items of each twin are reported, the most probable ones.
    package var count: Int
    /// The types of events that count, ascending; all if empty.
    package var types: [EventType]
    /// Decides every random choice.
    package var seed: UInt64
    /// The part of the twins that is asked about, and how many parts there are.
    package var shard: Shard

    /// Makes settings: all twins, four weeks, 100 paths and twenty items of each.
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

/// One of some parts of the twins, of about the same size: `3/64` is the third of 64.
package struct Shard: Sendable, Hashable, Codable {
    /// Which part, from 1 to ``count``.
    package let number: Int
    /// How many parts there are.
    package let count: Int

    /// All twins.
    package static let whole = Shard(number: 1, count: 1)

    private init(number: Int, count: Int) {
        self.number = number
        self.count = count
    }

    /// Reads `3/64`; `nil` if the text is no part of a whole.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let number = parts[0], let count = parts[1],
            (1...100_000).contains(count), (1...count).contains(number)
        else { return nil }
        self.init(number: number, count: count)
    }

    /// Whether a customer belongs to this part.
    func contains(_ customer: CustomerKey) -> Bool {
        ShardKey(customer).part(of: count) == number - 1
    }
}

/// What is foreseen of one item of a twin.
package struct ItemForecast: Sendable, Hashable {
    /// The item, with the probability that it comes within the horizon.
    package let predicted: PredictedItem
    /// How often it comes within the horizon on average.
    package let expectedCount: Double
    /// The standard error of ``expectedCount`` by the number of paths; 0 with a single path.
    package let expectedError: Double
    /// When it comes first, in the paths in which it does: the times by which it has come in a
    /// tenth, half and nine tenths of them, in seconds since 1970.
    package let firstTimes: [Int64]
}

/// What is foreseen of one twin.
package struct TwinForecast: Sendable {
    /// The pseudonym under which the store knows the customer.
    package let pseudonym: String
    /// The most probable items, most probable first.
    package let items: [ItemForecast]
    /// The calibrated probabilities of ``items``; empty without a calibration, or if other contacts
    /// than those it was fitted to count.
    package let calibrated: [Int32: ModelCalibration.Probability]
    /// What the twin adds to the sums of demand; empty if none are asked for.
    let demand: [DemandCell]
}

/// The twins of a store, to be simulated all.
///
/// A twin's forecast depends on the store, the model, the settings and the twin's running number,
/// and on nothing that is done before it or beside it.
package struct FleetSimulator: Sendable {
    private let store: TwinStore
    private let histories: TwinHistories
    private let simulator: Simulator
    private let outlooks: DayFactorCache
    private let calibration: ModelCalibration?
    private let settings: FleetSettings
    private let demand: DemandLayout?

    /// Makes a fleet.
    ///
    /// - Parameters:
    ///   - store: Where the twins are.
    ///   - model: What foresees them.
    ///   - settings: What to ask.
    ///   - demand: What demand is summed up by; `nil` if it is not.
    ///   - calibration: Makes probabilities of shares of paths; none are told without.
    /// - Throws: ``FuturesError`` when a setting is out of its range; what the store throws.
    package init(
        _ store: TwinStore, _ model: PredictionModel, settings: FleetSettings,
        demand: DemandLayout? = nil, calibration: ModelCalibration? = nil
    ) throws {
        try settings.validate()
        self.calibration = calibration
        self.demand = demand
        self.store = store
        histories = try TwinHistories(
            store, catalogue: model.catalogue, eventTypes: model.eventTypes)
        simulator = Simulator(model)
        outlooks = DayFactorCache(
            model, model.response.isNeutral ? ContextFeeds() : try store.contextFeeds())
        self.settings = settings
    }

    /// The forecasts of the twins with some running numbers.
    ///
    /// Twins of other shards, erased ones and those without events by the origin have none.
    ///
    /// - Parameters:
    ///   - numbers: Running numbers, within `0..<store.allocatedTwinCount()`.
    ///   - threads: How many may work on it; the result does not depend on it.
    /// - Returns: Forecasts in the order of the numbers.
    /// - Throws: What the store throws, or `CancellationError`.
    package func forecasts(of numbers: Range<Int>, threads: Int) throws -> [TwinForecast] {
        let own = try numbers.map(TwinID.init(rawValue:)).filter { id in
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
            factors: outlooks.factors(
                of: snapshot, horizonSeconds: settings.horizonSeconds))
        let types = settings.types.isEmpty ? nil : Set(settings.types)
        let items = futures.itemForecasts(types: types, count: settings.count)
        return TwinForecast(
            pseudonym: snapshot.key.rawValue, items: items,
            calibrated: calibrated(items.map(\.predicted), history),
            demand: demand?.cells(of: futures, types: types) ?? [])
    }
}

extension Futures {
    /// The most probable items, with how often and when they come.
    func itemForecasts(types: Set<EventType>?, count: Int) -> [ItemForecast] {
        let firsts = firstEvents(types: types)
        var counts: [Int32: [Double]] = [:]
        for index in 0..<pathCount {
            var own: [Int32: Double] = [:]
            for event in path(index) where types?.contains(event.type) ?? true {
                own[event.item, default: 0] += 1
            }
            for (item, number) in own { counts[item, default: []].append(number) }
        }
        return ranked(firsts).prefix(count).map { item in
            let times = (firsts[item.item] ?? []).map(\.time).sorted()
            let numbers = counts[item.item] ?? []
            let mean = numbers.reduce(0, +) / Double(pathCount)
            // The squares of whole numbers add up exactly, in whatever order.
            let squares = numbers.reduce(0) { $0 + $1 * $1 } - mean * mean * Double(pathCount)
            let variance = max(0, squares) / Double(max(1, pathCount - 1))
            return ItemForecast(
                predicted: item, expectedCount: mean,
                expectedError: (variance / Double(pathCount)).squareRoot(),
                firstTimes: [1, 5, 9].map { deciles in
                    // The least time by which so many of them have it; there is one at least.
                    times[(deciles * times.count + 9) / 10 - 1]
                })
        }
    }
}
