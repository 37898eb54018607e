import Foundation
import Shop
import Time

/// A column of an event file, or a key of an event object.
enum EventField: Hashable {
    case eventID, userID, itemID, type, timestamp, sessionID, basketID, city
    case quantity, price, dwell, query
    case property(String)
    /// Personal, or finer than a city: never stored.
    case dropped(String)

    /// The field of a column name.
    ///
    /// Unknown names become properties, unless they name personal data.
    ///
    /// Case does not matter, nor do `_`, `-` and blanks: `user_id`, `User ID` and `userId` are the
    /// same field.
    init(name: String) {
        let trimmed = name.trimmingCharacters(in: .whitespaces)
        let folded = trimmed.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }
        if let known = EventField.known[folded] {
            self = known
        } else {
            self = PersonalData.isName(trimmed) ? .dropped(trimmed) : .property(trimmed)
        }
    }

    private static let known: [String: EventField] = [
        "eventid": .eventID, "userid": .userID, "itemid": .itemID, "type": .type,
        "eventtype": .type, "timestamp": .timestamp, "sessionid": .sessionID,
        "basketid": .basketID, "city": .city, "location": .city, "quantity": .quantity,
        "price": .price, "dwell": .dwell, "query": .query,
    ]

    /// The columns that an event file must have.
    static let required: [(field: EventField, name: String)] = [
        (.userID, "user_id"), (.itemID, "item_id"), (.type, "type"), (.timestamp, "timestamp"),
    ]

    /// Whether a column of exactly this name belongs to no known field.
    func isColumn(_ name: String) -> Bool { self == .property(name) || self == .dropped(name) }

    /// Whether it is a field of ``Event`` and not a property.
    var isKnown: Bool {
        switch self {
        case .property, .dropped: false
        default: true
        }
    }
}

/// A bounded cache of fields by name.
struct EventFieldNames {
    private static let countMax = 1024
    private var fields: [String: EventField] = [:]

    /// The number of cached names.
    var count: Int { fields.count }

    /// The field of a name.
    subscript(name: String) -> EventField {
        mutating get {
            if let field = fields[name] { return field }
            if fields.count == Self.countMax { fields.removeAll() }
            let field = EventField(name: name)
            fields[name] = field
            return field
        }
    }
}

/// Collects the fields of one event and checks them.
struct EventBuilder {
    private var eventID: String?
    private var userID: String?
    private var itemID: String?
    private var eventType: EventType?
    private var timestamp: Timestamp?
    private var sessionID: String?
    private var cityName: String?
    private var quantity: Double?
    private var price: Double?
    private var dwellSeconds: Double?
    private var query: String?
    private var basketID: String?
    private var properties: [String: String] = [:]
    /// A bit for each known field that was set, also to a value that was dropped.
    private var isSet: UInt16 = 0
    /// The names of the fields whose values were dropped.
    private(set) var dropped: [String] = []

    /// Whether a known field was set.
    func has(_ field: EventField) -> Bool { isSet & Self.bit(field) != 0 }

    /// Sets a field from its text; empty text leaves it unset.
    ///
    /// - Throws: ``Rejection`` for a text that the field cannot be, and for a field that was set
    ///   before, under the same name or another.
    mutating func set(_ field: EventField, _ text: String) throws(Rejection) {
        guard !text.isEmpty else { return }
        guard !has(field) else { throw .ambiguous }
        isSet |= Self.bit(field)
        switch field {
        case .eventID: eventID = try id(text, "event_id")
        case .userID: userID = try id(text, "user_id")
        case .itemID: itemID = try id(text, "item_id")
        case .sessionID: sessionID = try id(text, "session_id")
        case .basketID: basketID = try id(text, "basket_id")
        case .city: cityName = try city(text)
        case .query: query = try phrase(text, "query")
        case .quantity: quantity = try amount(text, "quantity")
        case .price: price = try amount(text, "price")
        case .dwell: dwellSeconds = try amount(text, "dwell")
        case .type: eventType = try type(text)
        case .timestamp: timestamp = try TextRules.time(text)
        case .property(let name): try setProperty(name, text)
        case .dropped(let name): dropped.append(name)
        }
    }

    /// The event, if it has what every event needs.
    func build() throws(Rejection) -> Event {
        guard let userID else { throw Rejection(.missing, "user_id") }
        guard let eventType else { throw Rejection(.missing, "type") }
        guard let timestamp else { throw Rejection(.missing, "timestamp") }
        if itemID == nil && eventType.needsItem { throw Rejection(.missing, "item_id") }
        return Event(
            eventID: eventID, userID: userID, itemID: itemID, type: eventType,
            timestamp: timestamp, sessionID: sessionID, city: cityName, quantity: quantity,
            price: price, dwellSeconds: dwellSeconds, query: query, basketID: basketID,
            properties: properties)
    }

    private static func bit(_ field: EventField) -> UInt16 {
        switch field {
        case .eventID: 1
        case .userID: 2
        case .itemID: 4
        case .type: 8
        case .timestamp: 16
        case .sessionID: 32
        case .basketID: 64
        case .city: 128
        case .quantity: 256
        case .price: 512
        case .dwell: 1024
        case .query: 2048
        case .property, .dropped: 0
        }
    }

    private mutating func setProperty(_ name: String, _ text: String) throws(Rejection) {
        guard properties.count < Limits.propertyCountMax else {
            throw Rejection(.value, "more than \(Limits.propertyCountMax) extra columns")
        }
        let name = try id(name, "a column name")
        let value = try phrase(text, name)
        guard !PersonalData.isValue(value) else {
            dropped.append(name)
            return
        }
        guard properties.updateValue(value, forKey: name) == nil else { throw .ambiguous }
    }

    private func type(_ text: String) throws(Rejection) -> EventType {
        // The longest name of a type is far shorter.
        guard text.utf8.count <= Limits.idByteCountMax, let type = EventType(name: text) else {
            let names = EventType.allCases.filter { $0.role == .behaviour }.map(\.name)
            throw Rejection(
                .type,
                "\(Rejection.quoted(text)); use one of \(names.joined(separator: ", ")), or a "
                    + "documented type of pages, offers, suggestions, reservations or deliveries")
        }
        return type
    }

    private func id(_ text: String, _ name: String) throws(Rejection) -> String {
        try TextRules.check(id: text, name)
        return text
    }

    private func phrase(_ text: String, _ name: String) throws(Rejection) -> String {
        try TextRules.check(phrase: text, name)
        return text
    }

    /// A city's name.
    ///
    /// Plain numbers, degrees and decimal numbers are dropped, because they are a postcode,
    /// coordinates or the address of a device.
    private mutating func city(_ text: String) throws(Rejection) -> String? {
        let text = try id(text, "city")
        guard TextRules.isCity(text) else {
            dropped.append("city")
            return nil
        }
        return text
    }

    private func amount(_ text: String, _ name: String) throws(Rejection) -> Double {
        guard let value = DecimalText.parse(text), (0...Limits.amountMax).contains(value) else {
            throw Rejection(
                .number, "\(name) is \(Rejection.quoted(text)); use a number from 0 to 1e9")
        }
        return value
    }
}
