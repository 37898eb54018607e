/// A named, ordered map from keys to values inside one ``Environment``.
///
/// Get one from ``Environment/table(_:)``; it stays valid as long as that environment.
///
/// LMDB itself has no checksums, so a bit that flips on the disk would go unseen. Behind each value
/// in the file stand four bytes more, the ``CRC32C`` of key and value; every read checks and hides
/// them, and throws ``LMDBError`` with code `corruptRecord` where they do not fit.
public struct Table: Sendable, Hashable {
    /// The name the table was opened by.
    public let name: String
    @usableFromInline let handle: UInt32
    @usableFromInline let environmentIdentifier: UInt64
    /// Whether each value is followed by a checksum of its key and itself.
    let isChecksummed: Bool
}

/// The size and shape of one table's B+ tree.
public struct TableStatistics: Sendable, Hashable {
    /// The number of keys.
    public let entries: Int
    /// The height of the tree; 0 when empty.
    public let depth: Int
    /// The number of inner pages.
    public let branchPages: Int
    /// The number of pages that hold entries.
    public let leafPages: Int
    /// The number of pages that hold values too large for a leaf.
    public let overflowPages: Int
    /// The size of each page.
    public let pageSizeBytes: Int

    /// The number of pages of all kinds.
    public var pages: Int { branchPages + leafPages + overflowPages }
    /// The space the table takes in the file.
    public var bytes: Int { pages * pageSizeBytes }
}
