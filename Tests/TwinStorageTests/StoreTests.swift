import Foundation
import LMDB
import PropertyGraph
import TestSupport
import Testing
import Time
import TwinFixtures

@testable import Shop
@testable import ShopFormats
@testable import StoreAdmin
@testable import TwinStorage

/// The catalogue (S4-08, S4-28, S4-48).
@Suite struct ItemTests {
    private let full = Item(
        itemID: "tea", name: "Green tea", category: "drinks", brand: "Leaf",
        description: "A tea.\nGreen.", imageURL: "https://shop.example/tea.png", price: 4.5,
        embeddingVector: [0.5, -1, .leastNonzeroMagnitude])

    @Test func itemsRoundTrip() throws {
        let shop = try TestStore()
        let bare = Item(itemID: "x")
        try shop.store.put([full, bare])
        #expect(try shop.store.item("tea") == full)
        #expect(try shop.store.item("x") == bare)
        #expect(bare.name == "x")
        #expect(try shop.store.item("none") == nil)
        #expect(try shop.store.items(["x", "none", "tea", "x"]) == ["tea": full, "x": bare])
    }

    @Test func itemsRoundTripAsJSON() throws {
        for item in [full, Item(itemID: "x")] {
            let data = try JSONEncoder().encode(item)
            #expect(try JSONDecoder().decode(Item.self, from: data) == item)
        }
    }

    @Test func aNewVersionReplacesAllButTheVector() throws {
        let shop = try TestStore()
        try shop.store.put([full])
        try shop.store.put([Item(itemID: "tea", name: "Tea")])
        #expect(
            try shop.store.item("tea")
                == Item(itemID: "tea", name: "Tea", embeddingVector: full.embeddingVector))
        try shop.store.put([Item(itemID: "tea", embeddingVector: [7])])
        #expect(try shop.store.item("tea") == Item(itemID: "tea", embeddingVector: [7]))
    }

    @Test func numbersOfItemsCountUpAndStay() throws {
        let folder = try TemporaryFolder()
        do {
            let shop = try TestStore(folder: folder)
            try shop.store.put([Item(itemID: "z"), Item(itemID: "a"), Item(itemID: "z")])
            try shop.append(event(.view, "m", 0), event(.view, "a", 1))
            #expect(try shop.store.itemIDs() == ["z", "a", "m"])
        }
        let shop = try TestStore(folder: folder)
        try shop.store.put([Item(itemID: "b"), Item(itemID: "m")])
        let ids = try shop.store.itemIDs()
        #expect(ids == ["z", "a", "m", "b"])
        #expect(try shop.log().map { try ids[#require($0.item)] } == ["m", "a"])
    }

    @Test func trainingLeavesVectorsAndFollowers() throws {
        let shop = try TestStore()
        try shop.store.put([Item(itemID: "a", category: "c"), Item(itemID: "b")])
        try shop.store.publish(
            vectors: [("a", [1, 2]), ("new", [3, 4])],
            followers: [("a", [("b", 0.75), ("new", 0.25)]), ("b", [])], at: start)
        #expect(
            try shop.store.item("a")
                == Item(itemID: "a", category: "c", embeddingVector: [1, 2]))
        #expect(try shop.store.item("b") == Item(itemID: "b"))
        #expect(try shop.store.item("new") == Item(itemID: "new", embeddingVector: [3, 4]))
        #expect(try followers(shop, "a") == ["b": 0.75, "new": 0.25])
        // The next training replaces what it speaks of and leaves the rest.
        try shop.store.publish(
            vectors: [("b", [5])], followers: [("a", [("b", 1)])], at: after(1))
        #expect(try followers(shop, "a") == ["b": 1])
        #expect(try followers(shop, "b") == [:])
        #expect(try shop.store.item("a")?.embeddingVector == [1, 2])
        #expect(try shop.store.item("b")?.embeddingVector == [5])
    }

    @Test func manyVectorsTakeSeveralBatches() throws {
        let shop = try TestStore()
        let vectors = (0..<4001).map { (itemID: "i\($0)", vector: [Float($0)]) }
        let followers = (0..<4001).map { (itemID: "i\($0)", next: [(itemID: "i0", share: 1.0)]) }
        try shop.store.publish(vectors: vectors, followers: followers, at: start)
        for number in [0, 1999, 2000, 2001, 4000] {
            #expect(try shop.store.item("i\(number)")?.embeddingVector == [Float(number)])
            #expect(try self.followers(shop, "i\(number)") == ["i0": 1])
        }
        #expect(try shop.store.itemIDs().count == 4001)
    }

    @Test func whatTrainingLeavesIsInNoTwin() throws {
        let shop = try TestStore()
        try shop.append(event(.view, "a", 0), event(.view, "b", 1))
        let before = TwinImage(try shop.twin())
        try shop.store.publish(
            vectors: [("a", [1])], followers: [("a", [("b", 1)])], at: start)
        #expect(TwinImage(try shop.twin()) == before)
        // Nor does a twin that starts over take it away.
        try shop.append(event(.view, "c", -5))
        #expect(try followers(shop, "a") == ["b": 1])
        #expect(try shop.store.item("a")?.embeddingVector == [1])
    }

    private func followers(_ shop: TestStore, _ itemID: String) throws -> [String: Double] {
        let graph = shop.store.graph
        return try graph.read { transaction in
            let node = try #require(try graph.node(.item, itemID, in: transaction))
            var found: [String: Double] = [:]
            try graph.forEachEdge(from: node, .followedBy, graph: .shared, in: transaction) {
                let name = try graph.externalID(of: $0.target, in: transaction) ?? "?"
                found[name] = $0.weight
                return true
            }
            return found
        }
    }
}

