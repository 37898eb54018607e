import LMDB
import PropertyGraph
package import Shop
package import Time

extension TwinStore {
    /// Reads the twin of a customer.
    ///
    /// - Parameters:
    ///   - userID: The customer's id as the shop knows it.
    ///   - moment: As of when: later events are left out, and weights have faded until then. The
    ///     time of the twin's newest event unless given.
    /// - Returns: The twin; a cold one for a customer of whom nothing is known.
    /// - Throws: `LMDBError`, `GraphError` or ``TwinsError`` when the store is damaged.
    /// - Complexity: O(log n + k) for k edges of the twin, whatever the number of twins.
    package func twin(_ userID: String, at moment: Timestamp? = nil) throws -> UserTwin {
        let pseudonym = pseudonymizer.pseudonym(of: userID)
        let customer = try graph.read { try graph.node(.customer, pseudonym, in: $0) }
        guard let customer else { return UserTwin(coldUserID: pseudonym) }
        return try readTwin(Self.graphID(customer)) { transaction, entries in
            try twin(customer, entries, asOf: moment, in: transaction)
        }
    }

    /// The twin of a customer as of a moment; as of its newest event if the moment is `nil`.
    func twin(
        _ customer: NodeID, _ entries: [JournalEntry], asOf moment: Timestamp?,
        in transaction: borrowing ReadTransaction
    ) throws -> UserTwin {
        let pseudonym = try graph.externalID(of: customer, in: transaction) ?? ""
        var twin = UserTwin(coldUserID: pseudonym)
        let state = try fold(customer, entries, asOf: moment, in: transaction)
        guard let summary = state.summary else { return twin }
        twin.eventCount = summary.eventCount
        twin.firstEvent = summary.firstEvent
        twin.lastUpdated = summary.lastUpdated
        var reader = TwinReader(
            store: self, moment: moment ?? summary.lastUpdated, customer: customer,
            catalogue: try CatalogueReader(self, asOf: moment, in: transaction))
        for edge in state.edges { try reader.add(edge, in: transaction) }
        try reader.finish(&twin, asOf: moment, in: transaction)
        return twin
    }

    /// A twin's edges and the summary of its log, as of a moment.
    ///
    /// What is merged is read as it is stored; events that are not are folded in on the way. Only
    /// for a moment before the newest merged event, or after a late event or a return, is the
    /// whole log folded.
    func fold(
        _ customer: NodeID, _ entries: [JournalEntry], asOf moment: Timestamp?,
        in transaction: borrowing ReadTransaction
    ) throws -> (summary: TwinSummary?, edges: [Edge]) {
        let graphID = Self.graphID(customer)
        let summary = try summary(of: graphID, in: transaction)
        var finder = EventNodeResolver(self)
        var steps: [TwinFold.Step] = []
        for entry in entries where entry.sequence > summary?.mergedThrough ?? 0 {
            // Not there: merged since, or not yet committed.
            guard let step = try finder.step(entry.sequence, of: graphID, in: transaction) else {
                continue
            }
            if let moment, step.moment.timestamp > moment { continue }
            steps.append(step)
        }
        steps.sort { $0.moment < $1.moment }
        let isPast = summary.flatMap { summary in moment.map { $0 < summary.lastUpdated } }
        let isLate = summary.flatMap { summary in
            steps.first.map { $0.moment < summary.moment }
        }
        if isPast == true || isLate == true || steps.contains(where: \.isReturn) {
            return try foldLog(customer, with: steps, asOf: moment, &finder, in: transaction)
        }
        var tail: [TwinFold.Step] = []
        if summary != nil, let first = steps.first?.moment {
            tail = try self.tail(graphID, before: first, &finder, in: transaction)
        }
        var fold = TwinFold(customer: customer, settings: settings, tail: tail)
        if let summary {
            let returned = EdgeType.interaction(.return)
            var hasReturns = false
            try graph.forEachEdge(graph: graphID, in: transaction) {
                fold.load($0)
                if $0.type == returned { hasReturns = true }
                return true
            }
            if hasReturns, !summary.reversesReturns {
                return try foldLog(customer, with: steps, asOf: moment, &finder, in: transaction)
            }
        }
        for step in steps { fold.apply(step) }
        return (TwinSummary(steps, after: summary) ?? summary, fold.edges.map(\.edge))
    }

