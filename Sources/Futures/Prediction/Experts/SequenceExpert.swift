import Kernels
package import Learning

/// What the LSTM expects after the order and rhythm of a twin's events.
package struct SequenceExpert: Expert {
    /// How many of the newest events the LSTM reads; older ones have faded from its state.
    package static let replayLimit = 200

    /// The trained network.
    package let model: SequenceModel

    /// Which evidence this is.
    package var name: ExpertID { .sequence }

    /// Wraps a trained network.
    package init(model: SequenceModel) { self.model = model }

    /// The LSTM's state after a history, or `nil` if nothing has happened yet.
    package func state(after history: History) -> SequenceModel.State? {
        guard !history.isEmpty else { return nil }
        let recent = history.suffix(events: Self.replayLimit)
        return model.replay(items: recent.items, types: recent.types, times: recent.times)
    }

    /// The item head's distribution, given the time and type of the next event.
    package func prediction(for context: PredictionQuery) -> ExpertPrediction {
        guard let state = state(in: context) else { return .none }
        return .dense(
            model.itemProbabilities(
                state, gaps: [context.gap], weekParts: [context.weekPart], types: [context.type]
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
        var type: UInt8
        /// The probability of the class among those that are given.
        var share: Float
    }

    /// The likeliest classes of the time to the next event by the LSTM's own heads, the likeliest
    /// first.
    ///
    /// - Parameters:
    ///   - state: The LSTM's state after the history.
    ///   - laterOnly: Leaves out the possibility of one more item in the newest moment.
    ///   - types: The types that may be; all unless given.
    ///   - share: How much of the probability the classes must hold together, 0 for the likeliest.
    /// - Returns: At least one; the shares sum to 1.
    func expectations(
        _ state: SequenceModel.State, laterOnly: Bool, types: [UInt8]?, covering share: Float
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
            let candidates = types?.map(Int.init) ?? Array(probabilities.indices)
            let type = candidates.max { probabilities[$0] < probabilities[$1] } ?? 0
            return Expectation(
                gap: gap, type: UInt8(type), share: covered > 0 ? gaps[gap] / covered : 1)
        }
    }
}
