import Foundation
import FuturesFixtures
import Learning
import Shop
import Testing

@testable import Prediction
@testable import Simulation

/// What moves purchases differs from day to day, from feature to feature and by category.
///
/// Random numbers are those of fixed seeds; bounds are four standard errors.
@Suite("Days that differ")
struct DifferentDaysTests {
    /// What a model knows of one feature.
    private struct Response {
        var feature: ContextFeatures.Feature
        var drinks: Double
        var pets: Double
        var usual = 0.0
    }

    private static let warmth = Response(feature: .warmth, drinks: 0.2, pets: -0.1, usual: 1)
    private static let trend = Response(feature: .trend, drinks: 1.2, pets: 1.2, usual: 0.1)
    private static let eve = Response(feature: .before("fair"), drinks: 0.25, pets: 0)
    private static let fair = Response(feature: .during("fair"), drinks: 0.5, pets: 0, usual: 0.1)

    /// A model that responds to some features; items are by turns drinks, for pets, and of no
    /// category.
    private func model(_ responses: [Response]) throws -> PredictionModel {
        var model = try World.model()
        let count = model.catalogue.count
        let trend = responses.first { $0.feature == .trend }?.usual ?? 0
        model.response = DemandResponseModel(
            features: responses.map(\.feature),
            baselines: [
                "Lyon": responses.map {
                    .init(baseline: .init(mean: $0.usual), lowest: -3, highest: 4)
                }
            ],
            trendBaselines: [.init(mean: trend), .init(mean: 0)], categories: ["drinks", "pets"],
            coefficients: responses.map { response in
                [response.drinks, response.pets].map {
                    .init(mean: $0, ownVariance: 0, sharedDeviation: 0)
                }
            },
            categoryOfItem: (0..<count).map { $0 % 3 == 2 ? nil : $0 % 3 },
            regularPrices: [Double?](repeating: nil, count: count), elasticities: [])
        return model
    }

    /// The factors of eight days: two with weather, three with a trend of drinks, one with a fair.
    private func factors(
        _ responses: [Response],
        purposes: Set<ContextPurpose> = Set(ContextPurpose.allCases)
    ) throws -> DayFactors? {
        let feeds = ContextFeeds(
            weather: [
                "Lyon": [
                    20_002: Weather(temperature: 25, precipitation: 0),
                    20_003: Weather(temperature: 10, precipitation: 0),
                    20_004: Weather(temperature: 60, precipitation: 0),
                ]
            ],
            events: [
                CalendarEvent(
                    uid: "1", name: "fair", kind: "fair", city: "Lyon", firstDay: 20_002,
                    lastDay: 20_002)
            ],
            trends: [
                Trend(category: "drinks", city: "Lyon", day: 20_001, level: 1.5),
                Trend(category: "drinks", city: "Lyon", day: 20_002, level: 1.5),
                Trend(category: "drinks", city: "Lyon", day: 20_004, level: 0.5),
            ])
        return DayFactors(
            try model(responses), .init(ContextFeatures(feeds), city: "Lyon", purposes: purposes),
            over: 20_000...20_007)
    }