    /// The edges and the summary that the whole log of a twin makes, as of a moment.
    private func foldLog(
        _ customer: NodeID, with pending: [TwinFold.Step], asOf moment: Timestamp?,
        _ finder: inout EventNodeResolver, in transaction: borrowing ReadTransaction
    ) throws -> (summary: TwinSummary?, edges: [Edge]) {
        var steps = pending
        steps += try mergedSteps(Self.graphID(customer), &finder, in: transaction).filter { step in
            moment.map { step.moment.timestamp <= $0 } ?? true
        }
        steps.sort { $0.moment < $1.moment }
        let fold = TwinFold(all: steps, customer: customer, settings: settings)
        return (TwinSummary(steps), fold.edges.map(\.edge))
    }

    /// Whether a twin's stored graph counts purchases that were returned, as earlier versions made
    /// it.
    func countsReturned(
        _ customer: NodeID, _ summary: TwinSummary,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> Bool {
        guard !summary.reversesReturns else { return false }
        var found = false
        try graph.forEachEdge(
            from: customer, EdgeType.interaction(.return), graph: Self.graphID(customer),
            in: transaction
        ) { _ in
            found = true
            return false
        }
        return found
    }

    func summary(
        of graphID: GraphID, in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> TwinSummary? {
        let customer = try customer(of: graphID)
        return try TwinSummary(
            graph.properties(of: customer, graph: graphID, in: transaction))
    }
}

/// Collects the edges of one twin into what people and programs want to know of it.
private struct TwinReader {
    let store: TwinStore
    let moment: Timestamp
    let customer: NodeID
    let catalogue: CatalogueReader
    private var items: [NodeID: Item] = [:]
    private var interactions: [(edge: UserTwin.Interaction, item: Item)] = []
    private var sequences: [UserTwin.Transition] = []
    private var shares: [Label: [String: Double]] = [:]

    init(
        store: TwinStore, moment: Timestamp, customer: NodeID, catalogue: CatalogueReader
    ) {
        self.store = store
        self.moment = moment
        self.customer = customer
        self.catalogue = catalogue
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

    func finish(
        _ twin: inout UserTwin, asOf time: Timestamp?, in transaction: borrowing ReadTransaction
    ) throws {
        let sorted = interactions.sorted { left, right in
            let (left, right) = (left.edge, right.edge)
            return (right.weight, left.itemID, left.type.rawValue)
                < (left.weight, right.itemID, right.type.rawValue)
        }
        twin.itemGraph.interactions = sorted.map(\.edge)
        twin.itemGraph.sequences = sequences.sorted {
            ($1.weight, $0.from, $0.to, $0.type) < ($0.weight, $1.from, $1.to, $1.type)
        }
        let queries = shares[.query] ?? [:]
        let words =
            queries.isEmpty
            ? nil : try store.words.current(of: store, asOf: time, in: transaction)
        addPreferences(sorted, queries, words, to: &twin)
        twin.preferences.dayparts = Self.normalised(shares[.daypart] ?? [:])
        twin.city = Self.normalised(shares[.city] ?? [:]).first?.name
        twin.searches = Self.normalised(queries).map(\.name)
    }

    /// What a search adds to the categories that its words stand for, before decay: half of a view.
    private static let searchWeight = 0.5

    /// Sums up what was done with items, except sending them back and saying no to them, and what
    /// was searched for.
    ///
    /// Sorted before summing: edges lie in the order of node ids, which depends on arrival.
    private func addPreferences(
        _ sorted: [(edge: UserTwin.Interaction, item: Item)], _ queries: [String: Double],
        _ words: CatalogueWords?, to twin: inout UserTwin
    ) {
        var categories: [String: Double] = [:]
        var brands: [String: Double] = [:]
        var price = (sum: 0.0, weight: 0.0)
        for (edge, item) in sorted where edge.type.raisesPreferences {
            if let category = item.category { categories[category, default: 0] += edge.weight }
            if let brand = item.brand { brands[brand, default: 0] += edge.weight }
            if edge.type == .purchase, let amount = item.price {
                price.sum += edge.weight * amount
                price.weight += edge.weight
            }
        }
        for (query, weight) in queries.sorted(by: { $0.key < $1.key }) {
            for (category, fraction) in words?.categories(of: query) ?? [] {
                categories[category, default: 0] += Self.searchWeight * weight * fraction
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
        let item = try catalogue.item(node, id, in: transaction)
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
