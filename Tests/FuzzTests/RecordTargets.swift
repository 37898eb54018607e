import Foundation
import LMDB

@testable import PropertyGraph
@testable import Shop
@testable import Time
@testable import TwinStorage

/// Records and keys of a store. Decoders may not rely on the checksums, which find most damage
/// before.
extension FuzzTarget {
    static let recordTargets = [
        FuzzTarget(name: "event-record", seeds: eventRecords) { bytes in
            let time = Timestamp(rawValue: 1_772_359_200_000)
            let event = try reading(isStoreFailure) {
                try EventRecord.decode(bytes.span.bytes, timestamp: time)
            }
            let outline = try reading(isStoreFailure) {
                try EventRecord.decodeOutline(bytes.span.bytes)
            }
            _ = try reading(isStoreFailure) {
                try EventRecord.decodeHead(bytes.span.bytes)
            }
            guard let event else { return }
            try promise(
                outline.map { "\($0)" } == "\(EventOutline(event))",
                "the fold reads another event than the log")
            let written = record(event)
            let again = try EventRecord.decode(written.span.bytes, timestamp: time)
            try promise(record(again) == written, "an event that was read is written otherwise")
        },
        FuzzTarget(name: "properties", seeds: propertyRecords) { bytes in
            let properties = try reading(isStoreFailure) {
                try GraphRecords.decodeProperties(bytes.span.bytes)
            }
            guard let properties else { return }
            let written = GraphRecords.encode(properties)
            let again = try GraphRecords.decodeProperties(written.span.bytes)
            try promise(
                GraphRecords.encode(again) == written, "properties are written otherwise")
        },
        FuzzTarget(name: "keys", seeds: keySeeds) { bytes in
            // Two keys of 26 bytes: their encodings are in the order of their values.
            guard bytes.count >= 52 else { return }
            let parts = [Key(bytes[0..<26]), Key(bytes[26..<52])]
            let isLess = parts[0].words.lexicographicallyPrecedes(parts[1].words)
            let edges = parts.map(\.edgeKey)
            try promise(
                edges[0].lexicographicallyPrecedes(edges[1]) == isLess,
                "keys of edges sort otherwise than graphs, nodes and types")
            let moments = parts.map(\.moment)
            let keys = parts.map(\.eventKey)
            try promise(
                keys[0].lexicographicallyPrecedes(keys[1])
                    == (moments[0] < moments[1]), "keys of events sort otherwise than times")
            let edge = edges[0]
            let found = try ByteReader.reading(edge.span.bytes) { reader in
                let graph = try reader.readUInt64()
                _ = try reader.readUInt8()
                let from = try reader.readUInt64()
                let type = UInt64(try reader.readUInt16())
                return [graph, from, type, try reader.readUInt64()]
            }
            try promise(found == parts[0].words, "the key of an edge is read otherwise")
        },
    ]

    /// The parts of a key.
    private struct Key {
        let words: [UInt64]

        /// Decodes 26 bytes.
        init(_ bytes: ArraySlice<UInt8>) {
            func number(_ start: Int, _ count: Int) -> UInt64 {
                bytes.dropFirst(start).prefix(count).reduce(0) { $0 << 8 | UInt64($1) }
            }
            words = [number(0, 8), number(8, 8), number(16, 2), number(18, 8)]
        }

        var edgeKey: [UInt8] {
            GraphRecords.key(
                GraphID(rawValue: words[0]), .edge, from: NodeID(rawValue: words[1]),
                type: UInt16(words[2]), to: NodeID(rawValue: words[3]))
        }

        var moment: LogPosition {
            LogPosition(
                timestamp: Timestamp(rawValue: Int64(bitPattern: words[1])), tieBreak: words[3])
        }

        var eventKey: [UInt8] {
            TwinStore.eventKey(GraphID(rawValue: 7), moment)
        }
    }

    private static let keySeeds: [[UInt8]] = [
        [UInt8](0..<52), [UInt8](repeating: 0xFF, count: 52),
        [UInt8](repeating: 7, count: 25) + [8] + [UInt8](repeating: 7, count: 26),
        [UInt8](repeating: 0x80, count: 26) + [UInt8](repeating: 0x7F, count: 26),
    ]

    private static let eventRecords: [[UInt8]] = {
        let time = Timestamp(rawValue: 1_772_359_200_000)
        let full = Event(
            eventID: "e", userID: "u", itemID: "i", type: .purchase, timestamp: time,
            sessionID: "s", city: "Wien", quantity: 2, price: 9.9, dwellSeconds: 3,
            query: "tea", basketID: "b", properties: ["channel": "web", "": ""])
        let bare = Event(userID: "u", itemID: nil, type: .search, timestamp: time)
        return [
            EventRecord.encode(full, item: 5, eventID: "e"),
            EventRecord.encode(full, item: 1 << 40, eventID: "é"),
            EventRecord.encode(bare, item: nil, eventID: ""),
        ]
    }()

    /// The encoding of an event that was decoded from a record.
    private static func record(_ event: LoggedEvent) -> [UInt8] {
        let source = Event(
            eventID: event.eventID, userID: "u", itemID: nil, type: event.type,
            timestamp: event.timestamp, sessionID: event.sessionID, city: event.city,
            quantity: event.quantity, price: event.price, dwellSeconds: event.dwellSeconds,
            query: event.query, basketID: event.basketID, properties: event.properties)
        return EventRecord.encode(source, item: event.item, eventID: event.eventID)
    }

    private static let propertyRecords: [[UInt8]] = [
        GraphRecords.encode([:]),
        GraphRecords.encode([
            "a": .string("text"), "b": .int(.min), "c": .double(.nan), "d": .bool(true),
            "e": .timestamp(Timestamp(rawValue: -1)), "f": .vector([1, .infinity]),
        ]),
    ]
}

/// Whether an error is one that a store throws for a damaged record.
func isStoreFailure(_ error: any Error) -> Bool {
    error is LMDBError || error is GraphError || error is TwinsError
}
