import Kernels
package import Learning
package import Shop

/// What the LSTM expects after the order and rhythm of a twin's events.
package struct SequenceExpert: Expert {
    /// How many of the newest events the LSTM reads; older ones have faded from its state.
    package static let replayLimit = 200

    /// The trained network.
    package let model: SequenceModel
    /// The event types that the network was trained with: its type i is the i-th of them.
    package let eventTypes: EventVocabulary

    /// Which evidence this is.
    package var name: ExpertID { .sequence }

    /// Wraps a trained network.
    package init(model: SequenceModel, eventTypes: EventVocabulary = .original) {
        self.model = model
        self.eventTypes = eventTypes
    }

    /// The LSTM's state after a history, or `nil` if nothing has happened yet.
    ///
    /// Events of types that the network does not know are passed over.
    package func state(after history: History) -> SequenceModel.State? {
        let recent = history.suffix(events: Self.replayLimit)
        let known = recent.types.indices.filter { eventTypes.contains(recent.types[$0]) }
        guard !known.isEmpty else { return nil }
        return model.replay(
            items: known.map { recent.items[$0] },
            types: known.map { eventTypes.index(of: recent.types[$0]) },
            times: known.map { recent.times[$0] })
    }

    /// The item head's distribution, given the time and type of the next event.
    package func prediction(for context: PredictionQuery) -> ExpertPrediction {
        guard let state = state(in: context) else { return .none }
        return .dense(
            model.itemProbabilities(
                state, gaps: [context.gap], weekParts: [context.weekPart],
                types: [eventTypes.index(of: context.type)]
            ).elements)
    }

    /// The LSTM's state in a context, or `nil` if nothing has happened yet.
    func state(in context: PredictionQuery) -> SequenceModel.State? {
        context.state ?? state(after: context.history)
    }

    /// A class of the time to the next event, with the likeliest type of an event then.
    struct Expectation: Sendable {
        /// The class of the gap.
        var gap: Int
        /// The likeliest type.
        var type: EventType
        /// The probability of the class among those that are given.
        var share: Float
    }

    /// The likeliest classes of the time to the next event by the LSTM's own heads, the likeliest
    /// first.
    ///
    /// - Parameters:
    ///   - state: The LSTM's state after the history.
    ///   - laterOnly: Leaves out the possibility of one more item in the newest moment.
    ///   - types: The types that may be; all that the network knows unless given.
    ///   - share: How much of the probability the classes must hold together, 0 for the likeliest.
    /// - Returns: At least one; the shares sum to 1.
    func expectations(
        _ state: SequenceModel.State, laterOnly: Bool, types: [EventType]?, covering share: Float
    ) -> [Expectation] {
        var gaps = model.gapProbabilities(state).elements
        if laterOnly, !gaps.isEmpty { gaps[0] = 0 }
        let wanted = share * gaps.reduce(0, +)
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
                gap: gap, type: eventTypes.types[type], share: covered > 0 ? gaps[gap] / covered : 1
            )
        }
    }
}
