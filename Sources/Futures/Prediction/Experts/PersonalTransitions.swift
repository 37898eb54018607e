/// What follows what in this twin: the moments that came after earlier ones like the newest.
package struct PersonalTransitions: Expert {
    /// Which evidence this is.
    package var name: ExpertID { .ownTransitions }

    /// The source needs no training: it reads the twin.
    package init() {}

    /// Weights each past moment by how much it shares with the newest one, and gives the items
    /// of the moment after it (of the moment itself, for one more item of the same basket).
    ///
    /// - Complexity: O(n) in the events of the history.
    package func prediction(for context: PredictionQuery) -> ExpertPrediction {
        let history = context.history
        guard history.basketCount > 1 else { return .none }
        let current = Set(history.lastBasket)
        var weights: [Int32: Float] = [:]
        for index in 0..<history.basketCount - 1 {
            let moment = history.moment(index)
            var shared: Float = 0
            for event in moment where current.contains(history.items[event]) { shared += 1 }
            guard shared > 0 else { continue }
            let next = context.sameBasket ? moment : history.moment(index + 1)
            let weight = shared / Float(moment.count * next.count)
            for event in next { weights[history.items[event], default: 0] += weight }
        }
        if context.sameBasket { for item in current { weights[item] = nil } }
        return ExpertPrediction(weights: weights)
    }
}
