import Kernels
package import Prediction
package import Shop
package import Simulation

/// The settings of a back-test.
package struct BacktestSettings: Sendable, Hashable {
    /// The horizons, in seconds, ascending.
    package var horizons: [Int64]
    /// The types of events that count as a purchase.
    package var types: Set<EventType>
    /// The number of paths of each customer.
    package var paths: Int
    /// The number of items of each customer's list.
    package var listLength: Int
    /// The seed of all random numbers.
    package var seed: UInt64
    /// The number of threads; it does not affect the result.
    package var threads: Int

    /// Creates settings.
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
        else { throw FuturesError("The horizons of a back-test must be above 0 and ascending.") }
        guard (1...1_000).contains(listLength) else {
            throw FuturesError("The list has \(listLength) items. Use a number from 1 to 1000.")
        }
        guard !types.isEmpty else {
            throw FuturesError(
                "A back-test needs at least one type of event that counts as a purchase.")
        }
        try simulation(seed: seed).validate()
    }

    /// The settings of one customer's simulation.
    func simulation(seed: UInt64) -> SimulationSettings {
        SimulationSettings(horizonSeconds: longest, paths: paths, seed: seed, threads: 1)
    }
}

/// Forecasts customers from origins in the past, and compares the forecasts with the outcomes.
///
/// The model must not have been trained on the outcomes: train it on events until the first of the
/// origins.
package struct Backtest: Sendable {
    private let simulator: Simulator
    private let settings: BacktestSettings
    private let categories: [Int]

    /// The number of customers between two reports of progress.
    private static let batch = 32

    /// Makes a back-test of a model.
    ///
    /// - Parameters:
    ///   - model: The model.
    ///   - settings: The settings.
    ///   - categories: The category index of each item of the catalogue; may be empty.
    /// - Throws: ``FuturesError`` when a setting is out of range.
    package init(
        _ model: PredictionModel, settings: BacktestSettings, categories: [Int] = []
    ) throws(FuturesError) {
        try settings.validate()
        simulator = Simulator(model)
        self.settings = settings
        self.categories = categories
    }

    /// Simulates each customer from the origin, and compares the paths with the outcome.
    ///
    /// - Parameters:
    ///   - cases: Customers at origins in the past.
    ///   - progress: Receives the number of finished cases.
    /// - Returns: A forecast for each case, in their order.
    /// - Throws: `CancellationError` when the task is cancelled.
    package func forecasts(
        of cases: [BacktestCase], progress: (Int) -> Void
    ) throws -> [Forecast] {
        var forecasts: [Forecast] = []
        for start in stride(from: 0, to: cases.count, by: Self.batch) {
            try Task.checkCancellation()
            let part = cases[start..<min(cases.count, start + Self.batch)]
            let done = parallelMap(part.count, threads: settings.threads) { index in
                Result { try forecast(part[start + index], index: start + index) }
            }
            for result in done { forecasts.append(try result.get()) }
            progress(forecasts.count)
        }
        return forecasts
    }

    private func forecast(_ backtestCase: BacktestCase, index: Int) throws -> Forecast {
        // Each case has its own seed, so that Monte Carlo errors are independent.
        let random = Philox(seed: settings.seed, stream: 0xBAC7)
        let futures = try simulator.simulate(
            backtestCase.history, from: backtestCase.origin,
            settings: settings.simulation(seed: random.bits(at: UInt64(index))),
            factors: backtestCase.factors)
        return Forecast(
            backtestCase, futures, horizons: settings.horizons, types: settings.types,
            listLength: settings.listLength, categories: categories)
    }
}