    /// Compares the factors of an item on the days from the first one with what they should be the
    /// exponentials of.
    private func expect(
        _ factors: DayFactors?, of item: Int32, logarithms: [Double],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let factors = try #require(factors, sourceLocation: sourceLocation)
        for (place, logarithm) in logarithms.enumerated() {
            let start = (20_000 + Int64(place)) * day
            for time in [start, start + day - 1] {
                let found = factors.factor(of: item, at: time)
                #expect(
                    abs(found - exp(logarithm)) < 1e-9, "item \(item) on day \(place)",
                    sourceLocation: sourceLocation)
                #expect(factors.most(at: time) >= found, sourceLocation: sourceLocation)
            }
        }
    }

    @Test("Warmth counts in tens of degrees from what is usual, within what was seen")
    func warmth() throws {
        let factors = try factors([Self.warmth])
        // 25, 10 and 60 degrees, of which the last counts as 40, the most that was seen.
        try expect(factors, of: 0, logarithms: [0, 0, 0.2 * 1.5, 0, 0.2 * 3, 0])
        try expect(factors, of: 1, logarithms: [0, 0, -0.1 * 1.5, 0, -0.1 * 3, 0])
        try expect(factors, of: 2, logarithms: [0, 0, 0, 0, 0, 0])
    }

    @Test("A trend moves its category on its days, and no other")
    func trend() throws {
        let factors = try factors([Self.trend])
        // The day without a level between days that have one counts as usual, with the level 1.
        let levels = [1.5, 1.5, 1, 0.5].map { 1.2 * (log($0) - 0.1) }
        try expect(factors, of: 0, logarithms: [0] + levels + [0, 0, 0])
        try expect(factors, of: 1, logarithms: [Double](repeating: 0, count: 8))
        try expect(factors, of: 2, logarithms: [Double](repeating: 0, count: 8))
    }

    @Test("An event has its own day and the two before it")
    func event() throws {
        let factors = try factors([Self.eve, Self.fair])
        let usual = -0.5 * 0.1
        try expect(
            factors, of: 0,
            logarithms: [0.25 + usual, 0.25 + usual, 0.5 * 0.9, usual, usual, usual])
        try expect(factors, of: 1, logarithms: [Double](repeating: 0, count: 8))
    }

    @Test("Weather, trends and events multiply, as far as a customer agrees")
    func together() throws {
        let responses = [Self.warmth, Self.trend, Self.eve, Self.fair]
        let weather = 0.2 * 1.5
        let trend = 1.2 * (log(1.5) - 0.1)
        let event = 0.5 * 0.9
        let cases: [(purposes: Set<ContextPurpose>, logarithm: Double)] = [
            ([.weather, .trends, .events], weather + trend + event),
            ([.weather, .trends], weather + trend), ([.trends, .events], trend + event),
            ([.weather], weather), ([.trends], trend), ([.events], event),
        ]
        for (purposes, logarithm) in cases {
            let factors = try #require(try factors(responses, purposes: purposes))
            let found = factors.factor(of: 0, at: 20_002 * day)
            #expect(abs(found - exp(logarithm)) < 1e-9, "\(purposes)")
        }
        #expect(try factors(responses, purposes: []) == nil)
    }

    /// Feeds in which it rains e - 1 mm on some of the days from today on, so that the feature is 1,
    /// and not at all on the others.
    private func rain(from today: Int, on isWet: (Int) -> Bool) -> ContextFeeds {
        let days = (0...60).map { ahead in
            (
                today + ahead,
                Weather(temperature: 10, precipitation: isWet(ahead) ? exp(1) - 1 : 0)
            )
        }
        return ContextFeeds(weather: ["Lyon": Dictionary(uniqueKeysWithValues: days)])
    }

    @Test("Rain moves the purchases of its days alone", arguments: [0.3, -0.4], [true, false])
    func wetDays(_ coefficient: Double, _ isWetToday: Bool) throws {
        var today = 0
        func isWet(_ ahead: Int) -> Bool { ahead.isMultiple(of: 2) == isWetToday }
        let (usual, changed) = try firstPurchases(try responsive(rain: coefficient)) { first in
            today = first
            return rain(from: first, on: isWet)
        }
        func wet(_ events: [SimulatedEvent], _ wanted: Bool) -> [SimulatedEvent] {
            events.filter { isWet(Int($0.time / day) - today) == wanted }
        }
        #expect(wet(changed, false) == wet(usual, false))
        let before = wet(usual, true).count
        let factor = exp(coefficient)
        let bound = fourErrors(trials: before, probability: abs(factor - 1))
        let found = wet(changed, true).count
        #expect(before > 100 && wet(usual, false).count > 100)
        #expect(abs(Double(found) - factor * Double(before)) < bound, "\(found) of \(before)")
    }

    @Test("Paths are as usual until the first wet day of a dry week, and then buy less")
    func wetWeek() throws {
        let history = try World.history(3)
        let origin = try #require(history.lastTime) + 3600
        let today = Int(origin / day)
        let model = try responsive(rain: -0.8)
        var settings = SimulationSettings(horizonSeconds: 14 * day, paths: 4000, seed: 11)
        settings.goesThroughCatalogue = true
        let factors = DayFactors(
            model,
            .init(
                ContextFeatures(rain(from: today) { $0 >= 7 }), city: "Lyon",
                purposes: ContextPurpose.usual),
            over: DayFactors.days(from: origin, horizonSeconds: settings.horizonSeconds))
        let simulator = Simulator(model)
        let usual = try simulator.simulate(history, from: origin, settings: settings)
        let changed = try simulator.simulate(
            history, from: origin, settings: settings, factors: factors)
        let turn = Int64(today + 7) * day
        #expect(changed.events.filter { $0.time < turn } == usual.events.filter { $0.time < turn })
        let change = try usual.change(to: changed) { event in
            event.type == purchase && event.time >= turn ? 1 : 0
        }
        #expect(change.standardError > 0)
        #expect(change.mean < -4 * change.standardError, "\(change)")
    }

    @Test(
        "A trend of one category leaves the purchases of others as they are", arguments: [0.5, 1.4])
    func otherCategories(_ level: Double) throws {
        let model = try model([Response(feature: .trend, drinks: 1, pets: 1)])
        let (usual, changed) = try firstPurchases(model, paths: 50_000) { today in
            ContextFeeds(
                trends: (today...today + 60).map {
                    Trend(category: "drinks", city: "Lyon", day: $0, level: level)
                })
        }
        func drinks(_ events: [SimulatedEvent], _ wanted: Bool) -> [SimulatedEvent] {
            events.filter { (model.response.categoryOfItem[Int($0.item)] == 0) == wanted }
        }
        #expect(drinks(changed, false) == drinks(usual, false))
        let before = drinks(usual, true).count
        let found = drinks(changed, true).count
        #expect(before > 100 && drinks(usual, false).count > 100)
        // What more is bought is drawn anew in all purchases, so it varies as a count of them.
        let bound =
            level < 1
            ? fourErrors(trials: before, probability: 1 - level)
            : fourErrors(
                trials: usual.count,
                probability: (level - 1) * Double(before) / Double(usual.count))
                + (level - 1)
                * fourErrors(
                    trials: usual.count, probability: Double(before) / Double(usual.count))
        #expect(abs(Double(found) - level * Double(before)) < bound, "\(found) of \(before)")
    }
}
