import Foundation
import FuturesFixtures
import Kernels
import Learning
import Shop
import Testing

@testable import Prediction
@testable import Simulation

/// Feeds with e − 1 mm of rain every day, so that the feature is 1, and an offer of one item.
private func feeds(from origin: Int64, cheap: String? = nil) -> ContextFeeds {
    let first = Int(origin / day)
    let weather = Weather(temperature: 10, precipitation: exp(1) - 1)
    return ContextFeeds(
        weather: [
            "Lyon": Dictionary(uniqueKeysWithValues: (first...first + 60).map { ($0, weather) })
        ],
        offers: cheap.map {
            [Offer(itemID: $0, firstDay: first, lastDay: first + 60, price: 1)]
        } ?? [])
}

@Suite("Factors of days")
struct DayFactorsTests {
    private func factors(
        _ model: PredictionModel, city: String? = "Lyon",
        purposes: Set<ContextPurpose> = ContextPurpose.usual, cheap: String? = nil,
        sampleCount: Int = 1, unavailable: [Int32: ClosedRange<Int>] = [:]
    ) -> DayFactors? {
        let origin: Int64 = 20_000 * day
        return DayFactors(
            model,
            .init(
                ContextFeatures(feeds(from: origin, cheap: cheap)), city: city, purposes: purposes,
                unavailable: unavailable), over: 20_000...20_007, sampleCount: sampleCount)
    }

    @Test("A factor is the exponential of the response, times the price ratio to its elasticity")
    func value() throws {
        let model = try responsive(rain: 0.4, elasticity: -2)
        let id = model.catalogue.itemIDs[3]
        let found = factors(model, cheap: id)
        let factors = try #require(found)
        let time = 20_003 * day + 5
        #expect(abs(factors.factor(of: 2, at: time) - exp(0.4)) < 1e-12)
        #expect(abs(factors.factor(of: 3, at: time) - min(5, 4 * exp(0.4))) < 1e-9)
        #expect(abs(factors.largest(at: time) - 5) < 1e-9)
        // Days after the horizon have the factor 1.
        #expect(factors.factor(of: 3, at: 20_009 * day) == 1)
        #expect(factors.largest(at: 20_009 * day) == 1)
    }

    @Test("Without consent, city or feed everything is neutral")
    func neutral() throws {
        let model = try responsive(rain: 0.4)
        #expect(factors(model) != nil)
        #expect(factors(model, purposes: [.events, .trends]) == nil)
        #expect(factors(model, city: "Bonn") == nil)
        #expect(factors(model, city: nil) == nil)
        #expect(factors(try World.model()) == nil)
    }

    /// A season that is high in the second half of the year.
    private func seasonal(_ height: Double, rain: Double) throws -> PredictionModel {
        var model = try responsive(rain: rain)
        let parts = SeasonalModel.parts
        model.response.seasons = [
            .init(
                curve: YearlyCurve((0..<parts).map { $0 < parts / 2 ? 0 : height }),
                deviations: (0..<parts).map { _ in 0.1 })
        ]
        return model
    }

    @Test("Seasonal factors apply on their days, whatever a customer agrees to")
    func season() throws {
        // The 30th of June 2026, after which the second half of the year begins.
        let start = 20_634
        func factor(
            _ model: PredictionModel, purposes: Set<ContextPurpose> = [], on date: Int
        ) throws -> Double {
            let origin = Int64(start) * day
            let found = DayFactors(
                model,
                .init(ContextFeatures(feeds(from: origin)), city: "Lyon", purposes: purposes),
                over: start...start + 28)
            let factors = try #require(found)
            let time = Int64(date) * day + 9
            #expect(factors.largest(at: time) >= factors.factor(of: 2, at: time))
            return factors.factor(of: 2, at: time)
        }
        let model = try seasonal(0.6, rain: 0.4)
        #expect(abs(try factor(model, on: start + 20) / exp(0.6) - 1) < 0.1)
        #expect(abs(try factor(model, on: start) - 1) < 0.35)
        // The baseline of the weather at this time of the year is unknown, so it has no effect.
        let agreed = try factor(model, purposes: [.weather], on: start + 20)
        #expect(agreed == (try factor(model, on: start + 20)))
        // In a comparison of two worlds, it has.
        let compared = [true, false].map { isCompared in
            DayFactors(
                model,
                .init(
                    ContextFeatures(feeds(from: Int64(start) * day)), city: "Lyon",
                    purposes: [.weather], isCompared: isCompared), over: start...start + 28
            )?.factor(of: 2, at: Int64(start + 20) * day + 9) ?? 0
        }
        #expect(abs(compared[0] / compared[1] - exp(0.4)) < 1e-9)
        var withBaseline = model
        withBaseline.response.baselines["Lyon"]?[0]?.baseline.year = YearlyCurve(constant: 0.5)
        let both = try factor(withBaseline, purposes: [.weather], on: start + 20)
        #expect(abs(both / agreed - exp(0.4 * (1 - 0.5))) < 1e-9)
        // Feed and seasonal factors have separate limits.
        var strong = try seasonal(9, rain: 8)
        strong.response.baselines["Lyon"]?[0]?.baseline.year = YearlyCurve(constant: 0)
        #expect(abs(try factor(strong, on: start + 20) - 5) < 1e-9)
        #expect(abs(try factor(strong, purposes: [.weather], on: start + 20) - 25) < 1e-9)
    }

