import Kernels
import Learning
package import Prediction

/// Samples many futures of one twin from a trained model.
///
/// A step of a path draws, in this order, the time to the next event and its type from the LSTM's
/// heads, one expert by its share, and an item from that source: together a draw from
/// the mixture. The path's own memory moves along: what was just bought is recent, and comes due
/// later. The paths of a block take a step together, so that the LSTM works on matrices; blocks go
/// their ways on threads of their own.
///
/// Path `p` at step `s` draws from Philox at (seed, p, s): the result depends on the seed alone,
/// whatever the number of threads, and two runs that differ in a setting share their random
/// numbers.
package struct Simulator: Sendable {
    private let model: PredictionModel
    private let popularity: CumulativeTable

    /// How many paths take their steps together: many, because they share proposals of items, and
    /// few enough for their states to stay in the processor's second cache.
    private static let blockSize = 256

    /// Makes a simulator for a model.
    package init(_ model: PredictionModel) {
        self.model = model
        popularity = CumulativeTable(.dense(model.popularity.probabilities))
    }

    /// Simulates the futures of a twin (`simulate` of document 004).
    ///
    /// - Parameters:
    ///   - history: What has happened so far; may be empty for a customer of whom nothing is known,
    ///     whose paths begin with an item that is popular now.
    ///   - origin: The moment from which the paths start, in seconds since 1970; not before the
    ///     newest event.
    ///   - settings: Horizon, number of paths, seed.
    ///   - factors: How the days ahead multiply what is bought; not at all unless given.
    ///   - next: The context of the next event, with the LSTM's state, if it is known already; else
    ///     the history is replayed.
    /// - Returns: The paths, without events after the horizon.
    /// - Throws: ``FuturesError`` when a setting is out of its range, or `CancellationError` when
    ///   the task is cancelled.
    package func simulate(
        _ history: History, from origin: Int64, settings: SimulationSettings,
        factors: DayFactors? = nil, next: PredictionQuery? = nil
    ) throws -> Futures {
        try settings.validate()
        let origin = max(origin, history.lastTime ?? origin)
        let start = SimulationPlan(
            model: model, popularity: popularity, history: history, origin: origin,
            settings: settings, factors: factors, next: next)
        let blocks = (settings.paths + Self.blockSize - 1) / Self.blockSize
        let runs = try cancellableMap(blocks, threads: settings.threads) { block, isCancelled in
            let first = block * Self.blockSize
            var run = PathBlock(
                start, paths: first..<min(settings.paths, first + Self.blockSize))
            var step = 0
            while run.isUnderWay, step < settings.steps, !isCancelled() {
                run.advance(step: step)
                step += 1
            }
            return SimulationPlan.Block(run)
        }
        return start.futures(runs)
    }
}
