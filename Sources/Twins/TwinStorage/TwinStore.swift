import Foundation
import LMDB
package import PropertyGraph
import Shop

/// All twins of a shop: the log of their events and the graphs made from it, in one store.
///
/// Graph 0 holds the items; each customer's twin is a graph of its own. Customers are known by
/// pseudonym alone.
package final class TwinStore: Sendable {
    /// The property graphs.
    package let graph: GraphStore
    /// How twins are made from events.
    package let settings: TwinSettings
    /// Makes customers' pseudonyms.
    package let pseudonymizer: Pseudonymizer
    let journal: Table
    let journalLimit: Int
    let eventsPerCustomerMax: Int
    let index = JournalIndex()
    let names: NameCache
    let words: CatalogueWordsCache

    /// Opens a store, or makes one.
    ///
    /// - Parameters:
    ///   - path: The store's folder.
    ///   - pseudonymizer: The store's; with another one it refuses to open.
    ///   - settings: For a new store; an existing one keeps its own, and refuses others.
    ///   - access: Whether the store is also written to, and made where there is none.
    ///   - journalLimit: Events that wait to be settled, at least, before each batch settles some;
    ///     each takes about 100 bytes of memory. A large store lets more wait.
    ///   - eventsPerCustomerMax: Events of one customer that are accepted.
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
        words = CatalogueWordsCache(graph)
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
            self.settings = try Self.settle(settings, with: stored)
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

    /// Where the key of a store is kept unless told: beside the store's folder, not in it.
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

    /// How many twins there have been, with those that were erased: they have the running numbers
    /// from 0 up to this, and their graphs those from 1 on.
    package func allocatedTwinCount() throws -> Int {
        try graph.read { try graph.nodeCount(.customer, in: $0) }
    }

    package static func graphID(_ customer: NodeID) -> GraphID {
        GraphID(rawValue: UInt64(customer.index) + 1)
    }

    /// The node of the customer whose twin a graph is.
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

    private static func settle(
        _ wanted: TwinSettings?, with stored: TwinSettings
    ) throws -> TwinSettings {
        guard wanted == nil || wanted == stored else {
            throw TwinsError(
                .setting,
                "This store's half-life is \(stored.halfLifeSeconds / 86_400) days and its idle "
                    + "time \(stored.sessionIdleSeconds) s. Leave the settings out, or make a new "
                    + "store with others.")
        }
        return stored
    }
}
