import Foundation
import HTTPTypes
import Logging
import NIOConcurrencyHelpers
import Prediction
import Recommendations
import Simulation
import TwinStorage

/// Holds the model in use, and takes up a new one when training has published it.
final class ModelHolder: Sendable {
    /// A model ready to recommend with.
    struct Loaded: Sendable {
        var recommender: Recommender
        var version: String
        fileprivate var publication: Publication
        /// Why its probabilities are not calibrated; `nil` if they are.
        var uncalibratedReason: String?
    }

    /// What tells one publication from the next: even the same version may be published again.
    fileprivate struct Publication: Hashable {
        var version: String
        var date: Date
    }

    private struct State {
        var loaded: Loaded?
        var nextCheck: ContinuousClock.Instant
        var isLoading = false
        var failed: (publication: Publication, retry: ContinuousClock.Instant)?
    }

    private let registry: ModelRegistry
    private let store: TwinStore
    private let logger: Logger
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: NIOLockedValueBox<State>
    /// Whether the version stays the same whatever is published.
    private let isFixed: Bool

    /// Makes a holder and loads the current model, if there is one that can be used.
    ///
    /// - Parameters:
    ///   - registry: The folder of the models.
    ///   - store: The store to recommend from.
    ///   - logger: Receives a line for each loaded model and each failure.
    ///   - now: The clock.
    init(
        registry: ModelRegistry, store: TwinStore, logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.registry = registry
        self.store = store
        self.logger = logger
        self.now = now
        isFixed = false
        state = NIOLockedValueBox(State(nextCheck: now()))
        refresh()
    }

    /// Makes a holder of one version, which stays in use whatever is published.
    ///
    /// - Parameters:
    ///   - version: The version's name.
    ///   - registry: The folder of the models.
    ///   - store: The store to recommend from.
    ///   - logger: Receives a line about the model.
    /// - Throws: `PredictionError` when there is no such version, or it cannot be used.
    init(
        version: String, of registry: ModelRegistry, store: TwinStore, logger: Logger
    ) throws {
        self.registry = registry
        self.store = store
        self.logger = logger
        now = { .now }
        isFixed = true
        state = NIOLockedValueBox(State(nextCheck: .now))
        let publication = Publication(version: version, date: .distantPast)
        let loaded = try load(publication)
        state.withLockedValue { $0.loaded = loaded }
        logger.info("model loaded", metadata: ["version": "\(version)"])
    }

    private func load(_ publication: Publication) throws -> Loaded {
        let trained = try registry.load(version: publication.version)
        return Loaded(
            recommender: try Recommender(store: store, trained), version: trained.version,
            publication: publication, uncalibratedReason: trained.uncalibratedReason)
    }

    /// The current model.
    ///
    /// The first request after a publication waits until the new model is loaded. Other requests
    /// use the old one meanwhile.
    ///
    /// - Throws: ``Problem`` when there is none that can be used.
    func current() throws -> Loaded {
        refresh()
        let state = state.withLockedValue { $0 }
        if let loaded = state.loaded { return loaded }
        if state.isLoading { throw Problem.busy("The model is being loaded. Try again soon.") }
        guard state.failed == nil else {
            throw Problem(
                .serviceUnavailable, "bad-model",
                "The model cannot be used. The server's log says why. Train a model again.")
        }
        throw Problem.noModel
    }

    private func refresh() {
        guard !isFixed else { return }
        let time = now()
        guard let publication = duePublication(time) else { return }
        do {
            let loaded = try load(publication)
            state.withLockedValue { state in
                state.loaded = loaded
                state.failed = nil
                state.isLoading = false
            }
            var metadata: Logger.Metadata = ["version": "\(loaded.version)"]
            metadata["uncalibrated"] = loaded.uncalibratedReason.map { "\($0)" }
            logger.info("model loaded", metadata: metadata)
        } catch {
            state.withLockedValue { state in
                state.failed = (publication, time + ServiceLimits.modelRetryInterval)
                state.isLoading = false
            }
            logger.error(
                "model cannot be used; an older one stays in use if there is one",
                metadata: ["version": "\(publication.version)", "error": "\(error)"])
        }
    }

    /// The publication to load now, if it is time to look and there is a new one.
    private func duePublication(_ time: ContinuousClock.Instant) -> Publication? {
        let isDue = state.withLockedValue { state in
            guard time >= state.nextCheck, !state.isLoading else { return false }
            state.nextCheck = time + ServiceLimits.modelCheckInterval
            state.isLoading = true
            return true
        }
        guard isDue else { return nil }
        // The date is read before the version: if both change in between, the next look sees it.
        let path = registry.folder.appending(path: "current").path
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let publication = (attributes?[.modificationDate] as? Date).flatMap { date in
            registry.current.map { Publication(version: $0, date: date) }
        }
        return state.withLockedValue { state in
            let isKnown =
                publication == state.loaded?.publication
                || (publication == state.failed?.publication
                    && time < state.failed?.retry ?? time)
            if publication == nil || isKnown {
                state.isLoading = false
                return nil
            }
            return publication
        }
    }
}
