package import Prediction

extension ExpertID {
    /// The name in answers, JSON and tables.
    ///
    /// Model files keep the raw value.
    package var publicName: String {
        switch self {
        case .sequence: "sequence"
        case .history: "repeat_purchase"
        case .personalTransitions: "personal_transitions"
        case .transitions: "population_transitions"
        case .neighbours: "neighbours"
        case .popularity: "popularity"
        }
    }

    /// The expert with a public name; `nil` if no expert has this name.
    package init?(publicName: String) {
        guard let expert = Self.allCases.first(where: { $0.publicName == publicName }) else {
            return nil
        }
        self = expert
    }
}
