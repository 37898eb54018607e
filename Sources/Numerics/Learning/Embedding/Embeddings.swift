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
        precondition(dimensions > 0 && count >= 0, "Vectors need a positive length.")
        precondition(vectors.count == dimensions * count, "count × dimensions elements.")
        self.dimensions = dimensions
        self.count = count
        self.vectors = vectors
    }

    /// The vector of one item.
    package func vector(_ item: Int) -> ArraySlice<Float> {
        precondition(item >= 0 && item < count, "There is no such item.")
        return vectors[item * dimensions..<(item + 1) * dimensions]
    }

    /// The cosine of the angle between the vectors of two items; 0 if one of them is zero.
    package func cosine(_ a: Int, _ b: Int) -> Float {
        let x = Array(vector(a))
        let y = Array(vector(b))
        let scale = (VectorMath.dot(x, x) * VectorMath.dot(y, y)).squareRoot()
        return scale > 0 ? VectorMath.dot(x, y) / scale : 0
    }

    /// The items whose vectors point most nearly the same way, the nearest first, without `item`.
    ///
    /// Equal similarities come in the order of item numbers.
    ///
    /// - Complexity: O(count · dimensions).
    package func nearest(
        to item: Int, count limit: Int
    ) -> [(item: Int, similarity: Float)] {
        let query = Matrix(rows: 1, columns: dimensions, elements: Array(vector(item)))
        let all = Matrix(rows: count, columns: dimensions, elements: vectors)
        let products = all.multiplied(byTransposeOf: query).elements
        let own = products[item].squareRoot()
        var found: [(item: Int, similarity: Float)] = []
        found.reserveCapacity(count)
        for other in 0..<count where other != item {
            let row = Array(vector(other))
            let scale = own * VectorMath.dot(row, row).squareRoot()
            found.append((other, scale > 0 ? products[other] / scale : 0))
        }
        found.sort {
            $0.similarity != $1.similarity
                ? $0.similarity > $1.similarity : $0.item < $1.item
        }
        return Array(found.prefix(max(0, limit)))
    }
}

/// Something that learns one vector for each item from which items come together.
package protocol EmbeddingTrainer: Sendable {
    /// Learns vectors from the sequences.
    ///
    /// - Throws: `LearningError` if the configuration or the data are not usable.
    func train(
        _ sequences: EventSequences, itemCount: Int, progress: (TrainingProgress) -> Void
    ) throws(LearningError) -> Embeddings
}
