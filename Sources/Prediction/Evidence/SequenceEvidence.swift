import Kernels
public import Learning

/// What the LSTM expects after the order and rhythm of a twin's events.
public struct SequenceEvidence: EvidenceSource {
    /// How many of the newest events the LSTM reads; older ones have faded from its state.
    public static let replayLimit = 200

    /// The trained network.
    public let model: SequenceModel

    /// Which evidence this is.
    public var name: EvidenceName { .sequence }

    /// Wraps a trained network.
    public init(model: SequenceModel) { self.model = model }

    /// The LSTM's state after a history, or `nil` if nothing has happened yet.
    public func state(after history: History) -> SequenceModel.State? {
        guard !history.isEmpty else { return nil }
        let recent = history.suffix(events: Self.replayLimit)
        return model.replay(items: recent.items, types: recent.types, times: recent.times)
    }

    /// The item head's distribution, given the gap and type of the next event.
    public func evidence(for context: Context) -> Evidence {
        guard let state = state(in: context) else { return .none }
        return .dense(
            model.itemProbabilities(state, gaps: [context.gap], types: [context.type]).elements)
    }

    /// The LSTM's state in a context, or `nil` if nothing has happened yet.
    func state(in context: Context) -> SequenceModel.State? {
        context.state ?? state(after: context.history)
    }

    /// When the next event comes and of which type it is, by the LSTM's own heads.
    ///
    /// - Parameters:
    ///   - history: What has happened so far.
    ///   - laterOnly: Leaves out the possibility of one more item in the newest moment.
    ///   - types: The types that may be; all unless given.
    /// - Returns: The middle of the most probable gap, in seconds, and the most probable type.
    public func expectation(
        after history: History, laterOnly: Bool, types: [UInt8]?
    ) -> (gapSeconds: Int64, type: UInt8)? {
        state(after: history).map { expectation($0, laterOnly: laterOnly, types: types) }
    }

    /// The same from the LSTM's state after the history.
    func expectation(
        _ state: SequenceModel.State, laterOnly: Bool, types: [UInt8]?
    ) -> (gapSeconds: Int64, type: UInt8) {
        var gaps = model.gapProbabilities(state).elements
        if laterOnly, !gaps.isEmpty { gaps[0] = 0 }
        let gap = gaps.indices.max { gaps[$0] < gaps[$1] } ?? 0
        let probabilities = model.typeProbabilities(state, gaps: [UInt8(gap)]).elements
        let candidates = types?.map(Int.init) ?? Array(probabilities.indices)
        let type = candidates.max { probabilities[$0] < probabilities[$1] } ?? 0
        let bounds = TimeGap.bounds(gap)
        return ((bounds.lowerBound + bounds.upperBound) / 2, UInt8(type))
    }
}
