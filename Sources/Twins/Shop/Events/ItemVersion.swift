package import Time

/// What a catalogue says about an item, and from when it counts.
package struct ItemVersion: Hashable, Sendable {
    /// What is said.
    package var item: Item
    /// From when it counts; the store decides if it is `nil`.
    package var validFrom: Timestamp?

    /// Makes a version; without a time the store decides from when it counts.
    package init(_ item: Item, validFrom: Timestamp? = nil) {
        self.item = item
        self.validFrom = validFrom
    }
}
