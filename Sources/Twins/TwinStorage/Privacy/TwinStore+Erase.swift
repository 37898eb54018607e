import LMDB
import PropertyGraph
package import Time

/// What was erased, for whoever asked for it.
package struct ErasureReceipt: Hashable, Sendable {
    /// The customer's pseudonym, which stays behind as the only trace.
    package let pseudonym: String
    /// When.
    package let time: Timestamp
    /// How many events were erased.
    package let eventCount: Int
    /// How many records, of all kinds.
    package let recordCount: Int
    /// How many searches and cities were erased that nobody else's twin knows.
    package let nameCount: Int
}

/// Erasing a twin: its graph, its log, what the journal holds of it, and the texts of searches and
/// cities that no other twin mentions. A tombstone under the pseudonym stays, so that what comes
/// late is refused. Items stay: they are the shop's.
///
/// The records are gone when ``erase(_:at:)`` returns, their bytes when the store was compacted;
/// until then ``compactionDue()`` tells of them.
extension TwinStore {
    private static let tombstoneTag: UInt8 = 18

    /// Erases the twin of a customer, for good.
    ///
    /// - Parameters:
    ///   - userID: The shop's id of the customer. An unknown customer gets a tombstone too.
    ///   - time: The time of the erasure, which is stored in the tombstone.
    /// - Returns: What was erased.
    /// - Throws: `LMDBError` or `GraphError`; then nothing is erased.
    /// - Complexity: O(records of the twin); O(edges of all twins) if it has searches or a city.
    package func erase(_ userID: String, at time: Timestamp) throws -> ErasureReceipt {
        let pseudonym = pseudonymizer.pseudonym(of: userID)
        return try graph.write { transaction in
            let customer = try graph.addNode(.customer, pseudonym, in: transaction)
            return try erase(customer, pseudonym, time, in: transaction)
        }
    }

    /// Whether a customer's twin was erased.
    package func isErased(_ userID: String) throws -> Bool {
        guard let customer = try customerNode(userID) else { return false }
        return try graph.read { try isErased(Self.graphID(customer), in: $0) }
    }

    func isErased(
        _ graphID: GraphID, in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> Bool {
        let key = GraphStore.attachmentKey(graphID, tag: Self.tombstoneTag).bytes
        return try transaction.contains(key, in: graph.records)
    }

    private func erase(
        _ customer: NodeID, _ pseudonym: String, _ time: Timestamp,
        in transaction: borrowing WriteTransaction
    ) throws -> ErasureReceipt {
        let graphID = Self.graphID(customer)
        var state = try openJournal(in: transaction)
        // A number may have been given again, to an event of somebody else.
        let entries = try index.entries(of: graphID).filter { entry in
            try readJournal(entry.sequence, in: transaction) { graph, _, _ in graph == graphID }
                == true
        }
        let settled = try summary(of: graphID, in: transaction)?.mergedThrough ?? 0
        let pending = entries.filter { $0.sequence > settled }
        var texts = try namedByOne(graphID, in: transaction)
        var finder = EventNodeResolver(self)
        for entry in pending {
            guard let step = try finder.step(entry.sequence, of: graphID, in: transaction)
            else { continue }
            texts.formUnion([step.query, step.city].compactMap(\.self))
        }
        let eventCount =
            try pending.count + log(graphID, [], in: transaction) { _, _ in }.count
        var records = 0
        for entry in entries {
            let key = Self.journalKey(entry.sequence)
            if try transaction.remove(key, in: journal) { records += 1 }
        }
        records += try graph.removeGraph(graphID, in: transaction)
        let orphans = try orphans(among: texts, in: transaction)
        for node in orphans { try graph.removeName(of: node, in: transaction) }
        try transaction.put(
            Self.tombstone(time),
            for: GraphStore.attachmentKey(
                graphID, tag: Self.tombstoneTag
            ).bytes, in: graph.records)
        if records > 0 || !orphans.isEmpty {
            try CompactionMark.set(at: time, in: transaction, of: graph)
        }
        // A prepared batch of the merge pass may have this twin. So the pass begins again, up to
        // another number.
        state.mergeThrough = 0
        state.next += 1
        state.eventCount -= min(state.eventCount, UInt64(eventCount))
        try closeJournal(state, added: [], in: transaction)
        // Last, when nothing can fail any more but the commit, which the journal's revision shows.
        index.forget(graphID)
        names.forgetAll(erasedBy: transaction.id)
        return ErasureReceipt(
            pseudonym: pseudonym, time: time, eventCount: eventCount, recordCount: records,
            nameCount: orphans.count)
    }

    private static func tombstone(_ time: Timestamp) -> [UInt8] {
        var writer = ByteWriter(capacity: 8)
        writer.appendInt64(time.rawValue)
        return writer.bytes
    }

    /// The searches and cities that a twin's stored graph mentions.
    private func namedByOne(
        _ graphID: GraphID, in transaction: borrowing WriteTransaction
    ) throws -> Set<NodeID> {
        var nodes: Set<NodeID> = []
        try graph.forEachEdge(graph: graphID, in: transaction) { edge in
            let label = graph.label(of: edge.target)
            if label == .query || label == .city { nodes.insert(edge.target) }
            return true
        }
        return nodes
    }

    /// Those of some nodes that no twin mentions any more.
    private func orphans(
        among nodes: Set<NodeID>, in transaction: borrowing WriteTransaction
    ) throws -> Set<NodeID> {
        var orphans = nodes
        guard !orphans.isEmpty else { return [] }
        try graph.forEachTarget(in: transaction) { target in
            orphans.remove(target)
            return !orphans.isEmpty
        }
        var finder = EventNodeResolver(self)
        for entry in try journalEntries(after: 0, in: transaction) {
            guard !orphans.isEmpty else { break }
            guard let step = try finder.step(entry.1.sequence, of: entry.0, in: transaction)
            else { continue }
            if let query = step.query { orphans.remove(query) }
            if let city = step.city { orphans.remove(city) }
        }
        return orphans
    }
}
