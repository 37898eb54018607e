/// The shares with which sources of evidence enter a prediction.
///
/// Shares depend on how much is known of the twin and on whether the question is about one more
/// item for the same basket. They are learned by maximum likelihood on people that no source has
/// seen (expectation maximisation for mixture weights, Dempster, Laird and Rubin 1977). A source
/// that has nothing to say leaves its share to the others.
public struct Mixture: Sendable, Codable {
    /// The sources, in the order of the shares.
    public let names: [EvidenceName]
    /// Shares of the sources for each kind of context, each row summing to 1.
    public let shares: [[Double]]

    /// Lower bounds, in moments, of the amounts of history that are told apart.
    static let historyBounds = [1, 2, 3, 5, 9, 17, 41]
    /// Kinds of context: amounts of history, each for a later moment and for the same one.
    static var kindCount: Int { 2 * (historyBounds.count + 1) }

    /// Makes a mixture from known shares.
    init(names: [EvidenceName], shares: [[Double]]) {
        self.names = names
        self.shares = shares
    }

    /// A mixture in which all sources count the same.
    public init(even names: [EvidenceName]) {
        let row = [Double](repeating: 1 / Double(max(1, names.count)), count: names.count)
        self.init(names: names, shares: [[Double]](repeating: row, count: Self.kindCount))
    }

    /// What each source gave to an item that came next, in one kind of context.
    struct Case {
        var kind: Int
        /// Probability by each source; `nil` where it had nothing to say.
        var probabilities: [Float?]
    }

    /// Learns the shares from what came next in many contexts.
    init(names: [EvidenceName], cases: [Case], iterations: Int = 60) {
        let even = Mixture(even: names)
        let common = Self.learn(
            cases, from: even.shares[0], prior: even.shares[0], priorWeight: 1,
            iterations: iterations)
        let byKind = Dictionary(grouping: cases, by: \.kind)
        let shares = (0..<Self.kindCount).map { kind in
            Self.learn(
                byKind[kind] ?? [], from: common, prior: common, priorWeight: 100,
                iterations: iterations)
        }
        self.init(names: names, shares: shares)
    }

    /// The kind of a context.
    static func kind(moments: Int, sameMoment: Bool) -> Int {
        let amount = historyBounds.count { moments >= $0 }
        return amount + (sameMoment ? historyBounds.count + 1 : 0)
    }

    /// The shares in a context, with those of silent or unwanted sources given to the others.
    ///
    /// - Returns: One share for each source; all 0 if no source speaks.
    public func shares(
        moments: Int, sameMoment: Bool, speaking: [Bool]
    ) -> [Float] {
        let row = shares[Self.kind(moments: moments, sameMoment: sameMoment)]
        var total = 0.0
        for index in row.indices where speaking[index] { total += row[index] }
        guard total > 0 else { return [Float](repeating: 0, count: row.count) }
        return row.indices.map { speaking[$0] ? Float(row[$0] / total) : 0 }
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
