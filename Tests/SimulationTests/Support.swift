import FuturesFixtures
import Learning
import Shop
import SyntheticShop
import Testing

@testable import Prediction
@testable import Simulation

/// Expects the same paths, mixture weights and origin.
func expectEqual(
    _ first: Futures, _ second: Futures, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(first.events == second.events, sourceLocation: sourceLocation)
    #expect(first.starts == second.starts, sourceLocation: sourceLocation)
    #expect(
        first.mixtureWeights.map(\.weight) == second.mixtureWeights.map(\.weight),
        sourceLocation: sourceLocation)
    #expect(first.origin == second.origin, sourceLocation: sourceLocation)
}

extension SimulationPlan {
    /// The futures after one step of all paths.
    func firstStep() -> Futures {
        var block = PathBlock(self, paths: 0..<settings.paths)
        block.advance(step: 0)
        return futures([Block(block)])
    }
}

/// A model with a demand response that is set by hand.
///
/// All items are of one category, which responds to rain. Items respond to prices.
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

/// Four standard errors of a count of trials; a count is outside once in 16,000 times.
func fourErrors(trials: Int, probability: Double) -> Double {
    4 * (Double(trials) * probability * (1 - probability)).squareRoot()
}

/// The purchases in the first step of many paths of a customer in Lyon, without factors and with
/// the factors of feeds.
///
/// No earlier step affects them, so their dependence on factors has a closed form.
func firstPurchases(
    _ model: PredictionModel, paths: Int = 20_000, seed: UInt64 = 11,
    feeds: (_ today: Int) -> ContextFeeds
) throws -> (baseline: [SimulatedEvent], changed: [SimulatedEvent]) {
    let history = try World.history(3)
    let origin = (history.lastTime ?? 0) + 3600
    var settings = SimulationSettings(horizonSeconds: 14 * day, paths: paths, seed: seed)
    settings.samplesItemsExactly = true
    let factors = DayFactors(
        model,
        .init(
            ContextFeatures(feeds(Int(origin / day))), city: "Lyon",
            purposes: ContextPurpose.usual),
        over: DayFactors.days(from: origin, horizonSeconds: settings.horizonSeconds))
    func purchases(_ factors: DayFactors?) -> [SimulatedEvent] {
        SimulationPlan(
            model: model, popularity: CumulativeTable(.dense(model.popularity.probabilities)),
            history: history, origin: origin, settings: settings, factors: factors
        ).firstStep().events.filter { $0.type == purchase }
    }
    return (purchases(nil), purchases(factors))
}

/// The mean of a number that each path has, and its standard error.
struct PathMean {
    let mean: Double
    let standardError: Double

    init(_ values: [Double]) {
        let count = Double(max(1, values.count))
        let mean = values.reduce(0, +) / count
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        self.mean = mean
        standardError = values.count > 1 ? (squares / (count - 1) / count).squareRoot() : 0
    }
}

extension Futures {
    /// The number of matching events of a path.
    func eventCount(where isMatch: (SimulatedEvent) -> Bool) -> PathMean {
        PathMean(counts(within: horizonSeconds, where: isMatch).map(Double.init))
    }

    /// The number of matching paths.
    func hits(where isMatch: (ArraySlice<SimulatedEvent>) -> Bool) -> Int {
        (0..<pathCount).count { isMatch(path($0)) }
    }

    /// The fraction of matching paths.
    func fraction(where isMatch: (ArraySlice<SimulatedEvent>) -> Bool) -> Double {
        Double(hits(where: isMatch)) / Double(max(1, pathCount))
    }
}

/// The difference in the number of matching events between two runs, path by path: the second run
/// minus the first.
func pairedDifference(
    _ first: Futures, _ second: Futures, where isMatch: (SimulatedEvent) -> Bool
) throws -> PathMean {
    try #require(first.pathCount == second.pathCount)
    let (before, after) = (
        first.counts(within: first.horizonSeconds, where: isMatch),
        second.counts(within: second.horizonSeconds, where: isMatch)
    )
    return PathMean(zip(before, after).map { Double($1 - $0) })
}
