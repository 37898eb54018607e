import Kernels

/// One vector for each item.
package struct Embeddings: Sendable, Equatable {
    /// The length of each vector.
    package let dimensions: Int
    /// The number of vectors.
    package let count: Int
    /// The elements, vector after vector: count × dimensions.
    package let vectors: [Float]

    /// Vectors given one after the other.
    package init(dimensions: Int, count: Int, vectors: [Float]) {
        precondition(
            dimensions > 0 && count >= 0,
            "Vectors need a positive length, and the count must not be negative.")
        precondition(
            vectors.count == dimensions * count, "There must be count × dimensions elements.")
        self.dimensions = dimensions
        self.count = count
        self.vectors = vectors
    }

    /// The vector of one item.
    package func vector(_ item: Int) -> ArraySlice<Float> {
        precondition(item >= 0 && item < count, "The item must be below the count of vectors.")
        return vectors[item * dimensions..<(item + 1) * dimensions]
    }

    /// The cosine of the angle between the vectors of two items; 0 if one of them is zero.
    package func cosine(_ a: Int, _ b: Int) -> Float {
        let x = Array(vector(a))
        let y = Array(vector(b))
        let scale = (VectorMath.dot(x, x) * VectorMath.dot(y, y)).squareRoot()
        return scale > 0 ? VectorMath.dot(x, y) / scale : 0
    }
}

/// A method that learns one vector for each item from sequences of items.
package protocol EmbeddingTrainer: Sendable {
    /// Learns vectors from the sequences.
    ///
    /// - Throws: `LearningError` if the configuration or the data is not usable.
    func train(
        _ sequences: EventSequences, itemCount: Int, progress: (TrainingProgress) -> Void
    ) throws(LearningError) -> Embeddings
}
