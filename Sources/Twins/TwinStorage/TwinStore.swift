import Foundation
import LMDB
package import PropertyGraph
import Shop
import Time

/// All twins of a shop: their event logs, and the graphs computed from these, in one store.
///
/// Graph 0 holds the items; each customer's twin is a graph of its own. The store knows customers
/// by their pseudonyms only.
package final class TwinStore: Sendable {
    /// The property graphs.
    package let graph: GraphStore
    /// How twins are computed from events.
    package let settings: TwinSettings
    /// Computes customers' pseudonyms.
    package let pseudonymizer: Pseudonymizer
    let journal: Table
    let journalLimit: Int
    let eventsPerCustomerMax: Int
    let index = JournalIndex()
    let names: NameCache
    let words: CatalogueWordsCache

    /// Opens or creates a store.
    ///
    /// - Parameters:
    ///   - path: The store's folder.
    ///   - pseudonymizer: The one that the store was created with; another one is an error.
    ///   - settings: Settings of a new store. An existing store has its own; others are an error.
    ///   - access: Whether the store may be written to, and created if it is missing.
    ///   - journalLimit: The number of pending events from which on each batch merges some; each
    ///     takes about 100 bytes of memory. A large store has a higher limit.
    ///   - eventsPerCustomerMax: The limit of events of one customer.
    /// - Throws: ``TwinsError``, `GraphError` or `LMDBError`.
    package init(
        path: String, pseudonymizer: Pseudonymizer, settings: TwinSettings? = nil,
        access: GraphStore.Access = .create, journalLimit: Int = 1 << 17,
        eventsPerCustomerMax: Int = Limits.eventsPerCustomerMax
    ) throws {
        let graph = try GraphStore(
            path: path, labels: Label.all, edgeTypes: EdgeType.all, tables: ["journal"],
            reverseIndex: .sharedGraph, access: access)
        self.graph = graph
        self.journalLimit = journalLimit
        self.eventsPerCustomerMax = eventsPerCustomerMax
        self.pseudonymizer = pseudonymizer
        journal = graph.environment.table("journal")
        names = NameCache(graph)
        words = CatalogueWordsCache()
        let fingerprint = pseudonymizer.fingerprint
        let stored = try graph.read { transaction in
            let known = try graph.setting("key", in: transaction)?.string
            guard known == nil || known == fingerprint else {
                throw TwinsError(
                    .key,
                    "The store at \(path) was made with another pseudonym key.",
                    remedy: .giveStoreKey)
            }
            return try Self.settings(in: transaction, of: graph)
        }
        if let stored {
            self.settings = try Self.reconcile(settings, with: stored)
            return
        }
        let chosen = settings ?? TwinSettings()
        guard chosen.halfLifeSeconds > 0, chosen.sessionIdleSeconds >= 0 else {
            throw TwinsError(.setting, "A half-life must be above 0, idle time 0 or more.")
        }
        self.settings = chosen
        guard access != .read else { return }
        try graph.write { transaction in
            try graph.set("key", to: .string(fingerprint), in: transaction)
            try graph.set(
                "halfLifeSeconds", to: .double(chosen.halfLifeSeconds), in: transaction)
            try graph.set(
                "sessionIdleSeconds", to: .double(chosen.sessionIdleSeconds), in: transaction)
        }
    }

    /// The default key file of a store: beside the store's folder, not in it.
    package static func keyFile(forStore path: String) -> String {
        let url = URL(fileURLWithPath: path).standardizedFileURL
        return url.deletingLastPathComponent().path + "/\(url.lastPathComponent).key"
    }

    /// The graph of a customer's twin, or `nil` for a customer who has none.
    package func twinGraph(userID: String) throws -> GraphID? {
        let pseudonym = pseudonymizer.pseudonym(of: userID)
        return try graph.read { transaction in
            try graph.node(.customer, pseudonym, in: transaction).map(Self.graphID)
        }
    }

    /// The number of twins, without those that were erased.
    ///
    /// - Complexity: O(twins); a quarter of a second for a hundred thousand.
    package func twinCount() throws -> Int {
        try graph.read { transaction in
            let numbers = try graph.nodeCount(.customer, in: transaction)
            return try (0..<numbers).count { index in
                try !isErased(GraphID(rawValue: UInt64(index) + 1), in: transaction)
            }
        }
    }

    /// The number of twin IDs given so far, including those of erased twins.
    ///
    /// The IDs count from 0, and the numbers of the twins' graphs from 1.
    package func allocatedTwinCount() throws -> Int {
        try graph.read { try graph.nodeCount(.customer, in: $0) }
    }

    /// The graph of a customer's twin.
    package static func graphID(_ customer: NodeID) -> GraphID {
        GraphID(rawValue: UInt64(customer.index) + 1)
    }

    /// The node of the customer of a twin's graph.
    func customer(of graphID: GraphID) throws -> NodeID {
        guard let index = Int(exactly: graphID.rawValue), index > 0 else {
            throw TwinsError(.corrupt, "An event belongs to no twin. Restore a backup.")
        }
        return try graph.nodeID(.customer, index: index - 1)
    }

    private static func settings(
        in transaction: borrowing ReadTransaction, of graph: GraphStore
    ) throws -> TwinSettings? {
        guard let halfLife = try graph.setting("halfLifeSeconds", in: transaction)?.double,
            let idle = try graph.setting("sessionIdleSeconds", in: transaction)?.double
        else { return nil }
        return TwinSettings(halfLifeSeconds: halfLife, sessionIdleSeconds: idle)
    }

    private static func reconcile(
        _ wanted: TwinSettings?, with stored: TwinSettings
    ) throws -> TwinSettings {
        guard wanted == nil || wanted == stored else {
            throw TwinsError(
                .setting,
                "This store's half-life is \(stored.halfLifeSeconds / .secondsPerDay) days and "
                    + "its idle time \(stored.sessionIdleSeconds) s. Leave the settings out, or "
                    + "make a new store with others.")
        }
        return stored
    }
}
