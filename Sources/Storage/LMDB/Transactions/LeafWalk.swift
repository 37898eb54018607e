/// A walk over the entries of one leaf in the map, without asking LMDB for each.
///
/// LMDB takes about 15 ns to step to the next entry, which is more than reading it does. In a read
/// transaction pages never change, and where the nodes of a leaf lie is part of the format that
/// ``PageFile`` describes. Whatever a walk does not understand, it leaves to LMDB.
struct LeafWalk {
    // UnsafeRawBufferPointer: a page of the map, valid as long as the transaction.
    private let page: UnsafeRawBufferPointer
    /// Where the slots end and the nodes may begin.
    private let slotsEnd: Int
    /// The slot of the entry last returned.
    private var slot: Int
    /// Whether all of the leaf's keys are inside the range of the scan.
    var isInside = false
    /// The key of the last entry that a step returned; nil before the first step.
    // UnsafeRawBufferPointer: in the page.
    private(set) var last: UnsafeRawBufferPointer?

    /// Begins after an entry of a read transaction; nil if it does not lie in a plain leaf.
    ///
    /// - Parameters:
    ///   - key: The entry's key, in the map.
    ///   - leafBytes: The size of pages, to which they are aligned in memory.
    // UnsafeRawBufferPointer: in the map, valid as long as the transaction.
    init?(from key: UnsafeRawBufferPointer, leafBytes: Int) {
        guard let address = key.baseAddress.map({ UInt(bitPattern: $0) }),
            // UnsafeRawPointer: the beginning of the page that the key is in.
            let start = UnsafeRawPointer(bitPattern: address & ~UInt(leafBytes - 1))
        else { return nil }
        // UnsafeRawBufferPointer: that page, all of it in the map.
        page = UnsafeRawBufferPointer(start: start, count: leafBytes)
        slotsEnd = Int(page.load(fromByteOffset: 12, as: UInt16.self))
        let node = Int(address) - Int(bitPattern: start) - Self.keyOffset
        guard page.load(fromByteOffset: 10, as: UInt16.self) == PageFile.Flags.leaf,
            slotsEnd > Self.firstSlot, slotsEnd & 1 == 0, slotsEnd <= node
        else { return nil }
        // At once for a leaf that was entered from its beginning.
        slot = Self.firstSlot
        while slot < slotsEnd, page.load(fromByteOffset: slot, as: UInt16.self) != node {
            slot += 2
        }
        guard slot < slotsEnd else { return nil }
    }

    /// The greatest key of the leaf; nil if it is not plain.
    // UnsafeRawBufferPointer: in the page.
    var lastOfLeaf: UnsafeRawBufferPointer? { entry(slotsEnd - 2)?.key }

    /// Moves to the next entry of the leaf; nil at its end, or if only LMDB can read the entry.
    @inline(__always)
    mutating func next() -> Cursor.Entry? {
        guard slot + 2 < slotsEnd, let entry = entry(slot + 2) else { return nil }
        slot += 2
        last = entry.key
        return entry
    }

    @inline(__always)
    private func entry(_ slot: Int) -> Cursor.Entry? {
        let node = Int(page.load(fromByteOffset: slot, as: UInt16.self))
        guard node >= slotsEnd, node + Self.keyOffset <= page.count, node & 1 == 0 else {
            return nil
        }
        let valueBytes = Int(page.loadUnaligned(fromByteOffset: node, as: UInt32.self))
        let keyStart = node + Self.keyOffset
        let keyBytes = Int(page.load(fromByteOffset: node + 6, as: UInt16.self))
        // With a flag the value is not here, or not one value.
        guard page.load(fromByteOffset: node + 4, as: UInt16.self) == 0, keyBytes > 0,
            keyStart + keyBytes + valueBytes <= page.count
        else { return nil }
        let valueStart = keyStart + keyBytes
        return Cursor.Entry(
            // UnsafeRawBufferPointer: slices of the page, whose ends were checked.
            key: UnsafeRawBufferPointer(rebasing: page[keyStart..<valueStart]),
            // UnsafeRawBufferPointer: as above.
            value: UnsafeRawBufferPointer(rebasing: page[valueStart..<valueStart + valueBytes]))
    }

    private static let firstSlot = 16
    private static let keyOffset = 8
}
