/// A way to rank items, so that what each part of the mixture adds can be seen.
package enum EvaluationMethod: String, CaseIterable, Sendable, Codable {
    /// The whole mixture, with its corrections.
    case full
    /// The mixture without corrections.
    case mixture
    /// The LSTM alone.
    case lstm
    /// What the twin does again, alone.
    case history
    /// What follows what in the twin, alone.
    case ownTransitions = "own-transitions"
    /// What follows what for everybody, alone.
    case transitions
    /// What like sequences did, alone.
    case sessionKNN = "session-knn"
    /// What is popular now, alone.
    case popularity
    /// What is most often in the same or the next few moments as the newest items: "frequently
    /// bought together", the baseline that document 004 goes beyond.
    case itemKNN = "item-knn"
    /// What the customer took most often, filled with what everybody took most often.
    case personalTop = "personal-top"

    /// The evidence that the method uses; `nil` for baselines outside the mixture.
    var evidence: Set<ExpertID>? {
        switch self {
        case .full, .mixture: Set(ExpertID.allCases)
        case .lstm: [.sequence]
        case .history: [.history]
        case .ownTransitions: [.ownTransitions]
        case .transitions: [.transitions]
        case .sessionKNN: [.neighbours]
        case .popularity: [.popularity]
        case .itemKNN, .personalTop: nil
        }
    }

    /// Whether the LSTM has to be trained for it; the mixture's other sources only need counting.
    var needsNetwork: Bool { self == .full || self == .mixture || self == .lstm }
}
