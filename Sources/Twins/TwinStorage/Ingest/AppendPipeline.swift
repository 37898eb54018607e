package import Shop

/// Appends batches one after the other, each on its way to the disk while the next is made ready.
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
    /// The place that the sweep will have reached when the batch under way is on disk.
    private var place: MergePosition?

    /// Makes a pipeline with nothing in it.
    ///
    /// - Parameters:
    ///   - store: Where the events go.
    ///   - createItems: Whether items that the catalogue lacks are added to it.
    package init(into store: TwinStore, createItems: Bool = true) {
        self.store = store
        self.createItems = createItems
    }

    /// Begins to append a batch, and waits for the batch before it.
    ///
    /// - Parameter events: The batch; see ``TwinStore/append(_:createItems:)``.
    /// - Returns: What became of the batch before, which is on disk; `nil` for the first.
    /// - Throws: What appending the batch before threw; then this one must not be counted on.
    @discardableResult
    package mutating func append(_ events: [Event]) throws -> AppendResult? {
        let prepared = try store.prepare(events)
        let part = try store.prepareMerge(TwinStore.mergeCount(for: events), from: place)
        place = part?.end
        return try writing.begin { [store, createItems] in
            try store.append(prepared, createItems: createItems, settling: part)
        }
    }

    /// Waits until all batches are on disk.
    ///
    /// - Returns: What became of the last batch; `nil` if there is none to wait for.
    /// - Throws: What appending it threw.
    @discardableResult
    package mutating func finish() throws -> AppendResult? {
        place = nil
        return try writing.finish()
    }
}
