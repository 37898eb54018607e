import Learning
import Prediction

/// What all paths of a simulation begin with.
///
/// It is a class, so that blocks of paths on several threads do not spend their time on reference
/// counts of its parts.
final class SimulationPlan: Sendable {
    let model: PredictionModel
    let settings: SimulationSettings
    let factors: DayFactors?
    /// The origin of the paths, in seconds since 1970.
    let origin: Int64
    /// Seconds from the newest event to the origin.
    let elapsed: Int64
    /// When in the week the customer visits.
    let hours: VisitHours
    /// Samples items from the experts other than the LSTM.
    let itemSampler: ItemSampler
    /// The memory of a path at the origin.
    let memory: PathMemory
    /// The LSTM's state at the origin.
    let state: SequenceModel.State
    /// The probability that the customer has left for good.
    let churnProbability: Double
    private let isCold: Bool
    /// The mixture weights at the first step.
    private let weights: [Float]

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
        itemSampler = ItemSampler(
            model: model, popularity: popularity, history: history, experts: settings.experts)
        memory = PathMemory(history, origin: origin)
        let next = next ?? model.nextQuery(after: history)
        state = next.state ?? model.sequence.model.initialState(count: 1)
        churnProbability = model.churn.probability(after: history, at: origin)
        isCold = history.isEmpty
        weights = model.mixture.weights(
            model.gateInput(for: next), available: itemSampler.availableExperts())
    }

    /// The LSTM.
    var network: SequenceModel { model.sequence.model }

    /// The result of a finished block of paths.
    struct Block: Sendable {
        var paths: [[SimulatedEvent]]
        var error: NeuralItemSampler.ApproximationError

        init(_ block: PathBlock) {
            paths = block.paths.map(\.events)
            error = block.neuralSampler.error
        }
    }

    /// The paths of all blocks as a table.
    func futures(_ blocks: [Block]) -> Futures {
        Futures(
            origin: origin, horizonSeconds: settings.horizonSeconds,
            paths: blocks.flatMap(\.paths),
            mixtureWeights: zip(model.mixture.names, weights).map { (name: $0, weight: $1) },
            churnProbability: churnProbability, isCold: isCold,
            itemHeadError: NeuralItemSampler.ApproximationError.mean(blocks.map(\.error)))
    }
}
