import Learning

extension Embeddings {
    /// The other items in descending order of their cosine with `item`, ties by item number.
    func nearest(to item: Int, count limit: Int) -> [(item: Int, similarity: Float)] {
        (0..<count).filter { $0 != item }.map { (item: $0, similarity: cosine(item, $0)) }
            .sorted { ($1.similarity, $0.item) < ($0.similarity, $1.item) }
            .prefix(limit).map { $0 }
    }
}
