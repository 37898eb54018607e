package import PropertyGraph
import Shop

extension Label {
    package static let customer = Label(rawValue: "Customer")
    package static let item = Label(rawValue: "Item")
    package static let query = Label(rawValue: "Query")
    package static let city = Label(rawValue: "City")
    package static let daypart = Label(rawValue: "Daypart")

    /// The weather of one city on some days.
    static let weather = Label(rawValue: "Weather")
    /// A public holiday or event.
    static let publicEvent = Label(rawValue: "PublicEvent")
    /// What is in demand on some days: one category, in one city or everywhere.
    static let trend = Label(rawValue: "Trend")
    /// A price of an item other than the usual one.
    static let offer = Label(rawValue: "Offer")

    package static let all: [Label] = [
        .customer, .item, .query, .city, .daypart, .weather, .publicEvent, .trend, .offer,
    ]
}

extension EdgeType {
    /// Customer to query.
    static let searched = EdgeType(rawValue: "SEARCHED")
    /// Customer to city.
    static let locatedIn = EdgeType(rawValue: "LOCATED_IN")
    /// Customer to part of the day.
    static let activeIn = EdgeType(rawValue: "ACTIVE_IN")
    /// Item to item, in the shared graph: what often comes next, for everybody.
    static let followedBy = EdgeType(rawValue: "FOLLOWED_BY")

    /// Customer to item, for what was done with it; `nil` for types that add no edge.
    static func interaction(_ type: EventType) -> EdgeType? { interactions[Int(type.rawValue)] }

    /// Item to item: `first` was done with one, and then `second` with the other.
    static func sequence(_ first: EventType, _ second: EventType) -> EdgeType {
        sequences[Int(first.rawValue) * EventVocabulary.original.count + Int(second.rawValue)]
    }

    /// The event types that edges of a type from customer to item stand for.
    static let eventTypes: [EdgeType: EventType] = Dictionary(
        uniqueKeysWithValues: EventType.allCases.compactMap { type in
            interaction(type).map { ($0, type) }
        })

    // New types come last: the order decides the codes of types in a new store.
    package static let all: [EdgeType] =
        EventVocabulary.original.types.compactMap(interaction)
        + [.searched, .locatedIn, .activeIn, .followedBy]
        + EventType.inSequences.flatMap { first in
            EventType.inSequences.map { sequence(first, $0) }
        }
        + EventType.allCases.filter { !EventVocabulary.original.contains($0) }
        .compactMap(interaction)

    private static let interactions = {
        let count = 1 + Int(EventType.allCases.map(\.rawValue).max() ?? 0)
        var interactions = [EdgeType?](repeating: nil, count: count)
        for type in EventType.allCases {
            interactions[Int(type.rawValue)] = type.edgeName.map(EdgeType.init(rawValue:))
        }
        return interactions
    }()

    // All pairs by their raw values: every event that follows another looks here.
    private static let sequences = EventVocabulary.original.types.flatMap { first in
        EventVocabulary.original.types.map {
            EdgeType(rawValue: "\(first.edgeName ?? "")_THEN_\($0.edgeName ?? "")")
        }
    }
}

extension EventType {
    /// The types of events that sequence edges connect: steps towards an item, not away from it.
    ///
    /// All of them are in ``EventVocabulary/original``.
    static let inSequences: [EventType] = [.view, .search, .cartAdd, .purchase, .wishlistAdd]
}
