/// A set of nodes.
///
/// A traversal asks once for each edge that it reads, so this is a hash table whose hash is one
/// multiplication. Node numbers are a store's own, so nobody can choose them to collide.
struct NodeSet: Sendable {
    /// Ids plus one, 0 for none; their number is a power of two, at most half are taken.
    private var slots: [UInt64] = Array(repeating: 0, count: 64)
    /// How many of the slots are taken.
    private var taken = 0
    /// Whether the node whose id plus one is 0 is in the set.
    private var hasGreatest = false

    /// Whether a node is in the set.
    func contains(_ node: NodeID) -> Bool {
        let key = node.rawValue &+ 1
        return key == 0 ? hasGreatest : slots[slot(of: key)] == key
    }

    /// Puts a node into the set.
    ///
    /// - Returns: Whether it was not there.
    @discardableResult
    mutating func insert(_ node: NodeID) -> Bool {
        let key = node.rawValue &+ 1
        guard key != 0 else {
            defer { hasGreatest = true }
            return !hasGreatest
        }
        let slot = slot(of: key)
        guard slots[slot] == 0 else { return false }
        slots[slot] = key
        taken += 1
        if taken * 2 > slots.count { grow() }
        return true
    }

    private mutating func grow() {
        let before = slots
        slots = Array(repeating: 0, count: before.count * 2)
        for key in before where key > 0 { slots[slot(of: key)] = key }
    }

    /// Where a key is, or where it would be.
    private func slot(of key: UInt64) -> Int {
        // Fibonacci hashing: the upper bits of a product with 2^64 over the golden ratio.
        var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32)
        slot &= slots.count - 1
        while slots[slot] != 0, slots[slot] != key { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }
}
