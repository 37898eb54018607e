import Foundation

/// The numbers of a graph's edges by target, worked out when they are first asked for.
///
/// Most graphs that are loaded are only ever walked forwards, and sorting costs more than loading.
// @unchecked Sendable: `numbers` is guarded by `lock`.
final class ReverseEdge: @unchecked Sendable {
    private let lock = NSLock()
    private var numbers: [UInt32]?

    func order(make: () -> [UInt32]) -> [UInt32] {
        lock.withLock {
            if let numbers { return numbers }
            let made = make()
            numbers = made
            return made
        }
    }
}
