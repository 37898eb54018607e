package import Learning

/// What follows what for everybody: the items of the moments after, and of the same moment.
package struct Transitions: Expert {
    /// How many moments back an item still counts, with weight 1 / distance.
    package static let reach = 4
    /// Entries kept for each item.
    package static let rowLimit = 100
    /// Items of a moment that are paired at most: a stock-up trip must not outweigh all others.
    private static let momentLimit = 40
    /// Distinct pairs that are held while counting; a pair seen once is dropped beyond this.
    private static let pairCountMax = 12_000_000

    /// For each item what comes in the moments after it.
    package let following: SparseRows
    /// For each item what comes in the same moment.
    package let together: SparseRows

    /// Which evidence this is.
    package var name: ExpertID { .transitions }

    /// Counts the transitions of all sequences.
    package init(_ sequences: EventSequences, itemCount: Int) {
        var following: [UInt64: Float] = [:]
        var together: [UInt64: Float] = [:]
        for sequence in 0..<sequences.count {
            let history = History(sequences, sequence: sequence)
            for index in 0..<history.basketCount {
                let target = history.moment(index).prefix(Self.momentLimit)
                Self.countTogether(history, target, &together)
                for distance in 1...Self.reach where distance <= index {
                    let source = history.moment(index - distance).prefix(Self.momentLimit)
                    // In baskets of many items the last one says it all, at far less cost.
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

    /// Adds up the rows of the newest items: of the newest moment for one more item of the same
    /// basket, of the last few moments otherwise.
    package func prediction(for context: PredictionQuery) -> ExpertPrediction {
        let history = context.history
        guard history.basketCount > 0 else { return .none }
        var weights: [Int32: Float] = [:]
        let rows = context.sameBasket ? together : following
        let reach = context.sameBasket ? 1 : min(Self.reach, history.basketCount)
        for distance in 1...reach {
            let moment = history.moment(history.basketCount - distance)
            let share = 1 / Float(distance * moment.count)
            for event in moment {
                for entry in rows.row(Int(history.items[event])) {
                    weights[rows.columns[entry], default: 0] += share * rows.weights[entry]
                }
            }
        }
        if context.sameBasket { for item in history.lastBasket { weights[item] = nil } }
        return ExpertPrediction(weights: weights)
    }

    private static func countTogether(
        _ history: History, _ moment: Range<Int>, _ counts: inout [UInt64: Float]
    ) {
        guard moment.count > 1 else { return }
        let weight = 1 / Float(moment.count - 1)
        for from in moment {
            for to in moment where history.items[from] != history.items[to] {
                counts[SparseRows.key(history.items[from], history.items[to]), default: 0] += weight
            }
        }
    }

    private static func shrink(_ counts: inout [UInt64: Float]) {
        var floor: Float = 0.11
        while counts.count > pairCountMax {
            counts = counts.filter { $0.value > floor }
            floor *= 2
        }
    }
}