    @Test("Unavailable items have the factor 0 on their days")
    func unavailable() throws {
        let found = factors(try World.model(), unavailable: [4: 20_001...20_002])
        let factors = try #require(found)
        let values = (20_000...20_003).map { factors.factor(of: 4, at: $0 * day) }
        #expect(values == [1, 0, 0, 1])
        #expect(factors.factor(of: 5, at: 20_001 * day) == 1)
    }

    @Test("Posterior samples differ, in antithetic pairs")
    func posteriorSamples() throws {
        let found = factors(try responsive(rain: 0.2, rainDeviation: 0.1), sampleCount: 4)
        let factors = try #require(found)
        let values = (0..<4).map { factors.factor(of: 0, at: 20_001 * day, sample: $0) }
        #expect(Set(values).count == 4)
        #expect(abs(values[0] * values[1] - exp(0.4)) < 1e-9, "antithetic errors")
        #expect(factors.factor(of: 0, at: 20_001 * day, sample: 4) == 1)
    }
}

@Suite("Simulation under factors")
struct SimulationUnderFactorsTests {
    private static let settings = SimulationSettings(
        horizonSeconds: 14 * day, paths: 3000, seed: 11)

    private func simulate(
        _ model: PredictionModel, cheap: String? = nil,
        unavailable: [Int32: ClosedRange<Int>] = [:],
        settings: SimulationSettings = settings
    ) throws -> (baseline: Futures, changed: Futures) {
        let history = try World.history(3)
        let origin = try #require(history.lastTime) + 3600
        let simulator = Simulator(model)
        let factors = DayFactors(
            model,
            .init(
                ContextFeatures(feeds(from: origin, cheap: cheap)), city: "Lyon",
                purposes: ContextPurpose.usual, unavailable: unavailable),
            over: DayFactors.days(from: origin, horizonSeconds: settings.horizonSeconds))
        return (
            try simulator.simulate(history, from: origin, settings: settings),
            try simulator.simulate(
                history, from: origin, settings: settings, factors: factors)
        )
    }

    private func bought(_ futures: Futures, _ item: Int32? = nil) -> Double {
        futures.eventCount {
            $0.type == purchase && (item == nil || $0.item == item)
        }.mean
    }

    @Test("The number of purchases is multiplied by the factor", arguments: [0.3, -0.4])
    func frequency(_ coefficient: Double) throws {
        let (baseline, changed) = try firstPurchases(try responsive(rain: coefficient)) {
            feeds(from: Int64($0) * day)
        }
        // Each purchase is repeated, or thinned out, with probability |factor − 1|.
        let factor = exp(coefficient)
        let expected = factor * Double(baseline.count)
        let bound = fourErrors(trials: baseline.count, probability: abs(factor - 1))
        #expect(baseline.count > 400)
        #expect(abs(Double(changed.count) - expected) < bound, "\(changed.count), \(expected)")
    }

    @Test("Over whole paths the factor holds approximately", arguments: [0.3, -0.4])
    func wholePaths(_ coefficient: Double) throws {
        let (baseline, changed) = try simulate(try responsive(rain: coefficient))
        let ratio = bought(changed) / bought(baseline)
        // A basket holds no item twice, and a path depends on its earlier purchases.
        #expect(abs(log(ratio) - coefficient) < 0.35 * abs(coefficient), "\(ratio)")
    }

