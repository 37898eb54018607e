import Foundation
import Shop
import Time

/// A column of an event file, or a key of an event object.
enum EventField: Hashable {
    case eventID, userID, itemID, type, timestamp, sessionID, basketID, city
    case quantity, price, dwell, query
    case property(String)
    /// Finer than a city, or an address of a device: never stored.
    case dropped

    /// The field of a column name; unknown names become properties.
    ///
    /// Case does not matter; `_`, `-` and blanks count as the same.
    init(name: String) {
        let trimmed = name.trimmingCharacters(in: .whitespaces)
        let folded = trimmed.lowercased().map { $0 == "-" || $0 == " " ? "_" : $0 }
        self = EventField.known[String(folded)] ?? .property(trimmed)
    }

    private static let known: [String: EventField] = [
        "event_id": .eventID, "user_id": .userID, "item_id": .itemID, "type": .type,
        "event_type": .type, "timestamp": .timestamp, "session_id": .sessionID,
        "basket_id": .basketID, "city": .city, "location": .city, "quantity": .quantity,
        "price": .price, "dwell": .dwell, "query": .query,
        "lat": .dropped, "latitude": .dropped, "lon": .dropped, "lng": .dropped,
        "long": .dropped, "longitude": .dropped, "geo": .dropped, "gps": .dropped,
        "coordinates": .dropped, "ip": .dropped, "ip_address": .dropped, "address": .dropped,
        "street": .dropped, "zip": .dropped, "zipcode": .dropped, "zip_code": .dropped,
        "postcode": .dropped, "postal_code": .dropped, "email": .dropped, "phone": .dropped,
        "e_mail": .dropped, "user_email": .dropped, "user_ip": .dropped, "client_ip": .dropped,
    ]

    /// The columns that an event file must have.
    static let required: [(field: EventField, name: String)] = [
        (.userID, "user_id"), (.itemID, "item_id"), (.type, "type"), (.timestamp, "timestamp"),
    ]
}

/// Collects the fields of one event and checks them.
struct EventBuilder {
    private var event = Event(
        userID: "", itemID: nil, type: .view, timestamp: Timestamp(seconds: 0))
    private var hasType = false
    private var hasTime = false

    /// Sets a field from its text; empty text leaves it unset.
    mutating func set(_ field: EventField, _ text: String) throws(Rejection) {
        guard !text.isEmpty else { return }
        switch field {
        case .eventID: event.eventID = try id(text, "event_id")
        case .userID: event.userID = try id(text, "user_id")
        case .itemID: event.itemID = try id(text, "item_id")
        case .sessionID: event.sessionID = try id(text, "session_id")
        case .basketID: event.basketID = try id(text, "basket_id")
        case .city: event.city = try city(text)
        case .query: event.query = try phrase(text, "query")
        case .quantity: event.quantity = try amount(text, "quantity")
        case .price: event.price = try amount(text, "price")
        case .dwell: event.dwellSeconds = try amount(text, "dwell")
        case .type:
            guard let type = EventType(name: text) else {
                let names = EventType.allCases.map(\.name).joined(separator: ", ")
                throw Rejection(.type, "'\(text.prefix(40))'; use one of \(names)")
            }
            event.type = type
            hasType = true
        case .timestamp:
            guard let time = Timestamp(text: text),
                Timestamp.accepted.contains(time)
            else {
                throw Rejection(
                    .timestamp,
                    "'\(text.prefix(40))'; use ISO 8601, yyyymmdd, seconds or milliseconds")
            }
            event.timestamp = time
            hasTime = true
        case .property(let name):
            guard event.properties.count < Limits.propertyCountMax else {
                throw Rejection(.value, "more than \(Limits.propertyCountMax) extra columns")
            }
            event.properties[try id(name, "a column name")] = try phrase(text, name)
        case .dropped: break
        }
    }

    /// The event, if it has what every event needs.
    func build() throws(Rejection) -> Event {
        if event.userID.isEmpty { throw Rejection(.missing, "user_id") }
        if !hasType { throw Rejection(.missing, "type") }
        if !hasTime { throw Rejection(.missing, "timestamp") }
        if event.itemID == nil && event.type != .search { throw Rejection(.missing, "item_id") }
        return event
    }

    private func id(_ text: String, _ name: String) throws(Rejection) -> String {
        guard text.utf8.count <= Limits.idByteCountMax else {
            throw Rejection(.value, "\(name) is longer than \(Limits.idByteCountMax) bytes")
        }
        return try printable(text, name)
    }

    private func phrase(_ text: String, _ name: String) throws(Rejection) -> String {
        guard text.utf8.count <= Limits.textByteCountMax else {
            throw Rejection(.value, "\(name) is longer than \(Limits.textByteCountMax) bytes")
        }
        return try printable(text, name)
    }

    private func printable(_ text: String, _ name: String) throws(Rejection) -> String {
        for byte in text.utf8 where byte < 0x20 || byte == 0x7F {
            throw Rejection(.value, "\(name) holds a control character")
        }
        return text
    }

    /// A city's name; numbers alone, degrees or a decimal number in its place are left out, since
    /// they are a postcode, coordinates or an address of a device.
    private func city(_ text: String) throws(Rejection) -> String? {
        Self.isCity(text) ? try id(text, "city") : nil
    }

    /// Whether a text may be a city's name.
    static func isCity(_ text: String) -> Bool {
        let hasDigit = text.utf8.contains { $0 >= 48 && $0 <= 57 }
        let isPlace = hasDigit && (text.contains("°") || text.contains(/\d[.,]\d/))
        return text.contains(where: \.isLetter) && !isPlace
    }

    private func amount(_ text: String, _ name: String) throws(Rejection) -> Double {
        guard let value = Double(text), value.isFinite, value >= 0, value <= Limits.amountMax else {
            throw Rejection(
                .number, "\(name) is '\(text.prefix(40))'; use a number from 0 to 1e9")
        }
        return value
    }
}
