package import Shop
import Time

extension Event {
    /// Restores an event from the log of a twin.
    ///
    /// - Parameters:
    ///   - logged: The event in the log.
    ///   - userID: The shop's id of the customer, which the store does not know.
    ///   - itemID: The id of the item, which the log has as a number.
    package init(_ logged: LoggedEvent, userID: String, itemID: String?) {
        self.init(
            eventID: logged.eventID, userID: userID, itemID: itemID, type: logged.type,
            timestamp: logged.timestamp, sessionID: logged.sessionID, city: logged.city,
            quantity: logged.quantity, price: logged.price, dwellSeconds: logged.dwellSeconds,
            query: logged.query, basketID: logged.basketID, properties: logged.properties)
    }

    /// The event as one line of a JSON Lines file, without the line end.
    ///
    /// An event that was read from a file is read from this line as the same event. A property with
    /// the name of a field cannot come from a file and is left out. A property that an earlier
    /// version accepted and this version would drop is written, because it is stored.
    package var jsonLine: String {
        var fields: [(name: String, value: String)] = []
        func add(_ name: String, text: String?) {
            if let text { fields.append((name, Self.quoted(text))) }
        }
        func add(_ name: String, number: Double?) {
            // Not every reader distinguishes -0 from 0 in a number.
            guard let number else { return }
            let isPlain = number.isFinite && !(number == 0 && number.sign == .minus)
            fields.append((name, isPlain ? number.description : Self.quoted(number.description)))
        }
        add("event_id", text: eventID)
        add("user_id", text: userID)
        add("item_id", text: itemID)
        add("type", text: type.name)
        add("timestamp", text: timestamp.iso8601)
        add("session_id", text: sessionID)
        add("basket_id", text: basketID)
        add("city", text: city)
        add("quantity", number: quantity)
        add("price", number: price)
        add("dwell", number: dwellSeconds)
        add("query", text: query)
        for (name, value) in properties.sorted(by: { $0.key < $1.key })
        where EventField(name: name).isColumn(name) {
            add(name, text: value)
        }
        return "{" + fields.map { "\(Self.quoted($0.name)):\($0.value)" }.joined(separator: ",")
            + "}"
    }

    /// A text as a JSON string (RFC 8259, section 7).
    private static func quoted(_ text: String) -> String {
        var bytes = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes += [UInt8(ascii: "\\"), byte]
            case ..<0x20, 0x7F:
                let digits = String(byte, radix: 16)
                let zeros = String(repeating: "0", count: 4 - digits.count)
                bytes += "\\u\(zeros)\(digits)".utf8
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes + [UInt8(ascii: "\"")], as: UTF8.self)
    }
}
