import LMDB
import PropertyGraph
package import Shop
package import Time

extension TwinStore {
    /// Adds items to the catalogue, or changes what is said about them.
    ///
    /// A vector that training gave an item stays unless the new item brings one.
    ///
    /// - Throws: What the other `put` throws.
    package func put(_ items: [Item]) throws {
        try put(items.map { ItemVersion($0) })
    }

    /// Adds items to the catalogue, or changes what is said about them from a time on.
    ///
    /// What is said counts from its time until the next change that the store knows. Without a time
    /// a change counts from the store's present, which is the time of its newest event. An item that
    /// comes for the first time counts from the beginning if it is of the first catalogue, all that
    /// came before the next event; and from the present if not.
    ///
    /// - Throws: `LMDBError`, `GraphError`, or ``TwinsError`` when the store is damaged.
    package func put(_ versions: [ItemVersion]) throws {
        guard !versions.isEmpty else { return }
        try graph.write { transaction in
            try CatalogueWordsCache.markChange(of: graph, in: transaction)
            let writer = try CatalogueWriter(self, in: transaction)
            for version in versions { try writer.put(version, in: transaction) }
        }
    }

    /// An item of the catalogue as of a time.
    ///
    /// - Parameters:
    ///   - itemID: The item's id.
    ///   - time: As of when, as for ``items(_:asOf:)``.
    /// - Returns: The item, or `nil` if the store does not know it.
    /// - Throws: What ``items(_:asOf:)`` throws.
    package func item(_ itemID: String, asOf time: Timestamp? = nil) throws -> Item? {
        try items([itemID], asOf: time)[itemID]
    }

    /// Several items by id, as of a time.
    ///
    /// - Parameters:
    ///   - itemIDs: The ids.
    ///   - time: As of when; the store's present unless given. Items have vectors only in the present.
    /// - Returns: The items. Those that the store does not know are missing; those about which nothing
    ///   had been said have no description.
    /// - Throws: `LMDBError`, `GraphError`, or ``TwinsError`` when the store is damaged.
    package func items(
        _ itemIDs: some Sequence<String>, asOf time: Timestamp? = nil
    ) throws -> [String: Item] {
        try graph.read { transaction in
            let catalogue = try CatalogueReader(self, asOf: time, in: transaction)
            var items: [String: Item] = [:]
            for itemID in itemIDs where items[itemID] == nil {
                guard let node = try graph.node(.item, itemID, in: transaction) else { continue }
                items[itemID] = try catalogue.item(node, itemID, in: transaction)
            }
            return items
        }
    }

    /// The ids of all items, in the order in which the store came to know them.
    package func itemIDs() throws -> [String] {
        try graph.read { transaction in
            var ids: [String] = []
            try graph.forEachNode(.item, in: transaction) { _, id in ids.append(id) }
            return ids
        }
    }

    /// Stores what training learned of items where the graph's readers find it: a vector on each
    /// item, and for each the items that most often come next, as edges of the shared graph.
    ///
    /// - Parameters:
    ///   - vectors: Vectors by item id.
    ///   - followers: For each item id the next ones, with the share of cases.
    ///   - time: The time of the edges.
    /// - Throws: `LMDBError` or `GraphError`.
    package func publish(
        vectors: [(itemID: String, vector: [Float])],
        followers: [(itemID: String, next: [(itemID: String, share: Double)])],
        at time: Timestamp
    ) throws {
        let batch = 2000
        for start in stride(from: 0, to: vectors.count, by: batch) {
            try graph.write { transaction in
                for (itemID, vector) in vectors[start..<min(vectors.count, start + batch)] {
                    let node = try graph.addNode(.item, itemID, in: transaction)
                    let known = try graph.properties(of: node, graph: .shared, in: transaction)
                    var properties = known ?? [:]
                    properties["embedding"] = .vector(vector)
                    try graph.put(
                        Node(id: node, properties: properties), graph: .shared, in: transaction)
                }
            }
        }
        for start in stride(from: 0, to: followers.count, by: batch) {
            try graph.write { transaction in
                for entry in followers[start..<min(followers.count, start + batch)] {
                    try publish(entry.next, after: entry.itemID, at: time, in: transaction)
                }
            }
        }
    }

    private func publish(
        _ next: [(itemID: String, share: Double)], after itemID: String, at time: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws {
        let source = try graph.addNode(.item, itemID, in: transaction)
        var old: [NodeID] = []
        try graph.forEachEdge(from: source, .followedBy, graph: .shared, in: transaction) {
            old.append($0.target)
            return true
        }
        for target in old {
            try graph.removeEdge(
                from: source, .followedBy, to: target, graph: .shared, in: transaction)
        }
        for (itemID, share) in next {
            let target = try graph.addNode(.item, itemID, in: transaction)
            let edge = Edge(
                source: source, type: .followedBy, target: target, weight: share, first: time,
                last: time)
            try graph.put(edge, graph: .shared, in: transaction)
        }
    }
}

extension Item {
    init(itemID: String, properties: [String: Property]) {
        self.init(
            itemID: itemID, name: properties["name"]?.string,
            category: properties["category"]?.string, brand: properties["brand"]?.string,
            description: properties["description"]?.string,
            imageURL: properties["imageURL"]?.string, price: properties["price"]?.double,
            embeddingVector: properties["embedding"]?.vector)
    }

    var properties: [String: Property] {
        var properties: [String: Property] = ["name": .string(name)]
        properties["category"] = category.map(Property.string)
        properties["brand"] = brand.map(Property.string)
        properties["description"] = description.map(Property.string)
        properties["imageURL"] = imageURL.map(Property.string)
        properties["price"] = price.map(Property.double)
        properties["embedding"] = embeddingVector.map(Property.vector)
        return properties
    }
}
