import LMDB
import PropertyGraph
import TestSupport
import Testing
import Time
import TwinFixtures

@testable import Shop
@testable import TwinStorage

/// Versions of items, compared with a list that has one element for each time.
@Suite struct ItemVersionModelTests {
    /// The number of times.
    private let slotCount = 12

    /// What is said at each time, or nothing.
    private struct Slots<Content: Equatable> {
        var contents: [Content?]

        /// What was said at the time and was not changed until later is replaced.
        mutating func set(_ content: Content, from slot: Int) {
            let former = contents[slot]
            var slot = slot
            while slot < contents.count, contents[slot] == former {
                contents[slot] = content
                slot += 1
            }
        }
    }

    /// The time of a slot; the first one is the beginning.
    private func time(_ slot: Int) -> Timestamp {
        slot == 0 ? ItemRecord.beginning : after(Double(slot) * 1000)
    }

    @Test(arguments: UInt64(0)..<30) func timelinesAreThoseOfAList(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var timeline = ItemTimeline()
        var slots = Slots<[UInt8]>(contents: Array(repeating: nil, count: slotCount))
        for step in 0..<40 {
            let content = [UInt8(generator.below(3) + 1)]
            let slot = generator.below(slotCount)
            timeline.set(content, from: time(slot))
            slots.set(content, from: slot)
            for slot in 0..<slotCount {
                #expect(
                    timeline.version(at: time(slot))?.content == slots.contents[slot],
                    "seed \(seed), step \(step), slot \(slot)")
            }
            let versions = timeline.versions
            for (left, right) in zip(versions, versions.dropFirst()) {
                #expect(
                    left.since < right.since && left.content != right.content,
                    "seed \(seed), step \(step)")
            }
        }
    }

    private func item(_ id: String, _ content: Int?) -> Item {
        guard let content else { return Item(itemID: id) }
        return Item(
            itemID: id, name: "name \(content)", category: content == 0 ? nil : "category",
            brand: content == 1 ? "brand" : nil, price: content == 2 ? 2.5 : nil)
    }

    @Test(arguments: UInt64(0)..<20) func storesAreThoseOfLists(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let shop = try TestStore()
        let ids = ["a", "b", "c"]
        var lists = Dictionary(
            uniqueKeysWithValues: ids.map {
                ($0, Slots<Int>(contents: Array(repeating: nil, count: slotCount)))
            })
        var known: Set<String> = []
        // The slot of the newest event, and that at which the catalogue came first.
        var present = 0
        var start: Int?
        for step in 0..<50 {
            let id = generator.pick(ids)
            if generator.chance(0.2), present < slotCount - 1 {
                present += 1
                try shop.append(event(.view, id, Double(present) * 1000, id: "\(step)"))
                known.insert(id)
                continue
            }
            start = start ?? present
            let content = generator.below(3)
            let isNew = lists[id]?.contents.contains { $0 != nil } == false
            let explicit = generator.chance(0.3) ? generator.below(slotCount) : nil
            let slot = explicit ?? (isNew && present == start ? 0 : present)
            try shop.store.put([ItemVersion(item(id, content), validFrom: explicit.map(time))])
            lists[id]?.set(content, from: slot)
            known.insert(id)
            for slot in 0..<slotCount {
                let found = try shop.store.items(ids, asOf: time(slot))
                #expect(Set(found.keys) == known, "seed \(seed), step \(step)")
                for id in known {
                    #expect(
                        found[id] == item(id, lists[id]?.contents[slot] ?? nil),
                        "seed \(seed), step \(step), slot \(slot), item \(id)")
                }
            }
            // Without events the newest versions are the present.
            let now = present == 0 ? slotCount - 1 : present
            for id in known {
                #expect(
                    try shop.store.item(id) == item(id, lists[id]?.contents[now] ?? nil),
                    "seed \(seed), step \(step), item \(id)")
            }
        }
    }
}

/// From when a catalogue counts.
@Suite struct CatalogueTimeTests {
    private let tea = Item(itemID: "tea", name: "Tea", category: "drinks", price: 4)
    private let long = Timestamp(seconds: 0)

    /// The number of records of versions.
    private func records(_ shop: TestStore) throws -> Int {
        try shop.store.graph.read { transaction in
            var count = 0
            try transaction.scan(shop.store.graph.records, prefix: ItemRecord.prefix) { _, _ in
                count += 1
                return true
            }
            return count
        }
    }

    @Test func theFirstCatalogueCountsFromTheBeginning() throws {
        let before = try TestStore()
        try before.store.put([tea])
        try before.append(event(.view, "tea", 0))
        let later = try TestStore()
        try later.append(event(.view, "tea", 0))
        // In two parts, as large files are read.
        try later.store.put([Item(itemID: "cup", name: "Cup")])
        try later.store.put([tea])
        for shop in [before, later] {
            #expect(try shop.store.item("tea", asOf: long) == tea)
            #expect(try shop.store.item("tea") == tea)
            #expect(try records(shop) == 0)
        }
    }