    @Test("An item at half its price is bought twice as often, and not at the cost of others")
    func price() throws {
        let model = try responsive(elasticity: -1)
        func purchases(seed: UInt64, cheap: Int32?) throws -> (
            baseline: [SimulatedEvent], changed: [SimulatedEvent]
        ) {
            let id = cheap.map { model.catalogue.itemIDs[Int($0)] }
            return try firstPurchases(model, paths: 100_000, seed: seed) {
                feeds(from: Int64($0) * day, cheap: id)
            }
        }
        // The item is chosen with another seed, so that its count here is not biased.
        let counts = try purchases(seed: 12, cheap: nil).baseline.reduce(into: [Int32: Int]()) {
            $0[$1.item, default: 0] += 1
        }
        let item = try #require(counts.max { ($0.value, $0.key) < ($1.value, $1.key) }).key
        let (baseline, changed) = try purchases(seed: 11, cheap: item)
        #expect(changed.filter { $0.item != item } == baseline.filter { $0.item != item })
        let before = baseline.count { $0.item == item }
        let further = changed.count { $0.item == item } - before
        // A second sample in each purchase takes the item as often as the first one.
        let probability = Double(before + further) / Double(2 * baseline.count)
        let bound = 2.0.squareRoot() * fourErrors(trials: baseline.count, probability: probability)
        #expect(before > 200)
        #expect(abs(Double(further - before)) < bound, "\(before), and \(further) more")
    }

    @Test("Over whole paths a cheaper item hardly replaces others")
    func priceOverPaths() throws {
        let baseline = try simulate(try responsive()).baseline
        let model = try responsive(elasticity: -1)
        // One item alone is bought too seldom for a narrow bound, so several are added up.
        let items = baseline.itemProbabilities(types: [purchase]).dropFirst(5).prefix(8)
        try #require(items.count == 8)
        var own = (before: 0.0, after: 0.0)
        var others = (before: 0.0, after: 0.0)
        for item in items.map(\.item) {
            let changed = try simulate(model, cheap: model.catalogue.itemIDs[Int(item)]).changed
            own.before += bought(baseline, item)
            own.after += bought(changed, item)
            others.before += bought(baseline) - bought(baseline, item)
            others.after += bought(changed) - bought(changed, item)
        }
        #expect((1.4...2.2).contains(own.after / own.before), "\(own)")
        #expect((0.93...1.07).contains(others.after / others.before), "\(others)")
    }

    @Test("Unavailable items are not bought, and all others are")
    func unavailable() throws {
        let baseline = try simulate(try responsive()).baseline
        let items = baseline.itemProbabilities(types: [purchase])
        let item = try #require(items.first).item
        let changed = try simulate(
            try World.model(), unavailable: [item: 0...100_000]
        ).changed
        #expect(bought(changed, item) == 0)
        let others = bought(baseline) - bought(baseline, item)
        let ratio = bought(changed) / others
        #expect((0.93...1.07).contains(ratio), "\(ratio)")
        for index in 0..<changed.pathCount {
            let times = changed.path(index).map(\.time)
            #expect(times == times.sorted())
        }
    }

    @Test("Factors that are 1 change nothing, whatever the number of threads")
    func common() throws {
        var settings = Self.settings
        settings.paths = 200
        let model = try responsive(rain: 0.3)
        let (baseline, changed) = try simulate(model, settings: settings)
        settings.threads = 1
        let again = try simulate(model, settings: settings)
        expectEqual(again.changed, changed)
        expectEqual(again.baseline, baseline)
        // An item that is on no path is cheaper, so all factors that apply are 1.
        let touched = Set(baseline.events.map(\.item))
        let item = try #require(
            model.catalogue.itemIDs.indices.first { !touched.contains(Int32($0)) })
        let neutral = try simulate(
            try responsive(), cheap: model.catalogue.itemIDs[item], settings: settings)
        expectEqual(neutral.baseline, neutral.changed)
    }

    @Test("Common random numbers reduce the error of the difference")
    func commonRandomNumbers() throws {
        var settings = Self.settings
        settings.paths = 600
        let (baseline, changed) = try simulate(try responsive(rain: -0.15), settings: settings)
        func isPurchase(_ event: SimulatedEvent) -> Bool { event.type == purchase }
        let paired = try pairedDifference(baseline, changed, where: isPurchase).standardError
        let apart =
            (pow(baseline.eventCount(where: isPurchase).standardError, 2)
            + pow(changed.eventCount(where: isPurchase).standardError, 2)).squareRoot()
        #expect(paired < 0.95 * apart, "\(paired), \(apart)")
    }
}

