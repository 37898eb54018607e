import Learning

/// "Frequently bought together": items that occur in the same or neighbouring moments, by cosine.
///
/// The baseline that shops use today (Linden, Smith and York, "Amazon.com Recommendations:
/// Item-to-Item Collaborative Filtering", 2003); no part of the mixture.
struct ItemNeighbours: Expert {
    private let rows: SparseRows

    var name: ExpertID { .transitions }

    init(_ sequences: EventSequences, itemCount: Int) {
        let transitions = Transitions(sequences, itemCount: itemCount)
        var frequencies = [Float](repeating: 0, count: itemCount)
        for item in sequences.items { frequencies[Int(item)] += 1 }
        var counts: [UInt64: Float] = [:]
        for table in [transitions.following, transitions.together] {
            for from in 0..<itemCount {
                for entry in table.row(from) {
                    let to = table.columns[entry]
                    let weight = table.weights[entry] * frequencies[from]
                    counts[SparseRows.key(Int32(from), to), default: 0] += weight
                    counts[SparseRows.key(to, Int32(from)), default: 0] += weight
                }
            }
        }
        for (key, weight) in counts {
            let product = frequencies[Int(key >> 32)] * frequencies[Int(key & 0xFFFF_FFFF)]
            counts[key] = weight / product.squareRoot()
        }
        rows = SparseRows(counts: counts, rowCount: itemCount, limit: Transitions.rowLimit)
    }

    func prediction(for context: PredictionQuery) -> ExpertPrediction {
        var weights: [Int32: Float] = [:]
        for item in context.history.lastBasket {
            for entry in rows.row(Int(item)) {
                weights[rows.columns[entry], default: 0] += rows.weights[entry]
            }
        }
        return ExpertPrediction(weights: weights)
    }
}
