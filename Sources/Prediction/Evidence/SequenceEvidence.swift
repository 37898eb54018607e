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
        guard let state = state(after: context.history), let last = context.history.lastTime else {
            return .none
        }
        return evidence(state, gap: Self.gap(context, last: last), type: context.type)
    }

    /// The same from a state that the caller keeps up to date.
    func evidence(_ state: SequenceModel.State, gap: UInt8, type: UInt8) -> Evidence {
        .dense(model.itemProbabilities(state, gaps: [gap], types: [type]).elements)
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
        guard let state = state(after: history) else { return nil }
        var gaps = model.gapProbabilities(state).elements
        if laterOnly, !gaps.isEmpty { gaps[0] = 0 }
        guard let gap = gaps.indices.max(by: { gaps[$0] < gaps[$1] }) else { return nil }
        let probabilities = model.typeProbabilities(state, gaps: [UInt8(gap)]).elements
        let candidates = types?.map(Int.init) ?? Array(probabilities.indices)
        guard let type = candidates.max(by: { probabilities[$0] < probabilities[$1] }) else {
            return nil
        }
        let bounds = TimeGap.bounds(gap)
        return ((bounds.lowerBound + bounds.upperBound) / 2, UInt8(type))
    }

    private static func gap(_ context: Context, last: Int64) -> UInt8 {
        context.sameMoment ? 0 : UInt8(max(1, TimeGap.index(seconds: context.time - last)))
    }
}
