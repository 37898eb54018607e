/// An item of the shop's catalogue.
package struct Item: Hashable, Sendable, Codable {
    /// The shop's id of the item.
    package var itemID: String
    /// The name that customers see; the id if no name is known.
    package var name: String
    /// The category.
    package var category: String?
    /// The maker or brand.
    package var brand: String?
    /// A short description.
    package var description: String?
    /// The address of a picture.
    package var imageURL: String?
    /// The price of one piece.
    package var price: Double?
    /// The item's vector of the newest training; similar items have similar vectors.
    package var embeddingVector: [Float]?

    /// Whether more than the id is known.
    package var isDescribed: Bool {
        name != itemID || category != nil || brand != nil || description != nil || imageURL != nil
            || price != nil
    }

    /// Creates an item; without a name, its id is its name.
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
