/// A set of nodes.
///
/// A hash table with open addressing and linear probing, whose hash function is one multiplication:
/// a traversal looks up a node per edge. The store assigns node ids, so input cannot choose
/// colliding ones.
struct NodeSet: Sendable {
    /// The ids plus one, or 0 for an empty slot.
    ///
    /// The number of slots is a power of two, and at most half of them are taken.
    private var slots: [UInt64] = Array(repeating: 0, count: 64)
    /// The number of slots that are taken.
    private var taken = 0
    /// Whether the set has the greatest id, which plus one is 0.
    private var hasGreatest = false

    /// Whether a node is in the set.
    func contains(_ node: NodeID) -> Bool {
        let key = node.rawValue &+ 1
        return key == 0 ? hasGreatest : slots[slot(of: key)] == key
    }

    /// The number of nodes.
    var count: Int { taken + (hasGreatest ? 1 : 0) }

    /// Inserts a node.
    ///
    /// - Returns: Whether it was absent.
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

    /// Checks the number of slots, and that every id can be found.
    ///
    /// - Complexity: O(*n*) for *n* nodes.
    func checkInvariants() {
        precondition(slots.count >= 64 && slots.count & (slots.count - 1) == 0)
        precondition(taken * 2 <= slots.count, "More than half of the slots are taken.")
        precondition(slots.count { $0 != 0 } == taken, "The slots taken are miscounted.")
        for (index, key) in slots.enumerated() where key != 0 {
            precondition(slot(of: key) == index, "An id is in a slot where it is not found.")
        }
    }

    private mutating func grow() {
        let before = slots
        slots = Array(repeating: 0, count: before.count * 2)
        for key in before where key > 0 { slots[slot(of: key)] = key }
    }

    /// The slot of a key, or the empty slot for it.
    private func slot(of key: UInt64) -> Int {
        // Fibonacci hashing: the upper bits of the product with 2^64 divided by the golden ratio.
        var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32)
        slot &= slots.count - 1
        while slots[slot] != 0, slots[slot] != key { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }
}
