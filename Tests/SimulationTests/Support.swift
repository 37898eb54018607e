import FuturesFixtures
import Learning
import Shop
import SyntheticShop
import Testing

@testable import Prediction
@testable import Simulation

/// What two simulations must agree on.
func expectEqual(
    _ first: Futures, _ second: Futures, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(first.events == second.events, sourceLocation: sourceLocation)
    #expect(first.starts == second.starts, sourceLocation: sourceLocation)
    #expect(
        first.shares.map(\.share) == second.shares.map(\.share), sourceLocation: sourceLocation)
    #expect(first.origin == second.origin, sourceLocation: sourceLocation)
}

extension SimulationPlan {
    /// The futures after one step of all paths.
    func firstStep() -> Futures {
        var run = PathBlock(self, paths: 0..<settings.paths)
        run.advance(step: 0)
        return futures([Block(run)])
    }
}

/// A model whose responses are made by hand: all items are of one category, which rain moves, and
/// prices move items.
func responsive(
    rain: Double = 0, rainDeviation: Double = 0, elasticity: Double = 0
) throws -> PredictionModel {
    var model = try World.model()
    let count = model.catalogue.count
    model.response = DemandResponseModel(
        features: [.rain],
        baselines: ["Lyon": [.init(baseline: .init(mean: 0), lowest: 0, highest: 4)]],
        trendBaselines: [.init(mean: 0)], categories: ["all"],
        coefficients: [
            [.init(mean: rain, ownVariance: rainDeviation * rainDeviation, sharedDeviation: 0)]
        ],
        categoryOfItem: [Int?](repeating: 0, count: count),
        regularPrices: [Double?](repeating: 2, count: count),
        elasticities: (0..<count).map { _ in
            .init(mean: elasticity, ownVariance: 0, sharedDeviation: 0)
        })
    return model
}

/// Four standard errors of a count of trials: chance exceeds them once in 16,000 times.
func fourErrors(trials: Int, probability: Double) -> Double {
    4 * (Double(trials) * probability * (1 - probability)).squareRoot()
}

/// The purchases that are the first step of many paths of a customer in Lyon, as things are and
/// under what feeds say of the days.
///
/// No earlier step of a path moves them, so how they depend on factors has a closed form.
func firstPurchases(
    _ model: PredictionModel, paths: Int = 20_000, seed: UInt64 = 11,
    feeds: (_ today: Int) -> ContextFeeds
) throws -> (usual: [SimulatedEvent], changed: [SimulatedEvent]) {
    let history = try World.history(3)
    let origin = (history.lastTime ?? 0) + 3600
    var settings = SimulationSettings(horizonSeconds: 14 * day, paths: paths, seed: seed)
    settings.goesThroughCatalogue = true
    let factors = DayFactors(
        model,
        .init(
            ContextFeatures(feeds(Int(origin / day))), city: "Lyon", purposes: ContextPurpose.usual),
        over: DayFactors.days(from: origin, horizonSeconds: settings.horizonSeconds))
    func purchases(_ factors: DayFactors?) -> [SimulatedEvent] {
        SimulationPlan(
            model: model, popularity: CumulativeTable(.dense(model.popularity.probabilities)),
            history: history, origin: origin, settings: settings, factors: factors
        ).firstStep().events.filter { $0.type == purchase }
    }
    return (purchases(nil), purchases(factors))
}
