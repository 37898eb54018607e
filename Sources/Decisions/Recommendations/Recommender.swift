import Foundation
import Learning
package import Prediction
package import Shop
package import Simulation
package import Time
package import TwinStorage

/// Recommends items to customers from their simulated futures.
///
/// A recommender is made once for a store and a model, and may be used from any thread.
package struct Recommender: Sendable {
    let store: TwinStore
    let model: PredictionModel
    private let version: String
    private let histories: TwinHistories
    private let simulator: Simulator
    private let outlooks: DayFactorCache
    private let calibration: ModelCalibration?

    /// Makes a recommender.
    ///
    /// - Parameters:
    ///   - store: The twins.
    ///   - model: The model.
    ///   - version: What the model is called in answers.
    ///   - calibration: Makes probabilities of shares of paths; they are told as they are without.
    /// - Throws: What the store throws.
    package init(
        store: TwinStore, model: PredictionModel, version: String,
        calibration: ModelCalibration? = nil
    ) throws {
        self.calibration = calibration
        self.store = store
        self.model = model
        self.version = version
        histories = try TwinHistories(store, catalogue: model.catalogue)
        simulator = Simulator(model)
        outlooks = DayFactorCache(
            model, model.response.isNeutral ? ContextFeeds() : try store.contextFeeds())
    }

    /// Makes a recommender of a version of a model.
    ///
    /// - Throws: What the store throws.
    package init(store: TwinStore, _ trained: TrainedModel) throws {
        try self.init(
            store: store, model: trained.model, version: trained.version,
            calibration: trained.calibration)
    }

    /// Everything that one question about a customer needs, read once.
    package struct Subject: Sendable {
        /// What the store knows.
        package let snapshot: CustomerSnapshot
        /// The events as the model sees them.
        package let history: History
        /// The context of the next event, with the LSTM's state: the one replay of the history.
        package let next: PredictionQuery

        /// The customer's twin.
        package var twin: UserTwin { snapshot.twin }
        /// The moment from which futures start.
        package var origin: Timestamp { snapshot.asOf }
    }

    /// Reads a customer's twin and history as of a moment.
    ///
    /// - Parameters:
    ///   - userID: The customer's id as the shop knows it; may be unknown.
    ///   - asOf: The moment; the store's newest event unless given.
    /// - Returns: The twin, cold if nothing is known, and its history.
    /// - Throws: What the store throws.
    package func subject(_ userID: String, asOf: Timestamp? = nil) throws -> Subject {
        let snapshot = try store.snapshot(of: userID, asOf: asOf)
        let history = try histories.history(of: snapshot)
        return Subject(
            snapshot: snapshot, history: history, next: model.nextQuery(after: history))
    }

    /// Simulates a customer's futures (`simulate` of document 004), as the days ahead
    /// are known to be.
    package func simulate(_ subject: Subject, settings: SimulationSettings) throws -> Futures {
        try settings.validate()
        return try simulator.simulate(
            subject.history, from: subject.origin.seconds, settings: settings,
            factors: outlooks.factors(
                of: subject.snapshot, horizonSeconds: settings.horizonSeconds),
            next: subject.next)
    }

    /// The items to recommend to a customer (`recommend` of document 004).
    ///
    /// Loads the twin, simulates its futures, counts the items in them, ranks them by probability,
    /// taste and preferences, and returns the best. A customer of whom nothing is known gets what
    /// is popular, marked as a cold start.
    ///
    /// - Throws: ``RecommendationError`` or `FuturesError` for an option out of its range; what
    ///   the store throws; `CancellationError` when the task is cancelled.
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

    /// The items to recommend from futures that were simulated before.
    package func recommendations(
        _ subject: Subject, futures: Futures, options: RecommendationOptions
    ) throws -> RecommendationList {
        try options.validate()
        let taste = UserEmbedding(subject.history, model: model)
        let next = model.prediction(for: subject.next)
        let rejected = Set(
            subject.twin.itemGraph.interactions.filter { $0.type == .reject }.map(\.itemID))
        let calibrated = options.usesPaths ? probabilities(subject, futures) : [:]
        let predicted = candidates(
            futures, next: next, excluding: rejected, calibrated: calibrated, options: options)
        let items = try store.items(predicted.map { itemID($0.item) }, asOf: subject.origin)
        let ranked = rank(
            predicted, items: items, taste: taste, preferences: subject.twin.preferences,
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
                subject, futures: futures, next: next, taste: taste,
                excluding: rejected.union(listed.map(\.itemID)), explainer: explainer)
        }
        return RecommendationList(
            userID: subject.twin.userID, isColdStart: subject.history.isEmpty,
            asOf: subject.origin.iso8601, horizonDays: options.horizonDays,
            modelVersion: version, items: listed, surprise: surprise)
    }

    /// The calibrated probabilities of items that are bought in any path; empty if nobody has said
    /// how far shares of paths can be trusted.
    private func probabilities(
        _ subject: Subject, _ futures: Futures
    ) -> [Int32: ModelCalibration.Probability] {
        guard let calibration, !subject.history.isEmpty else { return [:] }
        return calibration.probabilities(
            futures.itemProbabilities(types: Set(calibration.types)),
            after: subject.history, from: subject.origin.seconds,
            within: futures.horizonSeconds)
    }

    func itemID(_ place: Int32) -> String { model.catalogue.itemIDs[Int(place)] }
}

/// Where a customer's taste lies among the item vectors.
struct UserEmbedding: Sendable {
    /// The mean direction of the newest items' vectors, newer ones counting more; empty if there
    /// are none.
    private let direction: [Float]
    private let model: PredictionModel

    /// Events that taste is made from.
    private static let reach = 60

    init(_ history: History, model: PredictionModel) {
        self.model = model
        let dimensions = model.embeddings.dimensions
        var sum = [Float](repeating: 0, count: dimensions)
        for (age, item) in history.items.reversed().prefix(Self.reach).enumerated() {
            let vector = model.embeddings.vector(Int(item))
            var square: Float = 0
            for value in vector { square += value * value }
            guard square > 0 else { continue }
            let weight = exp(-Float(age) / 30) / square.squareRoot()
            for (index, value) in vector.enumerated() { sum[index] += weight * value }
        }
        direction = history.isEmpty ? [] : sum
    }

    /// The cosine of an item's vector with the taste, −1 to 1; 0 if there is no taste.
    func closeness(_ item: Int32) -> Float {
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