@Suite("Effects")
struct EffectsTests {
    @Test("Sums over customers and groups equal counts by hand")
    func sums() {
        let first = futures(
            (0..<40).map { path in
                path.isMultiple(of: 2) ? [event(1, at: 5), event(2, at: 6)] : [event(1, at: 5)]
            })
        let second = futures((0..<40).map { _ in [event(1, at: 5), event(1, at: 7)] })
        var effects = Effects(
            baseline: first, scenario: second, types: [purchase], categoryOfItem: [nil, 0, 1])
        effects += Effects(
            baseline: first, scenario: second, types: [purchase], categoryOfItem: [nil, 0, 1])
        #expect(effects.customers == 2)
        #expect(effects.groups == [.all, .category(0), .category(1), .item(1), .item(2)])
        let all = effects.effect(on: .all)
        #expect(abs(all.baseline - 3) < 1e-12 && abs(all.change - 1) < 1e-12)
        #expect(abs(effects.effect(on: .item(1)).change - 2) < 1e-12)
        #expect(abs(effects.effect(on: .category(1)).change + 1) < 1e-12)
        #expect(effects.effect(on: .item(1)).monteCarloError == 0)
        #expect(effects.effect(on: .item(7)).change == 0)
    }

    @Test("The Monte Carlo error is that of paired paths")
    func monteCarloError() {
        // Every other path has one more.
        let baseline = futures((0..<50).map { _ in [event(1, at: 5)] })
        let changed = futures(
            (0..<50).map { path in
                path.isMultiple(of: 2) ? [event(1, at: 5), event(1, at: 6)] : [event(1, at: 5)]
            })
        let effect = Effects(
            baseline: baseline, scenario: changed, types: [purchase], categoryOfItem: []
        ).effect(on: .all)
        #expect(abs(effect.change - 0.5) < 1e-12)
        #expect(abs(effect.monteCarloError - (0.25 / 50).squareRoot()) < 1e-12)
        #expect(effect.modelError == 0)
        #expect(abs(effect.interval.upperBound - 0.5 - 1.645 * effect.monteCarloError) < 1e-9)
    }

    @Test("The model error holds parameter uncertainty and the dynamics of paths")
    func modelError() throws {
        let deviation = 0.2
        let model = try responsive(rain: 0.3, rainDeviation: deviation)
        let conditions = DayFactors.DayConditions(
            ContextFeatures(feeds(from: 20_000 * day)), city: "Lyon",
            purposes: ContextPurpose.usual)
        let days = 20_000...20_009
        let uncertainty = ParameterUncertainty(
            baseline: Estimates(point: nil, samples: nil),
            scenario: Estimates(
                point: DayFactors(model, conditions, over: days),
                samples: DayFactors(
                    model, conditions, over: days, sampleCount: Effects.posteriorSampleCount)))
        let paths = futures(
            (0..<10).map { _ in [event(1, at: 20_001 * day), event(2, at: 20_002 * day)] },
            origin: 20_000 * day)
        let effect = Effects(
            baseline: paths, scenario: paths, types: [purchase], categoryOfItem: [],
            uncertainty: uncertainty
        ).effect(on: .all)
        // Two purchases on each path, each with the factor exp(0.3 ± 0.2). The paths of both worlds
        // are the same, so the whole change by factors is a difference of dynamics.
        let parts = (2 * exp(0.3) * deviation, 2 * (exp(0.3) - 1))
        let expected = (parts.0 * parts.0 + parts.1 * parts.1).squareRoot()
        #expect((0.85...1.2).contains(effect.modelError / expected), "\(effect)")
        // Factors do not act on views, so views have no model error.
        let views = futures(
            [[event(1, at: 20_001 * day, type: EventType.view)]], origin: 20_000 * day)
        let seen = Effects(
            baseline: views, scenario: views, types: [EventType.view],
            categoryOfItem: [], uncertainty: uncertainty)
        #expect(seen.effect(on: .all).modelError == 0)
        let withDemandError = Effects(
            baseline: paths, scenario: paths, types: [purchase], categoryOfItem: [],
            uncertainty: uncertainty
        ).effect(on: .all, demandError: DemandError(item: 0, category: 0, all: 0.5))
        #expect(
            withDemandError.modelError == effect.modelError,
            "the error of demand is relative to the change, which is 0")
        #expect(effect.change == 0 && effect.monteCarloError == 0)
    }
}

