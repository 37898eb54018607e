import Kernels

/// Predicts the vectors of items without events from the words of their descriptions.
///
/// The model: an item's vector is a mean plus a vector for each of its words. The word vectors are
/// fitted by ridge regression (Gantner et al. 2010, "Learning Attribute-to-Feature Mappings for
/// Cold-Start Recommendations"), by block coordinate descent: each word vector in turn, given the
/// others, in a fixed number of passes.
package struct ContentVectors: Sendable {
    private static let passes = 20
    /// The ridge penalty: as if each word had this many more items, all with the mean vector.
    private static let ridge: Float = 1

    private let mean: [Float]
    private let words: [[Float]]

    /// Fits the word vectors.
    ///
    /// - Parameters:
    ///   - vectors: The vectors of known items.
    ///   - weights: The weight of each of these vectors, 0 or more.
    ///   - words: The words of each of these items as numbers below `wordCount`, each word once.
    ///   - wordCount: The number of different words.
    /// - Complexity: O(words of all items · dimensions).
    package init(_ vectors: Embeddings, weights: [Float], words: [[Int32]], wordCount: Int) {
        precondition(
            weights.count == vectors.count && words.count == vectors.count,
            "Each item needs a weight and a list of words.")
        let mean = Self.mean(vectors, weights)
        var residuals = (0..<vectors.count).map { item in
            zip(vectors.vector(item), mean).map { $0 - $1 }
        }
        var itemsOfWords = [[Int]](repeating: [], count: wordCount)
        for (item, own) in words.enumerated() where weights[item] > 0 {
            for word in own { itemsOfWords[Int(word)].append(item) }
        }
        var fitted = [[Float]](
            repeating: [Float](repeating: 0, count: vectors.dimensions), count: wordCount)
        for _ in 0..<Self.passes {
            for (word, items) in itemsOfWords.enumerated() where !items.isEmpty {
                var step = fitted[word].map { $0 * -Self.ridge }
                var weight = Self.ridge
                for item in items {
                    weight += weights[item]
                    Self.add(weights[item], residuals[item], to: &step)
                }
                for index in step.indices { step[index] /= weight }
                Self.add(1, step, to: &fitted[word])
                for item in items { Self.add(-1, step, to: &residuals[item]) }
            }
        }
        self.mean = mean
        self.words = fitted
    }

    /// The expected vector of an item with these words; words of no known item add nothing.
    package func vector(of words: [Int32]) -> [Float] {
        var vector = mean
        for word in words where self.words.indices.contains(Int(word)) {
            Self.add(1, self.words[Int(word)], to: &vector)
        }
        return vector
    }

    private static func mean(_ vectors: Embeddings, _ weights: [Float]) -> [Float] {
        var sum = [Float](repeating: 0, count: vectors.dimensions)
        for item in 0..<vectors.count { add(weights[item], Array(vectors.vector(item)), to: &sum) }
        let total = weights.reduce(0, +)
        return total > 0 ? sum.map { $0 / total } : sum
    }

    private static func add(_ scale: Float, _ vector: [Float], to sum: inout [Float]) {
        for index in sum.indices { sum[index] += scale * vector[index] }
    }
}
