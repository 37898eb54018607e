import Foundation
import LMDB
public import PropertyGraph

/// All twins of a shop: the log of their events and the graphs made from it, in one store.
///
/// Graph 0 holds the items; each customer's twin is a graph of its own. Customers are known by
/// pseudonym alone.
public final class TwinStore: Sendable {
    /// The property graphs.
    public let graph: GraphStore
    /// How twins are made from events.
    public let settings: TwinSettings
    /// Makes customers' pseudonyms.
    public let pseudonymizer: Pseudonymizer
    let log: Table
    let eventIDs: Table

    /// Opens a store, or makes one.
    ///
    /// - Parameters:
    ///   - path: The store's folder.
    ///   - pseudonymizer: The store's; with another one it refuses to open.
    ///   - settings: For a new store; an existing one keeps its own, and refuses others.
    ///   - create: Whether a store is made where there is none.
    /// - Throws: ``TwinsError``, `GraphError` or `LMDBError`.
    public init(
        path: String, pseudonymizer: Pseudonymizer, settings: TwinSettings? = nil,
        create: Bool = true
    ) throws {
        let graph = try GraphStore(
            path: path, labels: Label.all, edgeTypes: EdgeType.all, tables: ["log", "eventids"],
            create: create)
        self.graph = graph
        self.pseudonymizer = pseudonymizer
        log = graph.environment.table("log")
        eventIDs = graph.environment.table("eventids")
        let fingerprint = pseudonymizer.fingerprint
        self.settings = try graph.write { transaction in
            let known = try graph.setting("key", in: transaction)?.string
            guard known == nil || known == fingerprint else {
                throw TwinsError(
                    .key,
                    "The store at \(path) was made with another pseudonym key. Give the key file "
                        + "that it was made with (--key), or set FORETWIN_KEY.")
            }
            try graph.set("key", to: .string(fingerprint), in: transaction)
            return try Self.settle(settings, graph, transaction)
        }
    }

    /// Where the key of a store is kept unless told: beside the store's folder, not in it.
    public static func keyFile(forStore path: String) -> String {
        let url = URL(fileURLWithPath: path).standardizedFileURL
        return url.deletingLastPathComponent().path + "/\(url.lastPathComponent).key"
    }

    /// The graph of a customer's twin, or `nil` for a customer who has none.
    public func twinGraph(userID: String) throws -> GraphID? {
        let pseudonym = pseudonymizer.pseudonym(of: userID)
        return try graph.read { transaction in
            try graph.node(.customer, pseudonym, in: transaction).map(Self.graphID)
        }
    }

    /// The number of twins.
    public func twinCount() throws -> Int {
        try graph.read { try graph.nodeCount(.customer, in: $0) }
    }

    static func graphID(_ customer: NodeID) -> GraphID {
        GraphID(rawValue: UInt64(customer.index) + 1)
    }

    private static func settle(
        _ wanted: TwinSettings?, _ graph: GraphStore, _ transaction: borrowing WriteTransaction
    ) throws -> TwinSettings {
        let halfLife = try graph.setting("halfLifeSeconds", in: transaction)?.double
        let idle = try graph.setting("sessionIdleSeconds", in: transaction)?.double
        guard let halfLife, let idle else {
            let settings = wanted ?? TwinSettings()
            guard settings.halfLifeSeconds > 0, settings.sessionIdleSeconds >= 0 else {
                throw TwinsError(.setting, "A half-life must be above 0, idle time 0 or more.")
            }
            try graph.set(
                "halfLifeSeconds", to: .double(settings.halfLifeSeconds), in: transaction)
            try graph.set(
                "sessionIdleSeconds", to: .double(settings.sessionIdleSeconds), in: transaction)
            return settings
        }
        let stored = TwinSettings(halfLifeSeconds: halfLife, sessionIdleSeconds: idle)
        guard wanted == nil || wanted == stored else {
            throw TwinsError(
                .setting,
                "This store's half-life is \(halfLife / 86_400) days and its idle time \(idle) s. "
                    + "Leave the settings out, or make a new store with others.")
        }
        return stored
    }
}
