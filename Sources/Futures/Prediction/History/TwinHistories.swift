import Foundation
package import Shop
import Time
package import TwinStorage

/// Reads the histories of a store's twins as a model sees them.
///
/// It keeps the places of the store's items in the model's catalogue, and may be used from any
/// thread.
package final class TwinHistories: @unchecked Sendable {
    // @unchecked: `places` is only touched under `lock`.
    private let store: TwinStore
    private let catalogue: ModelCatalogue
    private let eventTypes: EventVocabulary
    private let lock = NSLock()
    private var places: [Int32?] = []

    /// Joins a store with what a model knows: its items, and its types of events.
    package init(
        _ store: TwinStore, catalogue: ModelCatalogue, eventTypes: EventVocabulary = .original
    ) throws {
        self.store = store
        self.catalogue = catalogue
        self.eventTypes = eventTypes
        try refresh()
    }

    /// The history of a customer, without items and types of events that the model does not know.
    ///
    /// It is empty for a customer of whom nothing is known.
    ///
    /// - Throws: What the store throws.
    package func history(of snapshot: CustomerSnapshot) throws -> History {
        try history(snapshot.entries)
    }

    /// The history that log entries make.
    package func history(_ entries: [LogEntry]) throws -> History {
        let newest = entries.lazy.compactMap(\.item).max() ?? -1
        let places = try places(upTo: newest)
        var history = History()
        for entry in entries {
            guard eventTypes.contains(entry.type), let item = entry.item,
                places.indices.contains(item), let place = places[item]
            else { continue }
            history.append(item: place, type: entry.type, time: entry.timestamp.seconds)
        }
        return history
    }

    private func places(upTo newest: Int) throws -> [Int32?] {
        let known = lock.withLock { places }
        if newest < known.count { return known }
        try refresh()
        return lock.withLock { places }
    }

    private func refresh() throws {
        let fresh = try store.itemIDs().map { catalogue.place(of: $0) }
        lock.withLock { places = fresh }
    }
}
