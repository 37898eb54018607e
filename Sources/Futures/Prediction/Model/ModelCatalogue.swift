/// The items that a model knows, and their indices in its tables.
package struct ModelCatalogue: Sendable {
    /// The shop's id of each item, by index.
    package let itemIDs: [String]
    private let indices: [String: Int32]

    /// Makes a catalogue; an id that occurs twice keeps its first index.
    package init(itemIDs: [String]) {
        self.itemIDs = itemIDs
        var indices: [String: Int32] = [:]
        indices.reserveCapacity(itemIDs.count)
        for (index, id) in itemIDs.enumerated() where indices[id] == nil {
            indices[id] = Int32(index)
        }
        self.indices = indices
    }

    /// The number of items.
    package var count: Int { itemIDs.count }

    /// The index of an item; `nil` if the model does not know it.
    package func index(of itemID: String) -> Int32? { indices[itemID] }
}
