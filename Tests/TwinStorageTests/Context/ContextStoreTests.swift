import Foundation
import LMDB
import PropertyGraph
import ShopFormats
import TestSupport
import Testing
import Time
import TwinFixtures

@testable import Shop
@testable import StoreAdmin
@testable import TwinStorage

/// Feeds in a store.
@Suite struct ContextStoreTests {
    private func check(_ folder: String) throws {
        let report = try StoreVerification.verify(folder)
        guard report.isSound else { throw TwinsError(.corrupt, "\(report.findings)") }
    }

    @Test func aNewStoreKnowsNothing() throws {
        let shop = try TestStore()
        #expect(try shop.store.contextFeeds().isEmpty)
        try shop.store.add(ContextFeeds())
        #expect(try shop.store.contextFeeds().isEmpty)
    }

    @Test func feedsAreReadAsTheyWereAddedAndInOrder() throws {
        let shop = try TestStore()
        try shop.store.add(someFeeds)
        #expect(try shop.store.contextFeeds() == someFeeds.sorted)
        var turned = someFeeds
        turned.events.reverse()
        turned.trends.reverse()
        turned.offers.reverse()
        let other = try TestStore()
        try other.store.add(turned)
        #expect(try other.store.contextFeeds() == someFeeds.sorted)
        // Adding the same once more changes nothing.
        try shop.store.add(turned)
        #expect(try shop.store.contextFeeds() == someFeeds.sorted)
    }

    @Test func whatIsSaidAnewReplaces() throws {
        let shop = try TestStore()
        try shop.store.add(someFeeds)
        let first = day("2026-03-01")
        try shop.store.add(
            ContextFeeds(
                weather: ["Berlin": [first: Weather(temperature: 9, precipitation: 9)]],
                events: [
                    CalendarEvent(
                        uid: "may", name: "May", kind: "x", firstDay: first, lastDay: first + 1)
                ],
                trends: [
                    Trend(category: "Tea", city: "Berlin", day: first, level: 5),
                    Trend(category: "Tea", city: "Berlin", day: first, level: 6),
                    Trend(category: "Tea", city: "Graz", day: first, level: 7),
                ],
                offers: [Offer(itemID: "i1", firstDay: first, lastDay: first + 9, price: 3)]))
        var expected = someFeeds
        expected.weather["Berlin"]?[first] = Weather(temperature: 9, precipitation: 9)
        expected.events[0] = CalendarEvent(
            uid: "may", name: "May", kind: "x", firstDay: first, lastDay: first + 1)
        expected.trends[0].level = 6
        expected.trends.append(Trend(category: "Tea", city: "Graz", day: first, level: 7))
        expected.offers[1].lastDay = first + 9
        expected.offers[1].price = 3
        #expect(try shop.store.contextFeeds() == expected.sorted)
    }

