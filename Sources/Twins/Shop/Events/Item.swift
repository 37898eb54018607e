/// Something that a shop offers (`Item` of document 004).
package struct Item: Hashable, Sendable, Codable {
    /// The shop's id of the item.
    package var itemID: String
    /// What a shopper calls it; the id when nobody has said.
    package var name: String
    /// The kind of goods.
    package var category: String?
    /// The maker or brand.
    package var brand: String?
    /// A sentence or two about it.
    package var description: String?
    /// Where a picture of it is.
    package var imageURL: String?
    /// The price of one.
    package var price: Double?
    /// The vector that the newest training gave it; similar items have similar vectors.
    package var embeddingVector: [Float]?

    /// Whether a catalogue says anything of it beyond its id.
    package var isDescribed: Bool {
        name != itemID || category != nil || brand != nil || description != nil || imageURL != nil
            || price != nil
    }

    /// Makes an item; without a name it is called by its id.
    package init(
        itemID: String, name: String? = nil, category: String? = nil, brand: String? = nil,
        description: String? = nil, imageURL: String? = nil, price: Double? = nil,
        embeddingVector: [Float]? = nil
    ) {
        self.itemID = itemID
        self.name = name ?? itemID
        self.category = category
        self.brand = brand
        self.description = description
        self.imageURL = imageURL
        self.price = price
        self.embeddingVector = embeddingVector
    }
}
