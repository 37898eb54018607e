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

    /// Makes a holder and loads the current model, if there is one that can be used.
    ///
    /// - Parameters:
    ///   - registry: The folder of the models.
    ///   - store: The store to recommend from.
    ///   - logger: Told of models that come into use, or cannot.
    ///   - now: The clock.
    init(
        registry: ModelRegistry, store: TwinStore, logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.registry = registry
        self.store = store
        self.logger = logger
        self.now = now
        state = NIOLockedValueBox(State(nextCheck: now()))
        refresh()
    }

    /// The current model.
    ///
    /// Whoever first asks after a new one was published waits until it is loaded; others go on with
    /// the old one meanwhile.
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
                "The model cannot be used; the server's log says why. Run 'foretwin train' again.")
        }
        throw Problem.noModel
    }

    private func refresh() {
        let time = now()
        guard let publication = duePublication(time) else { return }
        do {
            let trained = try registry.load(version: publication.version)
            let recommender = try Recommender(store: store, trained)
            let loaded = Loaded(
                recommender: recommender, version: trained.version, publication: publication)
            state.withLockedValue { state in
                state.loaded = loaded
                state.failed = nil
                state.isLoading = false
            }
            var metadata: Logger.Metadata = ["version": "\(trained.version)"]
            metadata["uncalibrated"] = trained.uncalibratedReason.map { "\($0)" }
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
