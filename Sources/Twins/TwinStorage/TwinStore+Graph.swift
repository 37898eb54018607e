import LMDB
package import PropertyGraph
package import Shop
package import Time

extension TwinStore {
    /// The graph of a customer's twin as of a moment, with the names of its nodes.
    ///
    /// - Parameters:
    ///   - userID: The customer's id as the shop knows it.
    ///   - moment: As of when: later events are left out. Now unless given.
    /// - Returns: The customer's node and the graph; `nil` for somebody of whom nothing is known.
    /// - Throws: `LMDBError`, `GraphError` or ``TwinsError`` when the store is damaged.
    /// - Complexity: O(log n + k) for k edges; for a past moment O(k) for the k events until then.
    package func graph(
        ofTwin userID: String, asOf moment: Timestamp? = nil
    ) throws -> (customer: NodeID, graph: InMemoryGraph)? {
        guard let customer = try customerNode(userID) else { return nil }
        return try readTwin(Self.graphID(customer)) { transaction, entries in
            let state = try fold(customer, entries, asOf: moment, in: transaction)
            guard let summary = state.summary else { return nil }
            var names: [NodeID: String] = [:]
            for node in Set(state.edges.flatMap { [$0.source, $0.target] }) {
                names[node] = try graph.externalID(of: node, in: transaction)
            }
            var twin = InMemoryGraph(namesOf: graph, externalIDs: names)
            twin.put([Node(id: customer, properties: summary.properties)])
            twin.put(state.edges)
            return (customer, twin)
        }
    }

    /// The node of a customer, or `nil` if the store has never heard of them.
    func customerNode(_ userID: String) throws -> NodeID? {
        let pseudonym = pseudonymizer.pseudonym(of: userID)
        return try graph.read { try graph.node(.customer, pseudonym, in: $0) }
    }

    /// What changed in a customer's twin between two moments.
    ///
    /// - Parameters:
    ///   - userID: The customer's id as the shop knows it.
    ///   - start: The earlier moment.
    ///   - end: The later moment.
    /// - Returns: The changes, greatest first; none for somebody of whom nothing is known.
    /// - Throws: As ``twin(_:at:)``.
    package func diff(
        _ userID: String, from start: Timestamp, to end: Timestamp
    ) throws -> TwinDiff {
        TwinDiff(
            from: try twin(userID, at: start), at: start,
            to: try twin(userID, at: end), at: end)
    }
}
