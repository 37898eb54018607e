import Kernels
package import Prediction
package import Shop
import Time
package import TwinStorage

/// Estimates the effects of a scenario on customers' purchases.
///
/// Each customer is simulated twice with the same random numbers: in the baseline, which is the
/// world as it is, and in the scenario. The events of the baseline are also reweighted with
/// posterior samples of the demand response. So the interval of an effect covers both the Monte
/// Carlo error and the uncertainty of the model's parameters.
package struct WhatIf: Sendable {
    /// The settings of a question.
    package struct Settings: Sendable, Hashable {
        /// The origin of all paths, in seconds since 1970.
        package var origin: Int64
        /// The length of the paths, in seconds.
        package var horizonSeconds: Int64
        /// The number of paths of each customer in each world.
        package var paths: Int
        /// The types of events that count.
        package var types: Set<EventType>
        /// The seed of all random numbers.
        package var seed: UInt64

        /// Creates settings: a week and 100 paths of purchases unless given.
        package init(
            origin: Int64, horizonSeconds: Int64 = 7 * 86_400, paths: Int = 100,
            types: Set<EventType> = [.purchase], seed: UInt64 = 7
        ) {
            self.origin = origin
            self.horizonSeconds = horizonSeconds
            self.paths = paths
            self.types = types
            self.seed = seed
        }
    }

    private var asOf: Timestamp { Timestamp(seconds: settings.origin) }
    private let store: TwinStore
    private let model: PredictionModel
    private let scenario: Scenario
    private let settings: Settings
    private let histories: TwinHistories
    private let simulator: Simulator
    private let baselineFactors: Estimates<DayFactorCache>
    private let scenarioFactors: Estimates<DayFactorCache>

    /// Prepares the question.
    ///
    /// - Throws: ``FuturesError`` for a setting out of range or an unknown name in the scenario;
    ///   the errors of the store.
    package init(
        _ store: TwinStore, _ model: PredictionModel, _ scenario: Scenario, settings: Settings
    ) throws {
        // Prices are relative to the usual prices of the model's training.
        let known = try store.items(
            try store.itemIDs(), asOf: Timestamp(seconds: settings.origin))
        let items = known.sorted { $0.key < $1.key }.map { id, item in
            var item = item
            let prices = model.response.regularPrices
            if let index = model.catalogue.index(of: id), prices.indices.contains(Int(index)) {
                item.price = prices[Int(index)]
            }
            return item
        }
        try scenario.validate(model, items: items)
        self.store = store
        self.model = model
        self.scenario = scenario
        self.settings = settings
        histories = try TwinHistories(
            store, catalogue: model.catalogue, eventTypes: model.eventTypes)
        simulator = Simulator(model)
        try Self.simulation(settings, seed: settings.seed).validate()
        let horizon = DayFactors.days(
            from: settings.origin, horizonSeconds: settings.horizonSeconds)
        if let days = scenario.days, !days.overlaps(horizon) {
            throw FuturesError(
                "The scenario's days, \(Day.text(days.lowerBound)) to "
                    + "\(Day.text(days.upperBound)), are outside the simulated days, "
                    + "\(Day.text(horizon.lowerBound)) to \(Day.text(horizon.upperBound)). Choose "
                    + "days among these.")
        }
        let feeds = try store.contextFeeds()
        let scenarioFeeds =
            scenario.changesDays
            ? scenario.applied(to: feeds, items: items, horizon: horizon) : feeds
        let days = scenario.days ?? horizon
        let unavailable = Dictionary(
            uniqueKeysWithValues: scenario.unavailable.compactMap { id in
                model.catalogue.index(of: id).map { ($0, days) }
            })
        func factors(
            _ feeds: ContextFeeds, unavailable: [Int32: ClosedRange<Int>] = [:]
        ) -> Estimates<DayFactorCache> {
            Estimates(
                point: DayFactorCache(model, feeds, unavailable: unavailable, isCompared: true),
                samples: DayFactorCache(
                    model, feeds, sampleCount: Effects.posteriorSampleCount, seed: settings.seed,
                    unavailable: unavailable, isCompared: true))
        }
        baselineFactors = factors(feeds)
        scenarioFactors = factors(scenarioFeeds, unavailable: unavailable)
    }

    /// The effects on one customer.
    ///
    /// - Parameter id: The twin, one of ``TwinStore/twinIDs()``.
    /// - Returns: The effects; `nil` if the twin was erased or has no events by the origin.
    /// - Throws: The errors of the store, or `CancellationError`.
    package func effects(onTwin id: TwinID) throws -> Effects? {
        guard let snapshot = try store.snapshot(of: id, asOf: asOf) else { return nil }
        let history = try histories.history(of: snapshot)
        guard !history.isEmpty else { return nil }
        let random = Philox(seed: settings.seed, stream: 0x1F_0F)
        let simulation = Self.simulation(settings, seed: random.bits(at: UInt64(id.rawValue)))
        func factors(_ cache: DayFactorCache) -> DayFactors? {
            cache.factors(of: snapshot, horizonSeconds: settings.horizonSeconds)
        }
        let uncertainty = ParameterUncertainty(
            baseline: baselineFactors.map(factors), scenario: scenarioFactors.map(factors))
        func simulate(_ history: History, _ factors: DayFactors?) throws -> Futures {
            try simulator.simulate(
                history, from: settings.origin, settings: simulation, factors: factors)
        }
        return Effects(
            baseline: try simulate(history, uncertainty.baseline.point),
            scenario: try simulate(
                try scenarioHistory(history, id), uncertainty.scenario.point),
            types: settings.types, categoryOfItem: model.response.categoryOfItem,
            uncertainty: uncertainty)
    }

    /// The effects on several customers together.
    ///
    /// - Parameters:
    ///   - twins: The twins.
    ///   - threads: The number of threads; it does not affect the result.
    /// - Returns: The sum of the effects on those that have events by the origin.
    /// - Throws: As ``effects(onTwin:)``.
    package func effects(onTwins twins: [TwinID], threads: Int) throws -> Effects {
        let results = parallelMap(twins.count, threads: threads) { index in
            Result { try effects(onTwin: twins[index]) }
        }
        var sum = Effects()
        for result in results {
            if let effects = try result.get() { sum += effects }
        }
        return sum
    }

    /// The ignored events of the scenario that none of some customers has had by the origin.
    ///
    /// - Parameter twins: The customers' twins.
    /// - Returns: The ids in alphabetic order; empty if all are known.
    /// - Throws: The errors of the store.
    package func unknownEvents(ofTwins twins: [TwinID]) throws -> [String] {
        var unknown = scenario.ignoredEvents
        for id in twins where !unknown.isEmpty {
            unknown.subtract(try events(id).map(\.eventID))
        }
        return unknown.sorted()
    }

    /// The events of a twin by the origin.
    private func events(_ id: TwinID) throws -> [LoggedEvent] {
        try store.events(of: id)
            .filter { $0.timestamp.seconds <= settings.origin }
    }

    /// The history in the scenario.
    private func scenarioHistory(_ history: History, _ id: TwinID) throws -> History {
        var history = history
        if !scenario.ignoredEvents.isEmpty {
            history = try histories.history(
                try events(id).filter { !scenario.ignoredEvents.contains($0.eventID) }.map {
                    LogEntry(item: $0.item, type: $0.type, timestamp: $0.timestamp)
                })
        }
        for id in scenario.shownItems {
            guard let index = model.catalogue.index(of: id) else { continue }
            history.append(item: index, type: .view, time: settings.origin)
        }
        return history
    }

    private static func simulation(_ settings: Settings, seed: UInt64) -> SimulationSettings {
        var simulation = SimulationSettings(
            horizonSeconds: settings.horizonSeconds, paths: settings.paths, seed: seed,
            threads: 1)
        simulation.samplesItemsExactly = true
        return simulation
    }
}
