import Foundation
import FuturesFixtures
import Learning
import Shop
import Testing

@testable import Prediction
@testable import Simulation

/// Day factors by day, feature and category.
///
/// Seeds are fixed; bounds are four standard errors.
@Suite("Days that differ")
struct DifferentDaysTests {
    /// The coefficients of one feature, and its baseline.
    private struct Response {
        var feature: ContextFeatures.Feature
        var drinks: Double
        var pets: Double
        var baseline = 0.0
    }

    private static let warmth = Response(feature: .warmth, drinks: 0.2, pets: -0.1, baseline: 1)
    private static let trend = Response(feature: .trend, drinks: 1.2, pets: 1.2, baseline: 0.1)
    private static let eve = Response(feature: .before("fair"), drinks: 0.25, pets: 0)
    private static let fair = Response(
        feature: .during("fair"), drinks: 0.5, pets: 0, baseline: 0.1)

    /// A model that responds to some features.
    ///
    /// Every third item is a drink, every third is for pets, and every third has no category.
    private func model(_ responses: [Response]) throws -> PredictionModel {
        var model = try World.model()
        let count = model.catalogue.count
        let trend = responses.first { $0.feature == .trend }?.baseline ?? 0
        model.response = DemandResponseModel(
            features: responses.map(\.feature),
            baselines: [
                "Lyon": responses.map {
                    .init(baseline: .init(mean: $0.baseline), lowest: -3, highest: 4)
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

    /// Expects the logarithms of an item's factors on the days from the first one.
    private func expect(
        _ factors: DayFactors?, of item: Int32, logarithms: [Double],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let factors = try #require(factors, sourceLocation: sourceLocation)
        for (index, logarithm) in logarithms.enumerated() {
            let start = (20_000 + Int64(index)) * day
            for time in [start, start + day - 1] {
                let found = factors.factor(of: item, at: time)
                #expect(
                    abs(found - exp(logarithm)) < 1e-9, "item \(item) on day \(index)",
                    sourceLocation: sourceLocation)
                #expect(factors.largest(at: time) >= found, sourceLocation: sourceLocation)
            }
        }
    }

    @Test("Warmth counts in tens of degrees from the baseline, within the range of the training")
    func warmth() throws {
        let factors = try factors([Self.warmth])
        // 25, 10 and 60 degrees; 60 counts as 40, the maximum of the training.
        try expect(factors, of: 0, logarithms: [0, 0, 0.2 * 1.5, 0, 0.2 * 3, 0])
        try expect(factors, of: 1, logarithms: [0, 0, -0.1 * 1.5, 0, -0.1 * 3, 0])
        try expect(factors, of: 2, logarithms: [0, 0, 0, 0, 0, 0])
    }

    @Test("A trend moves its category on its days, and no other")
    func trend() throws {
        let factors = try factors([Self.trend])
        // The day without a level between days with levels counts as level 1.
        let levels = [1.5, 1.5, 1, 0.5].map { 1.2 * (log($0) - 0.1) }
        try expect(factors, of: 0, logarithms: [0] + levels + [0, 0, 0])
        try expect(factors, of: 1, logarithms: [Double](repeating: 0, count: 8))
        try expect(factors, of: 2, logarithms: [Double](repeating: 0, count: 8))
    }

    @Test("An event has its own day and the two before it")
    func event() throws {
        let factors = try factors([Self.eve, Self.fair])
        let baseline = -0.5 * 0.1
        try expect(
            factors, of: 0,
            logarithms: [
                0.25 + baseline, 0.25 + baseline, 0.5 * 0.9, baseline, baseline, baseline,
            ])
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

    /// Feeds in which it rains e - 1 mm on some of the days from today on, so that the feature is
    /// 1, and not at all on the others.
    private func rain(from today: Int, on isWet: (Int) -> Bool) -> ContextFeeds {
        let days = (0...60).map { ahead in
            (
                today + ahead,
                Weather(temperature: 10, precipitation: isWet(ahead) ? exp(1) - 1 : 0)
            )
        }
        return ContextFeeds(weather: ["Lyon": Dictionary(uniqueKeysWithValues: days)])
    }

    @Test("Rain affects the purchases of its days only", arguments: [0.3, -0.4], [true, false])
    func wetDays(_ coefficient: Double, _ isWetToday: Bool) throws {
        var today = 0
        func isWet(_ ahead: Int) -> Bool { ahead.isMultiple(of: 2) == isWetToday }
        let (baseline, changed) = try firstPurchases(try responsive(rain: coefficient)) { first in
            today = first
            return rain(from: first, on: isWet)
        }
        func wet(_ events: [SimulatedEvent], _ wanted: Bool) -> [SimulatedEvent] {
            events.filter { isWet(Int($0.time / day) - today) == wanted }
        }
        #expect(wet(changed, false) == wet(baseline, false))
        let before = wet(baseline, true).count
        let factor = exp(coefficient)
        let bound = fourErrors(trials: before, probability: abs(factor - 1))
        let found = wet(changed, true).count
        #expect(before > 100 && wet(baseline, false).count > 100)
        #expect(abs(Double(found) - factor * Double(before)) < bound, "\(found) of \(before)")
    }

    @Test("Paths equal the baseline until the first wet day, and then buy less")
    func wetWeek() throws {
        let history = try World.history(3)
        let origin = try #require(history.lastTime) + 3600
        let today = Int(origin / day)
        let model = try responsive(rain: -0.8)
        var settings = SimulationSettings(horizonSeconds: 14 * day, paths: 4000, seed: 11)
        settings.samplesItemsExactly = true
        let factors = DayFactors(
            model,
            .init(
                ContextFeatures(rain(from: today) { $0 >= 7 }), city: "Lyon",
                purposes: ContextPurpose.usual),
            over: DayFactors.days(from: origin, horizonSeconds: settings.horizonSeconds))
        let simulator = Simulator(model)
        let baseline = try simulator.simulate(history, from: origin, settings: settings)
        let changed = try simulator.simulate(
            history, from: origin, settings: settings, factors: factors)
        let turn = Int64(today + 7) * day
        #expect(
            changed.events.filter { $0.time < turn } == baseline.events.filter { $0.time < turn })
        let change = try pairedDifference(baseline, changed) { event in
            event.type == purchase && event.time >= turn
        }
        #expect(change.standardError > 0)
        #expect(change.mean < -4 * change.standardError, "\(change)")
    }

    @Test(
        "A trend of one category leaves the purchases of others as they are", arguments: [0.5, 1.4])
    func otherCategories(_ level: Double) throws {
        let model = try model([Response(feature: .trend, drinks: 1, pets: 1)])
        let (baseline, changed) = try firstPurchases(model, paths: 50_000) { today in
            ContextFeeds(
                trends: (today...today + 60).map {
                    Trend(category: "drinks", city: "Lyon", day: $0, level: level)
                })
        }
        func drinks(_ events: [SimulatedEvent], _ wanted: Bool) -> [SimulatedEvent] {
            events.filter { (model.response.categoryOfItem[Int($0.item)] == 0) == wanted }
        }
        #expect(drinks(changed, false) == drinks(baseline, false))
        let before = drinks(baseline, true).count
        let found = drinks(changed, true).count
        #expect(before > 100 && drinks(baseline, false).count > 100)
        // Further purchases are sampled for all purchases, so their number varies as a count of
        // all.
        let bound =
            level < 1
            ? fourErrors(trials: before, probability: 1 - level)
            : fourErrors(
                trials: baseline.count,
                probability: (level - 1) * Double(before) / Double(baseline.count))
                + (level - 1)
                * fourErrors(
                    trials: baseline.count, probability: Double(before) / Double(baseline.count))
        #expect(abs(Double(found) - level * Double(before)) < bound, "\(found) of \(before)")
    }
}
