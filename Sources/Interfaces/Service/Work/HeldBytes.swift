import NIOConcurrencyHelpers

/// Counts the bytes of bodies and answers that are in memory at once, within a bound.
final class HeldBytes: Sendable {
    private let count = NIOLockedValueBox(0)
    private let max: Int

    init(max: Int = ServiceLimits.heldByteCountMax) { self.max = max }

    /// How many bytes are held.
    var current: Int { count.withLockedValue { $0 } }

    /// Counts bytes if there is room for them.
    ///
    /// - Returns: Whether there was.
    func take(_ bytes: Int) -> Bool {
        count.withLockedValue { count in
            guard bytes <= max - count else { return false }
            count += bytes
            return true
        }
    }

    /// Counts bytes that are there already, whether there is room for them or not.
    func add(_ bytes: Int) { count.withLockedValue { $0 += bytes } }

    /// Gives back what was taken or added.
    func giveBack(_ bytes: Int) { count.withLockedValue { $0 -= bytes } }
}