    @Test func anItemThatComesLaterIsNew() throws {
        let shop = try TestStore()
        try shop.store.put([Item(itemID: "cup", name: "Cup")])
        try shop.append(event(.view, "cup", 0), event(.view, "tea", 10))
        try shop.store.put([tea, Item(itemID: "pot", name: "Pot")])
        #expect(try shop.store.item("tea", asOf: after(9)) == Item(itemID: "tea"))
        #expect(try shop.store.item("pot", asOf: after(9)) == Item(itemID: "pot"))
        #expect(try shop.store.item("tea", asOf: after(10)) == tea)
        #expect(try shop.store.item("tea") == tea)
    }

    @Test func aChangeCountsFromThePresentAndNothingElseIsWritten() throws {
        let shop = try TestStore()
        try shop.store.put([tea])
        var dear = tea
        dear.price = 5
        // Before the first event there is no time to tell the two apart.
        try shop.store.put([dear])
        try shop.store.put([tea])
        #expect(try records(shop) == 0)
        try shop.append(event(.view, "tea", 0))
        for _ in 0..<3 { try shop.store.put([tea]) }
        #expect(try records(shop) == 0)
        for _ in 0..<3 { try shop.store.put([dear]) }
        #expect(try records(shop) == 2)
        #expect(try shop.store.item("tea", asOf: after(-1)) == tea)
        #expect(try shop.store.item("tea", asOf: after(0)) == dear)
        // What is taken back at once was never there.
        try shop.store.put([tea])
        #expect(try records(shop) == 0)
        #expect(try shop.store.item("tea") == tea)
    }

    @Test func aTimeThatIsGivenCounts() throws {
        let shop = try TestStore()
        try shop.append(event(.view, "cup", 0))
        try shop.store.put([ItemVersion(tea, validFrom: after(-50))])
        var dear = tea
        dear.price = 5
        try shop.store.put([ItemVersion(dear, validFrom: after(100))])
        #expect(try shop.store.item("tea", asOf: after(-51)) == Item(itemID: "tea"))
        #expect(try shop.store.item("tea", asOf: after(-50)) == tea)
        #expect(try shop.store.item("tea") == tea)
        #expect(try shop.store.item("tea", asOf: after(100)) == dear)
        // What is announced comes with the events.
        try shop.append(event(.view, "cup", 200))
        #expect(try shop.store.item("tea") == dear)
    }

    @Test func vectorsAreOfThePresent() throws {
        let shop = try TestStore()
        try shop.store.put([tea])
        try shop.append(event(.view, "tea", 0))
        try shop.store.publish(vectors: [("tea", [1, 2])], followers: [], at: start)
        try shop.store.put([Item(itemID: "tea", name: "New tea")])
        try shop.store.put([ItemVersion(tea, validFrom: after(5))])
        #expect(
            try shop.store.item("tea")
                == Item(itemID: "tea", name: "New tea", embeddingVector: [1, 2]))
        #expect(try shop.store.item("tea", asOf: after(-5)) == tea)
        #expect(try shop.store.item("tea", asOf: after(5)) == tea)
        // A vector alone is no version.
        let count = try records(shop)
        try shop.store.put([
            ItemVersion(
                Item(itemID: "tea", name: "New tea", embeddingVector: [3]), validFrom: start)
        ])
        #expect(try records(shop) == count)
        #expect(try shop.store.item("tea")?.embeddingVector == [3])
    }

    @Test func aStoreWithoutVersionsIsReadAsBefore() throws {
        let folder = try TemporaryFolder()
        do {
            let shop = try TestStore(folder: folder)
            try shop.store.put([tea])
            try shop.append(event(.view, "tea", 0))
            // As an older program left it.
            try shop.store.graph.write {
                try shop.store.graph.removeSetting("catalogue-start", in: $0)
            }
        }
        let shop = try TestStore(folder: folder)
        #expect(try shop.store.item("tea", asOf: long) == tea)
        try shop.store.put([Item(itemID: "tea", name: "Other"), Item(itemID: "pot", name: "Pot")])
        #expect(try shop.store.item("tea", asOf: after(-1)) == tea)
        #expect(try shop.store.item("pot", asOf: after(-1)) == Item(itemID: "pot"))
        #expect(try shop.store.item("tea")?.name == "Other")
        #expect(try shop.store.item("pot")?.name == "Pot")
    }

    @Test func preferencesAreThoseOfTheCatalogueAtTheTime() throws {
        let shop = try TestStore()
        try shop.store.put([tea])
        try shop.append(event(.purchase, "tea", 0), event(.view, "cup", 100, user: "other"))
        try shop.store.put([Item(itemID: "tea", category: "food", price: 8)])
        let then = try shop.twin(at: after(50)).preferences
        #expect(then.categories.map(\.name) == ["drinks"] && then.priceLevel == 4)
        let now = try shop.store.snapshot(of: "u").twin.preferences
        #expect(now.categories.map(\.name) == ["food"] && now.priceLevel == 8)
        #expect(try shop.twin().preferences.categories.map(\.name) == ["food"])
    }
}
