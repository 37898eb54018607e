import PropertyGraph
import Shop
import Time

/// How feeds lie in the shared graph: the properties of their nodes, which keep what was given.
///
/// The names of the nodes are those of `ContextName`.
enum ContextNodes {
    // MARK: Events

    static func properties(of event: CalendarEvent) -> [String: Property] {
        place(event.city).merging([
            "uid": .string(event.uid), "name": .string(event.name), "kind": .string(event.kind),
            "firstDay": day(event.firstDay), "lastDay": day(event.lastDay),
        ]) { $1 }
    }

    static func event(_ properties: [String: Property]) throws(TwinsError) -> CalendarEvent {
        guard let uid = properties["uid"]?.string, let name = properties["name"]?.string,
            let kind = properties["kind"]?.string
        else { throw DayBlock.damaged }
        return CalendarEvent(
            uid: uid, name: name, kind: kind, city: properties["city"]?.string,
            firstDay: try day(properties["firstDay"]), lastDay: try day(properties["lastDay"]))
    }

    // MARK: Offers

    static func properties(of offer: Offer) -> [String: Property] {
        place(offer.city).merging([
            "item": .string(offer.itemID), "price": .double(offer.price),
            "firstDay": day(offer.firstDay), "lastDay": day(offer.lastDay),
        ]) { $1 }
    }

    static func offer(_ properties: [String: Property]) throws(TwinsError) -> Offer {
        guard let item = properties["item"]?.string, let price = properties["price"]?.double
        else { throw DayBlock.damaged }
        return Offer(
            itemID: item, city: properties["city"]?.string,
            firstDay: try day(properties["firstDay"]), lastDay: try day(properties["lastDay"]),
            price: price)
    }

    // MARK: Blocks of days

    /// The values that a node has under a name.
    static func block(
        _ name: String, in properties: [String: Property]
    ) throws(TwinsError) -> DayBlock {
        let first = try day(properties["firstDay"])
        guard let text = properties[name]?.string, DayBlock.first(of: first) == first else {
            throw DayBlock.damaged
        }
        return try DayBlock(first: first, text: text)
    }

    // MARK: Small things

    static func place(_ city: String?) -> [String: Property] {
        city.map { ["city": .string($0)] } ?? [:]
    }

    static func day(_ day: Int) -> Property {
        .timestamp(Timestamp(rawValue: Int64(day) * 86_400_000))
    }

    private static func day(_ property: Property?) throws(TwinsError) -> Int {
        guard let moment = property?.timestamp else { throw DayBlock.damaged }
        return Day.number(of: moment)
    }
}