/// Catalogue files.
@Suite struct ItemReaderTests {
    private func readVersions(_ text: String) throws -> [Result<ItemVersion, Rejection>] {
        let folder = try TemporaryFolder()
        var reader = try ItemReader(path: folder.file(text))
        var results: [Result<ItemVersion, Rejection>] = []
        while let result = try reader.next() { results.append(result) }
        return results
    }

    private func read(_ text: String) throws -> [Result<Item, Rejection>] {
        try readVersions(text).map { $0.map(\.item) }
    }

    @Test func aLineMaySayFromWhenItCounts() throws {
        let lines = try readVersions(
            """
            item_id,valid_from
            a,2026-03-01T10:00
            b,
            c,soon
            d,2300-01-01
            e,20260301
            """)
        try #require(lines.count == 5)
        #expect(lines[0] == .success(ItemVersion(Item(itemID: "a"), validFrom: start)))
        #expect(lines[1] == .success(ItemVersion(Item(itemID: "b"))))
        let message = "; use ISO 8601, yyyymmdd, seconds or milliseconds"
        #expect(lines[2] == .failure(Rejection(.timestamp, "'soon'" + message, at: .line(4))))
        #expect(lines[3] == .failure(Rejection(.timestamp, "'2300-01-01'" + message, at: .line(5))))
        #expect(
            lines[4]
                == .success(
                    ItemVersion(Item(itemID: "e"), validFrom: Timestamp(seconds: 1_772_323_200)))
        )
        #expect(
            try readVersions("{\"item_id\":\"a\",\"valid_from\":1772359200}")
                == [.success(ItemVersion(Item(itemID: "a"), validFrom: start))])
    }

    @Test func everyColumnHasItsPlace() throws {
        let items = try read(
            """
            ITEM_ID;name;category;brand;description;image_url;Price;stock
            a;Tea;drinks;Leaf;"Green; mild";https://x.example/a.png;4.50;7
            b;;;;;;;
            """)
        #expect(
            items == [
                .success(
                    Item(
                        itemID: "a", name: "Tea", category: "drinks", brand: "Leaf",
                        description: "Green; mild", imageURL: "https://x.example/a.png",
                        price: 4.5)),
                .success(Item(itemID: "b")),
            ])
    }

    @Test func jsonLinesAreReadToo() throws {
        let items = try read("{\"item_id\":5,\"price\":1.5,\"name\":null}\n{\"name\":\"x\"}\n[]\n")
        try #require(items.count == 3)
        #expect(items[0] == .success(Item(itemID: "5", price: 1.5)))
        #expect(items[1] == .failure(Rejection(.missing, "item_id", at: .line(2))))
        guard case .failure(let rejection) = items[2] else {
            Issue.record("An array is no item.")
            return
        }
        #expect(rejection.line == 3 && rejection.reason == .json)
    }

    @Test func badLinesAreRejectedByThemselves() throws {
        let long = String(repeating: "x", count: 257)
        let text = String(repeating: "x", count: 4097)
        let items = try read(
            """
            item_id,name,price
            a,A,1
            ,B,1
            c,C,cheap
            d,D,-1
            e,"E,1
            \(long),F,1
            g,\(text),1
            h,H
            i,I,nan
            j,J,0
            """)
        let outline = items.map { result in
            switch result {
            case .success(let item): item.itemID
            case .failure(let rejection): "\(rejection.line ?? 0) \(rejection.reason)"
            }
        }
        #expect(
            outline == [
                "a", "3 missing", "4 number", "5 number", "6 quote", "7 value", "8 value",
                "9 fieldCount", "10 number", "j",
            ])
    }

    @Test func aFileOfSomethingElseSaysSo() throws {
        let folder = try TemporaryFolder()
        let path = try folder.file("name,price\nTea,1\n")
        let error = twinsError { _ = try ItemReader(path: path) }
        #expect(error?.code == .format)
        #expect(
            error?.description
                == "The header of \(path) lacks item_id. An item file needs item_id and may have "
                + "name,category,brand,description,image_url,price,valid_from.")
    }
}