    @Test func aCityHasOneNameHoweverItIsTyped() throws {
        let shop = try TestStore()
        let weather = Weather(temperature: 1, precipitation: 0)
        for (number, city) in ["Köln", "Ko\u{308}ln"].enumerated() {
            try shop.store.add(ContextFeeds(weather: [city: [number: weather, 5: weather]]))
        }
        #expect(
            try shop.store.contextFeeds().weather == ["Köln": [0: weather, 1: weather, 5: weather]])
        #expect(try shop.store.removeContext(.weather, city: "Köln") == 3)
    }

    @Test func whatOnlyLooksAlikeIsToldApart() throws {
        let shop = try TestStore()
        let texts = ["a", "a|b", "a\\|b", "a\\", "|", "a||b"]
        var feeds = ContextFeeds()
        for text in texts {
            for city in [nil, "b", "b|a", "\\b"] {
                feeds.events.append(
                    CalendarEvent(uid: text, name: "", kind: "k", city: city, firstDay: 1))
                feeds.trends.append(Trend(category: text, city: city, day: 1, level: 1))
                feeds.offers.append(
                    Offer(itemID: text, city: city, firstDay: 1, lastDay: 1, price: 1))
            }
        }
        try shop.store.add(feeds)
        #expect(try shop.store.contextFeeds() == feeds.sorted)
    }

    @Test func aNodeIsNamedByWhatItIsAbout() {
        let day = Day.number("2026-02-25") ?? 0
        #expect(ContextName.name(ofWeatherIn: "Berlin", from: day) == "Berlin|2026-02-25")
        let offer = Offer(itemID: "i", firstDay: day, lastDay: day, price: 1)
        #expect(ContextName.name(of: offer) == "i|2026-02-25")
        let event = CalendarEvent(uid: "a|b\\", name: "", kind: "k", city: "c", firstDay: day)
        #expect(ContextName.name(of: event) == "a\\|b\\\\|c")
        #expect(ContextName.byteCountMax == GraphStore.externalIDByteCountMax)
    }

    @Test func severalFeedsAreAddedTogetherOrNotAtAll() throws {
        let shop = try TestStore()
        let good = ContextFeeds(events: [CalendarEvent(uid: "a", name: "", kind: "k", firstDay: 1)])
        let other = ContextFeeds(events: [CalendarEvent(uid: "b", name: "", kind: "k", firstDay: 2)]
        )
        let bars = String(repeating: "|", count: 250)
        let bad = ContextFeeds(events: [CalendarEvent(uid: bars, name: "", kind: "k", firstDay: 1)])
        #expect(twinsError { try shop.store.add([good, bad]) }?.code == .setting)
        #expect(try shop.store.contextFeeds().isEmpty)
        try shop.store.add([good, other])
        #expect(try shop.store.contextFeeds().events == good.events + other.events)
    }

    @Test func theLongestNamesFit() throws {
        let shop = try TestStore()
        let id = String(repeating: "i", count: Limits.idByteCountMax)
        let city = String(repeating: "c", count: Limits.cityByteCountMax)
        let feeds = ContextFeeds(
            weather: [city: [1: Weather(temperature: 0, precipitation: 0)]],
            events: [CalendarEvent(uid: id, name: "", kind: id, city: city, firstDay: 1)],
            trends: [Trend(category: id, city: city, day: 1, level: 1)],
            offers: [Offer(itemID: id, city: city, firstDay: 1, lastDay: 1, price: 1)])
        try shop.store.add(feeds)
        #expect(try shop.store.contextFeeds() == feeds)
    }

    @Test func kindsAndCitiesAreRemovedAlone() throws {
        let shop = try TestStore()
        try shop.store.add(someFeeds)
        #expect(try shop.store.removeContext(.weather, city: "Graz") == 0)
        #expect(try shop.store.contextFeeds() == someFeeds.sorted)
        #expect(try shop.store.removeContext(.weather, city: "Berlin") == 3)
        #expect(try shop.store.contextFeeds().weather.keys.sorted() == ["São Paulo"])
        #expect(try shop.store.removeContext(.trends, city: "Berlin") == 1)
        #expect(try shop.store.removeContext(.trends) == 2)
        #expect(try shop.store.removeContext(.events) == 2)
        #expect(try shop.store.removeContext(.offers, city: "Berlin") == 1)
        #expect(try shop.store.contextFeeds().offers == [someFeeds.offers[1]])
        #expect(try shop.store.removeContext(.offers) == 1)
        #expect(try shop.store.removeContext(.weather) == 1)
        #expect(try shop.store.contextFeeds().isEmpty)
        try shop.store.add(someFeeds)
        #expect(try shop.store.contextFeeds() == someFeeds.sorted)
        shop.store.graph.environment.close()
        #expect(try StoreVerification.verify(shop.folder("store")).findings == [])
    }

    static let wrong: [(ContextFeeds, String)] = [
        (
            ContextFeeds(weather: ["Graz": [0: Weather(temperature: 61, precipitation: 0)]]),
            "the temperature is 61.0 °C"
        ),
        (
            ContextFeeds(weather: ["Graz": [0: Weather(temperature: .nan, precipitation: 0)]]),
            "the temperature is nan °C"
        ),
        (
            ContextFeeds(weather: ["47.07,15.43": [0: Weather(temperature: 1, precipitation: 0)]]),
            "use a city's name"
        ),
        (
            ContextFeeds(weather: ["Graz": [.max: Weather(temperature: 1, precipitation: 0)]]),
            "outside the years 1900 to 2199"
        ),
        (
            ContextFeeds(events: [CalendarEvent(uid: "", name: "", kind: "k", firstDay: 0)]),
            "required value missing: uid"
        ),
        (
            ContextFeeds(events: [CalendarEvent(uid: "a\tb", name: "", kind: "k", firstDay: 0)]),
            "uid holds a control character"
        ),
        (ContextFeeds(trends: [Trend(category: "Tea", day: 0, level: -1)]), "level is -1.0"),
        (
            ContextFeeds(trends: [Trend(category: "Tea", day: .min, level: 1)]),
            "day is outside the years"
        ),
        (
            ContextFeeds(offers: [Offer(itemID: "i", firstDay: 0, lastDay: 0, price: .infinity)]),
            "price is inf"
        ),
    ]

    @Test(arguments: wrong)
    func valuesOutOfTheirBoundsAreNamedAndNothingIsAdded(
        _ feeds: ContextFeeds, _ expected: String
    ) throws {
        let shop = try TestStore()
        var mixed = feeds
        mixed.events.append(CalendarEvent(uid: "ok", name: "", kind: "k", firstDay: 0))
        let error = try #require(twinsError { try shop.store.add(mixed) })
        #expect(error.code == .setting)
        #expect(error.description.contains(expected), "\(error)")
        #expect(try shop.store.contextFeeds().isEmpty)
    }

    @Test func feedsAreStillThereAfterEverythingThatKeepsData() throws {
        let folder = try TemporaryFolder()
        do {
            let shop = try TestStore(folder: folder)
            try shop.append(event(.view, "i1", 0), event(.purchase, "i1", 60))
            try shop.store.add(someFeeds)
        }
        for access in [GraphStore.Access.read, .write] {
            let shop = try TestStore(folder: folder, access: access)
            #expect(try shop.store.contextFeeds() == someFeeds.sorted)
        }
        #expect(try StoreVerification.verify(folder("store")).findings == [])
        _ = try StoreBackup.make(of: folder("store"), at: folder("b"))
        _ = try StoreCompaction.compact(folder("store"), verify: check)
        let other = try TemporaryFolder()
        _ = try StoreRestore.restore(
            folder("b"), to: other("store"), isReplacing: false, verify: check)
        for place in [folder, other] {
            let shop = try TestStore(folder: place, access: .read)
            #expect(try shop.store.contextFeeds() == someFeeds.sorted)
            #expect(try shop.twin().eventCount == 2)
        }
    }

    @Test func erasingACustomerLeavesWhatIsKnownOfTheirCity() throws {
        let shop = try TestStore()
        var visit = event(.view, "i1", 0)
        visit.city = "Berlin"
        try shop.append(visit)
        try shop.store.mergeAll()
        try shop.store.add(someFeeds)
        _ = try shop.store.erase("u", at: start)
        #expect(try shop.store.contextFeeds() == someFeeds.sorted)
        shop.store.graph.environment.close()
        #expect(try StoreVerification.verify(shop.folder("store")).findings == [])
    }

    @Test func aStoreFromBeforeThereWereFeedsIsRead() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder("store"), withIntermediateDirectories: true)
        do {
            // As an older program made it: without labels of feeds.
            let labels: [Label] = [.customer, .item, .query, .city, .daypart]
            let graph = try GraphStore(
                path: folder("store"), labels: labels, edgeTypes: EdgeType.all,
                tables: ["journal"], reverseIndex: .sharedGraph)
            let pseudonymizer = try Pseudonymizer(key: testKey)
            try graph.write { transaction in
                try graph.set("key", to: .string(pseudonymizer.fingerprint), in: transaction)
                try graph.set("halfLifeSeconds", to: .double(86_400), in: transaction)
                try graph.set("sessionIdleSeconds", to: .double(1800), in: transaction)
            }
        }
        do {
            let shop = try TestStore(folder: folder, access: .read)
            #expect(try shop.store.contextFeeds().isEmpty)
        }
        let shop = try TestStore(folder: folder, access: .write)
        try shop.store.add(someFeeds)
        #expect(try shop.store.contextFeeds() == someFeeds.sorted)
    }

    @Test func damageIsSaidAndDoesNotEndTheProcess() throws {
        let changes: [(Label, [String: Property])] = [
            (.weather, ["city": .string("B"), "firstDay": ContextNodes.day(0)]),
            (
                .weather,
                [
                    "city": .string("B"), "firstDay": ContextNodes.day(1),
                    "temperature": .string(DayBlock(first: 0).text),
                    "precipitation": .string(DayBlock(first: 0).text),
                ]
            ),
            (
                .weather,
                [
                    "city": .string("B"), "firstDay": .timestamp(Timestamp(rawValue: .max)),
                    "temperature": .string(DayBlock(first: 0).text),
                    "precipitation": .string(DayBlock(first: 0).text),
                ]
            ),
            (
                .offer,
                [
                    "item": .string("i"), "price": .double(1), "firstDay": ContextNodes.day(2),
                    "lastDay": ContextNodes.day(1),
                ]
            ),
            (.publicEvent, ["uid": .string("u")]), (.offer, [:]),
            (.trend, ["category": .int(1)]),
        ]
        for (label, properties) in changes {
            let shop = try TestStore()
            let graph = shop.store.graph
            try graph.write { transaction in
                let node = try graph.addNode(label, "x", in: transaction)
                try graph.put(
                    Node(id: node, properties: properties), graph: .shared, in: transaction)
            }
            let error = twinsError { _ = try shop.store.contextFeeds() }
            #expect(error?.code == .corrupt, "\(label)")
        }
    }

    @Test func aBlockOfOtherDaysThanItsNameSaysIsDamage() throws {
        let shop = try TestStore()
        let graph = shop.store.graph
        try shop.store.add(ContextFeeds(trends: [Trend(category: "A", day: 40, level: 2)]))
        try graph.write { transaction in
            let name = ContextName.name(
                of: Trend(category: "A", day: 40, level: 2), from: 32)
            let node = try #require(try graph.node(.trend, name, in: transaction))
            let properties: [String: Property] = [
                "category": .string("A"), "firstDay": ContextNodes.day(0),
                "level": .string(DayBlock(first: 0).text),
            ]
            try graph.put(Node(id: node, properties: properties), graph: .shared, in: transaction)
        }
        let error = twinsError {
            try shop.store.add(ContextFeeds(trends: [Trend(category: "A", day: 41, level: 3)]))
        }
        #expect(error?.code == .corrupt)
    }

    /// The weather of some cities over a thousand days.
    private func weather(cities: Int) -> ContextFeeds {
        var feeds = ContextFeeds()
        for city in 0..<cities {
            for day in 20_000..<21_000 {
                feeds.weather["City \(city)", default: [:]][day] = Weather(
                    temperature: Double((city + day) % 40), precipitation: Double(day % 7) / 10)
            }
        }
        return feeds
    }

    @Test func aThousandDaysOfACityAreReadFrom32Nodes() throws {
        let shop = try TestStore()
        let feeds = weather(cities: 50)
        try shop.store.add(feeds)
        #expect(try shop.store.contextFeeds() == feeds)
        // A node holds 32 days, and the first day is the first of a node.
        let nodes = try shop.store.graph.read { transaction in
            try shop.store.graph.nodeCount(.weather, in: transaction)
        }
        #expect(nodes == 50 * 32)
        #expect(try StoreFigures(of: shop.store).usedBytes < 2 << 20)
    }

    @Test func readingTakesTimeInProportionToTheCities() throws {
        let clock = ContinuousClock()
        func shortest(cities: Int) throws -> Duration {
            let shop = try TestStore()
            try shop.store.add(weather(cities: cities))
            return try (0..<3).map { _ in
                try clock.measure { _ = try shop.store.contextFeeds() }
            }.min() ?? .zero
        }
        // Ten times in proportion, a hundred times if each city were looked up among all.
        let ratio = try shortest(cities: 60) / shortest(cities: 6)
        #expect(ratio < 40, "ten times the cities take \(ratio) times as long")
    }
}

