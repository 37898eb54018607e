import LMDB
public import PropertyGraph

extension TwinStore {
    /// Reads the twin of a customer (`loadUserTwin` of document 004).
    ///
    /// - Parameters:
    ///   - userID: The customer's id as the shop knows it.
    ///   - moment: When the weights are read; the time of the newest event unless given.
    /// - Returns: The twin; a cold one for a customer of whom nothing is known.
    /// - Throws: `LMDBError`, `GraphError` or ``TwinsError`` when the store is damaged.
    /// - Complexity: O(log n + k) for k edges of the twin, whatever the number of twins.
    public func loadUserTwin(_ userID: String, at moment: Timestamp? = nil) throws -> UserTwin {
        let pseudonym = pseudonymizer.pseudonym(of: userID)
        return try graph.read { transaction in
            let customer = try graph.node(.customer, pseudonym, in: transaction)
            guard let customer else { return UserTwin(coldUserID: pseudonym) }
            return try loadUserTwin(customer, pseudonym, at: moment, in: transaction)
        }
    }

    private func loadUserTwin(
        _ customer: NodeID, _ pseudonym: String, at moment: Timestamp?,
        in transaction: borrowing ReadTransaction
    ) throws -> UserTwin {
        let graphID = Self.graphID(customer)
        var twin = UserTwin(coldUserID: pseudonym)
        let properties = try graph.properties(of: customer, graph: graphID, in: transaction)
        guard let summary = try TwinSummary(properties) else { return twin }
        twin.eventCount = summary.eventCount
        twin.firstEvent = summary.firstEvent
        twin.lastUpdated = summary.lastUpdated
        var reader = TwinReader(
            store: self, moment: moment ?? summary.lastUpdated, customer: customer)
        try graph.forEachEdge(graph: graphID, in: transaction) { edge in
            try reader.add(edge, in: transaction)
            return true
        }
        reader.finish(&twin)
        return twin
    }
}

/// Collects the edges of one twin into what people and programs want to know of it.
private struct TwinReader {
    let store: TwinStore
    let moment: Timestamp
    let customer: NodeID
    private var items: [NodeID: Item] = [:]
    private var interactions: [(edge: UserTwin.Interaction, item: Item)] = []
    private var sequences: [UserTwin.Transition] = []
    private var shares: [Label: [String: Double]] = [:]

    init(store: TwinStore, moment: Timestamp, customer: NodeID) {
        self.store = store
        self.moment = moment
        self.customer = customer
    }

    mutating func add(_ edge: Edge, in transaction: borrowing ReadTransaction) throws {
        let weight = edge.weight(at: moment, halfLifeSeconds: store.settings.halfLifeSeconds)
        let count = Int(clamping: edge.count)
        guard edge.source == customer else {
            sequences.append(
                UserTwin.Transition(
                    from: try item(edge.source, in: transaction).itemID,
                    to: try item(edge.target, in: transaction).itemID,
                    type: edge.type.rawValue, weight: weight, count: count))
            return
        }
        guard let type = EdgeType.eventTypes[edge.type] else {
            let name = try store.graph.externalID(of: edge.target, in: transaction) ?? ""
            if let label = store.graph.label(of: edge.target) {
                shares[label, default: [:]][name, default: 0] += weight
            }
            return
        }
        let item = try item(edge.target, in: transaction)
        let interaction = UserTwin.Interaction(
            itemID: item.itemID, type: type, weight: weight, count: count, first: edge.first,
            last: edge.last)
        interactions.append((interaction, item))
    }

    func finish(_ twin: inout UserTwin) {
        let sorted = interactions.sorted { left, right in
            let (left, right) = (left.edge, right.edge)
            return (right.weight, left.itemID, left.type.rawValue)
                < (left.weight, right.itemID, right.type.rawValue)
        }
        twin.itemGraph.interactions = sorted.map(\.edge)
        twin.itemGraph.sequences = sequences.sorted {
            ($1.weight, $0.from, $0.to, $0.type) < ($0.weight, $1.from, $1.to, $1.type)
        }
        addPreferences(sorted, to: &twin)
        twin.preferences.dayparts = Self.normalised(shares[.daypart] ?? [:])
        twin.city = Self.normalised(shares[.city] ?? [:]).first?.name
        twin.searches = Self.normalised(shares[.query] ?? [:]).map(\.name)
    }

    /// Sums up what was done with items, except sending them back and saying no to them.
    ///
    /// Sorted before summing: edges lie in the order of node ids, which depends on arrival.
    private func addPreferences(
        _ sorted: [(edge: UserTwin.Interaction, item: Item)], to twin: inout UserTwin
    ) {
        var categories: [String: Double] = [:]
        var brands: [String: Double] = [:]
        var price = (sum: 0.0, weight: 0.0)
        for (edge, item) in sorted where edge.type != .reject && edge.type != .return {
            if let category = item.category { categories[category, default: 0] += edge.weight }
            if let brand = item.brand { brands[brand, default: 0] += edge.weight }
            if edge.type == .purchase, let amount = item.price {
                price.sum += edge.weight * amount
                price.weight += edge.weight
            }
        }
        twin.preferences.categories = Self.normalised(categories)
        twin.preferences.brands = Self.normalised(brands)
        twin.preferences.priceLevel = price.weight > 0 ? price.sum / price.weight : nil
    }

    private mutating func item(
        _ node: NodeID, in transaction: borrowing ReadTransaction
    ) throws -> Item {
        if let item = items[node] { return item }
        guard let id = try store.graph.externalID(of: node, in: transaction) else {
            throw TwinsError(.corrupt, "A twin has an edge to no item. Restore a backup.")
        }
        let properties = try store.graph.properties(of: node, graph: .shared, in: transaction)
        let item = Item(itemID: id, properties: properties ?? [:])
        items[node] = item
        return item
    }

    private static func normalised(_ weights: [String: Double]) -> [UserTwin.Preferences.Share] {
        // Sorted before summing, so that the total does not depend on the order of a hash table.
        let sorted = weights.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        var total = 0.0
        for entry in sorted { total += entry.value }
        guard total > 0 else { return [] }
        return sorted.map { .init(name: $0.key, share: $0.value / total) }
    }
}
