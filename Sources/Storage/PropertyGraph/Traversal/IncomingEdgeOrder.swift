import Foundation

/// The indexes of a graph's edges, sorted by target; computed on first use.
///
/// Most graphs are only traversed along outgoing edges, and sorting takes longer than loading.
// @unchecked Sendable: `lock` guards `indexes`.
final class IncomingEdgeOrder: @unchecked Sendable {
    private let lock = NSLock()
    private var indexes: [UInt32]?

    /// The indexes; calls `make` the first time.
    func order(make: () -> [UInt32]) -> [UInt32] {
        lock.withLock {
            if let indexes { return indexes }
            let made = make()
            indexes = made
            return made
        }
    }
}
