import Foundation
import Kernels
import Learning

/// The measurements of `tools/bench learning`; each function returns the values of one line.
struct BenchLearning {
    /// The number of threads.
    var threads = 2
    /// The number of passes over the sequences.
    var epochs = 1
    /// The length of vectors and of the state.
    var width = 128
    /// The number of items.
    var items = 10_000
    /// The number of event types.
    var types = 3
    /// The candidates of the sampled softmax, or the negatives of skip-gram.
    var negatives = 5
    /// The seed of all random numbers.
    var seed: UInt64 = 7

    /// The sequences of a safetensors file with `offsets`, `items`, `types` and `times`.
    static func sequences(at path: String) throws -> EventSequences {
        let tensors = try SafeTensors.read(from: path).tensors
        var result = EventSequences()
        guard case .i64(let offsets)? = tensors["offsets"]?.storage,
            case .i32(let items)? = tensors["items"]?.storage,
            case .u8(let types)? = tensors["types"]?.storage,
            case .i64(let times)? = tensors["times"]?.storage
        else {
            throw LearningError(.wrongTensors, "\(path) does not hold sequences of events.")
        }
        result.offsets = offsets.map { Int($0) }
        result.items = items
        result.types = types
        result.times = times
        return result
    }

    /// Trains the LSTM; returns its rate, and its exact loss on held-out sequences.
    func lstm(_ training: EventSequences, validation: EventSequences) throws -> [String: Any] {
        var configuration = SequenceTrainer.Configuration()
        configuration.width = width
        configuration.epochs = epochs
        configuration.negatives = negatives
        configuration.dropout = 0
        configuration.seed = seed
        configuration.threads = threads
        var seconds = 0.0
        let (model, _) = try SequenceTrainer(configuration).train(
            training, validation: EventSequences(), itemCount: items, typeCount: types,
            embeddings: nil
        ) { seconds = $0.secondsElapsed }
        let losses = try model.meanLoss(of: validation, threads: threads)
        return [
            "events": (training.items.count - training.count) * epochs, "seconds": seconds,
            "loss": losses.total, "item_loss": losses.item,
        ]
    }

    /// Trains skip-gram vectors and writes them to a safetensors file; returns the rate.
    func skipGram(_ training: EventSequences, vectors path: String) throws -> [String: Any] {
        var configuration = SkipGram.Configuration()
        configuration.dimensions = width
        configuration.negatives = negatives
        configuration.epochs = epochs
        configuration.seed = seed
        configuration.threads = threads
        var seconds = 0.0
        let embeddings = try SkipGram(configuration).train(training, itemCount: items) {
            seconds = $0.secondsElapsed
        }
        let vectors = Tensor(shape: [embeddings.count, width], embeddings.vectors)
        try SafeTensors.write(["vectors": vectors], metadata: [:], to: path)
        return ["words": training.items.count * epochs, "seconds": seconds]
    }

    /// The rate of rows × inner times inner × columns, in 10⁹ operations a second.
    ///
    /// Each thread multiplies its own matrices by a packed one, as in training. The result is the
    /// best of five rounds.
    func product(rows: Int, inner: Int, columns: Int) -> [String: Any] {
        func space(_ rows: Int, _ columns: Int) -> MatrixView {
            FloatStorage(count: rows * columns, repeating: 0.5)
                .view(rows: rows, columns: columns)
        }
        let operations = 2.0 * Double(rows) * Double(inner) * Double(columns)
        let calls = max(1, Int(5e9 / operations))
        let parts = (0..<threads).map { _ in
            (space(rows, inner), PackedMatrix(space(inner, columns)), space(rows, columns))
        }
        var best = 0.0
        for _ in 0..<5 {
            let started = ContinuousClock.now
            parallelFor(threads, threads: threads) { thread in
                let (a, b, c) = parts[thread]
                for _ in 0..<calls { multiply(a, b, into: c) }
            }
            let done = operations * Double(calls * threads)
            best = max(best, done / Self.seconds(since: started) / 1e9)
        }
        return ["gflops": best]
    }

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
