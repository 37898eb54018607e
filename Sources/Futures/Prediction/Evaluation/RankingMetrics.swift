import Foundation

/// Sums of ranking metrics over examples, for several lengths of the list.
struct RankingMetrics: Sendable {
    /// Whether nDCG's ideal list has all target items, or is cut at the length of the list.
    enum Ideal: String, Sendable {
        case full
        case cut
    }

    let lengths: [Int]
    let ideal: Ideal
    private(set) var count = 0
    private var recall: [Double]
    private var gain: [Double]
    private var hits: [Double]
    private var reciprocal: [Double]

    init(lengths: [Int], ideal: Ideal) {
        self.lengths = lengths
        self.ideal = ideal
        recall = [Double](repeating: 0, count: lengths.count)
        gain = recall
        hits = recall
        reciprocal = recall
    }

    /// Adds one example.
    ///
    /// - Parameters:
    ///   - ranks: The ranks of the target items in the list, from 0; ranks beyond all lengths are
    ///     optional.
    ///   - targetCount: The number of target items, found or not.
    mutating func add(ranks: [Int], targetCount: Int) {
        count += 1
        for (index, length) in lengths.enumerated() {
            let found = ranks.filter { $0 < length }.sorted()
            guard let first = found.first else { continue }
            recall[index] += Double(found.count) / Double(targetCount)
            hits[index] += 1
            reciprocal[index] += 1 / Double(first + 1)
            let best = ideal == .cut ? min(targetCount, length) : targetCount
            let reached = found.reduce(0.0) { $0 + Self.discount($1) }
            let possible = (0..<best).reduce(0.0) { $0 + Self.discount($1) }
            gain[index] += reached / possible
        }
    }

    /// The fraction of the target items in the list, by length.
    var meanRecall: [String: Double] { means(recall) }
    /// The normalised discounted cumulative gain (Järvelin and Kekäläinen 2002), by length.
    var meanNDCG: [String: Double] { means(gain) }
    /// The fraction of examples with at least one target item in the list, by length.
    var hitRate: [String: Double] { means(hits) }
    /// The mean of 1 / rank of the first target item, 0 beyond the list, by length.
    var meanReciprocalRank: [String: Double] { means(reciprocal) }

    private func means(_ sums: [Double]) -> [String: Double] {
        var means: [String: Double] = [:]
        for (length, sum) in zip(lengths, sums) { means["\(length)"] = sum / Double(max(1, count)) }
        return means
    }

    private static func discount(_ rank: Int) -> Double { 1 / log2(Double(rank) + 2) }
}
