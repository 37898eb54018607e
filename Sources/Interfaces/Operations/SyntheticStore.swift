import Foundation
import Shop
import ShopFormats
package import SyntheticShop
package import TwinStorage

/// A store that is made from a synthetic shop.
package enum SyntheticStore {
    /// Writes the files of a shop to a folder and ingests them into a store beside them.
    ///
    /// The files go to `FOLDER/shop`, the store to `FOLDER/store`.
    ///
    /// - Parameters:
    ///   - shop: The shop.
    ///   - folder: The folder, which exists.
    ///   - environment: The variables in which the store's key may be.
    ///   - progress: Receives reports of the work as it goes.
    /// - Returns: The store.
    /// - Throws: What the file system, the readers and the store throw, or `CancellationError`.
    package static func make(
        _ shop: ShopGenerator, in folder: String, environment: [String: String],
        progress: ProgressSink
    ) throws -> TwinStore {
        progress(OperationProgress(.generation))
        let files = folder + "/shop"
        try shop.write(to: files)
        progress(
            OperationProgress(
                .generation,
                finding: .shop(
                    customers: shop.truth.customers.count, items: shop.items.count,
                    days: shop.configuration.days)))
        let path = folder + "/store"
        let pseudonymizer = try Pseudonymizer(
            keyFile: TwinStore.keyFile(forStore: path), environment: environment, create: true)
        let store = try TwinStore(path: path, pseudonymizer: pseudonymizer)
        try Task.checkCancellation()
        try addItems(ItemReader(path: files + "/items.csv"), to: store, progress)
        try withoutActuallyEscaping(progress) { progress in
            let ingestor = Ingestor(
                into: store,
                progress: { report, fraction in
                    progress(
                        OperationProgress(.ingestion, done: report.total, fraction: fraction))
                })
            progress(OperationProgress(.ingestion, fraction: 0))
            let report = try ingestor.ingest(EventReader(path: files + "/events.csv"))
            progress(OperationProgress(.ingestion, finding: .count(report.added)))
        }
        try merge(store, progress)
        try store.add(shop.contextAtEnd())
        return store
    }

    private static func addItems(
        _ reader: ItemReader, to store: TwinStore, _ progress: ProgressSink
    ) throws {
        var reader = reader
        var batch: [ItemVersion] = []
        var (count, rejected) = (0, 0)
        func flush() throws {
            try store.put(batch)
            count += batch.count
            batch.removeAll(keepingCapacity: true)
            progress(OperationProgress(.items, done: count))
        }
        while let line = try reader.next() {
            switch line {
            case .success(let item): batch.append(item)
            case .failure: rejected += 1
            }
            if batch.count == Ingestor.batchSize { try flush() }
        }
        try flush()
        progress(OperationProgress(.items, finding: .count(count, rejected: rejected)))
    }

    private static func merge(_ store: TwinStore, _ progress: ProgressSink) throws {
        let total = try store.pendingCount()
        guard total > 0 else { return }
        progress(OperationProgress(.merge, done: 0, total: total))
        try store.mergeAll { progress(OperationProgress(.merge, done: total - $0, total: total)) }
        progress(OperationProgress(.merge, finding: .count(total)))
    }
}
