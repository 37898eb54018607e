package import Learning
package import Shop
package import Time
package import TwinStorage

/// The data of a training run: a catalogue, and sequences of events with its item indices.
package struct TrainingData: Sendable {
    /// The items, in order of first occurrence.
    package let catalogue: ModelCatalogue
    /// The event types that occur, and others that every model knows.
    package let eventTypes: EventVocabulary
    /// One sequence for each customer or session, oldest event first; types are raw values of
    /// `EventType`.
    package let sequences: EventSequences
    /// The customer or session of each sequence; empty for sequences of a store.
    package let owners: [String]
    /// The model's key of each sequence's customer, for erasure; empty for sequences that are not
    /// of a store.
    let keys: [RowKey]
    /// A number of each sequence that stays the same when data are added: the index of its customer
    /// or session in order of first occurrence.
    let numbers: [Int]
    /// The number of events that were left out because their item was too rare.
    package let droppedEventCount: Int
    /// The words that describe the items.
    let content: ItemContent
    /// Purchases by day and the features of the days; `nil` for data that are not of a store.
    let demandData: DemandData?

    /// The data of the demand response model.
    struct DemandData: Sendable {
        /// The purchases by week.
        var seasons: SeasonCounts
        /// The purchases by group and day; items by their number in the store.
        var counts: ResponseCounts
        /// The features of the days.
        var days: ContextFeatures
        /// The descriptions of the store's items.
        var items: [Item]
        /// The ids of the store's items, by number.
        var itemIDs: [String]
    }

    /// Groups events into sequences.
    ///
    /// Events without an item are left out, and so are types that are not behaviour. Events of a
    /// sequence are sorted by time; those of one time keep their order.
    ///
    /// - Parameters:
    ///   - events: Events in any order.
    ///   - key: The sequence of an event: its customer or session.
    ///   - minimumItemCount: Items with fewer events are left out.
    ///   - items: Descriptions of items, including new ones.
    ///   - eventTypes: The event types to learn; if `nil`, the original ones and newer types of
    ///     behaviour that occur.
    package init(
        _ events: some Sequence<Event>, by key: (Event) -> String,
        minimumItemCount: Int = 1, items: [Item] = [], eventTypes: EventVocabulary? = nil
    ) {
        var itemIndices: [String: Int32] = [:]
        var itemIDs: [String] = []
        var itemCounts: [Int] = []
        var owners: [String] = []
        var ownerIndices: [String: Int] = [:]
        var rows: [[RawEvent]] = []
        for event in events {
            guard let itemID = event.itemID, Self.isLearned(event.type, eventTypes) else {
                continue
            }
            let item = itemIndices[itemID] ?? Int32(itemIDs.count)
            if Int(item) == itemIDs.count {
                itemIndices[itemID] = item
                itemIDs.append(itemID)
                itemCounts.append(0)
            }
            itemCounts[Int(item)] += 1
            let owner = key(event)
            let row = ownerIndices[owner] ?? owners.count
            if row == owners.count {
                ownerIndices[owner] = row
                owners.append(owner)
                rows.append([])
            }
            rows[row].append(
                RawEvent(item: item, type: event.type, time: event.timestamp.seconds))
        }
        self.init(
            rows: rows, owners: owners, keys: [], itemIDs: itemIDs, itemCounts: itemCounts,
            minimumItemCount: minimumItemCount, items: items, eventTypes: eventTypes)
    }

    /// Whether a model learns events of a type: of a given vocabulary, or else of behaviour.
    private static func isLearned(_ type: EventType, _ eventTypes: EventVocabulary?) -> Bool {
        eventTypes?.contains(type) ?? (type.role == .behaviour)
    }

    /// Reads the events of all customers of a store, the descriptions of items, and the feeds.
    ///
    /// - Parameters:
    ///   - store: The store.
    ///   - minimumItemCount: Items with fewer events are left out.
    ///   - moment: Later events, and later versions of items, are left out; none if `nil`.
    ///   - eventTypes: The event types to learn; if `nil`, the original ones and newer types of
    ///     behaviour that occur.
    /// - Throws: What the store throws.
    package init(
        _ store: TwinStore, minimumItemCount: Int = 1, until moment: Timestamp? = nil,
        eventTypes: EventVocabulary? = nil
    ) throws {
        let itemIDs = try store.itemIDs()
        var itemCounts = [Int](repeating: 0, count: itemIDs.count)
        var rows: [[RawEvent]] = []
        let all = try store.contextFeeds()
        let feeds = moment.map(all.known) ?? all
        var keys: [RowKey] = []
        let known = try store.items(itemIDs, asOf: moment)
        var seasons = SeasonCounts(itemIDs, items: known)
        var counts = ResponseCounts()
        let cities = feeds.cities
        for id in try store.twinIDs() {
            let snapshot = try store.snapshot(of: id, asOf: moment)
            let past = snapshot?.entries ?? []
            var row: [RawEvent] = []
            row.reserveCapacity(past.count)
            seasons.add(past)
            if !feeds.isEmpty, let snapshot {
                let city = snapshot.city.flatMap { cities.contains($0) ? $0 : nil }
                counts.add(past, city: city, consent: snapshot.consent)
            }
            for entry in past {
                guard let item = entry.item, itemCounts.indices.contains(item),
                    Self.isLearned(entry.type, eventTypes)
                else { continue }
                itemCounts[item] += 1
                row.append(
                    RawEvent(
                        item: Int32(item), type: entry.type, time: entry.timestamp.seconds))
            }
            keys.append(RowKey(pseudonym: snapshot?.key.rawValue ?? ""))
            rows.append(row)
        }
        // What a catalogue says may have been there before; what is known from later events alone
        // was not.
        let numbers = Dictionary(
            itemIDs.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { $1 })
        let items = known.sorted { $0.key < $1.key }.map(\.value).filter { item in
            moment == nil || item.isDescribed
                || (numbers[item.itemID].map { itemCounts[$0] > 0 } ?? false)
        }
        self.init(
            rows: rows, owners: [], keys: keys, itemIDs: itemIDs, itemCounts: itemCounts,
            minimumItemCount: minimumItemCount, items: items, eventTypes: eventTypes,
            demandData: DemandData(
                seasons: seasons, counts: counts, days: ContextFeatures(feeds), items: items,
                itemIDs: itemIDs))
    }

    private struct RawEvent {
        var item: Int32
        var type: EventType
        var time: Int64
    }

    private init(
        rows: [[RawEvent]], owners: [String], keys: [RowKey], itemIDs: [String],
        itemCounts: [Int], minimumItemCount: Int, items: [Item], eventTypes: EventVocabulary?,
        demandData: DemandData? = nil
    ) {
        self.demandData = demandData
        self.eventTypes =
            eventTypes ?? EventVocabulary(training: rows.lazy.joined().map(\.type))
        var catalogueIndices = [Int32](repeating: -1, count: itemIDs.count)
        var kept: [String] = []
        for (item, count) in itemCounts.enumerated() where count >= max(1, minimumItemCount) {
            catalogueIndices[item] = Int32(kept.count)
            kept.append(itemIDs[item])
        }
        var sequences = EventSequences()
        var keptOwners: [String] = []
        var keptKeys: [RowKey] = []
        var numbers: [Int] = []
        var dropped = 0
        for (index, row) in rows.enumerated() {
            let known = row.filter { catalogueIndices[Int($0.item)] >= 0 }
            dropped += row.count - known.count
            guard !known.isEmpty else { continue }
            let sorted = known.enumerated()
                .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
                .map(\.element)
            sequences.append(
                items: sorted.map { catalogueIndices[Int($0.item)] },
                types: sorted.map(\.type.rawValue),
                times: sorted.map(\.time))
            numbers.append(index)
            if !owners.isEmpty { keptOwners.append(owners[index]) }
            if !keys.isEmpty { keptKeys.append(keys[index]) }
        }
        let catalogue = ModelCatalogue(itemIDs: kept)
        var known = [Item?](repeating: nil, count: kept.count)
        var new: [Item] = []
        for item in items {
            if let index = catalogue.index(of: item.itemID) {
                known[Int(index)] = item
            } else {
                new.append(item)
            }
        }
        content = ItemContent(known: known, new: new)
        self.catalogue = catalogue
        self.sequences = sequences
        self.owners = keptOwners
        self.keys = keptKeys
        self.numbers = numbers
        self.droppedEventCount = dropped
    }
}
