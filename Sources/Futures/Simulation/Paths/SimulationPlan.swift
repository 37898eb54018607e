import Learning
import Prediction

/// What all paths of a simulation begin with.
///
/// A class, because blocks of paths on several threads would else spend their time on counting the
/// references to its parts.
final class SimulationPlan: Sendable {
    let model: PredictionModel
    let settings: SimulationSettings
    let factors: DayFactors?
    /// The moment from which the paths start, in seconds since 1970.
    let origin: Int64
    /// Seconds between the newest event and the origin.
    let elapsed: Int64
    /// When in the week the customer comes.
    let hours: VisitHours
    /// Where items come from, but for the LSTM.
    let draws: ItemSampler
    /// What a path remembers at the origin.
    let memory: PathMemory
    /// The LSTM's state at the origin.
    let state: SequenceModel.State
    /// The probability that the customer has left, so that nothing comes any more.
    let departed: Double
    private let isCold: Bool
    /// The shares of evidence at the first step.
    private let shares: [Float]

    init(
        model: PredictionModel, popularity: CumulativeTable, history: History, origin: Int64,
        settings: SimulationSettings, factors: DayFactors? = nil, next: PredictionQuery? = nil
    ) {
        self.model = model
        self.settings = settings
        self.factors = factors
        self.origin = origin
        elapsed = origin - (history.lastTime ?? origin)
        hours = VisitHours(history)
        draws = ItemSampler(
            model: model, popularity: popularity, history: history, evidence: settings.evidence)
        memory = PathMemory(history, origin: origin)
        // The history is replayed once, unless whoever asks has done so.
        let next = next ?? model.nextQuery(after: history)
        state = next.state ?? model.sequence.model.initialState(count: 1)
        departed = model.churn.probability(after: history, at: origin)
        isCold = history.isEmpty
        shares = model.mixture.weights(
            model.gateInput(for: next),
            available: draws.speaking(sameBasket: false))
    }

    /// The LSTM.
    var network: SequenceModel { model.sequence.model }

    /// What is left of a block of paths when it is done.
    struct Block: Sendable {
        var paths: [[SimulatedEvent]]
        var error: NeuralItemSampler.Error

        init(_ run: PathBlock) {
            paths = run.paths.map(\.events)
            error = run.head.error
        }
    }

    /// The paths of all blocks as a table.
    func futures(_ blocks: [Block]) -> Futures {
        Futures(
            origin: origin, horizonSeconds: settings.horizonSeconds,
            paths: blocks.flatMap(\.paths),
            shares: zip(model.mixture.names, shares).map { (name: $0, share: $1) },
            departed: departed, isCold: isCold,
            itemHeadError: NeuralItemSampler.Error.share(blocks.map(\.error)))
    }
}
