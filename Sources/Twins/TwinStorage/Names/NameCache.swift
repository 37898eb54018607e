import LMDB
import PropertyGraph
import Synchronization
import TextFiles

/// Finds nodes by name, and remembers those that it found in committed data.
///
/// A committed name keeps its number until something is erased. What was looked up in a state of
/// the store from before that is not remembered, and must not be acted upon: see ``isCurrent(_:)``.
final class NameCache: Sendable {
    private struct Name: Hashable {
        var label: Label
        var text: BytewiseString
    }

    private struct Memory {
        var nodes: [Name: NodeID] = [:]
        var customers: [BytewiseString: KnownCustomer] = [:]
        /// The number of the state of the store that the last erasure made.
        var lastErasure = 0
    }

    private let graph: GraphStore
    private let memory = Mutex(Memory())
    // Starting over now and then is simpler than ageing, and costs little.
    private static let limit = 1 << 16

    init(_ graph: GraphStore) { self.graph = graph }

    /// Forgets everything, because the transaction of a number removes names.
    func forgetAll(erasedBy number: Int) {
        memory.withLock { memory in
            memory.nodes = [:]
            memory.customers = [:]
            memory.lastErasure = number
        }
    }

    /// Whether nothing was erased since a state of the store.
    func isCurrent(_ number: Int) -> Bool { memory.withLock { number >= $0.lastErasure } }

    /// Finds a node in a snapshot, and remembers it.
    func learn(
        _ label: Label, _ text: String, in transaction: borrowing ReadTransaction
    ) throws -> NodeID? {
        let name = Name(label: label, text: BytewiseString(text))
        if let node = memory.withLock({ $0.nodes[name] }) { return node }
        guard let node = try graph.node(label, text, in: transaction) else { return nil }
        let number = transaction.id
        memory.withLock { memory in
            guard number >= memory.lastErasure else { return }
            if memory.nodes.count >= Self.limit { memory.nodes.removeAll(keepingCapacity: true) }
            memory.nodes[name] = node
        }
        return node
    }

    /// Finds a node in a snapshot or in a change, which may not come to be: remembers nothing.
    func node(
        _ label: Label, _ text: String,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> NodeID? {
        let name = Name(label: label, text: BytewiseString(text))
        let number = transaction.id
        let node = memory.withLock { number >= $0.lastErasure ? $0.nodes[name] : nil }
        return try node ?? graph.node(label, text, in: transaction)
    }

    /// What a snapshot knows of a customer; remembered once they have a node.
    ///
    /// - Parameters:
    ///   - userID: The customer's id as the shop knows it.
    ///   - number: The snapshot's number.
    ///   - find: Looks the customer up in the snapshot.
    /// - Returns: What is known.
    /// - Throws: What `find` throws.
    func customer(
        _ userID: BytewiseString, at number: Int, find: () throws -> KnownCustomer
    ) rethrows -> KnownCustomer {
        if let customer = memory.withLock({ $0.customers[userID] }) { return customer }
        let customer = try find()
        guard customer.node != nil else { return customer }
        memory.withLock { memory in
            guard number >= memory.lastErasure else { return }
            if memory.customers.count >= Self.limit {
                memory.customers.removeAll(keepingCapacity: true)
            }
            memory.customers[userID] = customer
        }
        return customer
    }
}