/// Opening stores, and reading all twins.
@Suite struct TwinStoreTests {
    @Test func twinsSurviveReopening() throws {
        let folder = try TemporaryFolder()
        let before: TwinImage
        do {
            let shop = try TestStore(folder: folder)
            try shop.append(event(.view, "A", 0), event(.purchase, "B", 60))
            before = TwinImage(try shop.twin())
        }
        let shop = try TestStore(folder: folder)
        #expect(TwinImage(try shop.twin()) == before)
        // A visit goes on where it was.
        try shop.append(event(.view, "C", 120))
        #expect(try shop.twin().sequenceNames.contains("B PURCHASED_THEN_VIEWED C ×1"))
    }

    @Test func settingsBelongToTheStore() throws {
        let folder = try TemporaryFolder()
        let settings = TwinSettings(halfLifeSeconds: 86_400, sessionIdleSeconds: 60)
        do { _ = try TestStore(folder: folder, settings: settings) }
        do { #expect(try TestStore(folder: folder).store.settings == settings) }
        do { #expect(try TestStore(folder: folder, settings: settings).store.settings == settings) }
        let error = twinsError { _ = try TestStore(folder: folder, settings: TwinSettings()) }
        #expect(error?.code == .setting)
        #expect(
            error?.description
                == "This store's half-life is 1.0 days and its idle time 60.0 s. Leave the "
                + "settings out, or make a new store with others.")
    }

    @Test(arguments: [(0.0, 1.0), (-1, 1), (.nan, 1), (1, -1), (1, .nan)])
    func settingsOutOfRangeAreRefused(_ halfLife: Double, _ idle: Double) {
        let settings = TwinSettings(halfLifeSeconds: halfLife, sessionIdleSeconds: idle)
        let error = twinsError { _ = try TestStore(settings: settings) }
        #expect(error?.code == .setting)
        #expect(
            error?.description == "A half-life must be above 0, idle time 0 or more.")
    }

