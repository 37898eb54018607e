import Foundation
import Kernels

/// The shares with which experts enter a prediction.
///
/// Shares depend on how much is known of the twin, on whether the question is about one more item
/// for the same basket, and on what the LSTM sees of the next event. They are learned by maximum
/// likelihood on people that no source has seen: first shares for each kind of context (expectation
/// maximisation for mixture weights, Dempster, Laird and Rubin 1977), then gates that move them (a
/// mixture of experts, Jacobs, Jordan, Nowlan and Hinton 1991). A source that has nothing to say
/// leaves its share to the others.
package struct Mixture: Sendable {
    /// The sources, in the order of the shares.
    package let names: [ExpertID]
    /// Shares of the sources for each kind of context, each row summing to 1.
    package let shares: [[Double]]
    /// How the LSTM's outlook moves the logarithm of each source's share: a row of numbers for each
    /// source, the first of them added as it is; no rows if it moves none.
    package let gates: [[Float]]

    /// Lower bounds, in moments, of the amounts of history that are told apart.
    static let historyBounds = [1, 2, 3, 5, 9, 17, 41, 81, 161, 321]
    /// Kinds of context: amounts of history, each for a later moment and for the same one.
    static var kindCount: Int { 2 * (historyBounds.count + 1) }

    /// Makes a mixture from known shares and gates.
    init(names: [ExpertID], shares: [[Double]], gates: [[Float]] = []) {
        self.names = names
        self.shares = shares
        self.gates = gates
    }

    /// A mixture in which all sources count the same.
    package init(even names: [ExpertID]) {
        let row = [Double](repeating: 1 / Double(max(1, names.count)), count: names.count)
        self.init(names: names, shares: [[Double]](repeating: row, count: Self.kindCount))
    }

    /// What the shares depend on.
    package struct GateInput: Sendable {
        /// The kind of context.
        var kind: Int
        /// What the LSTM's item head sees (`SequenceModel.outlook`); empty when nothing is known.
        var outlook: ArraySlice<Float>

        /// A situation of a twin with so many moments.
        package init(moments: Int, sameBasket: Bool, outlook: ArraySlice<Float>) {
            kind = Mixture.kind(moments: moments, sameBasket: sameBasket)
            self.outlook = outlook
        }

        /// The situation in a context.
        init(_ context: PredictionQuery, outlook: ArraySlice<Float>) {
            self.init(
                moments: context.history.basketCount, sameBasket: context.sameBasket,
                outlook: outlook)
        }
    }

    /// What each source gave to an item that came next, in one situation.
    struct Case {
        var situation: GateInput
        /// Probability by each source; `nil` where it had nothing to say.
        var probabilities: [Float?]
    }

    /// Learns shares and gates from what came next in many contexts.
    init(
        names: [ExpertID], cases: [Case], iterations: Int = 60,
        stage: TrainingStage = .silent
    ) {
        let even = Mixture(even: names)
        let common = Self.learn(
            cases, from: even.shares[0], prior: even.shares[0], priorWeight: 1,
            iterations: iterations)
        let byKind = Dictionary(grouping: cases, by: \.situation.kind)
        let shares = (0..<Self.kindCount).map { kind in
            Self.learn(
                byKind[kind] ?? [], from: common, prior: common, priorWeight: 100,
                iterations: iterations)
        }
        let gates = GateTraining(Mixture(names: names, shares: shares), cases: cases)
            .gates(stage)
        self.init(names: names, shares: shares, gates: gates)
    }

    /// The kind of a context.
    static func kind(moments: Int, sameBasket: Bool) -> Int {
        let amount = historyBounds.count { moments >= $0 }
        return amount + (sameBasket ? historyBounds.count + 1 : 0)
    }

    /// The shares in a situation, with those of silent or unwanted sources given to the others.
    ///
    /// - Returns: One share for each source; all 0 if no source speaks.
    /// - Complexity: O(sources × length of the outlook).
    package func shares(_ situation: GateInput, speaking: [Bool]) -> [Float] {
        let row = shares[situation.kind]
        // Relative to the greatest of them, so that no exponential overflows.
        var moves = [Float](repeating: 0, count: row.count)
        if !situation.outlook.isEmpty {
            for (index, gate) in gates.enumerated() {
                moves[index] = Self.move(gate, situation.outlook)
            }
        }
        var highest = -Float.infinity
        for index in row.indices where speaking[index] { highest = max(highest, moves[index]) }
        var result = [Float](repeating: 0, count: row.count)
        var total: Float = 0
        for index in row.indices where speaking[index] {
            result[index] = Float(row[index]) * exp(moves[index] - highest)
            total += result[index]
        }
        guard total > 0 else { return [Float](repeating: 0, count: row.count) }
        for index in result.indices { result[index] /= total }
        return result
    }

    /// By how much a gate moves the logarithm of a share.
    private static func move(_ gate: [Float], _ outlook: ArraySlice<Float>) -> Float {
        (gate.first ?? 0) + VectorMath.dot(gate.dropFirst(), outlook)
    }

    /// Expectation maximisation from `start`, with cases of the prior's shares thrown in.
    ///
    /// A silent source's share has gone to the others, so a case says nothing about it: it is
    /// credited with what it would get beside them. Else a source that seldom speaks would be
    /// taken for one that is seldom right.
    private static func learn(
        _ cases: [Case], from start: [Double], prior: [Double], priorWeight: Double,
        iterations: Int
    ) -> [Double] {
        var shares = start
        for _ in 0..<iterations {
            var sums = prior.map { $0 * priorWeight }
            for entry in cases {
                var responsibilities = [Double](repeating: 0, count: shares.count)
                var total = 0.0
                var speaking = 0.0
                for (index, probability) in entry.probabilities.enumerated() {
                    guard let probability else { continue }
                    responsibilities[index] = shares[index] * Double(probability)
                    total += responsibilities[index]
                    speaking += shares[index]
                }
                guard total > 0 else { continue }
                for (index, probability) in entry.probabilities.enumerated() {
                    sums[index] +=
                        probability == nil
                        ? shares[index] / speaking : responsibilities[index] / total
                }
            }
            let total = sums.reduce(0, +)
            shares = sums.map { $0 / total }
        }
        return shares
    }
}
