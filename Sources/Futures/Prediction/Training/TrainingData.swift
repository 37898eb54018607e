package import Learning
package import Shop
package import Time
package import TwinStorage

/// What a model is trained on: a catalogue, and sequences of events by place in it.
package struct TrainingData: Sendable {
    /// The items, in order of first occurrence.
    package let catalogue: ModelCatalogue
    /// One sequence for each customer or session, oldest event first.
    package let sequences: EventSequences
    /// Whose sequence each is; empty when nobody needs to know.
    package let owners: [String]
    /// Tells in a model which customer each sequence is of, so that it can be erased; empty for
    /// sequences that are not of a store.
    let keys: [RowKey]
    /// A number for each sequence that it keeps when there is more data: the place of its customer
    /// or session among all that were ever seen.
    let numbers: [Int]
    /// Events that were left out because their item was too rare.
    package let droppedEventCount: Int
    /// What is said of the items in words.
    let content: ItemContent
    /// What was bought on which days, and what those were like; `nil` if nobody asked.
    let surroundings: Surroundings?

    /// What responses to the days are learned of.
    struct Surroundings: Sendable {
        /// What was bought in each week of the year.
        var seasons: SeasonCounts
        /// What was bought on days that feeds tell of; items by their running number in the store.
        var counts: ResponseCounts
        /// What the days were like.
        var days: ContextFeatures
        /// The items of the store.
        var items: [Item]
        /// Their ids, by running number.
        var itemIDs: [String]
    }

    /// Groups events into sequences.
    ///
    /// Searches without an item are left out. Events of a sequence are put in order of time; those
    /// of one time keep their order.
    ///
    /// - Parameters:
    ///   - events: Events in any order.
    ///   - key: What tells sequences apart: customer or session.
    ///   - minimumItemCount: Items with fewer events are left out.
    ///   - items: What is said of items, also of new ones.
    package init(
        _ events: some Sequence<Event>, by key: (Event) -> String,
        minimumItemCount: Int = 1, items: [Item] = []
    ) {
        var itemPlaces: [String: Int32] = [:]
        var itemIDs: [String] = []
        var itemCounts: [Int] = []
        var owners: [String] = []
        var ownerPlaces: [String: Int] = [:]
        var rows: [[RawEvent]] = []
        for event in events {
            guard let itemID = event.itemID else { continue }
            let item = itemPlaces[itemID] ?? Int32(itemIDs.count)
            if Int(item) == itemIDs.count {
                itemPlaces[itemID] = item
                itemIDs.append(itemID)
                itemCounts.append(0)
            }
            itemCounts[Int(item)] += 1
            let owner = key(event)
            let row = ownerPlaces[owner] ?? owners.count
            if row == owners.count {
                ownerPlaces[owner] = row
                owners.append(owner)
                rows.append([])
            }
            rows[row].append(
                RawEvent(item: item, type: event.type.rawValue, time: event.timestamp.seconds))
        }
        self.init(
            rows: rows, owners: owners, keys: [], itemIDs: itemIDs, itemCounts: itemCounts,
            minimumItemCount: minimumItemCount, items: items)
    }

    /// Reads all twins of a store, one sequence a customer, what it knows of items, and what it
    /// knows of the days.
    ///
    /// - Parameters:
    ///   - store: The store.
    ///   - minimumItemCount: Items with fewer events are left out.
    ///   - moment: What happened later, and later versions of items, are left out; nothing unless
    ///     given.
    /// - Throws: What the store throws.
    package init(
        _ store: TwinStore, minimumItemCount: Int = 1, until moment: Timestamp? = nil
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
                guard let item = entry.item, itemCounts.indices.contains(item) else { continue }
                itemCounts[item] += 1
                row.append(
                    RawEvent(
                        item: Int32(item), type: entry.type.rawValue,
                        time: entry.timestamp.seconds))
            }
            keys.append(RowKey(pseudonym: snapshot?.key.rawValue ?? ""))
            rows.append(row)
        }
        // Items about which nothing had been said are there only with events.
        let numbers = Dictionary(
            itemIDs.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { $1 })
        let items = known.sorted { $0.key < $1.key }.map(\.value).filter { item in
            moment == nil || item.isDescribed
                || (numbers[item.itemID].map { itemCounts[$0] > 0 } ?? false)
        }
        self.init(
            rows: rows, owners: [], keys: keys, itemIDs: itemIDs, itemCounts: itemCounts,
            minimumItemCount: minimumItemCount, items: items,
            surroundings: Surroundings(
                seasons: seasons, counts: counts, days: ContextFeatures(feeds), items: items,
                itemIDs: itemIDs))
    }

    private struct RawEvent {
        var item: Int32
        var type: UInt8
        var time: Int64
    }

    private init(
        rows: [[RawEvent]], owners: [String], keys: [RowKey], itemIDs: [String],
        itemCounts: [Int], minimumItemCount: Int, items: [Item],
        surroundings: Surroundings? = nil
    ) {
        self.surroundings = surroundings
        var places = [Int32](repeating: -1, count: itemIDs.count)
        var kept: [String] = []
        for (item, count) in itemCounts.enumerated() where count >= max(1, minimumItemCount) {
            places[item] = Int32(kept.count)
            kept.append(itemIDs[item])
        }
        var sequences = EventSequences()
        var keptOwners: [String] = []
        var keptKeys: [RowKey] = []
        var numbers: [Int] = []
        var dropped = 0
        for (index, row) in rows.enumerated() {
            let known = row.filter { places[Int($0.item)] >= 0 }
            dropped += row.count - known.count
            guard !known.isEmpty else { continue }
            let sorted = known.enumerated()
                .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
                .map(\.element)
            sequences.append(
                items: sorted.map { places[Int($0.item)] }, types: sorted.map(\.type),
                times: sorted.map(\.time))
            numbers.append(index)
            if !owners.isEmpty { keptOwners.append(owners[index]) }
            if !keys.isEmpty { keptKeys.append(keys[index]) }
        }
        let catalogue = ModelCatalogue(itemIDs: kept)
        var known = [Item?](repeating: nil, count: kept.count)
        var new: [Item] = []
        for item in items {
            if let place = catalogue.place(of: item.itemID) {
                known[Int(place)] = item
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
