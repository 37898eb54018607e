import Crypto
import LMDB
package import Shop
package import Time

extension LoggedEvent {
    /// Orders the events of one time in the same way whenever they arrive.
    package var tieBreak: UInt64 { EventRecord.tieBreak(ofID: eventID) }
}

/// What the fold of a twin needs of an event.
package struct EventOutline: Hashable, Sendable {
    var type: EventType
    /// The item's running number in the store.
    var item: Int?
    var sessionID: String?
    var city: String?
    var query: String?
    /// What the event adds to the edge from customer to item: purchases count more than views,
    /// long looks more than short ones, several more than one.
    var weight: Double

    init(
        type: EventType, item: Int?, sessionID: String?, city: String?, query: String?,
        quantity: Double?, dwellSeconds: Double?
    ) {
        self.type = type
        self.item = item
        self.sessionID = sessionID
        self.city = city
        self.query = query
        weight = type.baseWeight
        if type == .view, let dwellSeconds { weight *= min(4, max(0.25, dwellSeconds / 30)) }
        if type == .purchase, let quantity, quantity > 1 { weight *= min(4, quantity.squareRoot()) }
    }

    package init(_ event: LoggedEvent) {
        self.init(
            type: event.type, item: event.item, sessionID: event.sessionID, city: event.city,
            query: event.query, quantity: event.quantity, dwellSeconds: event.dwellSeconds)
    }
}

