import Foundation
import FuturesFixtures
import Kernels
import Learning
import Shop
import Testing

@testable import Prediction
@testable import Simulation

/// The coverage of the 90 % intervals of what-if effects, by counting.
///
/// The true response to rain is sampled from the model's posterior: normal, around the estimate.
/// The true effect is that of many paths of a model with the true response.
@Suite("Coverage of what-if intervals")
struct WhatIfCoverageTests {
    private static let estimate = 0.25
    private static let deviation = 0.15
    private static let trials = 200
    private static let customers = [3, 8, 12]

    /// Paths of some customers in a rainy week, without and with the factors of the rain.
    private func futures(
        _ model: PredictionModel, paths: Int, seed: UInt64
    ) throws -> [(
        baseline: Futures, scenario: Futures, conditions: DayFactors.DayConditions
    )] {
        var settings = SimulationSettings(horizonSeconds: 7 * day, paths: paths, seed: seed)
        settings.samplesItemsExactly = true
        let simulator = Simulator(model)
        return try Self.customers.map { customer in
            let history = try World.history(customer)
            let origin = try #require(history.lastTime) + 3600
            let conditions = DayFactors.DayConditions(
                ContextFeatures(rain(from: Int(origin / day))), city: "Lyon",
                purposes: ContextPurpose.usual)
            let factors = DayFactors(model, conditions, over: days(from: origin))
            return (
                try simulator.simulate(history, from: origin, settings: settings),
                try simulator.simulate(
                    history, from: origin, settings: settings, factors: factors), conditions
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

    /// The true effect for a coefficient of the response, interpolated between a few coefficients.
    private func truths() throws -> (Double) -> Double {
        let width = 3.2 * Self.deviation
        let coefficients = (0...8).map { Self.estimate - width + Double($0) * width / 4 }
        let effects = try coefficients.map { coefficient in
            try futures(try responsive(rain: coefficient), paths: 2000, seed: 999)
                .reduce(0) { sum, pair in
                    sum
                        + (try pairedDifference(pair.baseline, pair.scenario) {
                            $0.type == purchase
                        }.mean)
                }
        }
        return { coefficient in
            let position =
                (coefficient - coefficients[0]) / (coefficients[1] - coefficients[0])
            let lower = min(7, max(0, Int(position.rounded(.down))))
            let weight = position - Double(lower)
            return (1 - weight) * effects[lower] + weight * effects[lower + 1]
        }
    }

    /// The effect that a model estimates, with the random numbers of one seed.
    private func effect(_ model: PredictionModel, seed: UInt64) throws -> Effects.Effect {
        var sum = Effects()
        for (baseline, scenario, conditions) in try futures(model, paths: 100, seed: seed) {
            let days = days(from: baseline.origin)
            let uncertainty = ParameterUncertainty(
                baseline: Estimates(point: nil, samples: nil),
                scenario: Estimates(
                    point: DayFactors(model, conditions, over: days),
                    samples: DayFactors(
                        model, conditions, over: days,
                        sampleCount: Effects.posteriorSampleCount, seed: seed)))
            sum += Effects(
                baseline: baseline, scenario: scenario, types: [purchase], categoryOfItem: [],
                uncertainty: uncertainty)
        }
        return sum.effect(on: .all)
    }

    @Test(
        "Nine of ten intervals hold the true effect; narrower intervals hold it less often"
    )
    func coverage() throws {
        let truth = try truths()
        let model = try responsive(rain: Self.estimate, rainDeviation: Self.deviation)
        var held = 0
        var heldByHalf = 0
        var heldByMonteCarlo = 0
        for trial in 0..<Self.trials {
            let seed = UInt64(trial)
            var generator = PhiloxGenerator(seed: seed, stream: 77)
            let effect = try effect(model, seed: seed)
            let distance = abs(
                truth(Self.estimate + Self.deviation * generator.normal()) - effect.change)
            let spread = (effect.interval.upperBound - effect.interval.lowerBound) / 2
            held += distance <= spread ? 1 : 0
            heldByHalf += distance <= spread / 2 ? 1 : 0
            heldByMonteCarlo += distance <= 1.645 * effect.monteCarloError ? 1 : 0
        }
        let least = 0.9 * Double(Self.trials) - fourErrors(trials: Self.trials, probability: 0.9)
        #expect(Double(held) >= least, "\(held) of \(Self.trials), seeds from 0 on")
        #expect(
            Double(heldByHalf) < least, "\(heldByHalf) of \(Self.trials): intervals are too wide")
        #expect(heldByMonteCarlo < held, "parameter uncertainty must count")
    }
}