/// What is known in figures.
@Suite struct ContextOverviewTests {
    private func rows(_ city: String? = nil) -> [String] {
        ContextOverview(someFeeds, city: city).rows.map { row in
            "\(row.kind) \(row.city ?? "*") \(Day.text(row.firstDay)) \(Day.text(row.lastDay)) "
                + "\(row.count) \(row.gapCount)"
        }
    }

    @Test func everyKindAndCityHasItsRow() {
        #expect(
            rows() == [
                "weather Berlin 2026-02-28 2026-05-01 3 60",
                "weather São Paulo 1969-12-31 1969-12-31 1 0",
                "events * 2026-05-01 2026-05-01 1 0", "events Berlin 2026-05-01 2026-05-04 1 0",
                "trends * 2026-03-01 2026-03-02 2 0", "trends Berlin 2026-03-01 2026-03-01 1 0",
                "offers * 2026-03-01 2026-03-01 1 0", "offers Berlin 2026-03-01 2026-03-07 1 0",
            ])
    }

    @Test func oneCityIsSeenAlone() {
        #expect(rows("Berlin").count == 4)
        #expect(rows("São Paulo") == ["weather São Paulo 1969-12-31 1969-12-31 1 0"])
        #expect(rows("Graz").isEmpty)
        #expect(ContextOverview(ContextFeeds()).rows.isEmpty)
    }

    @Test func gapsOfTrendsAreThoseOfEachCategory() {
        let feeds = ContextFeeds(trends: [
            Trend(category: "A", day: 1, level: 1), Trend(category: "A", day: 4, level: 1),
            Trend(category: "B", day: 9, level: 1),
        ])
        let row = ContextOverview(feeds).rows.first
        #expect(row?.count == 3 && row?.gapCount == 2)
        #expect(row?.firstDay == 1 && row?.lastDay == 9)
    }
}
