import Foundation
import Kernels
import Learning
import Shop
import Testing
import Time
import TwinStorage

@testable import Prediction

private let firstDay = 20_000

@Suite("Context by day")
struct ContextDaysTests {
    private let days = ContextFeatures(
        ContextFeeds(
            weather: ["Lyon": [10: Weather(temperature: 15, precipitation: 3)]],
            events: [
                CalendarEvent(uid: "a", name: "Fête", kind: "holiday", firstDay: 20),
                CalendarEvent(
                    uid: "b", name: "Gig", kind: "concert", city: "Lyon", firstDay: 30,
                    lastDay: 31),
            ],
            trends: [
                Trend(category: "Drinks", day: 10, level: 2),
                Trend(category: "Drinks", city: "Lyon", day: 10, level: 4),
            ],
            offers: [
                Offer(itemID: "tea", firstDay: 5, lastDay: 6, price: 2),
                Offer(itemID: "tea", city: "Lyon", firstDay: 6, lastDay: 6, price: 1),
            ]))

    @Test("Weather is of a city and a day, and missing elsewhere")
    func weather() {
        #expect(
            days.value(of: .rain, category: nil, city: "Lyon", day: 10) == log1p(3))
        #expect(days.value(of: .warmth, category: nil, city: "Lyon", day: 10) == 1.5)
        #expect(days.value(of: .rain, category: nil, city: "Lyon", day: 11) == nil)
        #expect(days.value(of: .rain, category: nil, city: "Bonn", day: 10) == nil)
        #expect(days.value(of: .rain, category: nil, city: nil, day: 10) == nil)
    }

    @Test("Events count on their days and in their city, with two days before")
    func events() {
        func value(_ feature: ContextFeatures.Feature, _ city: String?, _ day: Int) -> Double? {
            days.value(of: feature, category: nil, city: city, day: day)
        }
        #expect((17...21).map { value(.during("holiday"), nil, $0) } == [0, 0, 0, 1, 0])
        #expect((17...21).map { value(.before("holiday"), "Bonn", $0) } == [0, 1, 1, 0, 0])
        #expect((29...32).map { value(.during("concert"), "Lyon", $0) } == [0, 1, 1, 0])
        #expect(value(.during("concert"), "Bonn", 30) == 0)
        #expect(value(.during("fair"), "Lyon", 30) == nil)
    }

    @Test("A city's own trend and price have priority over general ones")
    func cities() {
        func level(_ category: String, _ city: String?, _ day: Int) -> Double? {
            days.value(of: .trend, category: category, city: city, day: day)
        }
        #expect(level("Drinks", "Lyon", 10) == log(4))
        #expect(level("Drinks", "Bonn", 10) == log(2))
        #expect(level("Pets", nil, 10) == 0)
        // Trends are missing before the first and after the last known day.
        #expect(level("Drinks", nil, 9) == nil && level("Drinks", nil, 11) == nil)
        #expect(days.price(of: "tea", city: "Lyon", day: 6) == 1)
        #expect(days.price(of: "tea", city: nil, day: 6) == 2)
        #expect(days.price(of: "tea", city: nil, day: 7) == nil)
        #expect(days.price(of: "coffee", city: nil, day: 6) == nil)
    }

    @Test("Only features with data exist")
    func features() {
        #expect(ContextFeatures(ContextFeeds()).features.isEmpty)
        #expect(
            days.features == [
                .rain, .warmth, .trend, .before("concert"), .during("concert"),
                .before("holiday"), .during("holiday"),
            ])
        #expect(
            days.features.map(\.purpose) == [
                .weather, .weather, .trends, .events, .events, .events, .events,
            ])
    }
}

/// Learning from a shop in which rain and prices have planted effects.
@Suite("Demand response model")
struct ContextResponseTests {
    /// Three categories of five items each.
    private static let items = (0..<15).map {
        Item(itemID: "item-\($0)", category: "category \($0 / 5)", price: 2)
    }
    private static let rain = [0.3, -0.25, 0.0]
    private static let elasticity = -2.0

