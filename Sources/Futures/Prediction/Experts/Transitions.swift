package import Learning

/// What follows what for all customers: items of later baskets, and of the same basket.
package struct Transitions: Expert {
    /// The number of baskets back that count, with weight 1 / distance.
    package static let reach = 4
    /// The number of entries kept for each item.
    package static let rowLimit = 100
    /// The greatest number of items of a basket that are paired, so that large baskets do not
    /// outweigh all others.
    private static let basketLimit = 40
    /// The greatest number of distinct pairs while counting; beyond it, the lightest are dropped.
    private static let pairCountMax = 12_000_000

    /// For each item, the items of later baskets.
    package let following: SparseRows
    /// For each item, the other items of its basket.
    package let together: SparseRows

    /// Which expert this is.
    package var name: ExpertID { .transitions }

    /// Counts the transitions of all sequences.
    package init(_ sequences: EventSequences, itemCount: Int) {
        var following: [UInt64: Float] = [:]
        var together: [UInt64: Float] = [:]
        for sequence in 0..<sequences.count {
            let history = History(sequences, sequence: sequence)
            for index in 0..<history.basketCount {
                let target = history.basket(index).prefix(Self.basketLimit)
                Self.countTogether(history, target, &together)
                for distance in 1...Self.reach where distance <= index {
                    let source = history.basket(index - distance).prefix(Self.basketLimit)
                    // For large baskets the nearest one suffices, at far lower cost.
                    if distance > 1, source.count * target.count > 16 { break }
                    let weight = 1 / Float(distance * source.count)
                    for from in source {
                        for to in target {
                            following[
                                SparseRows.key(history.items[from], history.items[to]),
                                default: 0] += weight
                        }
                    }
                }
            }
            Self.shrink(&following)
            Self.shrink(&together)
        }
        self.following = SparseRows(
            counts: following, rowCount: itemCount, limit: Self.rowLimit)
        self.together = SparseRows(counts: together, rowCount: itemCount, limit: Self.rowLimit)
    }

    init(following: SparseRows, together: SparseRows) {
        self.following = following
        self.together = together
    }

    /// The sum of the rows of the newest items: of the newest basket for one more item of it, of
    /// the last ``reach`` baskets otherwise.
    package func prediction(for query: PredictionQuery) -> ExpertPrediction {
        let history = query.history
        guard history.basketCount > 0 else { return .none }
        var weights: [Int32: Float] = [:]
        let rows = query.sameBasket ? together : following
        let reach = query.sameBasket ? 1 : min(Self.reach, history.basketCount)
        for distance in 1...reach {
            let basket = history.basket(history.basketCount - distance)
            let weight = 1 / Float(distance * basket.count)
            for event in basket {
                for entry in rows.row(Int(history.items[event])) {
                    weights[rows.columns[entry], default: 0] += weight * rows.weights[entry]
                }
            }
        }
        if query.sameBasket { for item in history.lastBasket { weights[item] = nil } }
        return ExpertPrediction(weights: weights)
    }

    /// Counts the pairs of a basket.
    private static func countTogether(
        _ history: History, _ basket: Range<Int>, _ counts: inout [UInt64: Float]
    ) {
        guard basket.count > 1 else { return }
        let weight = 1 / Float(basket.count - 1)
        for from in basket {
            for to in basket where history.items[from] != history.items[to] {
                counts[SparseRows.key(history.items[from], history.items[to]), default: 0] += weight
            }
        }
    }

    /// Drops the lightest pairs until few enough are left.
    private static func shrink(_ counts: inout [UInt64: Float]) {
        var floor: Float = 0.11
        while counts.count > pairCountMax {
            counts = counts.filter { $0.value > floor }
            floor *= 2
        }
    }
}
