import Kernels
import Testing

@testable import Learning

@Suite("Vectors from words")
struct ContentVectorsTests {
    /// Items whose vectors are the sum of their words' vectors, plus a little noise.
    private struct Planted {
        static let dimensions = 12
        static let wordCount = 20
        let meanings: [[Float]]
        let mean: [Float]
        var words: [[Int32]] = []
        var vectors: [[Float]] = []
        private var generator: PhiloxGenerator

        init(seed: UInt64, items: Int) {
            var generator = PhiloxGenerator(seed: seed)
            func vector() -> [Float] {
                (0..<Self.dimensions).map { _ in Float(generator.normal()) }
            }
            meanings = (0..<Self.wordCount).map { _ in vector() }
            mean = vector()
            self.generator = generator
            for _ in 0..<items { add() }
        }

        mutating func add() {
            // One of five kinds, and some of fifteen other words.
            var own = [Int32(generator.integer(below: 5))]
            for word in 5..<Self.wordCount where generator.uniform() < 0.2 {
                own.append(Int32(word))
            }
            words.append(own)
            let noise = (0..<Self.dimensions).map { _ in Float(generator.normal()) * 0.1 }
            vectors.append(zip(meaning(of: own), noise).map { $0 + $1 })
        }

        func meaning(of words: [Int32]) -> [Float] {
            var sum = mean
            for word in words { sum = zip(sum, meanings[Int(word)]).map { $0 + $1 } }
            return sum
        }

        func learned(weights: [Float]? = nil) -> ContentVectors {
            ContentVectors(
                Embeddings(
                    dimensions: Self.dimensions, count: vectors.count,
                    vectors: vectors.flatMap { $0 }),
                weights: weights ?? [Float](repeating: 1, count: vectors.count), words: words,
                wordCount: Self.wordCount)
        }
    }

    private func distance(_ a: [Float], _ b: [Float]) -> Float {
        zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }

    @Test("Unseen items get the sum of their words' vectors", arguments: 1...5)
    func planted(seed: UInt64) {
        let planted = Planted(seed: seed, items: 400)
        let learned = planted.learned()
        var other = Planted(seed: seed, items: 400)
        for _ in 0..<50 { other.add() }
        for item in 400..<450 {
            let truth = planted.meaning(of: other.words[item])
            let found = learned.vector(of: other.words[item])
            let size = distance(truth, planted.mean)
            #expect(distance(found, truth) < 0.15 * size + 0.3, "seed \(seed), item \(item)")
        }
    }

    @Test("Without words of known items, the vector is the weighted mean")
    func mean() {
        let vectors = Embeddings(dimensions: 2, count: 3, vectors: [1, 0, 3, 0, 100, 100])
        let learned = ContentVectors(
            vectors, weights: [1, 1, 0], words: [[], [], [0]], wordCount: 2)
        #expect(learned.vector(of: []) == [2, 0])
        // Word 0 is a word of an item with weight 0 only, words 1 and 7 of no item.
        #expect(learned.vector(of: [0, 1, 7, -1]) == [2, 0])
    }

    @Test("A word of one item is pulled towards the mean, a word of many items hardly")
    func shrinkage() {
        let vectors = Embeddings(
            dimensions: 1, count: 60,
            vectors: [Float](repeating: 0, count: 30) + [Float](repeating: 2, count: 30))
        let weights = [Float](repeating: 1, count: 60)
        func found(_ words: [[Int32]]) -> Float {
            ContentVectors(vectors, weights: weights, words: words, wordCount: 1).vector(of: [0])[0]
        }
        let none = [[Int32]](repeating: [], count: 59)
        let one = found(none + [[0]])
        let many = found(
            [[Int32]](repeating: [], count: 30) + [[Int32]](repeating: [0], count: 30))
        // The mean is 1; one item with value 2 has half of the weight.
        #expect(abs(one - 1.5) < 1e-5)
        #expect(abs(many - (1 + 30.0 / 31)) < 1e-5)
    }

    @Test("A vector counts by its weight")
    func weights() {
        let vectors = Embeddings(dimensions: 1, count: 2, vectors: [0, 4])
        func found(_ weights: [Float]) -> Float {
            ContentVectors(vectors, weights: weights, words: [[], []], wordCount: 0).vector(of: [])[
                0]
        }
        #expect(found([1, 1]) == 2)
        #expect(found([3, 1]) == 1)
        #expect(found([0, 0]) == 0)
    }

    @Test("No items, no words: zero")
    func nothing() {
        let learned = ContentVectors(
            Embeddings(dimensions: 3, count: 0, vectors: []), weights: [], words: [], wordCount: 0)
        #expect(learned.vector(of: [1, 2]) == [0, 0, 0])
    }
}
