import Foundation
import Learning
package import Prediction
package import Shop
package import Simulation
package import Time
package import TwinStorage

/// Recommends items to customers from their simulated futures.
///
/// A recommender is created once for a store and a model. It can be used from any thread.
package struct Recommender: Sendable {
    let store: TwinStore
    let model: PredictionModel
    private let version: String
    private let histories: TwinHistories
    private let simulator: Simulator
    private let dayFactors: DayFactorCache
    private let calibration: ModelCalibration?

    /// Creates a recommender.
    ///
    /// - Parameters:
    ///   - store: The store of the twins.
    ///   - model: The model.
    ///   - version: The model's version, for the answers.
    ///   - calibration: The calibration of path probabilities, if there is one.
    /// - Throws: The errors of the store.
    package init(
        store: TwinStore, model: PredictionModel, version: String,
        calibration: ModelCalibration? = nil
    ) throws {
        self.calibration = calibration
        self.store = store
        self.model = model
        self.version = version
        histories = try TwinHistories(
            store, catalogue: model.catalogue, eventTypes: model.eventTypes)
        simulator = Simulator(model)
        dayFactors = DayFactorCache(
            model, model.response.isNeutral ? ContextFeeds() : try store.contextFeeds())
    }

    /// Creates a recommender with a version of a model.
    ///
    /// - Throws: The errors of the store.
    package init(store: TwinStore, _ trained: TrainedModel) throws {
        try self.init(
            store: store, model: trained.model, version: trained.version,
            calibration: trained.calibration)
    }

    /// Everything that a question about one customer needs, read once.
    package struct Subject: Sendable {
        /// The customer's snapshot.
        package let snapshot: CustomerSnapshot
        /// The events with items of the model's catalogue.
        package let history: History
        /// The query of the next event, with the LSTM's state after the history.
        package let next: PredictionQuery

        /// The customer's twin.
        package var twin: UserTwin { snapshot.twin }
        /// The origin of the futures.
        package var origin: Timestamp { snapshot.asOf }
    }

    /// Reads a customer's twin and history as of a time.
    ///
    /// - Parameters:
    ///   - userID: The customer's id in the shop; may be unknown to the store.
    ///   - asOf: The time; that of the store's newest event unless given.
    /// - Returns: The twin and its history; both are empty for an unknown customer.
    /// - Throws: The errors of the store.
    package func subject(_ userID: String, asOf: Timestamp? = nil) throws -> Subject {
        let snapshot = try store.snapshot(of: userID, asOf: asOf)
        let history = try histories.history(of: snapshot)
        return Subject(
            snapshot: snapshot, history: history, next: model.nextQuery(after: history))
    }

    /// Simulates a customer's futures, with the factors of the days ahead.
    ///
    /// - Throws: `FuturesError` for a setting out of range; `CancellationError`.
    package func simulate(_ subject: Subject, settings: SimulationSettings) throws -> Futures {
        try settings.validate()
        return try simulator.simulate(
            subject.history, from: subject.origin.seconds, settings: settings,
            factors: dayFactors.factors(
                of: subject.snapshot, horizonSeconds: settings.horizonSeconds),
            next: subject.next)
    }

    /// Recommends items to a customer.
    ///
    /// It reads the twin, simulates its futures, and ranks the items of the paths by probability,
    /// taste and preference. An unknown customer gets popular items, marked as a cold start.
    ///
    /// - Throws: ``RecommendationError`` or `FuturesError` for an option out of range; the errors
    ///   of the store; `CancellationError` when the task is cancelled.
    package func recommend(
        _ userID: String, options: RecommendationOptions = RecommendationOptions()
    ) throws -> RecommendationList {
        try options.validate()
        let subject = try subject(userID, asOf: options.asOf)
        try Task.checkCancellation()
        let futures = try simulate(subject, settings: options.simulation)
        try Task.checkCancellation()
        return try recommendations(subject, futures: futures, options: options)
    }

    /// Recommends items from futures that were simulated before.
    ///
    /// - Throws: ``RecommendationError`` for an option out of range; the errors of the store.
    package func recommendations(
        _ subject: Subject, futures: Futures, options: RecommendationOptions
    ) throws -> RecommendationList {
        try options.validate()
        let embedding = UserEmbedding(subject.history, model: model)
        let next = model.prediction(for: subject.next)
        let rejected = Set(
            subject.twin.itemGraph.interactions.filter(\.type.isRefusal).map(\.itemID))
        let calibrated = options.usesPaths ? probabilities(subject, futures) : [:]
        let predicted = candidates(
            futures, next: next, excluding: rejected, calibrated: calibrated, options: options)
        let items = try store.items(predicted.map { itemID($0.item) }, asOf: subject.origin)
        let ranked = rank(
            predicted, items: items, embedding: embedding, preferences: subject.twin.preferences,
            calibrated: calibrated, options: options)
        let best = ranked.dropFirst(options.offset).prefix(options.count)
        let explainer = Explainer(
            subject: subject, model: model, store: store, probabilities: calibrated)
        let listed = try best.map {
            try explainer.recommendation(
                $0.predicted, score: $0.score, next: next, item: items[itemID($0.predicted.item)])
        }
        var surprise: Recommendation?
        if options.wantsSurprise, !subject.history.isEmpty {
            surprise = try surprisePick(
                subject, futures: futures, next: next, embedding: embedding,
                excluding: rejected.union(listed.map(\.itemID)), explainer: explainer)
        }
        return RecommendationList(
            customerKey: subject.twin.userID, isColdStart: subject.history.isEmpty,
            asOf: subject.origin.iso8601, horizonDays: options.horizonDays,
            modelVersion: version, items: listed, surprise: surprise)
    }

    /// The calibrated probabilities of the items that are bought on any path; empty without a
    /// calibration or a history.
    private func probabilities(
        _ subject: Subject, _ futures: Futures
    ) -> [Int32: ModelCalibration.Probability] {
        guard let calibration, !subject.history.isEmpty else { return [:] }
        return calibration.probabilities(
            futures.itemProbabilities(types: Set(calibration.types)),
            after: subject.history, from: subject.origin.seconds,
            within: futures.horizonSeconds)
    }

    func itemID(_ index: Int32) -> String { model.catalogue.itemIDs[Int(index)] }
}

