/// The items that a model knows, and their places in its tables.
package struct ModelCatalogue: Sendable {
    /// The shop's id of each item, by place.
    package let itemIDs: [String]
    private let places: [String: Int32]

    /// Makes a catalogue; an id that occurs twice keeps its first place.
    package init(itemIDs: [String]) {
        self.itemIDs = itemIDs
        var places: [String: Int32] = [:]
        places.reserveCapacity(itemIDs.count)
        for (place, id) in itemIDs.enumerated() where places[id] == nil {
            places[id] = Int32(place)
        }
        self.places = places
    }

    /// The number of items.
    package var count: Int { itemIDs.count }

    /// The place of an item, or `nil` if the model does not know it.
    package func place(of itemID: String) -> Int32? { places[itemID] }
}