/// The binary form of a logged event.
///
/// Type, item, a bit for each optional field, and the fields. The time is in the key.
package enum EventRecord {
    private static let session: UInt16 = 1
    private static let city: UInt16 = 2
    private static let quantity: UInt16 = 4
    private static let price: UInt16 = 8
    private static let dwell: UInt16 = 16
    private static let query: UInt16 = 32
    private static let basket: UInt16 = 64
    private static let properties: UInt16 = 128

    static func encode(_ event: Event, item: Int?, eventID: String) -> [UInt8] {
        var flags: UInt16 = 0
        if event.sessionID != nil { flags |= session }
        if event.city != nil { flags |= city }
        if event.quantity != nil { flags |= quantity }
        if event.price != nil { flags |= price }
        if event.dwellSeconds != nil { flags |= dwell }
        if event.query != nil { flags |= query }
        if event.basketID != nil { flags |= basket }
        if !event.properties.isEmpty { flags |= properties }
        var writer = ByteWriter(capacity: 96)
        writer.appendUInt8(event.type.rawValue)
        writer.appendVarint(item.map { UInt64($0) + 1 } ?? 0)
        writer.appendUInt16(flags)
        writer.appendString(eventID)
        if let value = event.sessionID { writer.appendString(value) }
        if let value = event.city { writer.appendString(value) }
        if let value = event.quantity { writer.appendDouble(value) }
        if let value = event.price { writer.appendDouble(value) }
        if let value = event.dwellSeconds { writer.appendDouble(value) }
        if let value = event.query { writer.appendString(value) }
        if let value = event.basketID { writer.appendString(value) }
        if !event.properties.isEmpty {
            writer.appendVarint(UInt64(event.properties.count))
            for (name, value) in event.properties.sorted(by: { $0.key < $1.key }) {
                writer.appendString(name)
                writer.appendString(value)
            }
        }
        return writer.bytes
    }

    package static func decode(_ value: RawSpan, timestamp: Timestamp) throws -> LoggedEvent {
        try ByteReader.reading(value) { reader in
            let (type, item) = try readHead(&reader)
            let flags = try reader.readUInt16()
            var event = LoggedEvent(
                eventID: try reader.readString(), item: item, type: type, timestamp: timestamp)
            if flags & session != 0 { event.sessionID = try reader.readString() }
            if flags & city != 0 { event.city = try reader.readString() }
            if flags & quantity != 0 { event.quantity = try reader.readDouble() }
            if flags & price != 0 { event.price = try reader.readDouble() }
            if flags & dwell != 0 { event.dwellSeconds = try reader.readDouble() }
            if flags & query != 0 { event.query = try reader.readString() }
            if flags & basket != 0 { event.basketID = try reader.readString() }
            if flags & properties != 0 {
                for _ in 0..<(try reader.readVarint()) {
                    let name = try reader.readString()
                    event.properties[name] = try reader.readString()
                }
            }
            try reader.expectEnd()
            return event
        }
    }

    /// Reads only what the fold of a twin needs.
    ///
    /// - Parameters:
    ///   - value: The record.
    ///   - before: The event read before this one, which often has texts in common with it.
    /// - Returns: What the fold needs.
    /// - Throws: `LMDBError` or ``TwinsError`` when the record is damaged.
    static func decodeOutline(
        _ value: RawSpan, after before: EventOutline? = nil
    ) throws -> EventOutline {
        try ByteReader.reading(value) { reader in
            let (type, item) = try readHead(&reader)
            let flags = try reader.readUInt16()
            try reader.skipString()
            let sessionID =
                flags & session != 0 ? try reader.readString(after: before?.sessionID) : nil
            let city = flags & city != 0 ? try reader.readString(after: before?.city) : nil
            let quantity = flags & quantity != 0 ? try reader.readDouble() : nil
            if flags & price != 0 { _ = try reader.readDouble() }
            let dwell = flags & dwell != 0 ? try reader.readDouble() : nil
            let query = flags & query != 0 ? try reader.readString() : nil
            return EventOutline(
                type: type, item: item, sessionID: sessionID, city: city, query: query,
                quantity: quantity, dwellSeconds: dwell)
        }
    }

    /// Reads what was done with which item, and in which city.
    ///
    /// - Parameters:
    ///   - value: The record.
    ///   - before: The city of an event before, which is often the same and not copied then.
    /// - Returns: The parts of the record.
    /// - Throws: `LMDBError` or ``TwinsError`` when the record is damaged.
    static func decodeEntry(
        _ value: RawSpan, city before: String?
    ) throws -> (type: EventType, item: Int?, city: String?) {
        try ByteReader.reading(value) { reader in
            let (type, item) = try readHead(&reader)
            let flags = try reader.readUInt16()
            try reader.skipString()
            if flags & session != 0 { try reader.skipString() }
            let city = flags & city != 0 ? try reader.readString(after: before) : nil
            return (type, item, city)
        }
    }

    /// Reads only what was done with which item.
    static func decodeHead(_ value: RawSpan) throws -> (type: EventType, item: Int?) {
        try ByteReader.reading(value) { try readHead(&$0) }
    }

    private static func readHead(_ reader: inout ByteReader) throws -> (EventType, Int?) {
        guard let type = EventType(rawValue: try reader.readUInt8()) else {
            throw TwinsError(
                .corrupt, "An event has an unknown type. Use a newer foretwin, or restore a backup."
            )
        }
        let item = try reader.readVarint()
        guard item <= 1 << 48 else {
            throw TwinsError(
                .corrupt, "An event names an item that no store can have. Restore a backup.")
        }
        return (type, item == 0 ? nil : Int(item - 1))
    }

    /// The first 8 bytes of the SHA-256 of an event's id.
    static func tieBreak(ofID eventID: String) -> UInt64 {
        var hasher = SHA256()
        var text = eventID
        text.withUTF8 { hasher.update(bufferPointer: .init($0)) }
        var digest = hasher.finalize().makeIterator()
        var tieBreak: UInt64 = 0
        for _ in 0..<8 { tieBreak = tieBreak << 8 | UInt64(digest.next() ?? 0) }
        return tieBreak
    }

    /// An id for an event that came without one: the hash of its content.
    static func contentID(_ event: Event, pseudonym: String) -> String {
        var writer = ByteWriter()
        writer.appendString(pseudonym)
        writer.appendString(event.itemID ?? "")
        writer.appendInt64(event.timestamp.rawValue)
        let content = encode(event, item: nil, eventID: "")
        writer.appendRaw(content)
        // As in format 1, whose records ended so: events that are sent again must be known.
        writer.appendUInt32(CRC32C.checksum(content))
        let digest = SHA256.hash(data: writer.bytes)
        let digits = Array("0123456789abcdef")
        return "c-"
            + String(digest.prefix(12).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
