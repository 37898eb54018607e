import Learning
import Shop
import SyntheticShop
import Testing

@testable import Prediction
@testable import Simulation

let day: Int64 = 86_400
let purchase = EventType.purchase.rawValue

/// A small shop, and a model of it that all tests share.
enum World {
    static let data = Result {
        TrainingData(
            try SyntheticShop(.init(customers: 40, items: 60, days: 60)).events(), by: \.userID)
    }
    private static let trained = Result { () -> PredictionModel in
        var configuration = TrainingConfiguration(seed: 7, width: 16, epochs: 2, threads: 2)
        configuration.minimumItemCount = 1
        return try Trainer(configuration).train(try data.get()) { _ in }.model
    }

    static func model() throws -> PredictionModel { try trained.get() }

    /// The model as if no customer ever left.
    static func lastingModel() throws -> PredictionModel {
        var model = try model()
        model.departure = .never
        return model
    }

    /// The whole history of a customer.
    static func history(_ customer: Int) throws -> History {
        History(try data.get().sequences, sequence: customer)
    }

    /// Simulates from a time after a history's newest event.
    static func futures(
        _ history: History, after elapsed: Int64 = 0, _ settings: SimulationSettings
    ) throws -> Futures {
        try Simulator(try model()).simulateFutureBehavior(
            history, from: (history.lastTime ?? 0) + elapsed, settings: settings)
    }
}

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

/// Futures of hand-made paths.
func futures(
    _ paths: [[SimulatedEvent]], horizon: Int64 = 10 * day, origin: Int64 = 0
) -> Futures {
    Futures(
        origin: origin, horizonSeconds: horizon, paths: paths,
        shares: EvidenceName.allCases.map { (name: $0, share: 0) }, isCold: false)
}

/// A purchase in a simulated path.
func event(
    _ item: Int32, at time: Int64, type: UInt8 = purchase, source: UInt8 = 0
) -> SimulatedEvent {
    SimulatedEvent(time: time, type: type, item: item, source: source)
}

extension SimulationStart {
    /// The futures after one step of all paths.
    func firstStep() -> Futures {
        var run = SimulationRun(self, paths: 0..<settings.paths)
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
    model.response = ContextResponse(
        features: [.rain],
        usual: ["Lyon": [.init(normal: .init(mean: 0), least: 0, most: 4)]],
        usualTrends: [.init(mean: 0)], categories: ["all"],
        coefficients: [
            [.init(mean: rain, ownVariance: rainDeviation * rainDeviation, sharedDeviation: 0)]
        ],
        categoryOfItem: [Int?](repeating: 0, count: count),
        usualPrices: [Double?](repeating: 2, count: count),
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
            ContextDays(feeds(Int(origin / day))), city: "Lyon", purposes: ContextPurpose.usual),
        over: DayFactors.days(from: origin, horizonSeconds: settings.horizonSeconds))
    func purchases(_ factors: DayFactors?) -> [SimulatedEvent] {
        SimulationStart(
            model: model, popularity: CumulativeTable(.dense(model.popularity.probabilities)),
            history: history, origin: origin, settings: settings, factors: factors
        ).firstStep().events.filter { $0.type == purchase }
    }
    return (purchases(nil), purchases(factors))
}
