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
