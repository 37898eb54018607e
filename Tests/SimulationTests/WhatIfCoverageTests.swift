import Foundation
import FuturesFixtures
import Kernels
import Learning
import Shop
import Testing

@testable import Prediction
@testable import Simulation

/// How often the 90 % intervals of what-if effects hold the true effect, by counting.
///
/// The truth about how customers respond to rain is drawn as the model believes it to be: normal,
/// around its estimate. The true effect is that of many paths of a model that knows the truth.
@Suite("Coverage of what-if intervals")
struct WhatIfCoverageTests {
    private static let estimate = 0.25
    private static let deviation = 0.15
    private static let trials = 200
    private static let customers = [3, 8, 12]

    /// Paths of some customers through a rainy week, as things are and as the rain makes them.
    private func futures(
        _ model: PredictionModel, paths: Int, seed: UInt64
    ) throws -> [(usual: Futures, changed: Futures, outlook: DayFactors.DayConditions)] {
        var settings = SimulationSettings(horizonSeconds: 7 * day, paths: paths, seed: seed)
        settings.goesThroughCatalogue = true
        let simulator = Simulator(model)
        return try Self.customers.map { customer in
            let history = try World.history(customer)
            let origin = try #require(history.lastTime) + 3600
            let outlook = DayFactors.DayConditions(
                ContextFeatures(rain(from: Int(origin / day))), city: "Lyon",
                purposes: ContextPurpose.usual)
            let factors = DayFactors(model, outlook, over: days(from: origin))
            return (
                try simulator.simulate(history, from: origin, settings: settings),
                try simulator.simulate(
                    history, from: origin, settings: settings, factors: factors), outlook
            )
        }
    }

    private func days(from origin: Int64) -> ClosedRange<Int> {
        DayFactors.days(from: origin, horizonSeconds: 7 * day)
    }

    /// Rain of e - 1 mm on all days, so that the feature is 1.
    private func rain(from today: Int) -> ContextFeeds {
        let weather = Weather(temperature: 10, precipitation: exp(1) - 1)
        return ContextFeeds(
            weather: [
                "Lyon": Dictionary(uniqueKeysWithValues: (today...today + 8).map { ($0, weather) })
            ])
    }

    /// The true effect if customers respond with a coefficient, between those of a few coefficients.
    private func truths() throws -> (Double) -> Double {
        let width = 3.2 * Self.deviation
        let places = (0...8).map { Self.estimate - width + Double($0) * width / 4 }
        let effects = try places.map { coefficient in
            try futures(try responsive(rain: coefficient), paths: 2000, seed: 999)
                .reduce(0) { sum, pair in
                    sum
                        + (try pair.usual.change(to: pair.changed) {
                            $0.type == purchase ? 1 : 0
                        }.mean)
                }
        }
        return { coefficient in
            let place = (coefficient - places[0]) / (places[1] - places[0])
            let lower = min(7, max(0, Int(place.rounded(.down))))
            let share = place - Double(lower)
            return (1 - share) * effects[lower] + share * effects[lower + 1]
        }
    }

    /// The effect that a model estimates, with the random numbers of one seed.
    private func effect(_ model: PredictionModel, seed: UInt64) throws -> Effects.Effect {
        var sum = Effects()
        for (usual, changed, outlook) in try futures(model, paths: 100, seed: seed) {
            let doubt = ParameterUncertainty(
                usual: nil, changed: DayFactors(model, outlook, over: days(from: usual.origin)),
                usualDrawn: nil,
                changedDrawn: DayFactors(
                    model, outlook, over: days(from: usual.origin), draws: Effects.draws,
                    seed: seed))
            sum += Effects(
                usual, changed, types: [purchase], categoryOfItem: [], doubt: doubt)
        }
        return sum.effect(on: .all)
    }

    @Test(
        "Nine of ten intervals hold the true effect, and half as wide or chance alone is too little"
    )
    func coverage() throws {
        let truth = try truths()
        let model = try responsive(rain: Self.estimate, rainDeviation: Self.deviation)
        var held = 0
        var heldByHalf = 0
        var heldByChance = 0
        for trial in 0..<Self.trials {
            let seed = UInt64(trial)
            var generator = PhiloxGenerator(seed: seed, stream: 77)
            let effect = try effect(model, seed: seed)
            let distance = abs(
                truth(Self.estimate + Self.deviation * generator.normal()) - effect.change)
            let spread = (effect.interval.upperBound - effect.interval.lowerBound) / 2
            held += distance <= spread ? 1 : 0
            heldByHalf += distance <= spread / 2 ? 1 : 0
            heldByChance += distance <= 1.645 * effect.chanceError ? 1 : 0
        }
        let least = 0.9 * Double(Self.trials) - fourErrors(trials: Self.trials, probability: 0.9)
        #expect(Double(held) >= least, "\(held) of \(Self.trials), seeds from 0 on")
        #expect(Double(heldByHalf) < least, "\(heldByHalf) of \(Self.trials): far too wide")
        #expect(heldByChance < held, "what the model does not know counts")
    }
}
