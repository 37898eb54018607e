import Foundation
import Kernels
import Testing

@testable import Learning

/// Sequences in which items occur with items of their own cluster only: item % clusters.
func clusteredSequences(
    items: Int, clusters: Int, sequences: Int, length: Int, seed: UInt64
) -> EventSequences {
    var generator = PhiloxGenerator(seed: seed)
    var result = EventSequences()
    for _ in 0..<sequences {
        let cluster = generator.integer(below: clusters)
        let chosen = (0..<length).map { _ in
            Int32(cluster + clusters * generator.integer(below: items / clusters))
        }
        result.append(
            items: chosen, types: [UInt8](repeating: 0, count: length),
            times: (0..<length).map { Int64($0) })
    }
    return result
}

extension Embeddings {
    /// The other items in descending order of their cosine with `item`; ties by item number.
    fileprivate func nearest(to item: Int, count limit: Int) -> [Int] {
        let similarities = (0..<count).map { cosine(item, $0) }
        return (0..<count).filter { $0 != item }
            .sorted { (similarities[$1], $0) < (similarities[$0], $1) }
            .prefix(limit).map { $0 }
    }
}

/// The fraction of the nearest neighbours that are of the same cluster.
func purity(_ embeddings: Embeddings, clusters: Int, neighbours: Int) -> Double {
    var hits = 0
    for item in 0..<embeddings.count {
        for other in embeddings.nearest(to: item, count: neighbours)
        where other % clusters == item % clusters { hits += 1 }
    }
    return Double(hits) / Double(embeddings.count * neighbours)
}

@Suite("Embedding trainers")
struct EmbeddingTrainerTests {
    private let data = clusteredSequences(
        items: 60, clusters: 4, sequences: 1_500, length: 12, seed: 1)

    private func skipGram(threads: Int = 2, epochs: Int = 5) -> SkipGram {
        var configuration = SkipGram.Configuration()
        configuration.dimensions = 24
        configuration.subsampling = 0
        configuration.epochs = epochs
        configuration.threads = threads
        return SkipGram(configuration)
    }

    private func gloVe(threads: Int = 2, epochs: Int = 20) -> GloVe {
        var configuration = GloVe.Configuration()
        configuration.dimensions = 24
        configuration.epochs = epochs
        configuration.threads = threads
        return GloVe(configuration)
    }

    @Test("Both trainers recover planted clusters", arguments: ["skip-gram", "GloVe"])
    func clusters(_ name: String) throws {
        let trainer: any EmbeddingTrainer = name == "GloVe" ? gloVe() : skipGram()
        let embeddings = try trainer.train(data, itemCount: 60) { _ in }
        let found = purity(embeddings, clusters: 4, neighbours: 10)
        #expect(found > 0.95, "purity \(found)")
    }

    @Test("The window limits the distance of neighbours")
    func windows() throws {
        // Two random clusters alternate, so that items of one cluster are two positions apart.
        var generator = PhiloxGenerator(seed: 3)
        var sequences = EventSequences()
        for _ in 0..<1_500 {
            let clusters = [generator.integer(below: 4), generator.integer(below: 4)]
            let items = (0..<12).map {
                Int32(clusters[$0 % 2] + 4 * generator.integer(below: 15))
            }
            sequences.append(
                items: items, types: [UInt8](repeating: 0, count: 12),
                times: (0..<12).map { Int64($0) })
        }
        func purityWith(window: Int) throws -> Double {
            var configuration = skipGram().configuration
            configuration.window = window
            let embeddings = try SkipGram(configuration).train(sequences, itemCount: 60) { _ in }
            return purity(embeddings, clusters: 4, neighbours: 10)
        }
        let (near, far) = (try purityWith(window: 1), try purityWith(window: 4))
        #expect(near < 0.6 && far > 0.9, "seed 3: \(near) with window 1, \(far) with 4")
    }

    @Test("The same seed gives the same vectors at any number of threads")
    func threads() throws {
        // Rare items in a large catalogue: several groups are computed from one state of tables.
        let wide = clusteredSequences(
            items: 6_000, clusters: 100, sequences: 800, length: 10, seed: 2)
        let first = try skipGram(threads: 1, epochs: 2).train(wide, itemCount: 6_000) { _ in }
        for threads in [2, 3] {
            let other = try skipGram(threads: threads, epochs: 2)
                .train(wide, itemCount: 6_000) { _ in }
            #expect(other == first)
        }
        let counted = try gloVe(threads: 1, epochs: 3).train(data, itemCount: 60) { _ in }
        let again = try gloVe(threads: 2, epochs: 3).train(data, itemCount: 60) { _ in }
        #expect(counted == again)
        var configuration = skipGram().configuration
        configuration.seed = 2
        let another = try SkipGram(configuration).train(data, itemCount: 60) { _ in }
        let usual = try skipGram().train(data, itemCount: 60) { _ in }
        #expect(another != usual)
    }

