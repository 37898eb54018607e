import Foundation
import FuturesFixtures
import Learning
import Shop
import Simulation
import SyntheticShop
import TestSupport
import Testing
import Time
import TwinStorage

@testable import Backtesting
@testable import Prediction

/// Everything as of a time stays the same, bit for bit, whatever happens after that time.
@Suite("The cut in time")
struct TimeCutTests {
    /// The synthetic shop of all stores: 60 customers over 100 days.
    private static let shop = Result {
        try ShopGenerator(.init(customers: 60, items: 60, days: 100))
    }
    /// The time of the cut, two weeks before the end.
    private static func cut(_ shop: ShopGenerator) -> Timestamp {
        Timestamp(seconds: shop.configuration.end - 14 * day)
    }

    /// A store with the events until the cut, and with customers' consents.
    private final class Fixture {
        let store: TwinStore
        let cut: Timestamp
        private let folder: TemporaryFolder

        init() throws {
            let shop = try shop.get()
            folder = try TemporaryFolder()
            cut = TimeCutTests.cut(shop)
            store = try TwinStore(
                path: folder("store"),
                pseudonymizer: Pseudonymizer(key: [UInt8](repeating: 3, count: 32)))
            let past = Array(shop.events()).filter { [cut] in $0.timestamp <= cut }
            // One item with events has no description yet.
            let undescribed = past.lazy.compactMap(\.itemID).first
            try store.put(shop.items.filter { $0.itemID != undescribed })
            // The first half of the events before the answers, so that these lie in the past.
            _ = try store.append(Array(past.prefix(past.count / 2)))
            for number in 0..<20 {
                try store.setContextConsent(
                    number % 2 == 0 ? [.weather, .events, .trends] : [.events],
                    of: past[number].userID)
            }
            _ = try store.append(Array(past.dropFirst(past.count / 2)))
            try store.add(shop.contextAtEnd().known(at: cut))
        }

        /// Events of known customers after the cut.
        func later(_ change: (inout Event) -> Void = { _ in }) throws -> [Event] {
            try Array(shop.get().events()).filter { $0.timestamp > cut }.prefix(400).map {
                var event = $0
                // Without an id, a changed event is a new one and not a conflict.
                event.eventID = nil
                change(&event)
                return event
            }
        }
    }

    /// A change after the cut.
    enum Change: String, CaseIterable, Sendable {
        case events, newItems, newCustomers, cities, consentGiven, consentWithdrawn, weather
        case trends, itemsAdded, itemsEdited, itemsAnnounced, manyAtOnce
    }

    private func apply(_ change: Change, to fixture: Fixture) throws {
        let store = fixture.store
        let users = Set(try fixture.later().map(\.userID)).sorted()
        let today = Day.number(of: fixture.cut)
        switch change {
        case .events: _ = try store.append(try fixture.later())
        case .newItems:
            _ = try store.append(try fixture.later { $0.itemID = "new-\($0.itemID ?? "")" })
        case .newCustomers:
            _ = try store.append(try fixture.later { $0.userID = "new-\($0.userID)" })
        case .cities: _ = try store.append(try fixture.later { $0.city = "Elsewhere" })
        case .consentGiven, .consentWithdrawn:
            _ = try store.append(try fixture.later())
            for user in users {
                try store.setContextConsent(
                    change == .consentGiven ? Set(ContextPurpose.allCases) : [], of: user)
            }
        case .weather:
            let cities = try store.contextFeeds().cities
            let days = Dictionary(
                uniqueKeysWithValues: (1...14).map {
                    (today + $0, Weather(temperature: 31, precipitation: 40))
                })
            try store.add(
                ContextFeeds(
                    weather: Dictionary(uniqueKeysWithValues: cities.map { ($0, days) })))
        case .trends:
            let categories = Set(try Self.shop.get().items.compactMap(\.category)).sorted()
            try store.add(
                ContextFeeds(
                    trends: categories.flatMap { category in
                        (1...14).map { Trend(category: category, day: today + $0, level: 5) }
                    }))
        case .itemsAdded, .itemsEdited:
            _ = try store.append(try fixture.later())
            try store.put(
                change == .itemsAdded ? Self.shop.get().items + added() : edited())
        case .itemsAnnounced:
            try store.put(
                (added() + edited()).map {
                    ItemVersion($0, validFrom: Timestamp(seconds: fixture.cut.seconds + 1))
                })
        case .manyAtOnce:
            for change in Change.allCases where change != .manyAtOnce {
                try apply(change, to: fixture)
            }
        }
    }

    /// New items that share words with those of the shop.
    private func added() throws -> [Item] {
        try Self.shop.get().items.prefix(20).map { item in
            var item = item
            item.itemID = "added-\(item.itemID)"
            return item
        }
    }

    /// The items of the shop, with everything changed.
    private func edited() throws -> [Item] {
        try Self.shop.get().items.map { item in
            Item(
                itemID: item.itemID, name: "Changed \(item.itemID)", category: "changed",
                brand: "changed", price: 3 * (item.price ?? 1))
        }
    }

    /// A planted mistake: the part that is read as of now instead of the cut.
    enum Leak: String, CaseIterable, Sendable {
        case training, weather, trends, countedEvents, countedCities, countedConsent
        case events, city, consent, addedItems, editedItems
    }

