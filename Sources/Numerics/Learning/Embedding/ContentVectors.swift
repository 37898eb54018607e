import Kernels

/// What the words about items say of their vectors, for items that nobody has touched yet.
///
/// Item vectors are taken for a mean plus a vector for each word that is said of the item, fitted
/// by least squares with a ridge (Gantner et al. 2010, "Learning Attribute-to-Feature Mappings for
/// Cold-Start Recommendations"). The words' vectors are found one after the other, each given the
/// others, in a few sweeps.
package struct ContentVectors: Sendable {
    private static let sweeps = 20
    /// Counts as so many items whose vectors are the mean: a word that few items share says little.
    private static let ridge: Float = 1

    private let mean: [Float]
    private let words: [[Float]]

    /// Learns what words say.
    ///
    /// - Parameters:
    ///   - vectors: The vectors of the items that are known.
    ///   - trust: How much each of these vectors counts, 0 or more.
    ///   - words: The words of each of these items, from 0, each once.
    ///   - wordCount: The number of different words.
    /// - Complexity: O(words of all items · dimensions).
    package init(_ vectors: Embeddings, trust: [Float], words: [[Int32]], wordCount: Int) {
        precondition(
            trust.count == vectors.count && words.count == vectors.count,
            "Each item has a trust and words.")
        let mean = Self.mean(vectors, trust)
        var rests = (0..<vectors.count).map { item in
            zip(vectors.vector(item), mean).map { $0 - $1 }
        }
        var itemsOfWords = [[Int]](repeating: [], count: wordCount)
        for (item, own) in words.enumerated() where trust[item] > 0 {
            for word in own { itemsOfWords[Int(word)].append(item) }
        }
        var found = [[Float]](
            repeating: [Float](repeating: 0, count: vectors.dimensions), count: wordCount)
        for _ in 0..<Self.sweeps {
            for (word, items) in itemsOfWords.enumerated() where !items.isEmpty {
                var move = found[word].map { $0 * -Self.ridge }
                var weight = Self.ridge
                for item in items {
                    weight += trust[item]
                    Self.add(trust[item], rests[item], to: &move)
                }
                for index in move.indices { move[index] /= weight }
                Self.add(1, move, to: &found[word])
                for item in items { Self.add(-1, move, to: &rests[item]) }
            }
        }
        self.mean = mean
        self.words = found
    }

    /// The vector that words make one expect; a word that no known item bears says nothing.
    package func vector(of words: [Int32]) -> [Float] {
        var vector = mean
        for word in words where self.words.indices.contains(Int(word)) {
            Self.add(1, self.words[Int(word)], to: &vector)
        }
        return vector
    }

    private static func mean(_ vectors: Embeddings, _ trust: [Float]) -> [Float] {
        var sum = [Float](repeating: 0, count: vectors.dimensions)
        for item in 0..<vectors.count { add(trust[item], Array(vectors.vector(item)), to: &sum) }
        let total = trust.reduce(0, +)
        return total > 0 ? sum.map { $0 / total } : sum
    }

    private static func add(_ scale: Float, _ vector: [Float], to sum: inout [Float]) {
        for index in sum.indices { sum[index] += scale * vector[index] }
    }
}