@Suite("Scenarios")
struct ScenarioTests {
    private let items = [
        Item(itemID: "a", category: "Drinks", price: 2), Item(itemID: "b", category: "Pets"),
        Item(itemID: "c", category: "Drinks", price: 4),
    ]

    @Test("Prices replace those of offers on the scenario's days only")
    func prices() {
        var scenario = Scenario()
        scenario.days = 12...14
        scenario.prices = [
            .init(.category("Drinks"), factor: 0.5), .init(.item("c"), factor: 0.75),
        ]
        let feeds = ContextFeeds(
            offers: [Offer(itemID: "a", firstDay: 10, lastDay: 20, price: 1.8)])
        let days = ContextFeatures(scenario.applied(to: feeds, items: items, horizon: 10...16))
        func price(_ item: String, _ day: Int) -> Double? {
            days.price(of: item, city: nil, day: day)
        }
        #expect([11, 12, 14, 15, 20].map { price("a", $0) } == [1.8, 1, 1, 1.8, 1.8])
        #expect([11, 12, 15].map { price("c", $0) } == [nil, 3, nil])
        #expect(price("b", 12) == nil)
    }

    @Test("Weather and events change on the days ahead, in all cities")
    func days() {
        var scenario = Scenario()
        scenario.precipitation = 20
        scenario.addedEventKinds = ["concert"]
        scenario.removedEventKinds = ["holiday"]
        let feeds = ContextFeeds(
            weather: ["Lyon": [10: Weather(temperature: 7, precipitation: 0)]],
            events: [
                CalendarEvent(uid: "1", name: "x", kind: "holiday", firstDay: 11),
                CalendarEvent(uid: "2", name: "x", kind: "holiday", firstDay: 31),
            ])
        let changed = scenario.applied(to: feeds, items: [], horizon: 10...12)
        #expect(changed.weather["Lyon"]?[10] == Weather(temperature: 7, precipitation: 20))
        // There is no temperature for day 12.
        let days = ContextFeatures(changed)
        #expect(days.value(of: .rain, category: nil, city: "Lyon", day: 12) == log1p(20))
        #expect(days.value(of: .warmth, category: nil, city: "Lyon", day: 12) == nil)
        #expect(changed.weather["Lyon"]?[13] == nil)
        #expect(changed.events.map(\.kind).sorted() == ["concert", "holiday"])
        #expect(Scenario().applied(to: feeds, items: [], horizon: 10...12) == feeds)
        // Each day of a long horizon has the event.
        let long = ContextFeatures(scenario.applied(to: feeds, items: [], horizon: 10...300))
        for day in [10, 100, 300] {
            #expect(
                long.value(of: .during("concert"), category: nil, city: nil, day: day) == 1)
        }
    }

    @Test("Errors name what is unknown")
    func unknown() throws {
        let model = try responsive(rain: 1, elasticity: -1)
        let known = model.catalogue.itemIDs[0]
        let items = [Item(itemID: known, category: "Drinks", price: 2)] + items
        func mistake(_ change: (inout Scenario) -> Void) -> String {
            var scenario = Scenario()
            change(&scenario)
            do {
                try scenario.validate(model, items: items)
                return ""
            } catch { return error.description }
        }
        #expect(mistake { $0.prices = [.init(.item(known), factor: 0.5)] } == "")
        #expect(mistake { $0.prices = [.init(.item("tee"), factor: 1)] }.contains("'tee'"))
        #expect(mistake { $0.prices = [.init(.category("Tee"), factor: 1)] }.contains("Drinks"))
        for factor in [0, -1, .nan, .infinity] {
            #expect(mistake { $0.prices = [.init(.item(known), factor: factor)] } != "")
        }
        #expect(mistake { $0.unavailable = ["nothing"] }.contains("'nothing'"))
        #expect(mistake { $0.shownItems = ["nothing"] }.contains("'nothing'"))
        #expect(mistake { $0.addedEventKinds = ["fair"] }.contains("'fair'"))
        #expect(mistake { $0.precipitation = -1 }.contains("-1"))
        #expect(mistake { $0.temperature = 99 }.contains("99"))
        var neutral = Scenario()
        neutral.prices = [.init(.category("Drinks"), factor: 0.5)]
        let plain = try World.model()
        #expect(throws: FuturesError.self) { try neutral.validate(plain, items: items) }
        neutral.prices = []
        neutral.precipitation = 3
        #expect(throws: FuturesError.self) { try neutral.validate(plain, items: items) }
    }
}
