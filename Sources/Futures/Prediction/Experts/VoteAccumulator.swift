import Synchronization

/// Sums by sequence and by item in reusable memory.
///
/// Clearing it touches only the sums that were used.
struct VoteAccumulator {
    private var similarities: [Float]
    private var touchedSequences: [Int32] = []
    var votes: [Float]
    private var touchedItems: [Int32] = []

    fileprivate init(sequences: Int, items: Int) {
        similarities = [Float](repeating: 0, count: sequences)
        votes = [Float](repeating: 0, count: items)
    }

    /// Adds to the sum of a sequence, if the weight is above 0.
    mutating func add(_ weight: Float, toSequence sequence: Int) {
        guard weight > 0 else { return }
        if similarities[sequence] == 0 { touchedSequences.append(Int32(sequence)) }
        similarities[sequence] += weight
    }

    /// Adds to the sum of an item, if the weight is above 0.
    mutating func add(_ weight: Float, toItem item: Int) {
        guard weight > 0 else { return }
        if votes[item] == 0 { touchedItems.append(Int32(item)) }
        votes[item] += weight
    }

    /// Maps each sequence with its sum to a value, and resets the sums to 0.
    mutating func drainSequences<Value>(_ value: (Int, Float) -> Value) -> [Value] {
        let values = touchedSequences.map { value(Int($0), similarities[Int($0)]) }
        for sequence in touchedSequences { similarities[Int(sequence)] = 0 }
        touchedSequences.removeAll(keepingCapacity: true)
        return values
    }

    /// The items in proportion to their sums, which are reset to 0.
    mutating func drainVotes() -> ExpertPrediction {
        var weights: [Int32: Float] = [:]
        weights.reserveCapacity(touchedItems.count)
        for item in touchedItems {
            weights[item] = votes[Int(item)]
            votes[Int(item)] = 0
        }
        touchedItems.removeAll(keepingCapacity: true)
        return ExpertPrediction(weights: weights)
    }
}

/// Accumulators that threads borrow; there are at most as many as threads at work.
final class VoteAccumulatorPool: Sendable {
    private let free = Mutex<[VoteAccumulator]>([])

    /// Runs `body` with an accumulator that no other thread uses meanwhile.
    func with<Result>(
        sequences: Int, items: Int, _ body: (inout VoteAccumulator) -> Result
    ) -> Result {
        var accumulator =
            free.withLock { $0.popLast() } ?? VoteAccumulator(sequences: sequences, items: items)
        let result = body(&accumulator)
        free.withLock { [accumulator] in $0.append(accumulator) }
        return result
    }
}
