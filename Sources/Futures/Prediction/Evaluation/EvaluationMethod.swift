/// A method to rank items, so that each part of the mixture can be compared.
package enum EvaluationMethod: String, CaseIterable, Sendable, Codable {
    /// The whole mixture with the reranker.
    case full
    /// The mixture without the reranker.
    case mixture
    /// The LSTM alone.
    case lstm
    /// The repeat purchase model alone.
    case history
    /// The personal transitions alone.
    case personalTransitions = "own-transitions"
    /// The population transitions alone.
    case transitions
    /// The neighbours alone.
    case sessionKNN = "session-knn"
    /// The popularity alone.
    case popularity
    /// Items that are most often in the same or the next few baskets as the newest items:
    /// "frequently bought together", the usual baseline of shops.
    case itemKNN = "item-knn"
    /// The customer's most frequent items, then everyone's most frequent items.
    case personalTop = "personal-top"

    /// The experts that the method uses; `nil` for baselines outside the mixture.
    var experts: Set<ExpertID>? {
        switch self {
        case .full, .mixture: Set(ExpertID.allCases)
        case .lstm: [.sequence]
        case .history: [.history]
        case .personalTransitions: [.personalTransitions]
        case .transitions: [.transitions]
        case .sessionKNN: [.neighbours]
        case .popularity: [.popularity]
        case .itemKNN, .personalTop: nil
        }
    }

    /// Whether the method needs a trained LSTM; the other experts only need counting.
    var needsNetwork: Bool { self == .full || self == .mixture || self == .lstm }
}
