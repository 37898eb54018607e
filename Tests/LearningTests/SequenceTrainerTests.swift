import Foundation
import Kernels
import Testing

@testable import Learning

/// Sequences that go round a ring of items; an even item is followed within a minute by an event
/// of type 0, an odd one after a week by an event of type 1.
func ringSequences(
    items: Int, sequences: Int, length: Int, seed: UInt64
) -> EventSequences {
    var generator = PhiloxGenerator(seed: seed)
    var result = EventSequences()
    for _ in 0..<sequences {
        var item = generator.integer(below: items)
        var time: Int64 = 1_700_000_000
        var type: UInt8 = 0
        var chosen: [Int32] = []
        var types: [UInt8] = []
        var times: [Int64] = []
        for _ in 0..<length {
            chosen.append(Int32(item))
            types.append(type)
            times.append(time)
            time += item % 2 == 0 ? 30 : 7 * 86_400
            type = UInt8(item % 2)
            item = (item + 1) % items
        }
        result.append(items: chosen, types: types, times: times)
    }
    return result
}

/// Settings of a small and quick run.
func smallConfiguration(epochs: Int = 12) -> SequenceTrainer.Configuration {
    var configuration = SequenceTrainer.Configuration()
    configuration.width = 24
    configuration.epochs = epochs
    configuration.batch = 32
    configuration.steps = 10
    configuration.learningRate = 1e-2
    configuration.dropout = 0
    return configuration
}

@Suite("Sequence trainer")
struct SequenceTrainerTests {
    private let training = ringSequences(items: 10, sequences: 200, length: 23, seed: 1)
    private let held = ringSequences(items: 10, sequences: 20, length: 23, seed: 2)

    @Test("A ring of items and a rule of gaps and types are learned", arguments: [1, 2])
    func ring(_ layers: Int) throws {
        var configuration = smallConfiguration(epochs: 12 + 28 * (layers - 1))
        configuration.layers = layers
        let (model, curve) = try SequenceTrainer(configuration).train(
            training, validation: held, itemCount: 10, typeCount: 2, embeddings: nil
        ) { _ in }
        #expect(curve.count <= configuration.epochs)
        #expect(try #require(curve.last?.validation) < 0.2)
        for item in 0..<10 {
            let start = (item + 6) % 10
            let path = (0...4).map { Int32((start + $0) % 10) }
            var times: [Int64] = [0]
            for position in path.dropLast() {
                times.append((times.last ?? 0) + (position % 2 == 0 ? 30 : 604_800))
            }
            let types = [0] + path.dropLast().map { UInt8($0 % 2) }
            let state = model.replay(items: path, types: types, times: times)
            let last = Int(path[4])
            let gap = UInt8(TimeGap.index(seconds: last % 2 == 0 ? 30 : 604_800))
            let type = UInt8(last % 2)
            #expect(model.gapProbabilities(state)[0, Int(gap)] > 0.9)
            #expect(model.typeProbabilities(state, gaps: [gap])[0, Int(type)] > 0.9)
            let items = model.itemProbabilities(state, gaps: [gap], types: [type])
            #expect(items[0, (last + 1) % 10] > 0.9)
        }
    }

    @Test("The sampled softmax learns a large ring too")
    func sampled() throws {
        let large = ringSequences(items: 300, sequences: 300, length: 40, seed: 3)
        var configuration = smallConfiguration(epochs: 25)
        configuration.width = 32
        configuration.negatives = 64
        let (model, curve) = try SequenceTrainer(configuration).train(
            large, validation: ringSequences(items: 300, sequences: 20, length: 40, seed: 4),
            itemCount: 300, typeCount: 2, embeddings: nil
        ) { _ in }
        #expect(try #require(curve.last?.validation) < 1.5)
        // The candidates' correction makes the full distribution right, not only the ranking.
        var state = model.initialState(count: 1)
        model.advance(&state, items: [10], types: [0], gaps: [TimeGap.beginning])
        let items = model.itemProbabilities(state, gaps: [1], types: [0])
        #expect(items[0, 11] > 0.5)
    }