    @Test("Losses fall and progress is reported", arguments: ["skip-gram", "GloVe"])
    func progress(_ name: String) throws {
        let trainer: any EmbeddingTrainer = name == "GloVe" ? gloVe() : skipGram()
        var reports: [TrainingProgress] = []
        _ = try trainer.train(data, itemCount: 60) { reports.append($0) }
        let first = try #require(reports.first)
        let last = try #require(reports.last)
        #expect(first.stage == name && last.epoch == last.epochs)
        let losses = (try #require(first.loss), try #require(last.loss))
        #expect(losses.1 < losses.0 && last.eventsDone <= last.eventsTotal)
        #expect(zip(reports, reports.dropFirst()).allSatisfy { $0.eventsDone <= $1.eventsDone })
        #expect(last.secondsElapsed >= first.secondsElapsed)
    }

    @Test("Events of frequent items are dropped, and a tiny catalogue works")
    func tiny() throws {
        var configuration = skipGram().configuration
        configuration.subsampling = 1e-3
        var sequences = EventSequences()
        for _ in 0..<50 {
            sequences.append(
                items: [0, 1, 0, 1, 2], types: [0, 0, 0, 0, 0], times: [0, 1, 2, 3, 4])
        }
        let embeddings = try SkipGram(configuration).train(sequences, itemCount: 3) { _ in }
        #expect(embeddings.vectors.allSatisfy { $0.isFinite })
        var alone = EventSequences()
        alone.append(items: [0, 0, 0], types: [0, 0, 0], times: [0, 1, 2])
        let single = try SkipGram(configuration).train(alone, itemCount: 1) { _ in }
        #expect(single.count == 1 && single.vectors.allSatisfy { $0.isFinite })
        let counted = try gloVe().train(alone, itemCount: 1) { _ in }
        #expect(counted.count == 1)
    }

    @Test("Unusable input is refused", arguments: ["skip-gram", "GloVe"])
    func refused(_ name: String) {
        let trainer: any EmbeddingTrainer = name == "GloVe" ? gloVe() : skipGram()
        let empty = #expect(throws: LearningError.self) {
            try trainer.train(EventSequences(), itemCount: 5) { _ in }
        }
        #expect(empty?.code == .noData)
        let beyond = #expect(throws: LearningError.self) {
            try trainer.train(data, itemCount: 59) { _ in }
        }
        #expect(beyond?.code == .invalidData)
        let none = #expect(throws: LearningError.self) {
            try trainer.train(EventSequences(), itemCount: 0) { _ in }
        }
        #expect(none?.code == .invalidConfiguration)
    }

    @Test("Each bad setting is refused before any work")
    func settings() {
        let changes: [@Sendable (inout SkipGram.Configuration) -> Void] = [
            { $0.dimensions = 0 }, { $0.window = 0 }, { $0.window = 256 }, { $0.negatives = 0 },
            { $0.epochs = 0 }, { $0.subsampling = -1 }, { $0.learningRate = .nan },
            { $0.minimumLearningRate = 1 }, { $0.threads = 0 },
        ]
        for (index, change) in changes.enumerated() {
            var configuration = SkipGram.Configuration()
            change(&configuration)
            let error = #expect(throws: LearningError.self, "change \(index)") {
                try SkipGram(configuration).train(data, itemCount: 60) { _ in }
            }
            #expect(error?.code == .invalidConfiguration)
        }
        let others: [@Sendable (inout GloVe.Configuration) -> Void] = [
            { $0.dimensions = 0 }, { $0.window = 0 }, { $0.epochs = -1 }, { $0.countLimit = 0 },
            { $0.exponent = 2 }, { $0.learningRate = 0 }, { $0.threads = 0 },
        ]
        for (index, change) in others.enumerated() {
            var configuration = GloVe.Configuration()
            change(&configuration)
            #expect(throws: LearningError.self, "change \(index)") {
                try GloVe(configuration).train(data, itemCount: 60) { _ in }
            }
        }
    }
}

@Suite("Embeddings")
struct EmbeddingsTests {
    private let embeddings = Embeddings(
        dimensions: 2, count: 5, vectors: [1, 0, 2, 0, 0, 3, -1, 0, 0, 0])

    @Test("Vectors and cosines")
    func cosines() {
        #expect(Array(embeddings.vector(2)) == [0, 3])
        #expect(embeddings.cosine(0, 1) == 1 && embeddings.cosine(0, 3) == -1)
        #expect(embeddings.cosine(0, 4) == 0)
    }
}
