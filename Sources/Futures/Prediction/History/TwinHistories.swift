import Foundation
package import Shop
import Time
package import TwinStorage

/// Reads the histories of a store's customers as a model sees them.
///
/// It caches the catalogue indices of the store's items. All threads may use it.
package final class TwinHistories: @unchecked Sendable {
    // @unchecked: `catalogueIndices` is only touched under `lock`.
    private let store: TwinStore
    private let catalogue: ModelCatalogue
    private let eventTypes: EventVocabulary
    private let lock = NSLock()
    private var catalogueIndices: [Int32?] = []

    /// Makes a reader for a store and what a model knows: its catalogue and its event types.
    ///
    /// - Throws: What the store throws.
    package init(
        _ store: TwinStore, catalogue: ModelCatalogue, eventTypes: EventVocabulary = .original
    ) throws {
        self.store = store
        self.catalogue = catalogue
        self.eventTypes = eventTypes
        try refresh()
    }

    /// The history of a customer, without items and event types that the model does not know.
    ///
    /// It is empty for an unknown customer.
    ///
    /// - Throws: What the store throws.
    package func history(of snapshot: CustomerSnapshot) throws -> History {
        try history(snapshot.entries)
    }

    /// The history of log entries, without items and event types that the model does not know.
    ///
    /// - Throws: What the store throws.
    package func history(_ entries: [LogEntry]) throws -> History {
        let newest = entries.lazy.compactMap(\.item).max() ?? -1
        let catalogueIndices = try catalogueIndices(upTo: newest)
        var history = History()
        for entry in entries {
            guard eventTypes.contains(entry.type), let item = entry.item,
                catalogueIndices.indices.contains(item), let index = catalogueIndices[item]
            else { continue }
            history.append(item: index, type: entry.type, time: entry.timestamp.seconds)
        }
        return history
    }

    /// The catalogue index of each item of the store, at least up to an item.
    private func catalogueIndices(upTo newest: Int) throws -> [Int32?] {
        let known = lock.withLock { catalogueIndices }
        if newest < known.count { return known }
        try refresh()
        return lock.withLock { catalogueIndices }
    }

    private func refresh() throws {
        let fresh = try store.itemIDs().map { catalogue.index(of: $0) }
        lock.withLock { catalogueIndices = fresh }
    }
}
