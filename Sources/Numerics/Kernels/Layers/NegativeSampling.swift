import Foundation

// Skip-gram with negative sampling (Mikolov et al. 2013) as small dense matrix products.
//
// Sixteen neighbouring tokens are the centres of one group. Its inputs are these tokens and
// everything within reach of a window, its outputs the sixteen centres and sixteen negatives that
// all pairs of the group share (as in Ji et al. 2016, "Parallelizing Word2Vec in Shared and
// Distributed Memory"). A signed weight for each (input, output) says how often the pair counts:
// +1 for a true neighbour, −(pairs · negatives / 16) for a negative.
//
// Gradients of a group are computed from the tables as they stand, and added to them later, in
// the order of groups. So groups can be computed at the same time with a fixed result.

/// The tokens of a training corpus: sequences end to end.
package struct TokenStream: Sendable {
    /// The item of each token.
    package var items: [Int32]
    /// The sequence of each token.
    package var sequences: [Int32]
    /// How far the window of each token reaches to both sides.
    package var reaches: [UInt8]

    /// No tokens.
    package init() {
        items = []
        sequences = []
        reaches = []
    }
}

/// One group of centres: what it reads and its gradients.
///
/// One thread at a time may compute a group; afterwards many may read it.
package final class NegativeSamplingGroup: @unchecked Sendable {  // one writer at a time, see above
    /// The number of centres, and of shared negatives.
    package static let centres = 16

    private let dimensions: Int
    private let window: Int
    private let inputs: MatrixView  // (16 + 2 · window) × D
    private let outputs: MatrixView  // 32 × D
    private let weights: MatrixView  // inputs × 32
    private let scores: MatrixView  // inputs × 32
    private let inputGradient: MatrixView
    private let outputGradient: MatrixView
    private var inputItems: [Int32] = []
    private var outputItems: [Int32] = []
    private var inputMass: [Float] = []
    private var outputMass: [Float] = []
    /// The number of (centre, neighbour) pairs of the last computation.
    package private(set) var pairs = 0

    /// Space for groups with a window of at most `window` tokens to each side.
    package init(dimensions: Int, window: Int) {
        precondition(dimensions > 0 && window > 0 && window <= 255, "Sizes must be positive.")
        self.dimensions = dimensions
        self.window = window
        let reach = Self.centres + 2 * window
        func space(_ rows: Int, _ columns: Int) -> MatrixView {
            FloatStorage(count: rows * columns).view(rows: rows, columns: columns)
        }
        inputs = space(reach, dimensions)
        outputs = space(2 * Self.centres, dimensions)
        weights = space(reach, 2 * Self.centres)
        scores = space(reach, 2 * Self.centres)
        inputGradient = space(reach, dimensions)
        outputGradient = space(2 * Self.centres, dimensions)
    }

    /// Computes the gradients of the group whose centres begin at token `first`.
    ///
    /// - Parameters:
    ///   - tokens: The corpus.
    ///   - first: The first centre; up to 16 follow.
    ///   - negatives: 16 items.
    ///   - negativesPerPair: The weight of the negatives of one pair.
    ///   - inputTable: items × D.
    ///   - outputTable: items × D.
    package func compute(
        _ tokens: TokenStream, first: Int, negatives: [Int32], negativesPerPair: Float,
        inputTable: MatrixView, outputTable: MatrixView
    ) {
        precondition(first >= 0 && first < tokens.items.count, "The group begins in the corpus.")
        precondition(negatives.count == Self.centres, "A group has 16 negatives.")
        let end = min(first + Self.centres, tokens.items.count)
        let low = max(0, first - window)
        let high = min(tokens.items.count, end + window)
        let rows = high - low
        let inputItems = Array(tokens.items[low..<high])
        let padding = repeatElement(tokens.items[first], count: Self.centres - (end - first))
        let outputItems = tokens.items[first..<end] + padding + negatives
        self.inputItems = inputItems
        self.outputItems = Array(outputItems)
        weigh(tokens, first: first, end: end, low: low, high: high, negativesPerPair)
        gatherRows(inputTable, inputItems, into: inputs)
        gatherRows(outputTable, self.outputItems, into: outputs)
        let used = inputs.rows(0..<rows)
        let score = scores.rows(0..<rows)
        multiply(used, outputs, transposeB: true, into: score)
        for row in 0..<rows { signedErrors(score.row(row), weights.row(row)) }
        multiply(score, outputs, into: inputGradient.rows(0..<rows))
        multiply(score, transposeA: true, used, into: outputGradient)
    }

    /// Fills the signed weights and the masses of the group.
    private func weigh(
        _ tokens: TokenStream, first: Int, end: Int, low: Int, high: Int, _ perPair: Float
    ) {
        let width = 2 * Self.centres
        let table = weights.base
        table.update(repeating: 0, count: (high - low) * width)
        let share = perPair / Float(Self.centres)
        var inputMass = [Float](repeating: 0, count: high - low)
        var outputMass = [Float](repeating: 0, count: width)
        var total: Float = 0
        for centre in first..<end {
            let reach = min(window, Int(tokens.reaches[centre]))
            let sequence = tokens.sequences[centre]
            let column = centre - first
            for place in max(low, centre - reach)...min(high - 1, centre + reach)
            where place != centre && tokens.sequences[place] == sequence {
                table[(place - low) * width + column] = 1
                inputMass[place - low] += 1
                outputMass[column] += 1
                total += 1
            }
        }
        pairs = Int(total)
        for row in 0..<high - low {
            let negative = Lanes(repeating: -inputMass[row] * share)
            table.store(negative, row * width + Self.centres)
            inputMass[row] *= 1 + perPair
        }
        for column in Self.centres..<width { outputMass[column] = total * share }
        self.inputMass = inputMass
        self.outputMass = outputMass
        // A negative that happens to be a centre is no negative for the pairs of that centre.
        let outputItems = outputItems
        for column in 0..<end - first {
            for negative in Self.centres..<width
            where outputItems[negative] == outputItems[column] {
                for row in 0..<high - low where table[row * width + column] > 0 {
                    table[row * width + negative] += share
                }
            }
        }
    }

    /// The mean loss of a pair with its negatives, from the scores before `compute` changed them.
    ///
    /// Computes the scores again: for progress reports, not for every group.
    package func loss() -> Double {
        guard pairs > 0 else { return 0 }
        let rows = inputItems.count
        var total = 0.0
        for row in 0..<rows {
            for column in 0..<2 * Self.centres {
                let weight = Double(weights[row, column])
                guard weight != 0 else { continue }
                let score = Double(inputs.dotRows(row, outputs, row: column))
                total += abs(weight) * log1p(exp(weight > 0 ? -score : score))
            }
        }
        return total / Double(pairs)
    }

    /// Adds the gradients of some groups to the tables, for the rows of one task.
    ///
    /// Task t of n changes the items with number ≡ t modulo n, group after group, so any split
    /// gives the same result. A row whose updates in the batch weigh more than `massLimit` pairs
    /// gets them scaled down to that: stale gradients must not add up without bound.
    ///
    /// - Parameters:
    ///   - groups: The groups, all computed.
    ///   - task: The number of this task.
    ///   - tasks: The number of tasks.
    ///   - rate: The learning rate.
    ///   - massLimit: The greatest weight of the updates of one row.
    ///   - masses: 2 · items zeros for internal use; zeros again afterwards.
    ///   - inputTable: items × D.
    ///   - outputTable: items × D.
    package static func apply(
        _ groups: ArraySlice<NegativeSamplingGroup>, task: Int, tasks: Int, rate: Float,
        massLimit: Float, masses: FloatStorage, inputTable: MatrixView, outputTable: MatrixView
    ) {
        precondition(masses.count == inputTable.rows + outputTable.rows, "Two masses an item.")
        let outputMasses = masses.base + inputTable.rows
        let owner = (UInt32(truncatingIfNeeded: task), UInt32(truncatingIfNeeded: tasks))
        for group in groups {
            addMasses(group.inputItems, group.inputMass, owner, masses.base)
            addMasses(group.outputItems, group.outputMass, owner, outputMasses)
        }
        for group in groups {
            addRows(
                group.inputItems, group.inputMass, owner, masses.base, rate, massLimit,
                group.inputGradient, inputTable)
            addRows(
                group.outputItems, group.outputMass, owner, outputMasses, rate, massLimit,
                group.outputGradient, outputTable)
        }
        for group in groups {
            for item in group.inputItems where UInt32(bitPattern: item) % owner.1 == owner.0 {
                masses.base[Int(item)] = 0
            }
            for item in group.outputItems where UInt32(bitPattern: item) % owner.1 == owner.0 {
                outputMasses[Int(item)] = 0
            }
        }
    }
}

