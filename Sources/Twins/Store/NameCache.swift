import Foundation
import LMDB
import PropertyGraph

/// A text that equals another only if it has the same bytes.
///
/// Swift takes "é" and "e" with an accent for equal, and ids are not.
struct ExactText: Hashable, Sendable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: ExactText, right: ExactText) -> Bool {
        // For ASCII the quick comparison is exact.
        left.text == right.text
            && (left.text.utf8Span.isKnownASCII || left.text.utf8.elementsEqual(right.text.utf8))
    }

    func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

/// A few answers that never change, kept so that they need not be found again.
// @unchecked Sendable: `values` is guarded by `lock`.
final class Cache<Key: Hashable & Sendable, Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var values: [Key: Value] = [:]
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    subscript(key: Key) -> Value? {
        get { lock.withLock { values[key] } }
        set {
            lock.withLock {
                // Starting over now and then is simpler than ageing, and costs little.
                if values.count >= limit { values.removeAll(keepingCapacity: true) }
                values[key] = newValue
            }
        }
    }

    func removeAll() { lock.withLock { values.removeAll() } }

    func value(for key: Key, make: () -> Value) -> Value {
        if let value = self[key] { return value }
        let value = make()
        self[key] = value
        return value
    }
}

/// Finds nodes by name, and remembers those that it found in committed data.
struct NameCache: Sendable {
    private struct Name: Hashable {
        var label: Label
        var text: ExactText
    }

    private let graph: GraphStore
    private let nodes = Cache<Name, NodeID>(limit: 1 << 16)

    init(_ graph: GraphStore) { self.graph = graph }

    /// Forgets all names, because some were removed.
    func forgetAll() { nodes.removeAll() }

    /// Finds a node in a snapshot, and remembers it: a committed name keeps its number for ever.
    func learn(
        _ label: Label, _ text: String, in transaction: borrowing ReadTransaction
    ) throws -> NodeID? {
        let name = Name(label: label, text: ExactText(text))
        if let node = nodes[name] { return node }
        let node = try graph.node(label, text, in: transaction)
        if let node { nodes[name] = node }
        return node
    }

    /// Finds a node in a snapshot or in a change, which may not come to be: remembers nothing.
    func node(
        _ label: Label, _ text: String,
        in transaction: borrowing some ReadingTransaction & ~Copyable
    ) throws -> NodeID? {
        if let node = nodes[Name(label: label, text: ExactText(text))] { return node }
        return try graph.node(label, text, in: transaction)
    }
}
