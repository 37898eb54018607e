import PropertyGraph
import Shop
import Time

/// Converts feeds to properties of nodes of the shared graph, and back.
///
/// `ContextName` makes the names of the nodes.
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
        let (first, last) = try days(properties)
        return CalendarEvent(
            uid: uid, name: name, kind: kind, city: properties["city"]?.string, firstDay: first,
            lastDay: last)
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
        let (first, last) = try days(properties)
        return Offer(
            itemID: item, city: properties["city"]?.string, firstDay: first, lastDay: last,
            price: price)
    }

    // MARK: Blocks of days

    /// The values that a node has under a name.
    ///
    /// - Parameters:
    ///   - name: What they are of.
    ///   - properties: Those of the node.
    ///   - expected: The first day that the block must have, if it is known.
    /// - Returns: The values.
    /// - Throws: ``TwinsError`` with code `corrupt`.
    static func block(
        _ name: String, in properties: [String: Property], first expected: Int? = nil
    ) throws(TwinsError) -> DayBlock {
        let first = try day(properties["firstDay"])
        guard let text = properties[name]?.string, DayBlock.first(of: first) == first,
            expected == nil || expected == first
        else { throw DayBlock.damaged }
        return try DayBlock(first: first, text: text)
    }

    // MARK: Small things

    static func place(_ city: String?) -> [String: Property] {
        city.map { ["city": .string($0)] } ?? [:]
    }

    static func day(_ day: Int) -> Property {
        .timestamp(Timestamp(rawValue: Int64(day) * .millisecondsPerDay))
    }

    /// The first and the last day of an event or offer, in their order.
    private static func days(
        _ properties: [String: Property]
    ) throws(TwinsError) -> (first: Int, last: Int) {
        let (first, last) = (try day(properties["firstDay"]), try day(properties["lastDay"]))
        guard first <= last else { throw DayBlock.damaged }
        return (first, last)
    }

    private static func day(_ property: Property?) throws(TwinsError) -> Int {
        guard let time = property?.timestamp else { throw DayBlock.damaged }
        let day = Day.number(of: time)
        // A block may begin before the first day that feeds may name.
        guard Day.range.contains(day) || Day.range.contains(day + DayBlock.dayCount - 1) else {
            throw DayBlock.damaged
        }
        return day
    }
}
