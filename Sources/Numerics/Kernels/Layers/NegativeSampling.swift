import Foundation

// Skip-gram with negative sampling (Mikolov et al. 2013) as small dense matrix products.
//
// Sixteen neighbouring tokens are the centres of one group. The inputs of a group are these tokens
// and all tokens within the window. Its outputs are the sixteen centres, and sixteen negatives that
// all pairs of the group share (as in Ji et al. 2016, "Parallelizing Word2Vec in Shared and
// Distributed Memory"). Each (input, output) has a signed weight: +1 for a true neighbour,
// −(pairs · negatives / 16) for a negative.
//
// The gradients of all groups of a batch are computed from the same tables. They are added to the
// tables later, in the order of groups. So groups can be computed in parallel with a fixed result.
//
// D = dimensions.

/// The tokens of a training corpus, sequence after sequence; three arrays of equal length.
package struct TokenStream: Sendable {
    /// The item of each token.
    package var items: [Int32]
    /// The sequence of each token.
    package var sequences: [Int32]
    /// The window of each token: the number of neighbours to each side.
    package var reaches: [UInt8]

    /// No tokens.
    package init() {
        items = []
        sequences = []
        reaches = []
    }
}

/// One group of centres: copies of its vectors, and its gradients.
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
    /// The rows of the tables of the last computation.
    private var itemCount = 0
    /// The number of (centre, neighbour) pairs of the last computation.
    package private(set) var pairs = 0

    /// Allocates memory for groups with at most `window` tokens to each side, from 1 to 255.
    package init(dimensions: Int, window: Int) {
        precondition(
            dimensions > 0 && window > 0 && window <= 255,
            "Sizes must be positive, and the window at most 255.")
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
        precondition(
            tokens.sequences.count == tokens.items.count
                && tokens.reaches.count == tokens.items.count,
            "Each token needs an item, a sequence and a reach.")
        precondition(
            inputTable.rows == outputTable.rows, "Both tables need one row for each item.")
        precondition(
            first >= 0 && first < tokens.items.count, "The group must begin inside the corpus.")
        precondition(negatives.count == Self.centres, "A group needs 16 negatives.")
        let end = min(first + Self.centres, tokens.items.count)
        let low = max(0, first - window)
        let high = min(tokens.items.count, end + window)
        let rows = high - low
        let inputItems = Array(tokens.items[low..<high])
        let padding = repeatElement(tokens.items[first], count: Self.centres - (end - first))
        let outputItems = tokens.items[first..<end] + padding + negatives
        self.inputItems = inputItems
        self.outputItems = Array(outputItems)
        itemCount = inputTable.rows
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
        let perNegative = perPair / Float(Self.centres)
        var inputMass = [Float](repeating: 0, count: high - low)
        var outputMass = [Float](repeating: 0, count: width)
        var total: Float = 0
        for centre in first..<end {
            let reach = min(window, Int(tokens.reaches[centre]))
            let sequence = tokens.sequences[centre]
            let column = centre - first
            for token in max(low, centre - reach)...min(high - 1, centre + reach)
            where token != centre && tokens.sequences[token] == sequence {
                table[(token - low) * width + column] = 1
                inputMass[token - low] += 1
                outputMass[column] += 1
                total += 1
            }
        }
        pairs = Int(total)
        for row in 0..<high - low {
            let negative = Vector16(repeating: -inputMass[row] * perNegative)
            table.store(negative, row * width + Self.centres)
            inputMass[row] *= 1 + perPair
        }
        for column in Self.centres..<width { outputMass[column] = total * perNegative }
        self.inputMass = inputMass
        self.outputMass = outputMass
        // A negative that is also a centre does not count as a negative of that centre's pairs.
        let outputItems = outputItems
        for column in 0..<end - first {
            for negative in Self.centres..<width
            where outputItems[negative] == outputItems[column] {
                for row in 0..<high - low where table[row * width + column] > 0 {
                    table[row * width + negative] += perNegative
                }
            }
        }
    }

    /// The mean loss of a pair with its negatives, from the vectors that `compute` has read.
    ///
    /// It computes the scores again, so call it for progress reports only.
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

    /// Adds the gradients of some groups to the table rows of one task.
    ///
    /// Task t of n changes the items with number ≡ t modulo n, group after group. So any number of
    /// tasks gives the same result. If the updates of a row weigh more than `massLimit` pairs, they
    /// are scaled down to that weight, because many gradients from old tables would overshoot.
    ///
    /// - Parameters:
    ///   - groups: Groups after `compute` with these tables.
    ///   - task: The number of this task.
    ///   - tasks: The number of tasks.
    ///   - rate: The learning rate.
    ///   - massLimit: The greatest total weight of the updates of one row, in pairs.
    ///   - masses: 2 · items zeros for internal use; zeros again afterwards.
    ///   - inputTable: items × D.
    ///   - outputTable: items × D.
    package static func apply(
        _ groups: ArraySlice<NegativeSamplingGroup>, task: Int, tasks: Int, rate: Float,
        massLimit: Float, masses: FloatStorage, inputTable: MatrixView, outputTable: MatrixView
    ) {
        precondition(tasks > 0 && task >= 0 && task < tasks, "There is no such task.")
        precondition(
            inputTable.rows == outputTable.rows
                && groups.allSatisfy { $0.itemCount == inputTable.rows },
            "The groups must be computed with tables of this size.")
        precondition(
            masses.count == inputTable.rows + outputTable.rows, "Each item needs two masses.")
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
    precondition(
        items.count <= target.rows && table.columns == target.columns,
        "The table needs the length of the group's vectors.")
    let columns = table.columns
    var row = target.base
    for item in items {
        precondition(item >= 0 && Int(item) < table.rows, "The item is outside the table.")
        copyFloats(table.base + Int(item) * table.stride, row, columns)
        row += target.stride
    }
}

/// Adds the masses of the rows of an owner (task, tasks) to the masses of their items.
private func addMasses(
    _ items: [Int32], _ rowMasses: [Float], _ owner: (UInt32, UInt32), _ masses: FloatPointer
) {
    for row in items.indices where UInt32(bitPattern: items[row]) % owner.1 == owner.0 {
        masses[Int(items[row])] += rowMasses[row]
    }
}

/// Adds the gradient rows of an owner to the table rows of their items.
private func addRows(
    _ items: [Int32], _ rowMasses: [Float], _ owner: (UInt32, UInt32), _ masses: FloatPointer,
    _ rate: Float, _ massLimit: Float, _ gradient: MatrixView, _ table: MatrixView
) {
    precondition(
        items.count <= gradient.rows && gradient.columns == table.columns,
        "The table needs the length of the group's vectors.")
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
        let weight = weights.vector(index)
        let probability = sigmoid16(scores.vector(index))
        let miss = probability.replacing(with: 1 - probability, where: weight .> 0)
        scores.store(weight * miss, index)
    }
}