    @Test func aMissingStoreIsNotMadeUnasked() throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: GraphError.self) {
            try TwinStore(
                path: folder("none"), pseudonymizer: Pseudonymizer(key: testKey), access: .write)
        }
        #expect(error?.code == .notAStore)
        #expect(!FileManager.default.fileExists(atPath: folder("none")))
    }

    @Test func aNewerStoreIsRefused() throws {
        let folder = try TemporaryFolder()
        do {
            let environment = try Environment(path: folder("store"), tables: ["meta"])
            defer { environment.close() }
            var writer = ByteWriter()
            writer.appendVarint(3)
            let record = writer.bytes
            try environment.write {
                try $0.put(record, for: Array("format".utf8), in: environment.table("meta"))
            }
        }
        let error = #expect(throws: GraphError.self) { try TestStore(folder: folder) }
        #expect(error?.code == .newerStore)
        #expect(error?.description.contains("Use a newer foretwin.") == true)
    }

    @Test func logsOfAllTwinsEqualTheirEvents() throws {
        let shop = try TestStore()
        var generator = SeededGenerator(seed: 4)
        let events = (0..<300).map { generator.event(user: "u\($0 % 13)", eventID: "\($0)") }
        try #expect(shop.store.append(events).added == 300)
        let logs = try shop.store.twinIDs().map { try shop.store.snapshot(of: $0)?.entries ?? [] }
        #expect(logs.count == 13)
        let ids = try shop.store.itemIDs()
        for (number, entries) in logs.enumerated() {
            let user = "u\(number)"
            #expect(try shop.log(user).map(\.timestamp) == entries.map(\.timestamp))
            #expect(try shop.log(user).map(\.item) == entries.map(\.item))
            #expect(try shop.log(user).map(\.type) == entries.map(\.type))
            let sent = events.filter { $0.userID == user }
            #expect(entries.map(\.timestamp) == sent.map(\.timestamp).sorted())
            let names = entries.map { entry in entry.item.map { ids[$0] } ?? "" }
            #expect(names.sorted() == sent.map { $0.itemID ?? "" }.sorted())
        }
    }

    @Test func anEmptyStoreHasNothing() throws {
        let shop = try TestStore()
        let store = shop.store
        #expect(try store.twinCount() == 0)
        #expect(try store.eventCount() == 0)
        #expect(try store.itemIDs() == [])
        #expect(try store.newestEvent() == nil)
        #expect(try store.events(of: GraphID(rawValue: 1)) == [])
        #expect(try store.twinIDs() == [])
    }

    @Test func damagedEventsAndTwinsAreTypedErrors() throws {
        let shop = try TestStore()
        try shop.append(event(.view, "A", 0))
        let store = shop.store
        try store.mergeAll()
        let graphID = try #require(try store.twinGraph(userID: "u"))
        try store.graph.write { transaction in
            var key: [UInt8] = []
            let prefix = GraphStore.attachmentKey(graphID, tag: 16).bytes
            try transaction.scan(store.graph.records, prefix: prefix) { found, _ in
                key = Array(copying: found)
                return false
            }
            let value = try #require(try transaction.bytes(for: key, in: store.graph.records))
            try transaction.put(
                Array(value.dropLast()), for: key, in: store.graph.records)
        }
        let read = #expect(throws: LMDBError.self) { try store.events(of: graphID) }
        #expect(read?.code == .corruptRecord)
        // A log entry reads no further than it has to.
        _ = try store.entries(of: graphID)
        try store.graph.write { transaction in
            let node = try #require(
                try store.graph.node(
                    .customer, store.pseudonymizer.pseudonym(of: "u"), in: transaction))
            try store.graph.put(
                Node(id: node, properties: ["eventCount": .int(1)]), graph: graphID,
                in: transaction)
        }
        let error = twinsError { _ = try shop.twin() }
        #expect(error?.code == .corrupt)
        #expect(
            error?.description == "A twin's own node is incomplete. Restore a backup.")
    }

    @Test func readersAndWritersWorkAtOnce() async throws {
        let shop = try TestStore()
        let store = shop.store
        try await withThrowingTaskGroup(of: Void.self) { group in
            for user in 0..<4 {
                group.addTask {
                    for number in 0..<25 {
                        let event = event(.view, "i\(number % 5)", Double(number), user: "u\(user)")
                        _ = try store.append([event])
                        let twin = try store.twin("u\(user)")
                        #expect(twin.eventCount == number + 1)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try store.eventCount() == 100)
        #expect(try store.twinCount() == 4)
    }

    /// Events that are posted one by one share commits, in which some are refused or come twice.
    @Test(arguments: UInt64(0)..<4) func awaitedEventsAreEachThereOnce(seed: UInt64) async throws {
        let shop = try TestStore(journalLimit: 40)
        let store = shop.store
        var generator = SeededGenerator(seed: seed)
        var events = (0..<150).map { generator.event(user: "u\($0 % 5)", eventID: "e\($0)") }
        events += events.prefix(60)
        events.shuffle(using: &generator)
        let results = try await withThrowingTaskGroup(of: AppendResult.self) { group in
            for event in events { group.addTask { try await store.append([event]) } }
            var results = AppendResult()
            for try await result in group {
                results.added += result.added
                results.duplicates += result.duplicates
                results.rejections += result.rejections
            }
            return results
        }
        #expect(results == AppendResult(added: 150, duplicates: 60), "seed \(seed)")
        let calm = try TestStore()
        for event in events { try calm.append(event) }
        for user in 0..<5 {
            let (mine, its) = (try shop.twin("u\(user)"), try calm.twin("u\(user)"))
            #expect(TwinImage(mine) == TwinImage(its), "seed \(seed)")
        }
        store.graph.environment.close()
        #expect(try StoreVerification.verify(shop.folder("store")).findings.isEmpty)
    }

    @Test func erasedTwinsAreNoTwins() throws {
        let shop = try TestStore()
        for user in ["u", "v", "w"] { try shop.append(event(.view, "a", 0, user: user)) }
        _ = try shop.store.erase("v", at: start)
        _ = try shop.store.erase("never heard of", at: start)
        #expect(try shop.store.twinCount() == 2)
        let logs = try shop.store.twinIDs().map { try shop.store.snapshot(of: $0)?.entries.count }
        #expect(logs == [1, nil, 1, nil])
        shop.store.graph.environment.close()
        #expect(try StoreVerification.verify(shop.folder("store")).twins == 2)
    }
}
