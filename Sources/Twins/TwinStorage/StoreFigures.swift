import LMDB
package import PropertyGraph

/// How large a store's file is, and what takes the space in it.
package struct StoreFigures: Hashable, Sendable, Codable {
    /// One table of a store.
    package struct Table: Hashable, Sendable, Codable {
        /// What the table is called.
        package var name: String
        /// How many records it holds.
        package var records: Int
        /// The bytes of its pages.
        package var bytes: Int
    }

    /// The size of the file in bytes, free pages included.
    package var fileBytes: Int
    /// The tables, in the order in which they were made.
    package var tables: [Table]

    /// The bytes of all tables; the rest of the file is free, but for a few pages.
    package var usedBytes: Int { tables.reduce(0) { $0 + $1.bytes } }

    /// Measures a store of twins.
    ///
    /// - Throws: `LMDBError`.
    /// - Complexity: O(1).
    package init(of store: TwinStore) throws {
        try self.init(of: store.graph)
        tables.append(try Self.table("journal", store.journal, of: store.graph))
    }

    /// Measures a store of graphs, without tables that its owner keeps beside them.
    ///
    /// - Throws: `LMDBError`.
    /// - Complexity: O(1).
    package init(of store: GraphStore) throws {
        fileBytes = try store.environment.fileSizeBytes
        tables = try ["meta", "names", "ids", "graph"].map { name in
            try Self.table(name, store.environment.table(name), of: store)
        }
    }

    private static func table(
        _ name: String, _ table: LMDB.Table, of store: GraphStore
    ) throws -> Table {
        let statistics = try store.environment.statistics(of: table)
        return Table(name: name, records: statistics.entries, bytes: statistics.bytes)
    }
}
