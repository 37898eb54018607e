/// Walks the entries of one leaf page of the memory map without a call of LMDB per entry.
///
/// Why: `mdb_cursor_get` takes about 15 ns to advance to the next entry, which is more than
/// decoding the entry takes. Loading a graph is one long scan, so this matters.
///
/// What it relies on: in a read transaction, pages never change, and they stay mapped until the
/// transaction ends. The layout of a leaf is part of the file format, which ``PageFile`` describes:
///
/// ```
/// offset 0        10      12         16                 slotsEnd                        page size
///        ┌────────┬───────┬──────────┬──────────────────┬──────────┬──────────────────────────┐
///        │ number │ flags │ slotsEnd │ slots: 2 bytes   │  free    │ nodes, in any order      │
///        │        │       │          │ each, sorted by  │          │                          │
///        │        │       │          │ the node's key   │          │                          │
///        └────────┴───────┴──────────┴──────────────────┴──────────┴──────────────────────────┘
///                                      each slot holds the offset of a node:
///
/// node + 0            4         6            8                 8 + key size
///        ┌────────────┬─────────┬────────────┬─────────────────┬────────────┐
///        │ value size │ flags   │ key size   │ key             │ value      │
///        └────────────┴─────────┴────────────┴─────────────────┴────────────┘
/// ```
///
/// How a ``Cursor`` uses it: LMDB returns the first entry, whose key points into the page. The walk
/// starts there and steps from slot to slot. At the end of the page, the cursor moves LMDB to the
/// last key of the walk, asks it for the next entry, and starts a walk in the next leaf.
///
/// What it does not know: a page with other flags, a value on overflow pages, a node outside the
/// page or anything else that does not look as above. Then `init` or ``next()`` returns nil, and
/// LMDB reads the entry. Tests compare the entries of many ranges with what was written.
struct LeafWalk {
    // UnsafeRawBufferPointer: a page of the map, valid until the transaction ends.
    private let page: UnsafeRawBufferPointer
    /// The offset at which the slots end; no node begins before it.
    private let slotsEnd: Int
    /// The offset of the slot of the entry that was returned last.
    private var slot: Int
    /// Whether all keys of the leaf are before the upper bound of the scan; the cursor sets it.
    var isInside = false
    /// The key of the entry that ``next()`` returned last; nil before the first step.
    // UnsafeRawBufferPointer: a part of the page.
    private(set) var last: UnsafeRawBufferPointer?

    /// Starts after an entry of a read transaction; nil if its page is not a leaf as above.
    ///
    /// - Parameters:
    ///   - key: The key of the entry, in the memory map.
    ///   - leafBytes: The page size, a power of two; pages are aligned to it in memory.
    // UnsafeRawBufferPointer: a part of the map, valid until the transaction ends.
    init?(from key: UnsafeRawBufferPointer, leafBytes: Int) {
        guard let address = key.baseAddress.map({ UInt(bitPattern: $0) }),
            // UnsafeRawPointer: the start of the page that holds the key.
            let start = UnsafeRawPointer(bitPattern: address & ~UInt(leafBytes - 1))
        else { return nil }
        // UnsafeRawBufferPointer: that page, which is inside the map.
        page = UnsafeRawBufferPointer(start: start, count: leafBytes)
        slotsEnd = Int(page.load(fromByteOffset: 12, as: UInt16.self))
        let node = Int(address) - Int(bitPattern: start) - Self.keyOffset
        guard page.load(fromByteOffset: 10, as: UInt16.self) == PageFile.Flags.leaf,
            slotsEnd > Self.firstSlot, slotsEnd & 1 == 0, slotsEnd <= node
        else { return nil }
        // Finds the slot of the node: the first one, if the scan enters the leaf at its start.
        slot = Self.firstSlot
        while slot < slotsEnd, page.load(fromByteOffset: slot, as: UInt16.self) != node {
            slot += 2
        }
        guard slot < slotsEnd else { return nil }
    }

    /// The greatest key of the leaf; nil if only LMDB can read its entry.
    // UnsafeRawBufferPointer: a part of the page.
    var lastOfLeaf: UnsafeRawBufferPointer? { entry(slotsEnd - 2)?.key }

    /// Advances to the next entry; nil at the end of the leaf, or if only LMDB can read the entry.
    @inline(__always)
    mutating func next() -> Cursor.Entry? {
        guard slot + 2 < slotsEnd, let entry = entry(slot + 2) else { return nil }
        slot += 2
        last = entry.key
        return entry
    }

    /// The entry of the slot at an offset; nil if only LMDB can read it.
    @inline(__always)
    private func entry(_ slot: Int) -> Cursor.Entry? {
        let node = Int(page.load(fromByteOffset: slot, as: UInt16.self))
        guard node >= slotsEnd, node + Self.keyOffset <= page.count, node & 1 == 0 else {
            return nil
        }
        let valueBytes = Int(page.loadUnaligned(fromByteOffset: node, as: UInt32.self))
        let keyStart = node + Self.keyOffset
        let keyBytes = Int(page.load(fromByteOffset: node + 6, as: UInt16.self))
        // A flag means that the value is on overflow pages, or is a table of its own.
        guard page.load(fromByteOffset: node + 4, as: UInt16.self) == 0, keyBytes > 0,
            keyStart + keyBytes + valueBytes <= page.count
        else { return nil }
        let valueStart = keyStart + keyBytes
        return Cursor.Entry(
            // UnsafeRawBufferPointer: a slice of the page; its bounds were checked above.
            key: UnsafeRawBufferPointer(rebasing: page[keyStart..<valueStart]),
            // UnsafeRawBufferPointer: see above.
            value: UnsafeRawBufferPointer(rebasing: page[valueStart..<valueStart + valueBytes]))
    }

    /// The offset of the first slot in a page.
    private static let firstSlot = 16
    /// The offset of the key in a node.
    private static let keyOffset = 8
}
