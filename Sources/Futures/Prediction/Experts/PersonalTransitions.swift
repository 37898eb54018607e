/// What followed what in the customer's own history: baskets after those that resemble the newest.
package struct PersonalTransitions: Expert {
    /// Which expert this is.
    package var name: ExpertID { .personalTransitions }

    /// Makes the expert, which needs no training.
    package init() {}

    /// The items of the baskets that followed past baskets, weighted by what these have in common
    /// with the newest one.
    ///
    /// For one more item of the same basket, the past baskets themselves give the items.
    ///
    /// - Complexity: O(n) in the events of the history.
    package func prediction(for query: PredictionQuery) -> ExpertPrediction {
        let history = query.history
        guard history.basketCount > 1 else { return .none }
        let current = Set(history.lastBasket)
        var weights: [Int32: Float] = [:]
        for index in 0..<history.basketCount - 1 {
            let basket = history.basket(index)
            var shared: Float = 0
            for event in basket where current.contains(history.items[event]) { shared += 1 }
            guard shared > 0 else { continue }
            let next = query.sameBasket ? basket : history.basket(index + 1)
            let weight = shared / Float(basket.count * next.count)
            for event in next { weights[history.items[event], default: 0] += weight }
        }
        if query.sameBasket { for item in current { weights[item] = nil } }
        return ExpertPrediction(weights: weights)
    }
}
