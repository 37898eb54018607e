import Kernels
package import Prediction
package import Shop
import Time
package import TwinStorage

/// Asks of customers' futures what a scenario would change.
///
/// Each customer is simulated twice by the same random numbers, as things are and as they might be.
/// What happens as things are is also weighed by the factors of other possible truths about how
/// customers respond, so that the interval of an effect holds both what chance leaves open and what
/// the model does not know.
package struct WhatIf: Sendable {
    /// What is asked, and how thoroughly.
    package struct Settings: Sendable, Hashable {
        /// The moment that all paths start from, in seconds since 1970.
        package var origin: Int64
        /// How far they reach, in seconds.
        package var horizonSeconds: Int64
        /// How many paths of each customer.
        package var paths: Int
        /// The types of events that count.
        package var types: Set<UInt8>
        /// Decides every random choice.
        package var seed: UInt64

        /// Makes settings: a week and 100 paths of purchases unless given.
        package init(
            origin: Int64, horizonSeconds: Int64 = 7 * 86_400, paths: Int = 100,
            types: Set<UInt8> = [EventType.purchase.rawValue], seed: UInt64 = 7
        ) {
            self.origin = origin
            self.horizonSeconds = horizonSeconds
            self.paths = paths
            self.types = types
            self.seed = seed
        }
    }

    /// The moment that all paths start from.
    private var asOf: Timestamp { Timestamp(seconds: settings.origin) }
    private let store: TwinStore
    private let model: PredictionModel
    private let scenario: Scenario
    private let settings: Settings
    private let histories: TwinHistories
    private let simulator: Simulator
    private let usual: DayFactorCache
    private let changed: DayFactorCache
    private let usualDrawn: DayFactorCache
    private let changedDrawn: DayFactorCache

    /// Prepares the question.
    ///
    /// - Throws: ``FuturesError`` for a setting out of its range or a scenario that names what is
    ///   not known; what the store throws.
    package init(
        _ store: TwinStore, _ model: PredictionModel, _ scenario: Scenario, settings: Settings
    ) throws {
        // Prices are compared with those that the model learned with.
        let known = try store.items(
            try store.itemIDs(), asOf: Timestamp(seconds: settings.origin))
        let items = known.sorted { $0.key < $1.key }.map { id, item in
            var item = item
            let prices = model.response.regularPrices
            if let place = model.catalogue.index(of: id), prices.indices.contains(Int(place)) {
                item.price = prices[Int(place)]
            }
            return item
        }
        try scenario.validate(model, items: items)
        self.store = store
        self.model = model
        self.scenario = scenario
        self.settings = settings
        histories = try TwinHistories(store, catalogue: model.catalogue)
        simulator = Simulator(model)
        try Self.simulation(settings, seed: settings.seed).validate()
        let horizon = DayFactors.days(
            from: settings.origin, horizonSeconds: settings.horizonSeconds)
        if let days = scenario.days, !days.overlaps(horizon) {
            throw FuturesError(
                "The scenario's days are from \(Day.text(days.lowerBound)) to "
                    + "\(Day.text(days.upperBound)), and the futures from "
                    + "\(Day.text(horizon.lowerBound)) to \(Day.text(horizon.upperBound)). Choose "
                    + "days that are among those.")
        }
        let feeds = try store.contextFeeds()
        let otherwise =
            scenario.changesDays
            ? scenario.applied(to: feeds, items: items, horizon: horizon) : feeds
        let days = scenario.days ?? horizon
        let unavailable = Dictionary(
            uniqueKeysWithValues: scenario.unavailable.compactMap { id in
                model.catalogue.index(of: id).map { ($0, days) }
            })
        func outlooks(
            _ feeds: ContextFeeds, unavailable: [Int32: ClosedRange<Int>] = [:]
        ) -> (likeliest: DayFactorCache, drawn: DayFactorCache) {
            let (seed, draws) = (settings.seed, Effects.draws)
            return (
                DayFactorCache(model, feeds, unavailable: unavailable, isCompared: true),
                DayFactorCache(
                    model, feeds, draws: draws, seed: seed, unavailable: unavailable,
                    isCompared: true)
            )
        }
        (usual, usualDrawn) = outlooks(feeds)
        (changed, changedDrawn) = outlooks(otherwise, unavailable: unavailable)
    }

    /// The effects on one customer.
    ///
    /// - Parameter id: The twin, one of ``TwinStore/twinIDs()``.
    /// - Returns: `nil` if the twin was erased or nothing is known of it by the origin.
    /// - Throws: What the store throws, or `CancellationError`.
    package func effects(onTwin id: TwinID) throws -> Effects? {
        guard let snapshot = try store.snapshot(of: id, asOf: asOf) else { return nil }
        let history = try histories.history(of: snapshot)
        guard !history.isEmpty else { return nil }
        let random = Philox(seed: settings.seed, stream: 0x1F_0F)
        let simulation = Self.simulation(settings, seed: random.bits(at: UInt64(id.rawValue)))
        func factors(_ outlooks: DayFactorCache) -> DayFactors? {
            outlooks.factors(of: snapshot, horizonSeconds: settings.horizonSeconds)
        }
        let doubt = ParameterUncertainty(
            usual: factors(usual), changed: factors(changed), usualDrawn: factors(usualDrawn),
            changedDrawn: factors(changedDrawn))
        func simulate(_ history: History, _ factors: DayFactors?) throws -> Futures {
            try simulator.simulate(
                history, from: settings.origin, settings: simulation, factors: factors)
        }
        return Effects(
            try simulate(history, doubt.usual),
            try simulate(try otherwise(history, id), doubt.changed), types: settings.types,
            categoryOfItem: model.response.categoryOfItem, doubt: doubt)
    }

    /// The effects on several customers together.
    ///
    /// - Parameters:
    ///   - twins: The twins.
    ///   - threads: How many may work on it; the result does not depend on it.
    /// - Returns: The sum of the effects on those of whom something is known.
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

    /// The events that the scenario undoes and that none of some customers has had by the origin.
    ///
    /// - Parameter twins: The customers' twins.
    /// - Returns: The ids in alphabetic order; empty if all are known.
    /// - Throws: What the store throws.
    package func unknownEvents(ofTwins twins: [TwinID]) throws -> [String] {
        var unknown = scenario.undone
        for id in twins where !unknown.isEmpty {
            unknown.subtract(try events(id).map(\.eventID))
        }
        return unknown.sorted()
    }

    /// What a twin did by the origin.
    private func events(_ id: TwinID) throws -> [LoggedEvent] {
        try store.events(of: id)
            .filter { $0.timestamp.seconds <= settings.origin }
    }

    /// The past as the scenario has it.
    private func otherwise(_ history: History, _ id: TwinID) throws -> History {
        var history = history
        if !scenario.undone.isEmpty {
            history = try histories.history(
                try events(id).filter { !scenario.undone.contains($0.eventID) }.map {
                    LogEntry(item: $0.item, type: $0.type, timestamp: $0.timestamp)
                })
        }
        for id in scenario.shown {
            guard let place = model.catalogue.index(of: id) else { continue }
            history.append(item: place, type: EventType.view.rawValue, time: settings.origin)
        }
        return history
    }

    private static func simulation(_ settings: Settings, seed: UInt64) -> SimulationSettings {
        var simulation = SimulationSettings(
            horizonSeconds: settings.horizonSeconds, paths: settings.paths, seed: seed,
            threads: 1)
        simulation.goesThroughCatalogue = true
        return simulation
    }
}
