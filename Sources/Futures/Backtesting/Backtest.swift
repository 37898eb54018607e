import Kernels
package import Prediction
package import Shop
package import Simulation

/// What a back-test asks, and how thoroughly.
package struct BacktestSettings: Sendable, Hashable {
    /// The horizons, in seconds, ascending.
    package var horizons: [Int64]
    /// The types of events that count as a purchase.
    package var types: Set<EventType>
    /// How many paths of each customer are simulated.
    package var paths: Int
    /// How many items of each customer's list are compared.
    package var listLength: Int
    /// Decides every random choice.
    package var seed: UInt64
    /// Threads; the result does not depend on it.
    package var threads: Int

    /// Makes settings.
    package init(
        horizons: [Int64] = [7 * 86_400, 28 * 86_400], types: Set<EventType>, paths: Int = 200,
        listLength: Int = 20, seed: UInt64 = 7, threads: Int = 2
    ) {
        self.horizons = horizons
        self.types = types
        self.paths = paths
        self.listLength = listLength
        self.seed = seed
        self.threads = threads
    }

    /// The longest horizon, in seconds.
    package var longest: Int64 { horizons.last ?? 0 }

    func validate() throws(FuturesError) {
        guard let first = horizons.first, first > 0,
            zip(horizons, horizons.dropFirst()).allSatisfy({ $0 < $1 })
        else { throw FuturesError("A back-test needs horizons above 0, the shortest first.") }
        guard (1...1_000).contains(listLength) else {
            throw FuturesError("The list has \(listLength) items. Use a number from 1 to 1000.")
        }
        guard !types.isEmpty else {
            throw FuturesError("A back-test needs a type of event that counts as a purchase.")
        }
        try simulation(seed: seed).validate()
    }

    /// The settings of one customer's simulation.
    func simulation(seed: UInt64) -> SimulationSettings {
        SimulationSettings(horizonSeconds: longest, paths: paths, seed: seed, threads: 1)
    }
}

/// Asks a model at moments of the past what would come, and compares.
///
/// The answer is worth what the model has not seen: train it on what was known at the first of the
/// moments.
package struct Backtest: Sendable {
    private let simulator: Simulator
    private let settings: BacktestSettings
    private let categories: [Int]

    /// Customers that are asked about between two reports of progress.
    private static let batch = 32

    /// Makes a back-test of a model.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - settings: What to ask.
    ///   - categories: The category of each item of the catalogue, by number; may be empty.
    /// - Throws: ``FuturesError`` when a setting is out of its range.
    package init(
        _ model: PredictionModel, settings: BacktestSettings, categories: [Int] = []
    ) throws(FuturesError) {
        try settings.validate()
        simulator = Simulator(model)
        self.settings = settings
        self.categories = categories
    }

    /// Simulates each customer from the moment on, and compares with what came.
    ///
    /// - Parameters:
    ///   - hindsights: Customers at moments of the past.
    ///   - progress: Told how many are done.
    /// - Returns: A forecast for each, in their order.
    /// - Throws: `CancellationError` when the task is cancelled.
    package func forecasts(
        _ hindsights: [BacktestCase], progress: (Int) -> Void
    ) throws -> [Forecast] {
        var forecasts: [Forecast] = []
        for start in stride(from: 0, to: hindsights.count, by: Self.batch) {
            try Task.checkCancellation()
            let part = hindsights[start..<min(hindsights.count, start + Self.batch)]
            let done = parallelMap(part.count, threads: settings.threads) { index in
                Result { try forecast(part[start + index], index: start + index) }
            }
            for result in done { forecasts.append(try result.get()) }
            progress(forecasts.count)
        }
        return forecasts
    }

    private func forecast(_ hindsight: BacktestCase, index: Int) throws -> Forecast {
        // Customers draw numbers of their own, so that errors by chance do not add up.
        let random = Philox(seed: settings.seed, stream: 0xBAC7)
        let futures = try simulator.simulate(
            hindsight.history, from: hindsight.origin,
            settings: settings.simulation(seed: random.bits(at: UInt64(index))),
            factors: hindsight.factors)
        return Forecast(
            hindsight, futures, horizons: settings.horizons, types: settings.types,
            listLength: settings.listLength, categories: categories)
    }
}