    /// Everything that training and forecasts read as of the cut, as text.
    ///
    /// A leak reads its part as of now.
    private func fingerprint(
        _ fixture: Fixture, leak: Leak? = nil
    ) throws -> [String: String] {
        let (store, cut) = (fixture.store, fixture.cut)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var parts: [String: String] = [:]
        let data = try TrainingData(
            store, minimumItemCount: 1, until: leak == .training ? nil : cut)
        parts["catalogue"] = data.catalogue.itemIDs.joined(separator: ",")
        parts["events"] =
            "\(data.sequences.items) \(data.sequences.types) \(data.sequences.times)"
        let response = ResponseTraining(
            try #require(data.demandData), catalogue: data.catalogue, threads: 1
        ).response()
        parts["response"] = String(decoding: try encoder.encode(response), as: UTF8.self)
        parts["content"] =
            "\(data.content.words) \(data.content.newItemIDs) \(data.content.newWords)"
        try addItems(of: store, asOf: cut, leak, to: &parts)
        let feeds = try store.contextFeeds()
        let weather = (leak == .weather ? feeds : feeds.known(at: cut)).weather
        parts["weather"] = weather.sorted { $0.key < $1.key }.map { city, days in
            "\(city) \(days.sorted { $0.key < $1.key })"
        }.joined()
        parts["trends"] = "\((leak == .trends ? feeds : feeds.known(at: cut)).trends)"
        var counts = ResponseCounts()
        for id in try store.twinIDs() {
            func snapshot(_ leaks: Leak...) throws -> CustomerSnapshot {
                let leaks = leak.map(leaks.contains) ?? false
                return try #require(
                    try store.snapshot(of: id, asOf: leaks ? .accepted.upperBound : cut))
            }
            counts.add(
                try snapshot(.countedEvents).entries, city: try snapshot(.countedCities).city,
                consent: try snapshot(.countedConsent).consent)
            let entries = try snapshot(.events).entries
            // Customers who came after the cut have no events.
            guard !entries.isEmpty else { continue }
            let consent = try snapshot(.consent).consent.map(\.rawValue).sorted()
            parts["twin \(id.rawValue)"] =
                "\(entries) \(try snapshot(.city).city ?? "-") \(consent)"
        }
        parts["counted"] = counts.groups.map { group in
            "\(group.city) \(group.consent.map(\.rawValue).sorted())"
        }.joined(separator: ",")
        parts["purchases"] = counts.items.sorted { $0.key < $1.key }.map { item, days in
            "\(item) \(days.sorted { $0.key < $1.key })"
        }.joined()
        return parts
    }

    /// What the catalogue says as of the cut.
    private func addItems(
        of store: TwinStore, asOf cut: Timestamp, _ leak: Leak?, to parts: inout [String: String]
    ) throws {
        func items(_ part: Leak) throws -> [String: Item] {
            try store.items(store.itemIDs(), asOf: leak == part ? nil : cut)
        }
        let edited = try items(.editedItems)
        parts["edited items"] = try Self.shop.get().items.map {
            edited[$0.itemID].map { "\($0)" } ?? "-"
        }.joined(separator: ",")
        parts["described items"] = try items(.addedItems).values.filter(\.isDescribed)
            .map(\.itemID).sorted().joined(separator: ",")
        for user in try Set(Self.shop.get().events().map(\.userID)).sorted().prefix(20) {
            let twin = try store.snapshot(of: user, asOf: cut).twin
            parts["preferences \(user)"] = "\(twin.preferences)"
        }
    }

    /// The parts that differ.
    private func differences(
        _ first: [String: String], _ second: [String: String]
    ) -> [String] {
        Set(first.keys).union(second.keys).filter { first[$0] != second[$0] }.sorted()
    }

    @Test("Later changes are not seen", arguments: Change.allCases)
    func later(_ change: Change) throws {
        let fixture = try Fixture()
        let before = try fingerprint(fixture)
        #expect(before.count > 50)
        try apply(change, to: fixture)
        #expect(differences(before, try fingerprint(fixture)) == [])
    }

    @Test("Planted leaks are found", arguments: Leak.allCases)
    func leaks(_ leak: Leak) throws {
        let fixture = try Fixture()
        let before = try fingerprint(fixture)
        try apply(.manyAtOnce, to: fixture)
        #expect(differences(before, try fingerprint(fixture, leak: leak)) != [])
    }

    @Test("A question about the past speaks of the categories of its time")
    func whatIf() throws {
        let fixture = try Fixture()
        func answer() throws -> String {
            var scenario = Scenario()
            scenario.prices = [.init(.category("none"), factor: 0.5)]
            let error = #expect(throws: FuturesError.self) {
                try WhatIf(
                    fixture.store, World.model(), scenario,
                    settings: .init(origin: fixture.cut.seconds))
            }
            return "\(try #require(error))"
        }
        let before = try answer()
        try apply(.manyAtOnce, to: fixture)
        #expect(try answer() == before)
    }

    @Test("A back-test after later changes finds the same, bit for bit")
    func backtest() throws {
        let fixture = try Fixture()
        let before = try calibration(fixture)
        try apply(.manyAtOnce, to: fixture)
        #expect(try calibration(fixture) == before)
    }

    /// The calibration and the forecasts of a back-test whose outcomes end at the cut.
    private func calibration(_ fixture: Fixture) throws -> String {
        var configuration = TrainingConfiguration(seed: 7, width: 8, epochs: 1, threads: 1)
        configuration.minimumItemCount = 1
        let backtest = try RollingBacktest(
            fixture.store,
            at: .init(
                origin: fixture.cut.seconds - 7 * day, longest: 7 * day, calibrations: 1),
            settings: BacktestSettings(horizons: [7 * day], types: [purchase], paths: 10),
            configuration: configuration)
        let models = try backtest.models { _, _ in }
        let cohort = try backtest.cohort(models, of: (0..<40).map(TwinID.init(rawValue:)))
        let result = try backtest.result(models, cohort) { _, _ in }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(result.calibration), as: UTF8.self)
            + "\(result.last)"
    }
}