    private static let demandData: TrainingData.DemandData = {
        var generator = PhiloxGenerator(seed: 31)
        var feeds = ContextFeeds()
        for city in ["Bonn", "Lyon"] {
            feeds.weather[city] = Dictionary(
                uniqueKeysWithValues: (0..<240).map { day in
                    let rain = generator.uniform() < 0.5 ? 0 : 12 * generator.uniform()
                    return (firstDay + day, Weather(temperature: 10, precipitation: rain))
                })
        }
        for week in 0..<34 {
            let item = Int(generator.uniform() * 15)
            feeds.offers.append(
                Offer(
                    itemID: "item-\(item)", firstDay: firstDay + week * 7,
                    lastDay: firstDay + week * 7 + 6, price: 1.4))
        }
        let days = ContextFeatures(feeds)
        var counts = ResponseCounts()
        for customer in 0..<300 {
            let city = customer.isMultiple(of: 2) ? "Bonn" : "Lyon"
            var log: [LogEntry] = []
            for day in firstDay..<firstDay + 240 {
                let rain = days.value(of: .rain, category: nil, city: city, day: day) ?? 0
                for item in 0..<15 {
                    let price = days.price(of: "item-\(item)", city: city, day: day)
                    let factor =
                        exp(Self.rain[item / 5] * rain) * pow((price ?? 2) / 2, elasticity)
                    if generator.uniform() < 0.012 * factor {
                        log.append(
                            LogEntry(
                                item: item, type: .purchase,
                                timestamp: Timestamp(seconds: Int64(day) * 86_400 + 40_000)))
                    }
                }
            }
            counts.add(log, city: city)
        }
        return TrainingData.DemandData(
            seasons: SeasonCounts([], items: [:]), counts: counts, days: days, items: items,
            itemIDs: items.map(\.itemID))
    }()
    private static let response = ResponseTraining(
        demandData, catalogue: ModelCatalogue(itemIDs: items.map(\.itemID)), threads: 2
    ).response()

    @Test("Planted effects are found, and errors are as large as estimated")
    func planted() throws {
        let response = Self.response
        let rain = try #require(response.features.firstIndex(of: .rain))
        for (category, planted) in Self.rain.enumerated() {
            let estimate = response.coefficients[rain][category]
            #expect(
                abs(estimate.mean - planted) < 4 * estimate.deviation,
                "category \(category): \(estimate)")
            #expect(estimate.deviation < 0.06)
        }
        #expect(response.elasticities.count == 15)
        for estimate in response.elasticities {
            #expect(abs(estimate.mean - Self.elasticity) < 4 * estimate.deviation, "\(estimate)")
            #expect(estimate.deviation < 0.5)
        }
    }

    @Test("A constant temperature has no effect")
    func constant() {
        #expect(!Self.response.features.contains(.warmth))
    }

    @Test("The number of threads changes nothing")
    func deterministic() {
        let other = ResponseTraining(
            Self.demandData,
            catalogue: ModelCatalogue(itemIDs: Self.items.map(\.itemID)), threads: 1
        ).response()
        #expect(other == Self.response)
    }

    @Test("Samples come in opposite pairs, and spread as the errors say")
    func draws() {
        let response = Self.response
        let pointEstimate = response.pointEstimate
        var squares = 0.0
        let count = 400
        for pair in 0..<count / 2 {
            let (first, second) = (
                response.posteriorSample(2 * pair, seed: 3),
                response.posteriorSample(2 * pair + 1, seed: 3)
            )
            for item in 0..<15 {
                let middle = (first.elasticities[item] + second.elasticities[item]) / 2
                #expect(abs(middle - pointEstimate.elasticities[item]) < 1e-9)
            }
            let error = first.elasticities[0] - pointEstimate.elasticities[0]
            squares += error * error
        }
        let deviation = (squares / Double(count / 2)).squareRoot()
        #expect((0.85...1.15).contains(deviation / response.elasticities[0].deviation))
        #expect(
            response.posteriorSample(1, seed: 3).elasticities
                != response.posteriorSample(1, seed: 4).elasticities)
    }

    @Test("A response can be written and read; one of another catalogue is refused")
    func codable() throws {
        let data = try ModelFiles.json(Self.response)
        let read = try JSONDecoder().decode(DemandResponseModel.self, from: data)
        #expect(read == Self.response)
        #expect(read.fits(ModelCatalogue(itemIDs: Self.items.map(\.itemID))))
        #expect(!read.fits(ModelCatalogue(itemIDs: ["a", "b"])))
        var damaged = read
        damaged.coefficients.removeLast()
        #expect(!damaged.fits(ModelCatalogue(itemIDs: Self.items.map(\.itemID))))
        damaged = read
        damaged.elasticities[3].mean = 1e300
        #expect(!damaged.fits(ModelCatalogue(itemIDs: Self.items.map(\.itemID))))
        #expect(DemandResponseModel.none.fits(ModelCatalogue(itemIDs: ["a"])))
        #expect(DemandResponseModel.none.isNeutral)
    }

    @Test("Without purchases, or without items' categories and prices, nothing is learned")
    func nothing() {
        var demandData = Self.demandData
        demandData.counts = ResponseCounts()
        let catalogue = ModelCatalogue(itemIDs: Self.items.map(\.itemID))
        #expect(
            ResponseTraining(demandData, catalogue: catalogue, threads: 1).response().isNeutral)
        demandData = Self.demandData
        demandData.items = Self.items.map { Item(itemID: $0.itemID) }
        #expect(
            ResponseTraining(demandData, catalogue: catalogue, threads: 1).response().isNeutral)
    }
}
