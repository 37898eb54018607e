import Kernels
import Learning
package import Prediction

/// Samples futures of one twin from a trained model.
///
/// A step of a path samples the time to the next event and its type from the LSTM, an expert by the
/// mixture weights, and an item from that expert. Together that is a sample from the mixture. The
/// path then updates its memory: an item that was just bought is recent, and becomes due later. The
/// paths of a block take each step together, so that the LSTM works on matrices. Blocks run in
/// parallel.
///
/// Random numbers are addressed by seed, path, step and use (``RandomSlot``). So the result does
/// not depend on the number of threads, and two runs with the same seed use the same numbers.
package struct Simulator: Sendable {
    private let model: PredictionModel
    private let popularity: CumulativeTable

    /// The number of paths in a block: large, because they share proposals of items, and small
    /// enough for their states to fit into the second-level cache.
    private static let blockSize = 256

    /// Makes a simulator for a model.
    package init(_ model: PredictionModel) {
        self.model = model
        popularity = CumulativeTable(.dense(model.popularity.probabilities))
    }

    /// Simulates the futures of a twin.
    ///
    /// - Parameters:
    ///   - history: The events so far. If it is empty (cold start), paths begin with a popular
    ///     item.
    ///   - origin: The time from which the paths start, in seconds since 1970. A time before the
    ///     newest event is replaced by the time of that event.
    ///   - settings: Horizon, number of paths, seed.
    ///   - factors: The day factors of purchases; all are 1 unless given.
    ///   - next: The query of the next event, with the LSTM's state, if it is known already.
    ///     Otherwise the history is replayed.
    /// - Returns: The paths, without events after the horizon.
    /// - Throws: ``FuturesError`` when a setting is out of its range, or `CancellationError` when
    ///   the task is cancelled.
    package func simulate(
        _ history: History, from origin: Int64, settings: SimulationSettings,
        factors: DayFactors? = nil, next: PredictionQuery? = nil
    ) throws -> Futures {
        try settings.validate()
        let origin = max(origin, history.lastTime ?? origin)
        let plan = SimulationPlan(
            model: model, popularity: popularity, history: history, origin: origin,
            settings: settings, factors: factors, next: next)
        let blockCount = (settings.paths + Self.blockSize - 1) / Self.blockSize
        let blocks = try cancellableMap(blockCount, threads: settings.threads) {
            index, isCancelled in
            let first = index * Self.blockSize
            var block = PathBlock(
                plan, paths: first..<min(settings.paths, first + Self.blockSize))
            var step = 0
            while block.isUnderWay, step < settings.steps, !isCancelled() {
                block.advance(step: step)
                step += 1
            }
            return SimulationPlan.Block(block)
        }
        return plan.futures(blocks)
    }
}
