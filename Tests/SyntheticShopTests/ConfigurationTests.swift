import Foundation
import Shop
import Testing
import Time

@testable import SyntheticShop

@Suite struct ConfigurationTests {
    typealias Configuration = ShopGenerator.Configuration

    @Test func defaultsAreTheQuickstart() throws {
        let configuration = Configuration()
        #expect(configuration.customers == 600)
        #expect(configuration.items == 300)
        #expect(configuration.days == 180)
        #expect(configuration.seed == 7)
        #expect(configuration.start.iso8601 == "2026-01-01T00:00:00Z")
        let shop = try ShopGenerator()
        #expect(shop.configuration == configuration)
    }

    static let impossible: [(Configuration, says: [String])] = [
        (Configuration(customers: 0), ["customers is 0", "from 1 to 200000"]),
        (Configuration(customers: -4), ["customers is -4"]),
        (Configuration(customers: 200_001, days: 1), ["customers is 200001"]),
        (Configuration(customers: .max), ["customers is"]),
        (Configuration(items: 7), ["items is 7", "from 8 to 100000"]),
        (Configuration(items: 0), ["items is 0"]),
        (Configuration(items: .min), ["items is"]),
        (Configuration(items: 100_001), ["items is 100001"]),
        (Configuration(days: 0), ["days is 0", "from 1 to 3650"]),
        (Configuration(days: 3651), ["days is 3651"]),
        (Configuration(customers: 200_000, days: 3650), ["10000000", "fewer customers"]),
        (
            Configuration(start: Timestamp(seconds: 1_767_225_601)),
            ["start is 2026-01-01T00:00:01Z", "midnight"]
        ),
        (Configuration(start: Timestamp(rawValue: 1)), ["midnight"]),
        (Configuration(start: Timestamp(seconds: -86_400)), ["from 1970 on"]),
        (Configuration(start: Timestamp(seconds: 7_258_032_000)), ["end after 2199"]),
    ]

    @Test(arguments: impossible.indices)
    func impossibleConfigurationIsRefused(_ index: Int) {
        let (configuration, says) = Self.impossible[index]
        let error = #expect(throws: ShopError.self) { try ShopGenerator(configuration) }
        #expect(error?.code == .setting)
        for text in says {
            #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
        }
    }

    static let possible: [Configuration] = [
        Configuration(customers: 1, items: 8, days: 1),
        Configuration(customers: 1, items: 8, days: 3650, start: Timestamp(seconds: 0)),
        Configuration(customers: 3, items: 8, days: 1, start: Timestamp(seconds: 7_258_032_000)),
        Configuration(customers: 2, items: 20_000, days: 2, seed: .max),
    ]

    @Test(arguments: possible)
    func extremeButPossibleConfigurationWorks(_ configuration: Configuration) throws {
        let shop = try ShopGenerator(configuration)
        #expect(shop.items.count == configuration.items)
        #expect(shop.truth.customers.count == configuration.customers)
        #expect(shop.truth.customers.allSatisfy { !$0.recurringItems.isEmpty })
        let end = configuration.start.seconds + Int64(configuration.days) * 86_400
        for event in shop.events() {
            #expect(event.timestamp >= configuration.start && event.timestamp.seconds < end)
        }
    }

    @Test func largestEventCountIsAcceptedAndOneDayMoreIsNot() throws {
        let most = Configuration.eventCountMax * 100 / Configuration.eventsPerHundredCustomerDays
        let customers = most / 100
        try Configuration(customers: customers, days: 100).check()
        #expect(throws: ShopError.self) {
            try Configuration(customers: customers, days: 101).check()
        }
    }

    @Test func configurationSurvivesJSON() throws {
        let configuration = Configuration(customers: 5, items: 9, days: 3, seed: .max)
        let data = try JSONEncoder().encode(configuration)
        #expect(try JSONDecoder().decode(Configuration.self, from: data) == configuration)
    }

    @Test func missingFieldsHaveDefaults() throws {
        let data = Data(#"{"customers": 12, "start": "2025-03-01"}"#.utf8)
        let read = try JSONDecoder().decode(Configuration.self, from: data)
        let start = try #require(Timestamp(text: "2025-03-01"))
        #expect(read == Configuration(customers: 12, start: start))
    }

    @Test(arguments: [
        #"{"start": "tomorrow"}"#, #"{"days": "ten"}"#, #"{"seed": -1}"#, "[]", "",
    ])
    func malformedJSONIsRefused(_ text: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Configuration.self, from: Data(text.utf8))
        }
    }
}