/// Copies the rows of the items to the first rows of `target`.
private func gatherRows(_ table: MatrixView, _ items: [Int32], into target: MatrixView) {
    precondition(items.count <= target.rows && table.columns == target.columns)
    let columns = table.columns
    var row = target.base
    for item in items {
        precondition(item >= 0 && Int(item) < table.rows, "The item is outside the table.")
        copyFloats(table.base + Int(item) * table.stride, row, columns)
        row += target.stride
    }
}

/// Adds the masses of the rows that belong to the owner (task, tasks) to those of their items.
private func addMasses(
    _ items: [Int32], _ rowMasses: [Float], _ owner: (UInt32, UInt32), _ masses: FloatPointer
) {
    for row in items.indices where UInt32(bitPattern: items[row]) % owner.1 == owner.0 {
        masses[Int(items[row])] += rowMasses[row]
    }
}

/// Adds the gradient rows that belong to the owner to the rows of their items.
private func addRows(
    _ items: [Int32], _ rowMasses: [Float], _ owner: (UInt32, UInt32), _ masses: FloatPointer,
    _ rate: Float, _ massLimit: Float, _ gradient: MatrixView, _ table: MatrixView
) {
    precondition(items.count <= gradient.rows && gradient.columns == table.columns)
    for row in items.indices
    where UInt32(bitPattern: items[row]) % owner.1 == owner.0 && rowMasses[row] > 0 {
        let item = Int(items[row])
        let mass = masses[item]
        let scale = mass > massLimit ? rate * massLimit / mass : rate
        axpy(scale, gradient.base + row * gradient.stride, table.row(item), table.columns)
    }
}

/// Replaces scores s by weighted errors: w · (1 − σ(s)) for w > 0, w · σ(s) for w ≤ 0.
@inline(__always)
private func signedErrors(_ scores: FloatPointer, _ weights: FloatPointer) {
    for index in [0, 16] {
        let weight = weights.lanes(index)
        let probability = sigmoidLanes(scores.lanes(index))
        let miss = probability.replacing(with: 1 - probability, where: weight .> 0)
        scores.store(weight * miss, index)
    }
}