/// A customer's taste: the mean direction of the vectors of the newest items.
struct UserEmbedding: Sendable {
    /// The sum of the normalised vectors, with higher weights for newer items; empty without a
    /// history.
    private let direction: [Float]
    private let model: PredictionModel

    /// The number of newest events that count.
    private static let eventLimit = 60

    init(_ history: History, model: PredictionModel) {
        self.model = model
        let dimensions = model.embeddings.dimensions
        var sum = [Float](repeating: 0, count: dimensions)
        for (age, item) in history.items.reversed().prefix(Self.eventLimit).enumerated() {
            let vector = model.embeddings.vector(Int(item))
            var square: Float = 0
            for value in vector { square += value * value }
            guard square > 0 else { continue }
            let weight = exp(-Float(age) / 30) / square.squareRoot()
            for (index, value) in vector.enumerated() { sum[index] += weight * value }
        }
        direction = history.isEmpty ? [] : sum
    }

    /// The cosine similarity of an item's vector and the taste, −1 to 1; 0 without a history.
    func cosineSimilarity(_ item: Int32) -> Float {
        guard !direction.isEmpty else { return 0 }
        var product: Float = 0
        var own: Float = 0
        var other: Float = 0
        for (left, right) in zip(model.embeddings.vector(Int(item)), direction) {
            product += left * right
            own += left * left
            other += right * right
        }
        let scale = (own * other).squareRoot()
        return scale > 0 ? product / scale : 0
    }
}