    @Test("The same seed gives the same bytes at 1, 2 and 3 threads")
    func threads() throws {
        var configuration = smallConfiguration(epochs: 2)
        configuration.dropout = 0.2
        configuration.layers = 2
        configuration.batch = 100
        configuration.negatives = 8  // fewer than items: sampled
        func files(_ threads: Int, seed: UInt64 = 1) throws -> Data {
            configuration.threads = threads
            configuration.seed = seed
            let (model, _) = try SequenceTrainer(configuration).train(
                training, validation: held, itemCount: 10, typeCount: 2, embeddings: nil
            ) { _ in }
            return try withFolder { folder in
                let path = folder + "/model.safetensors"
                try SafeTensors.write(model.tensors(), metadata: [:], to: path)
                return try Data(contentsOf: URL(filePath: path))
            }
        }
        let one = try files(1)
        let two = try files(2)
        let three = try files(3)
        let other = try files(2, seed: 2)
        #expect(one == two && two == three)
        #expect(one != other)
    }

    @Test("Training stops early, halves the rate, and keeps the best weights")
    func earlyStopping() throws {
        // Random events: what is learned of the few training sequences is wrong for the others.
        func noise(_ seed: UInt64) -> EventSequences {
            var generator = PhiloxGenerator(seed: seed)
            var result = EventSequences()
            for _ in 0..<10 {
                result.append(
                    items: (0..<20).map { _ in Int32(generator.integer(below: 30)) },
                    types: (0..<20).map { _ in UInt8(generator.integer(below: 3)) },
                    times: (0..<20).map { Int64($0 * 1_000) })
            }
            return result
        }
        var configuration = smallConfiguration(epochs: 200)
        configuration.patience = 2
        let (model, curve) = try SequenceTrainer(configuration).train(
            noise(1), validation: noise(2), itemCount: 30, typeCount: 3, embeddings: nil
        ) { _ in }
        #expect(curve.count < 200)
        let losses = curve.compactMap(\.validation)
        let best = try #require(losses.indices.min { losses[$0] < losses[$1] })
        #expect(curve.count - 1 - best >= 1 && curve.count - 1 - best <= 2)
        #expect(try #require(curve.last).learningRate < curve[0].learningRate)
        // The kept weights have the best validation loss, not the last.
        let run = TrainingRun(
            configuration, weights: model.weights.copy(), training: noise(1), validation: noise(2))
        let kept = run.evaluate(noise(2))
        #expect(abs(kept - losses[best]) < 1e-9)
    }

    @Test("Without validation all epochs run, and the last weights are used")
    func noValidation() throws {
        let (_, curve) = try SequenceTrainer(smallConfiguration(epochs: 3)).train(
            training, validation: EventSequences(), itemCount: 10, typeCount: 2,
            embeddings: nil
        ) { _ in }
        #expect(curve.map(\.epoch) == [1, 2, 3])
        #expect(curve.allSatisfy { $0.validation == nil })
        #expect(curve[2].training < curve[0].training)
    }

    @Test("Progress counts each event and reaches the total")
    func progress() throws {
        var reports: [TrainingProgress] = []
        _ = try SequenceTrainer(smallConfiguration(epochs: 2)).train(
            training, validation: held, itemCount: 10, typeCount: 2, embeddings: nil
        ) { reports.append($0) }
        let last = try #require(reports.last)
        #expect(last.eventsDone == last.eventsTotal && last.eventsTotal == 2 * 200 * 22)
        #expect(last.epoch == 2 && last.epochs == 2)
        #expect((last.loss ?? 0) > 0)
        #expect(zip(reports, reports.dropFirst()).allSatisfy { $0.eventsDone <= $1.eventsDone })
    }

