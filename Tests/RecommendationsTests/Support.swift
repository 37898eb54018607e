import Foundation
import Prediction
import Shop
import SyntheticShop
import Testing
import Time
import TwinStorage

@testable import Recommendations

let day: Int64 = 86_400

/// A store with events, a model of them, and a recommender.
struct World: Sendable {
    let store: TwinStore
    let model: PredictionModel
    let recommender: Recommender
    let users: [String]

    /// A small synthetic shop, which no test changes.
    static let shop = Result { try World.makeShop() }

    /// A shop of its own for a test that adds events.
    static func makeShop() throws -> World {
        let shop = try ShopGenerator(.init(customers: 40, items: 60, days: 60))
        let known = World.shared
        return try World(items: shop.items, events: Array(shop.events()), model: try known.get())
    }

    /// The model of the synthetic shop, trained once.
    private static let shared = Result { () -> PredictionModel in
        let shop = try ShopGenerator(.init(customers: 40, items: 60, days: 60))
        return try train(TrainingData(shop.events(), by: \.userID), width: 16, epochs: 2)
    }

    /// Makes a store of these events; trains a model of them unless one is given.
    init(
        items: [Item], events: [Event], model: PredictionModel? = nil, width: Int = 8,
        epochs: Int = 1
    ) throws {
        let path =
            FileManager.default.temporaryDirectory.path
            + "/recommendations-\(UUID().uuidString)"
        store = try TwinStore(
            path: path, pseudonymizer: Pseudonymizer(key: [UInt8](repeating: 9, count: 32)))
        // The store keeps its files open; their names are not needed any more.
        defer { try? FileManager.default.removeItem(atPath: path) }
        try store.put(items)
        _ = try store.append(events)
        self.model =
            try model ?? Self.train(TrainingData(store), width: width, epochs: epochs)
        recommender = try Recommender(store: store, model: self.model, version: "v0042")
        users = Array(Set(events.map(\.userID))).sorted()
    }

    private static func train(
        _ data: TrainingData, width: Int, epochs: Int
    ) throws -> PredictionModel {
        var configuration = TrainingConfiguration(seed: 7, width: width, epochs: epochs)
        configuration.minimumItemCount = 1
        return try Trainer(configuration).train(data) { _ in }.model
    }

    /// The distinct items that a customer has touched.
    func touched(_ user: String) throws -> Set<String> {
        Set(try store.twin(user).itemGraph.itemIDs)
    }
}

/// Options with fewer paths than usual, and changes.
func options(
    _ change: (inout RecommendationOptions) -> Void = { _ in }
) -> RecommendationOptions {
    var options = RecommendationOptions()
    options.paths = 100
    change(&options)
    return options
}

/// A purchase, or another event.
func event(
    _ user: String, _ item: String, _ time: Int64, type: EventType = .purchase
) -> Event {
    Event(userID: user, itemID: item, type: type, timestamp: Timestamp(seconds: time))
}
