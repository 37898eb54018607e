/// A named, ordered map from keys to values inside one ``Environment``.
///
/// ``Environment/table(_:)`` returns it. It is valid as long as that environment is open.
///
/// LMDB has no checksums, so it would not notice a bit that flips on the disk. In the file, each
/// value is therefore followed by four bytes: the ``CRC32C`` of key and value. Every read checks
/// and removes them, and throws ``LMDBError`` with code `corruptRecord` if they are wrong.
public struct Table: Sendable, Hashable {
    /// The name of the table.
    public let name: String
    @usableFromInline let handle: UInt32
    @usableFromInline let environmentIdentifier: UInt64
    /// Whether each stored value is followed by a checksum.
    let isChecksummed: Bool
}

/// The size and shape of the B+ tree of one table.
public struct TableStatistics: Sendable, Hashable {
    /// The number of entries.
    public let entries: Int
    /// The height of the tree in pages; 0 if it is empty.
    public let depth: Int
    /// The number of branch (inner) pages.
    public let branchPages: Int
    /// The number of leaf pages, which hold the entries.
    public let leafPages: Int
    /// The number of overflow pages, which hold values that are too large for a leaf.
    public let overflowPages: Int
    /// The size of a page, in bytes.
    public let pageSizeBytes: Int

    /// The number of pages of all kinds.
    public var pages: Int { branchPages + leafPages + overflowPages }
    /// The size of the table in the file, in bytes.
    public var bytes: Int { pages * pageSizeBytes }
}
