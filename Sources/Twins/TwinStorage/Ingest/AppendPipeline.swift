package import Shop

/// Appends batches one after the other: while one is written to the disk, the next is prepared.
///
/// ```swift
/// var pipeline = AppendPipeline(into: store)
/// for batch in batches { try pipeline.append(batch) }
/// try pipeline.finish()
/// ```
package struct AppendPipeline {
    private let store: TwinStore
    private let createItems: Bool
    private var writing = BackgroundStage<AppendResult>()
    /// The position of the merge pass after the batch that is being written.
    private var mergePosition: MergePosition?

    /// Creates an empty pipeline.
    ///
    /// - Parameters:
    ///   - store: The store to append to.
    ///   - createItems: Whether items that the catalogue lacks are added to it.
    package init(into store: TwinStore, createItems: Bool = true) {
        self.store = store
        self.createItems = createItems
    }

    /// Waits for the batch before, and begins to append a batch.
    ///
    /// - Parameter events: The batch; see ``TwinStore/append(_:createItems:)``.
    /// - Returns: The result of the batch before, which is on disk; `nil` for the first batch.
    /// - Throws: The error of the batch before; then this batch is not appended.
    @discardableResult
    package mutating func append(_ events: [Event]) throws -> AppendResult? {
        let prepared = try store.prepare(events)
        let merge = try store.prepareMerge(TwinStore.mergeCount(for: events), from: mergePosition)
        mergePosition = merge?.end
        return try writing.begin { [store, createItems] in
            try store.append(prepared, createItems: createItems, merging: merge)
        }
    }

    /// Waits until all batches are on disk.
    ///
    /// - Returns: The result of the last batch; `nil` if no batch is being written.
    /// - Throws: The error of the last batch.
    @discardableResult
    package mutating func finish() throws -> AppendResult? {
        mergePosition = nil
        return try writing.finish()
    }
}
