import LMDB
import PropertyGraph
package import Shop
package import Time

/// A version of an item as the store keeps it.
///
/// ```
/// shared graph ‖ 20 ‖ node ‖ time  → the item but for its vector; empty for the newest version
/// ```
///
/// The newest version is in the properties of the node. An item with a single version that counts
/// from the beginning has no records. The records of an item are in the order of their times.
package enum ItemRecord {
    /// The tag of the records among the attachments of the shared graph.
    package static let tag: UInt8 = 20
    /// The number of bytes of a key.
    package static let keyByteCount = 25
    /// The time from which the first version of an item counts.
    package static let beginning = Timestamp(rawValue: .min)

    /// How the keys of all records begin.
    package static var prefix: [UInt8] {
        GraphStore.attachmentKey(.shared, tag: tag).bytes
    }

    /// How the keys of the records of one item begin.
    static func prefix(of node: NodeID) -> [UInt8] {
        var writer = GraphStore.attachmentKey(.shared, tag: tag)
        writer.appendUInt64(node.rawValue)
        return writer.bytes
    }

    static func key(of node: NodeID, since time: Timestamp) -> [UInt8] {
        var writer = GraphStore.attachmentKey(.shared, tag: tag)
        writer.appendUInt64(node.rawValue)
        writer.appendInt64(time.rawValue)
        return writer.bytes
    }

    /// The time in a key.
    static func time(ofKey key: RawSpan) throws -> Timestamp {
        try ByteReader.reading(key) { reader in
            _ = try reader.readRaw(keyByteCount - 8)
            return Timestamp(rawValue: try reader.readInt64())
        }
    }

    // MARK: Values

    private static let category: UInt8 = 1
    private static let brand: UInt8 = 2
    private static let description: UInt8 = 4
    private static let imageURL: UInt8 = 8
    private static let price: UInt8 = 16

    /// What is said about an item, without its id and its vector; never empty.
    static func encode(_ item: Item) -> [UInt8] {
        var flags: UInt8 = 0
        if item.category != nil { flags |= category }
        if item.brand != nil { flags |= brand }
        if item.description != nil { flags |= description }
        if item.imageURL != nil { flags |= imageURL }
        if item.price != nil { flags |= price }
        var writer = ByteWriter()
        writer.appendUInt8(flags)
        writer.appendString(item.name)
        for text in [item.category, item.brand, item.description, item.imageURL] {
            if let text { writer.appendString(text) }
        }
        if let price = item.price { writer.appendDouble(price) }
        return writer.bytes
    }

    /// Reads what ``encode(_:)`` wrote.
    ///
    /// - Throws: `LMDBError` for a damaged record.
    package static func decode(_ value: RawSpan, itemID: String) throws -> Item {
        try ByteReader.reading(value) { reader in
            let flags = try reader.readUInt8()
            var item = Item(itemID: itemID, name: try reader.readString())
            if flags & category != 0 { item.category = try reader.readString() }
            if flags & brand != 0 { item.brand = try reader.readString() }
            if flags & description != 0 { item.description = try reader.readString() }
            if flags & imageURL != 0 { item.imageURL = try reader.readString() }
            if flags & price != 0 { item.price = try reader.readDouble() }
            try reader.expectEnd()
            return item
        }
    }
}
