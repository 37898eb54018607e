import Kernels
package import Learning
package import Shop

/// The LSTM's prediction from the order and rhythm of a customer's events.
package struct SequenceExpert: Expert {
    /// The number of newest events that the LSTM reads; older ones hardly affect its state.
    package static let replayLimit = 200

    /// Called for each history that is replayed, in the task that set it; for tests that count them.
    @TaskLocal package static var onReplay: (@Sendable () -> Void)?

    /// The trained network.
    package let model: SequenceModel
    /// The event types that the network was trained with: its type i is the i-th of them.
    package let eventTypes: EventVocabulary

    /// Which expert this is.
    package var name: ExpertID { .sequence }

    /// Wraps a trained network.
    package init(model: SequenceModel, eventTypes: EventVocabulary = .original) {
        self.model = model
        self.eventTypes = eventTypes
    }

    /// The LSTM's state after a history; `nil` if no event has a type that the network knows.
    ///
    /// Events of other types are left out.
    package func state(after history: History) -> SequenceModel.State? {
        let recent = history.suffix(events: Self.replayLimit)
        let known = recent.types.indices.filter { eventTypes.contains(recent.types[$0]) }
        guard !known.isEmpty else { return nil }
        Self.onReplay?()
        return model.replay(
            items: known.map { recent.items[$0] },
            types: known.map { eventTypes.index(of: recent.types[$0]) },
            times: known.map { recent.times[$0] })
    }

    /// The LSTM's distribution of the item, given the time and type of the next event.
    package func prediction(for query: PredictionQuery) -> ExpertPrediction {
        guard let state = state(for: query) else { return .none }
        return .dense(
            model.itemProbabilities(
                state, gaps: [query.gap], weekParts: [query.weekPart],
                types: [eventTypes.index(of: query.type)]
            ).elements)
    }

    /// The LSTM's state of a query; `nil` if the history is empty.
    func state(for query: PredictionQuery) -> SequenceModel.State? {
        query.state ?? state(after: query.history)
    }

    /// A class of the time to the next basket, with the most likely event type then.
    struct Expectation: Sendable {
        /// The class of the gap.
        var gap: Int
        /// The most likely type.
        var type: EventType
        /// The probability of the class, relative to all returned ones.
        var probability: Float
    }

    /// The most likely classes of the time to the next basket, the most likely first.
    ///
    /// - Parameters:
    ///   - state: The LSTM's state after the history.
    ///   - types: The allowed types; all that the network knows if `nil`.
    ///   - coverage: The probability that the classes must have together; 0 for the first one only.
    /// - Returns: At least one class; the probabilities sum to 1.
    func expectations(
        _ state: SequenceModel.State, types: [EventType]?, coverage: Float
    ) -> [Expectation] {
        var gaps = model.gapProbabilities(state).elements
        // Class 0 is one more item of the newest basket.
        if !gaps.isEmpty { gaps[0] = 0 }
        let wanted = coverage * gaps.reduce(0, +)
        var chosen: [Int] = []
        var covered: Float = 0
        for gap in gaps.indices.sorted(by: { (gaps[$1], $0) < (gaps[$0], $1) })
        where chosen.isEmpty || covered < wanted {
            chosen.append(gap)
            covered += gaps[gap]
        }
        return chosen.map { gap in
            let probabilities = model.typeProbabilities(state, gaps: [UInt8(gap)]).elements
            let candidates = (types ?? eventTypes.types).filter(eventTypes.contains)
                .map { Int(eventTypes.index(of: $0)) }
            let type = candidates.max { probabilities[$0] < probabilities[$1] } ?? 0
            return Expectation(
                gap: gap, type: eventTypes.types[type],
                probability: covered > 0 ? gaps[gap] / covered : 1)
        }
    }
}