    @Test("Embeddings initialise the item table; unusable ones are errors")
    func warmStart() throws {
        var configuration = smallConfiguration(epochs: 1)
        configuration.learningRate = 1e-9
        let vectors = (0..<240).map { Float($0 % 11) - 5 }
        let (model, _) = try SequenceTrainer(configuration).train(
            training, validation: held, itemCount: 10, typeCount: 2,
            embeddings: Embeddings(dimensions: 24, count: 10, vectors: vectors)
        ) { _ in }
        let table = model.itemEmbeddings
        let ratio = table.vectors[0] / vectors[0]
        #expect(ratio > 0)
        #expect(zip(table.vectors, vectors).allSatisfy { abs($0 - $1 * ratio) < 1e-4 })
        var broken = vectors
        broken[17] = .nan
        let bad = [
            Embeddings(dimensions: 24, count: 10, vectors: broken),
            Embeddings(dimensions: 12, count: 20, vectors: vectors),
            Embeddings(dimensions: 24, count: 9, vectors: Array(vectors.dropLast(24))),
        ]
        for embeddings in bad {
            let error = #expect(throws: LearningError.self) {
                try SequenceTrainer(configuration).train(
                    training, validation: held, itemCount: 10, typeCount: 2,
                    embeddings: embeddings
                ) { _ in }
            }
            #expect(error?.code == .invalidData)
        }
        let zero = Embeddings(
            dimensions: 24, count: 10, vectors: [Float](repeating: 0, count: 240))
        _ = try SequenceTrainer(configuration).train(
            training, validation: held, itemCount: 10, typeCount: 2, embeddings: zero
        ) { _ in }
    }

    @Test("With one item, the item loss is 0")
    func oneItem() throws {
        var sequences = EventSequences()
        for _ in 0..<5 {
            sequences.append(items: [0, 0, 0], types: [0, 0, 0], times: [0, 30, 60])
        }
        let (model, curve) = try SequenceTrainer(smallConfiguration(epochs: 30)).train(
            sequences, validation: EventSequences(), itemCount: 1, typeCount: 1,
            embeddings: nil
        ) { _ in }
        #expect(try #require(curve.last).training < 0.1)
        let state = model.initialState(count: 2)
        let items = model.itemProbabilities(state, gaps: [0, 1], types: [0, 0])
        #expect(items.elements == [1, 1])
    }

    @Test("Data without examples is an error")
    func empty() {
        var short = EventSequences()
        short.append(items: [1], types: [0], times: [5])
        short.append(items: [], types: [], times: [])
        for sequences in [EventSequences(), short] {
            let error = #expect(throws: LearningError.self) {
                try SequenceTrainer().train(
                    sequences, validation: EventSequences(), itemCount: 5, typeCount: 1,
                    embeddings: nil
                ) { _ in }
            }
            #expect(error?.code == .noData)
            #expect(error?.description.contains("two or more events") == true)
        }
    }

    @Test("Data outside the declared counts is an error, in training and validation")
    func outOfRange() {
        for (items, types, validation) in [(9, 2, false), (10, 1, false), (9, 2, true)] {
            let error = #expect(throws: LearningError.self) {
                var good = EventSequences()
                good.append(items: [0, 1], types: [0, 0], times: [0, 0])
                _ = try SequenceTrainer(smallConfiguration()).train(
                    validation ? good : training, validation: validation ? held : good,
                    itemCount: items, typeCount: types, embeddings: nil
                ) { _ in }
            }
            #expect(error?.code == .invalidData)
        }
    }

    @Test("Each bad setting is an error before any work")
    func choices() {
        let changes: [@Sendable (inout SequenceTrainer.Configuration) -> Void] = [
            { $0.width = 0 }, { $0.layers = 0 }, { $0.layers = 17 }, { $0.epochs = 0 },
            { $0.batch = 0 }, { $0.steps = 0 }, { $0.negatives = 0 }, { $0.learningRate = 0 },
            { $0.learningRate = .infinity }, { $0.dropout = 1 }, { $0.dropout = -0.1 },
            { $0.clip = -1 }, { $0.clip = .nan }, { $0.patience = 0 }, { $0.threads = 0 },
            { $0.cosineScale = 0 }, { $0.cosineScale = .nan },
        ]
        for (index, change) in changes.enumerated() {
            var configuration = smallConfiguration()
            change(&configuration)
            let error = #expect(throws: LearningError.self, "change \(index)") {
                try SequenceTrainer(configuration).train(
                    training, validation: held, itemCount: 10, typeCount: 2, embeddings: nil
                ) { _ in }
            }
            #expect(error?.code == .invalidConfiguration, "change \(index)")
        }
        for (items, types) in [(0, 1), (1, 0), (1, 257), (60_000_000, 1)] {
            #expect(throws: LearningError.self) {
                try SequenceTrainer().train(
                    training, validation: held, itemCount: items, typeCount: types,
                    embeddings: nil
                ) { _ in }
            }
        }
    }

    @Test("A diverging run is an error")
    func divergence() {
        var configuration = smallConfiguration()
        configuration.learningRate = 1e30
        configuration.clip = 0
        let error = #expect(throws: LearningError.self) {
            try SequenceTrainer(configuration).train(
                training, validation: held, itemCount: 10, typeCount: 2, embeddings: nil
            ) { _ in }
        }
        #expect(error?.code == .diverged)
    }

    @Test("Settings survive JSON")
    func codable() throws {
        var configuration = smallConfiguration()
        configuration.seed = .max
        let data = try JSONEncoder().encode(configuration)
        let copy = try JSONDecoder().decode(SequenceTrainer.Configuration.self, from: data)
        #expect(copy == configuration)
    }
}
