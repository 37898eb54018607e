import Learning
package import Prediction
package import Shop
package import Simulation
import SyntheticShop

/// Seconds of a day.
package let day: Int64 = 86_400
/// The type of a purchase.
package let purchase = EventType.purchase

/// A small shop, and a model of it that all tests share.
package enum World {
    package static let data = Result {
        TrainingData(
            try ShopGenerator(.init(customers: 40, items: 60, days: 60)).events(), by: \.userID)
    }
    private static let trained = Result { () -> PredictionModel in
        var configuration = TrainingConfiguration(seed: 7, width: 16, epochs: 2, threads: 2)
        configuration.minimumItemCount = 1
        return try Trainer(configuration).train(try data.get()) { _ in }.model
    }

    package static func model() throws -> PredictionModel { try trained.get() }

    /// The model as if no customer ever left.
    package static func lastingModel() throws -> PredictionModel {
        var model = try model()
        model.churn = .never
        return model
    }

    /// The whole history of a customer.
    package static func history(_ customer: Int) throws -> History {
        History(try data.get().sequences, sequence: customer)
    }

    /// Simulates from a time after a history's newest event.
    package static func futures(
        _ history: History, after elapsed: Int64 = 0, _ settings: SimulationSettings
    ) throws -> Futures {
        try Simulator(try model()).simulate(
            history, from: (history.lastTime ?? 0) + elapsed, settings: settings)
    }
}

/// Futures of hand-made paths.
package func futures(
    _ paths: [[SimulatedEvent]], horizon: Int64 = 10 * day, origin: Int64 = 0
) -> Futures {
    Futures(
        origin: origin, horizonSeconds: horizon, paths: paths,
        mixtureWeights: ExpertID.allCases.map { (name: $0, weight: 0) }, isCold: false)
}

/// A purchase in a simulated path.
package func event(
    _ item: Int32, at time: Int64, type: EventType = purchase, expertIndex: UInt8 = 0
) -> SimulatedEvent {
    SimulatedEvent(time: time, type: type, item: item, expertIndex: expertIndex)
}
